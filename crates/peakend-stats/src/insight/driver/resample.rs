//! Bootstrap of the relative weights, and their comparison with a noise driver.

use super::{DriverAnalysis, DriverOptions};
use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod};
use crate::insight::blocks::{Blocks, JointMoments, percentile_limits};
use crate::insight::relative_weight::relative_weights;
use crate::linear::{Cholesky, Matrix};

/// Weights of one bootstrap sample.
struct Replicate {
    weights: Vec<f64>,
    /// Weight less that of a noise driver in the same model.
    above_noise: Vec<f64>,
}

impl Replicate {
    fn of(moments: &JointMoments, kept: &[usize], draws: &mut Draws) -> Option<Self> {
        if moments.flat() {
            return None;
        }
        let count = kept.len();
        let outcome = moments.means.len() - 1;
        let with_all: Vec<usize> = kept.iter().copied().chain([outcome]).collect();
        let whole = moments.correlations_of(&with_all);
        let among = moments.correlations_of(kept);
        let with_outcome: Vec<f64> = (0..count).map(|j| whole[(j, count)]).collect();
        let weights = relative_weights(&among, &with_outcome)?;
        // given the rows, the correlations of an independent normal column with them
        // are normal with covariance R / n
        let root = Cholesky::of(&whole)?;
        let plain: Vec<f64> = (0..=count).map(|_| draws.normal() / moments.n.sqrt()).collect();
        let noise = root.lower().times_vector(&plain);
        let wide = Matrix::from_fn(count + 1, count + 1, |i, j| match (i == count, j == count) {
            (false, false) => among[(i, j)],
            (true, true) => 1.0,
            _ => noise[i.min(j)],
        });
        let with_noise: Vec<f64> = with_outcome.iter().copied().chain([noise[count]]).collect();
        let beside = relative_weights(&wide, &with_noise)?;
        let above_noise = beside[..count].iter().map(|w| w - beside[count]).collect();
        Some(Self { weights, above_noise })
    }
}

/// Sets the intervals of all drivers; gives the number of samples in which the
/// model could not be fitted.
pub(super) fn intervals(
    analysis: &mut DriverAnalysis,
    blocks: &Blocks,
    kept: &[usize],
    options: &DriverOptions,
) -> u64 {
    let mut draws = Draws::seeded(options.seed);
    let replicates: Vec<Replicate> =
        (0..options.resamples).filter_map(|_| Replicate::of(&blocks.resampled(&mut draws), kept, &mut draws)).collect();
    analysis.resamples = replicates.len() as u64;
    let limits = |of: &dyn Fn(&Replicate) -> f64| percentile_limits(replicates.iter().map(of).collect());
    let interval = |(lo, hi)| Interval::new(lo, hi, IntervalMethod::Resampled);
    for (j, driver) in analysis.drivers.iter_mut().enumerate() {
        driver.weight_interval = limits(&|r| r.weights[j]).map(interval);
        driver.share_interval = limits(&|r| r.weights[j] / r.weights.iter().sum::<f64>()).map(interval);
        driver.beats_noise = limits(&|r| r.above_noise[j]).map(|(lo, _)| lo > 0.0);
    }
    options.resamples - replicates.len() as u64
}
