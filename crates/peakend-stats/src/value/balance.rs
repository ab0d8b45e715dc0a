//! Balance: how alike two arms are, in standard deviations.

use serde::Serialize;

use crate::summation::{Moments, sum};

/// Standardised mean difference of one covariate, treated minus control, over
/// sqrt((v1 + v0) / 2) of the arms before matching.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Balance {
    /// Covariate.
    pub covariate: String,
    /// Before matching.
    pub before: f64,
    /// After matching.
    pub after: f64,
}

/// Pooled standard deviation sqrt((v1 + v0) / 2).
#[must_use]
pub fn pooled_deviation(treated: &Moments, control: &Moments) -> f64 {
    f64::midpoint(treated.variance, control.variance).sqrt()
}

/// Standardised mean difference; 0 where nothing varies and the means agree.
#[must_use]
pub fn standardised_difference(treated: f64, control: f64, deviation: f64) -> f64 {
    let gap = treated - control;
    if gap == 0.0 { 0.0 } else { gap / deviation }
}

/// Weighted mean of (value, weight) pairs.
pub(crate) fn weighted_mean(pairs: &[(f64, f64)]) -> f64 {
    let total = sum(pairs.iter().map(|(_, w)| *w));
    sum(pairs.iter().map(|(x, w)| x * w)) / total
}
