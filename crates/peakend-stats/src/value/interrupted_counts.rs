//! One series of counts with a change at a known time (`interrupted-counts.v1`):
//! quasi-Poisson regression with an exposure, so that effects are ratios of rates.
//!
//! Same columns as the segmented regression. Errors are the larger of the
//! dispersion-scaled and the Newey-West ones, t(n - k), so that counts which follow
//! each other are not taken for more than they are.

use serde::Serialize;

use super::did::Inference;
use super::interrupted::Interruption;
use crate::figure::{IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::linear::Matrix;
use crate::linear::covariance::bartlett;
use crate::linear::poisson::{PoissonFit, poisson};

/// Dispersion from which the Poisson law alone would be far too sure.
const OVERDISPERSED_FROM: f64 = 1.5;

/// A ratio of rates with the inference on its logarithm carried over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateRatio {
    /// With the change over without.
    pub ratio: f64,
    /// Limits of the ratio at 95 %.
    pub limits: [f64; 2],
    /// Inference on the log scale.
    #[serde(flatten)]
    pub log: Inference,
}

impl RateRatio {
    fn of(log: f64, variance: f64, df: f64) -> Self {
        let inference = Inference::of(log, variance.sqrt(), df, IntervalMethod::NeweyWest);
        let limits = [inference.interval.lo.exp(), inference.interval.hi.exp()];
        Self { ratio: log.exp(), limits, log: inference }
    }
}

/// An interrupted series of counts fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InterruptedCounts {
    /// Definition id.
    pub definition: &'static str,
    /// Ratio of rates at the change.
    pub level: RateRatio,
    /// Ratio of the growth per point after to before.
    pub slope: RateRatio,
    /// Events after the change over those expected without it.
    pub effect: RateRatio,
    /// Events expected after the change, had it not happened.
    pub counterfactual: f64,
    /// Events less those expected without the change (negative when prevented).
    pub events: f64,
    /// Pearson's statistic over its degrees of freedom.
    pub dispersion: f64,
    /// Points before and after.
    pub n: [u64; 2],
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Estimates what a change did to counts with an exposure (such as customers or
/// days; ones without) in order of time.
///
/// # Errors
/// A [`Refusal`] as for the segmented regression, for counts below 0 or exposures
/// not above 0, or when the fit does not settle.
pub fn interrupted_counts(
    counts: &[f64],
    exposure: &[f64],
    interruption: &Interruption,
) -> Result<InterruptedCounts, Refusal> {
    let n = counts.len();
    let finite = counts.iter().all(|y| y.is_finite() && *y >= 0.0)
        && exposure.len() == n
        && exposure.iter().all(|e| e.is_finite() && *e > 0.0);
    interruption.check(n, finite)?;
    let design = interruption.design(n);
    let offset: Vec<f64> = exposure.iter().map(|e| e.ln()).collect();
    let none = Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 };
    let fit = poisson(&design, counts, &offset).ok_or(none)?;
    let df = n as f64 - fit.rank as f64;
    if df < 1.0 || fit.dropped.iter().any(|&j| j < 4) {
        return Err(none);
    }
    let covariance = wider(&design, counts, &fit, interruption.lag(n));
    let one = |column: usize| RateRatio::of(fit.coefficients[column], covariance[(column, column)], df);
    let (expected, gradient) = counterfactual(&design, &fit, interruption.change_at);
    let fitted_after: f64 = fit.fitted[interruption.change_at..].iter().sum();
    let effect = RateRatio::of((fitted_after / expected).ln(), covariance.form(&gradient, &gradient), df);
    let over = fit.dispersion >= OVERDISPERSED_FROM;
    let warning = Warning { code: WarningCode::Overdispersed, have: fit.dispersion, bound: OVERDISPERSED_FROM };
    Ok(InterruptedCounts {
        definition: "interrupted-counts.v1",
        level: one(2),
        slope: one(3),
        effect,
        counterfactual: expected,
        events: fitted_after - expected,
        dispersion: fit.dispersion,
        n: [interruption.change_at as u64, (n - interruption.change_at) as u64],
        warnings: over.then_some(warning).into_iter().collect(),
    })
}

/// Quasi-Poisson covariance, or Newey-West on the scores where that has the larger
/// variance for the level: one matrix throughout, so that contrasts stay coherent.
fn wider(design: &Matrix, counts: &[f64], fit: &PoissonFit, lag: usize) -> Matrix {
    let scaled = fit.bread.clone().scaled(fit.dispersion.max(1.0));
    let n = counts.len();
    let scores = Matrix::from_fn(n, design.columns(), |i, j| design[(i, j)] * (counts[i] - fit.fitted[i]));
    let robust = fit.bread.around(&bartlett(&scores, lag)).scaled(n as f64 / (n as f64 - fit.rank as f64));
    if robust[(2, 2)] > scaled[(2, 2)] { robust } else { scaled }
}

/// Events expected after the change without it, and the gradient of
/// ln(fitted / expected) in the coefficients.
fn counterfactual(design: &Matrix, fit: &PoissonFit, change_at: usize) -> (f64, Vec<f64>) {
    let width = design.columns();
    let (mut fitted, mut expected) = (0.0, 0.0);
    let (mut with, mut without) = (vec![0.0; width], vec![0.0; width]);
    for i in change_at..design.rows() {
        let row = design.row(i);
        let change = row[2] * fit.coefficients[2] + row[3] * fit.coefficients[3];
        let (own, plain) = (fit.fitted[i], fit.fitted[i] * (-change).exp());
        fitted += own;
        expected += plain;
        for (j, x) in row.iter().enumerate() {
            with[j] += own * x;
            without[j] += if j == 2 || j == 3 { 0.0 } else { plain * x };
        }
    }
    let gradient = with.iter().zip(&without).map(|(a, b)| a / fitted - b / expected).collect();
    (expected, gradient)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn series(halved: bool) -> (Vec<f64>, Vec<f64>) {
        let exposure: Vec<f64> = (0..48).map(|i| 900.0 + ((i * 31) % 17) as f64 * 20.0).collect();
        let counts = (0..48)
            .map(|i| {
                let rate = 0.1 * if halved && i >= 30 { 0.5 } else { 1.0 };
                (exposure[i] * rate + ((i * 7) % 11) as f64 - 5.0).round()
            })
            .collect();
        (counts, exposure)
    }

    #[test]
    fn a_halved_rate_is_found_whatever_the_exposure() {
        let (counts, exposure) = series(true);
        let interruption = Interruption { change_at: 30, ..Interruption::default() };
        let found = interrupted_counts(&counts, &exposure, &interruption).unwrap();
        assert!((found.effect.ratio - 0.5).abs() < 0.05, "{}", found.effect.ratio);
        assert!(found.effect.limits[1] < 1.0 && found.events < 0.0);
        let (counts, exposure) = series(false);
        let quiet = interrupted_counts(&counts, &exposure, &interruption).unwrap();
        assert!(quiet.effect.limits[0] < 1.0 && quiet.effect.limits[1] > 1.0);
    }

    #[test]
    fn negative_counts_and_empty_exposure_are_refused() {
        let interruption = Interruption { change_at: 30, ..Interruption::default() };
        let (mut counts, mut exposure) = series(true);
        counts[0] = -1.0;
        assert_eq!(interrupted_counts(&counts, &exposure, &interruption).unwrap_err().reason, RefusalReason::NotFinite);
        counts[0] = 1.0;
        exposure[0] = 0.0;
        assert!(interrupted_counts(&counts, &exposure, &interruption).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn another_unit_of_exposure_leaves_the_ratios(
            counts in prop::collection::vec(1..200_u32, 24..40), unit in 0.01..100.0_f64
        ) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            let interruption = Interruption { change_at: 14, ..Interruption::default() };
            let ones = vec![1.0; counts.len()];
            let scaled = vec![unit; counts.len()];
            let a = interrupted_counts(&counts, &ones, &interruption);
            let b = interrupted_counts(&counts, &scaled, &interruption);
            if let (Ok(a), Ok(b)) = (a, b) {
                prop_assert!((a.effect.ratio / b.effect.ratio - 1.0).abs() < 1e-6);
                prop_assert!((a.level.log.standard_error / b.level.log.standard_error - 1.0).abs() < 1e-5);
            }
        }
    }
}
