//! Indices of two groups or two waves compared, each with its own weights.

use serde::Serialize;

use super::{MODEL_FROM, PathOptions, PathOutline, Sample};
use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason};
use crate::insight::blocks::{Blocks, percentile_limits};

/// Difference of one construct's index between two independent groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexDifference {
    /// Definition id.
    pub definition: &'static str,
    /// Construct.
    pub name: String,
    /// First index less second, in points of 0..100.
    pub value: f64,
    /// Complete rows of either group.
    pub n: [u64; 2],
    /// Bootstrap interval.
    pub interval: Interval,
    /// Twice the smaller share of samples on the other side of 0.
    pub p: f64,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Bootstrap samples used.
    pub resamples: u64,
}

/// Compares the indices of two groups that answered the same questions, first less
/// second, one result per construct. Both groups are weighed alike: by the model
/// only when both have 100 complete rows.
///
/// # Errors
/// A [`Refusal`] when either group has fewer than 30 complete rows, when the
/// outlines differ in shape, or when either group cannot be fitted.
pub fn index_differences(
    first: &PathOutline<'_>,
    second: &PathOutline<'_>,
    options: &PathOptions,
) -> Result<Vec<IndexDifference>, Refusal> {
    const BOOTSTRAP_FROM: u64 = 30;
    let rows = [first.rows(), second.rows()];
    let n = [rows[0].n as u64, rows[1].n as u64];
    if n[0].min(n[1]) < BOOTSTRAP_FROM {
        return Err(Refusal::count(RefusalReason::GroupTooSmall, n[0].min(n[1]), BOOTSTRAP_FROM));
    }
    let shapes = [first.outline()?, second.outline()?];
    if shapes[0].columns != shapes[1].columns {
        let columns = |k: usize| shapes[k].columns.iter().map(Vec::len).sum::<usize>() as f64;
        return Err(Refusal { reason: RefusalReason::NotAModel, have: columns(1), need: columns(0) });
    }
    let with_model = n[0].min(n[1]) >= MODEL_FROM;
    let blocks = [Blocks::of(&rows[0], options.seed), Blocks::of(&rows[1], options.seed)];
    let indices = |k: usize, moments| -> Result<Vec<f64>, Refusal> {
        Ok(Sample::of([first, second][k], &shapes[k], &moments, with_model)?.indices)
    };
    let minus = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let values = minus(indices(0, blocks[0].whole())?, indices(1, blocks[1].whole())?);
    let mut draws = Draws::seeded(options.seed);
    let samples: Vec<Vec<f64>> = (0..options.resamples)
        .filter_map(|_| {
            let moments = [blocks[0].resampled(&mut draws), blocks[1].resampled(&mut draws)];
            let [a, b] = moments;
            Some(minus(indices(0, a).ok()?, indices(1, b).ok()?))
        })
        .collect();
    let count = samples.len() as u64;
    let difference = |(k, value): (usize, &f64)| {
        let drawn: Vec<f64> = samples.iter().map(|s| s[k]).collect();
        let above = drawn.iter().filter(|d| **d > 0.0).count() as u64;
        let smaller = above.min(count - above) + 1;
        let (lo, hi) = percentile_limits(drawn).ok_or(Refusal::count(RefusalReason::NotConverged, 0, 1))?;
        Ok(IndexDifference {
            definition: "satisfaction-index-change.v1",
            name: first.constructs[k].name.to_owned(),
            value: *value,
            n,
            interval: Interval::new(lo, hi, IntervalMethod::Resampled),
            p: (2.0 * smaller as f64 / (count + 1) as f64).min(1.0),
            seed: options.seed,
            resamples: count,
        })
    };
    values.iter().enumerate().map(difference).collect()
}
