//! The mean of weighted answers (`weighted-mean.v1`) with linearised errors: for
//! weights taken as given, and for raked weights, whose margins explain part of the
//! answers (Deville & Sarndal 1992).

use serde::Serialize;

use super::raking::{Margin, WeightSpread, ascending};
use crate::distribution::t95;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, require_answers};
use crate::linear::{Matrix, weighted_least_squares};

/// A weighted mean fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightedMean {
    /// Definition id.
    pub definition: &'static str,
    /// Weighted mean.
    pub value: f64,
    /// Linearised standard error: the calibrated one when margins are given.
    pub standard_error: f64,
    /// The error with the weights taken as given.
    pub fixed_weights: f64,
    /// Answers.
    pub n: u64,
    /// Kish's effective n.
    pub n_effective: f64,
    /// 95 % interval, t(n - 1), or t(G - 1) with clusters.
    pub interval: Interval,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// What the weights were made from, for the calibrated error.
#[derive(Debug, Clone, Copy)]
pub struct Calibration<'a> {
    /// Weights before raking.
    pub base: &'a [f64],
    /// Margins raked to.
    pub margins: &'a [Margin],
}

/// Weighted mean of answers; those that are not finite (unanswered) are left out
/// with their weight. Clusters, when given, are what was sampled together.
///
/// # Errors
/// A [`Refusal`] below `shown_from` answers (at least two), two clusters, or for a
/// weight that is negative or not a number.
pub fn weighted_mean(
    answers: &[f64],
    weights: &[f64],
    clusters: Option<&[u64]>,
    calibration: Option<Calibration<'_>>,
    shown_from: u64,
) -> Result<WeightedMean, Refusal> {
    let used: Vec<usize> = (0..answers.len()).filter(|&i| answers[i].is_finite()).collect();
    require_answers(used.len() as u64, shown_from.max(2))?;
    if let Some(&i) = used.iter().find(|&&i| !(weights[i].is_finite() && weights[i] >= 0.0)) {
        return Err(Refusal { reason: RefusalReason::NotFinite, have: weights[i], need: 0.0 });
    }
    let y: Vec<f64> = used.iter().map(|&i| answers[i]).collect();
    let w: Vec<f64> = used.iter().map(|&i| weights[i]).collect();
    let codes: Vec<u64> = used.iter().map(|&i| clusters.map_or(i as u64, |c| c[i])).collect();
    let groups = {
        let mut codes = codes.clone();
        codes.sort_unstable();
        codes.dedup();
        codes.len() as u64
    };
    if groups < 2 {
        return Err(Refusal::count(RefusalReason::TooFewClusters, groups, 2));
    }
    let value = mean(&y, &w);
    let fixed_weights = linearised(&y, &w, &codes);
    let standard_error = match calibration {
        Some(calibration) => linearised(&residuals(&y, &used, &calibration), &w, &codes),
        None => fixed_weights,
    };
    let reach = t95(groups as f64 - 1.0) * standard_error;
    let n = used.len() as u64;
    Ok(WeightedMean {
        definition: "weighted-mean.v1",
        value,
        standard_error,
        fixed_weights,
        n,
        n_effective: WeightSpread::of(&w).n_effective,
        interval: Interval::new(value - reach, value + reach, IntervalMethod::Linearised),
        warnings: Warning::small_base(n).into_iter().collect(),
    })
}

fn mean(y: &[f64], w: &[f64]) -> f64 {
    ascending(y.iter().zip(w).map(|(y, w)| y * w)) / ascending(w.iter().copied())
}

/// Root of G/(G-1) times the squared deviations of z = w (y - m) / sum w, summed
/// within clusters.
fn linearised(y: &[f64], w: &[f64], clusters: &[u64]) -> f64 {
    let (m, total) = (mean(y, w), ascending(w.iter().copied()));
    let mut z: Vec<(u64, f64)> = y.iter().zip(w).zip(clusters).map(|((y, w), c)| (*c, w * (y - m) / total)).collect();
    z.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1)));
    let sums: Vec<f64> = z.chunk_by(|a, b| a.0 == b.0).map(|own| own.iter().map(|(_, z)| z).sum()).collect();
    let g = sums.len() as f64;
    let centre = ascending(sums.iter().copied()) / g;
    (g / (g - 1.0) * ascending(sums.iter().map(|z| (z - centre).powi(2)))).sqrt()
}

/// Answers less their regression on the margins' categories, weighted by the base;
/// rows are put in an order of their own first.
fn residuals(y: &[f64], used: &[usize], calibration: &Calibration<'_>) -> Vec<f64> {
    let margins = calibration.margins;
    let categories = |i: usize| margins.iter().map(move |m| m.categories[used[i]]);
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|&a, &b| {
        categories(a)
            .cmp(categories(b))
            .then_with(|| y[a].total_cmp(&y[b]))
            .then_with(|| calibration.base[used[a]].total_cmp(&calibration.base[used[b]]))
    });
    // constant and one column per category: the redundant ones are left out by the fit
    let columns: Vec<(usize, usize)> =
        margins.iter().enumerate().flat_map(|(m, margin)| (0..margin.targets.len()).map(move |c| (m, c))).collect();
    let x = Matrix::from_fn(y.len(), columns.len() + 1, |row, j| match j.checked_sub(1) {
        None => 1.0,
        Some(j) => {
            let (margin, category) = columns[j];
            f64::from(u8::from(margins[margin].categories[used[order[row]]] == Some(category)))
        }
    });
    let sorted: Vec<f64> = order.iter().map(|&i| y[i]).collect();
    let base: Vec<f64> = order.iter().map(|&i| calibration.base[used[i]]).collect();
    let fit = weighted_least_squares(&x, &sorted, &base);
    let mut residuals = vec![0.0; y.len()];
    for (row, &i) in order.iter().enumerate() {
        residuals[i] = fit.residuals[row];
    }
    residuals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::mean;
    use crate::insight::raking::{RakingRules, rake};

    #[test]
    fn equal_weights_give_the_plain_mean_and_its_error() {
        let y: Vec<f64> = (0..40).map(|i| f64::from((i * 7) % 11)).collect();
        let weighted = weighted_mean(&y, &[2.5; 40], None, None, 5).unwrap();
        let plain = mean::mean("mean.v1", &y, 5).unwrap();
        assert!((weighted.value - plain.value).abs() < 1e-12);
        assert!((weighted.interval.lo - plain.interval.lo).abs() < 1e-10);
        assert!((weighted.n_effective - 40.0).abs() < 1e-9);
    }

    #[test]
    fn margins_that_explain_the_answers_leave_little_error() {
        let n = 60;
        let categories: Vec<Option<usize>> = (0..n).map(|i| Some(usize::from(i % 3 == 0))).collect();
        let y: Vec<f64> = (0..n).map(|i| if i % 3 == 0 { 9.0 } else { 2.0 } + ((i * 7) % 5) as f64 / 50.0).collect();
        let base = vec![1.0; n];
        let margins = [Margin { targets: vec![500.0, 500.0], categories }];
        let raked = rake(&base, &margins, &RakingRules::default()).unwrap();
        let calibration = Some(Calibration { base: &base, margins: &margins });
        let found = weighted_mean(&y, &raked.weights, None, calibration, 5).unwrap();
        assert!((found.value - 5.5).abs() < 0.1);
        assert!(found.standard_error < found.fixed_weights / 10.0);
    }

    #[test]
    fn unanswered_are_left_out_and_one_cluster_is_refused() {
        let mut y = vec![1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN];
        assert_eq!(weighted_mean(&y, &[1.0; 6], None, None, 5).unwrap().n, 5);
        y[0] = f64::NAN;
        assert!(weighted_mean(&y, &[1.0; 6], None, None, 5).is_err());
        let refusal = weighted_mean(&[1.0; 6], &[1.0; 6], Some(&[7; 6]), None, 5).unwrap_err();
        assert_eq!(refusal.reason, RefusalReason::TooFewClusters);
    }
}
