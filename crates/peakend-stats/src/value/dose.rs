//! Dose and response (`dose.v1`): the mean of an operating figure at every score,
//! with errors clustered by customer; whether it rises with the score, and whether
//! a straight line describes it.
//!
//! "+1 point = +X" may be said only when the line is not rejected against one mean
//! per score; the test is a Wald F on the clustered covariance with G - 1
//! denominator degrees of freedom, since customers repeat.

use std::collections::BTreeMap;

use serde::Serialize;

use super::isotonic::{Estimated, RisingCheck, rising_check};
use super::linkage::LinkageRow;
use crate::distribution::{f_upper, t95};
use crate::figure::{Answer, Interval, IntervalMethod, Refusal, RefusalReason, SHOWN_FROM};
use crate::insight::bands::{Band, NpsBands};
use crate::linear::covariance::cr1;
use crate::linear::{Matrix, inverse, least_squares};
use crate::summation::sum;

/// A scale with more different scores than this is not one of levels.
const LEVELS_UP_TO: usize = 21;
/// A joint p below this rejects the straight line.
const REJECTED_BELOW: f64 = 0.05;

/// A mean with an error that allows for customers who repeat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClusteredMean {
    /// Mean.
    pub mean: f64,
    /// Clustered standard error, factor G/(G-1).
    pub standard_error: f64,
    /// 95 % interval, t(G - 1).
    pub interval: Interval,
    /// Rows.
    pub n: u64,
    /// Clusters.
    pub clusters: u64,
}

/// Mean of (cluster, value) pairs; NaN errors below two clusters.
#[must_use]
pub fn clustered_mean(values: &[(u64, f64)]) -> ClusteredMean {
    let mut values = values.to_vec();
    values.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1)));
    let n = values.len() as f64;
    let mean = sum(values.iter().map(|(_, y)| *y)) / n;
    let by_cluster: Vec<f64> =
        values.chunk_by(|a, b| a.0 == b.0).map(|own| sum(own.iter().map(|(_, y)| y - mean))).collect();
    let g = by_cluster.len() as f64;
    let se = (g / (g - 1.0) * sum(by_cluster.iter().map(|s| s * s))).sqrt() / n;
    let reach = if g > 1.0 { t95(g - 1.0) * se } else { f64::NAN };
    ClusteredMean {
        mean,
        standard_error: se,
        interval: Interval::new(mean - reach, mean + reach, IntervalMethod::ClusterRobust),
        n: values.len() as u64,
        clusters: by_cluster.len() as u64,
    }
}

/// Every score with its mean, however small its base: what reference cases check.
#[must_use]
pub fn level_means(rows: &[LinkageRow]) -> Vec<(f64, ClusteredMean)> {
    levels(rows).into_iter().map(|(score, values)| (score, clustered_mean(&values))).collect()
}

/// (cluster, figure) pairs per score, scores ascending.
fn levels(rows: &[LinkageRow]) -> Vec<(f64, Vec<(u64, f64)>)> {
    let mut rows: Vec<&LinkageRow> = rows.iter().filter(|r| r.usable()).collect();
    rows.sort_by(|a, b| a.score.total_cmp(&b.score));
    rows.chunk_by(|a, b| a.score == b.score)
        .map(|own| (own[0].score, own.iter().map(|r| (r.cluster, r.figure)).collect()))
        .collect()
}

/// One score of the scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseLevel {
    /// The score.
    pub score: f64,
    /// The mean figure there, or why it is not shown.
    pub figure: Answer<ClusteredMean>,
}

/// Straight line against one mean per score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LineCheck {
    /// Slope of the line over all rows, figure per point.
    pub slope: f64,
    /// Wald statistic scaled to F.
    pub f: f64,
    /// Degrees of freedom: scores less two, clusters less one.
    pub df: [f64; 2],
    /// p.
    pub p: f64,
    /// The line is not rejected: a change per point may be quoted.
    pub holds: bool,
}

/// Customers by their score band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandOutcome {
    /// Band.
    pub band: Band,
    /// Mean figure over all rows in the band.
    pub figure: ClusteredMean,
    /// Mean change of the figure from the first to the last observed period of
    /// customers whose first score lies in the band; NaN without any.
    pub change: f64,
    /// Those customers.
    pub customers: u64,
}

/// The figure along the scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseResponse {
    /// Definition id.
    pub definition: &'static str,
    /// Score by score.
    pub levels: Vec<DoseLevel>,
    /// Whether the means rise.
    pub rising: Answer<RisingCheck>,
    /// Whether a line describes them.
    pub line: Answer<LineCheck>,
}

/// The figure along a scale of scores.
///
/// # Errors
/// A [`Refusal`] when the scores are not a scale of at most 21 levels.
pub fn dose_response(rows: &[LinkageRow]) -> Result<DoseResponse, Refusal> {
    let levels = levels(rows);
    if levels.len() > LEVELS_UP_TO {
        return Err(Refusal::count(RefusalReason::NotAScale, levels.len() as u64, LEVELS_UP_TO as u64));
    }
    let means: Vec<(f64, ClusteredMean)> = levels.iter().map(|(at, values)| (*at, clustered_mean(values))).collect();
    let shown: Vec<bool> = means.iter().map(|(_, m)| m.n >= SHOWN_FROM && m.clusters >= 2).collect();
    let kept: Vec<&(f64, Vec<(u64, f64)>)> = levels.iter().zip(&shown).filter(|(_, s)| **s).map(|(l, _)| l).collect();
    let estimated: Vec<Estimated> = means
        .iter()
        .zip(&shown)
        .filter(|((_, m), shown)| **shown && m.standard_error > 0.0)
        .map(|((at, m), _)| Estimated { at: *at, mean: m.mean, standard_error: m.standard_error })
        .collect();
    let enough = |have: usize, need: u64| {
        if (have as u64) < need { Err(Refusal::count(RefusalReason::NotAScale, have as u64, need)) } else { Ok(()) }
    };
    Ok(DoseResponse {
        definition: "dose.v1",
        levels: means.into_iter().zip(&shown).map(|((score, mean), shown)| level(score, mean, *shown)).collect(),
        rising: enough(estimated.len(), 2).map(|()| rising_check(&estimated)).into(),
        line: enough(kept.len(), 3).and_then(|()| line_check(&kept)).into(),
    })
}

fn level(score: f64, mean: ClusteredMean, shown: bool) -> DoseLevel {
    let refusal = if mean.n < SHOWN_FROM {
        Refusal::count(RefusalReason::TooFewAnswers, mean.n, SHOWN_FROM)
    } else {
        Refusal::count(RefusalReason::TooFewClusters, mean.clusters, 2)
    };
    DoseLevel { score, figure: if shown { Answer::Shown(mean) } else { Answer::Refused(refusal) } }
}

/// Tests the means beyond the line: constant, score, and a column for every score
/// but the first and last.
fn line_check(levels: &[&(f64, Vec<(u64, f64)>)]) -> Result<LineCheck, Refusal> {
    let beyond = levels.len() - 2;
    let mut rows: Vec<(u64, usize, f64)> = levels
        .iter()
        .enumerate()
        .flat_map(|(i, (_, values))| values.iter().map(move |(cluster, y)| (*cluster, i, *y)))
        .collect();
    rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| a.2.total_cmp(&b.2)));
    let x = Matrix::from_fn(rows.len(), 2 + beyond, |i, j| match j {
        0 => 1.0,
        1 => levels[rows[i].1].0,
        _ => f64::from(u8::from(rows[i].1 == j - 1)),
    });
    let y: Vec<f64> = rows.iter().map(|r| r.2).collect();
    let fit = least_squares(&x, &y);
    let clusters: Vec<u64> = rows.iter().map(|r| r.0).collect();
    let robust = cr1(&x, &fit, &clusters);
    let (q, g) = (beyond, robust.clusters);
    if g <= q + 1 {
        return Err(Refusal::count(RefusalReason::TooFewClusters, g as u64, q as u64 + 2));
    }
    let tested: Vec<usize> = (2..2 + q).collect();
    let none = Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 };
    let inner = inverse(&robust.covariance.pick_rows(&tested).pick_columns(&tested)).ok_or(none)?;
    let b: Vec<f64> = tested.iter().map(|&j| fit.coefficients[j]).collect();
    let df = [q as f64, g as f64 - 1.0];
    let f = inner.form(&b, &b) / df[0];
    let p = f_upper(f, df[0], df[1]);
    let slope = least_squares(&x.pick_columns(&[0, 1]), &y).coefficients[1];
    Ok(LineCheck { slope, f, df, p, holds: p >= REJECTED_BELOW })
}

/// Means by band, and changes by the band of the first period. Scores off the
/// scale are left out; bands nobody is in are absent.
#[must_use]
pub fn band_outcomes(rows: &[LinkageRow], bands: &NpsBands) -> Vec<BandOutcome> {
    let mut rows: Vec<&LinkageRow> = rows.iter().filter(|r| r.usable()).collect();
    rows.sort_by(|a, b| {
        (a.customer, a.period).cmp(&(b.customer, b.period)).then_with(|| a.figure.total_cmp(&b.figure))
    });
    let mut values: BTreeMap<usize, Vec<(u64, f64)>> = BTreeMap::new();
    for row in &rows {
        if let Some(band) = bands.band(row.score) {
            values.entry(place(band)).or_default().push((row.cluster, row.figure));
        }
    }
    let mut changes: [Vec<f64>; 3] = Default::default();
    for own in rows.chunk_by(|a, b| a.customer == b.customer) {
        let (first, last) = (own[0], own[own.len() - 1]);
        if let Some(band) = bands.band(first.score).filter(|_| last.period > first.period) {
            changes[place(band)].push(last.figure - first.figure);
        }
    }
    [Band::Detractor, Band::Passive, Band::Promoter]
        .into_iter()
        .filter_map(|band| {
            let changes = &changes[place(band)];
            Some(BandOutcome {
                band,
                figure: clustered_mean(values.get(&place(band))?),
                change: sum(changes.iter().copied()) / changes.len() as f64,
                customers: changes.len() as u64,
            })
        })
        .collect()
}

fn place(band: Band) -> usize {
    match band {
        Band::Detractor => 0,
        Band::Passive => 1,
        Band::Promoter => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(curve: impl Fn(u64) -> f64) -> Vec<LinkageRow> {
        (0..330_u64)
            .map(|i| {
                let score = i % 11;
                let wobble = ((i * 37) % 19) as f64 / 19.0 - 0.5;
                LinkageRow {
                    customer: i / 3,
                    cluster: i / 3,
                    period: i64::try_from(i % 3).unwrap(),
                    score: score as f64,
                    figure: curve(score) + wobble,
                }
            })
            .collect()
    }

    #[test]
    fn a_line_is_kept_and_a_bend_is_rejected() {
        let dose = dose_response(&rows(|s| 2.0 * s as f64)).unwrap();
        let Answer::Shown(line) = dose.line else { panic!("a line can be tested") };
        assert!(line.holds && (line.slope - 2.0).abs() < 0.05, "{line:?}");
        let Answer::Shown(bend) = dose_response(&rows(|s| if s < 9 { 0.0 } else { 5.0 })).unwrap().line else {
            panic!("a bend can be tested")
        };
        assert!(!bend.holds);
    }

    #[test]
    fn a_fall_at_the_top_is_not_rising() {
        let rising = |curve: fn(u64) -> f64| match dose_response(&rows(curve)).unwrap().rising {
            Answer::Shown(check) => check.holds,
            Answer::Refused(refusal) => panic!("{refusal}"),
        };
        assert!(rising(|s| s as f64));
        assert!(!rising(|s| if s == 10 { 0.0 } else { s as f64 }));
    }

    #[test]
    fn a_level_of_four_rows_is_not_shown_and_an_amount_is_no_scale() {
        let mut few = rows(|s| s as f64);
        few.retain(|r| r.score != 3.0 || r.customer < 15);
        let dose = dose_response(&few).unwrap();
        assert!(matches!(dose.levels[3].figure, Answer::Refused(_)));
        let amounts: Vec<LinkageRow> =
            rows(|_| 1.0).into_iter().enumerate().map(|(i, r)| LinkageRow { score: i as f64, ..r }).collect();
        assert_eq!(dose_response(&amounts).unwrap_err().reason, RefusalReason::NotAScale);
    }

    #[test]
    fn one_row_per_cluster_has_the_ordinary_error() {
        let mean = clustered_mean(&[(1, 1.0), (2, 2.0), (3, 6.0)]);
        assert!((mean.standard_error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
