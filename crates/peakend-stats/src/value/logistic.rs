//! Logistic regression by iteratively reweighted least squares: the propensity
//! to be treated.

use crate::figure::{Refusal, RefusalReason};
use crate::linear::{Matrix, weighted_least_squares};
use crate::summation::sum;

/// More steps than this mean that no maximum exists.
const STEPS: u32 = 50;
/// Relative change of the log-likelihood at which a fit has settled.
const SETTLED: f64 = 1e-13;
/// Log-odds beyond this are a separation of the classes, not an estimate.
const SEPARATED: f64 = 36.0;

/// A fitted logistic regression.
#[derive(Debug, Clone)]
pub struct LogisticFit {
    /// One per column of the design; 0 for columns that earlier ones determine.
    pub coefficients: Vec<f64>,
    /// Probability of "yes" per row.
    pub probabilities: Vec<f64>,
    /// Inverse of the information X' diag(p (1 - p)) X: the covariance.
    pub covariance: Matrix,
    /// Maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// Columns left out.
    pub dropped: Vec<usize>,
}

/// 1 / (1 + exp(-x)).
#[must_use]
pub fn logistic_share(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Fits P(yes) on the columns of x (add a column of ones for the constant).
///
/// # Errors
/// A [`Refusal`] when one answer does not occur, or when the columns tell the
/// answers apart without error, so that no maximum exists.
pub fn logistic(x: &Matrix, yes: &[bool]) -> Result<LogisticFit, Refusal> {
    let count = yes.iter().filter(|y| **y).count();
    if count == 0 || count == yes.len() {
        return Err(Refusal::count(RefusalReason::NoVariation, 0, 1));
    }
    let mut scores = vec![0.0; yes.len()];
    let mut before = f64::NEG_INFINITY;
    for _ in 0..STEPS {
        let shares: Vec<f64> = scores.iter().map(|s| logistic_share(*s)).collect();
        let weights: Vec<f64> = shares.iter().map(|p| p * (1.0 - p)).collect();
        let working: Vec<f64> =
            (0..yes.len()).map(|i| scores[i] + (f64::from(u8::from(yes[i])) - shares[i]) / weights[i]).collect();
        let fit = weighted_least_squares(x, &working, &weights);
        scores = x.times_vector(&fit.coefficients);
        if !scores.iter().all(|s| s.abs() < SEPARATED) {
            break;
        }
        // ln p = -ln(1 + exp(-s)) without losing digits in either tail
        let terms = scores.iter().zip(yes).map(|(s, y)| if *y { -(-s).exp().ln_1p() } else { -s.exp().ln_1p() });
        let log_likelihood = sum(terms);
        if (log_likelihood - before).abs() <= SETTLED * (log_likelihood.abs() + 0.1) {
            return Ok(LogisticFit {
                probabilities: scores.iter().map(|s| logistic_share(*s)).collect(),
                coefficients: fit.coefficients,
                covariance: fit.bread,
                log_likelihood,
                dropped: fit.dropped,
            });
        }
        before = log_likelihood;
    }
    Err(Refusal::count(RefusalReason::NotConverged, u64::from(STEPS), u64::from(STEPS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_yes_no_column_gives_the_log_odds_of_the_two_shares() {
        // 2 of 4 yes without the mark, 3 of 4 with it
        let x = Matrix::from_fn(8, 2, |i, j| if j == 0 || i >= 4 { 1.0 } else { 0.0 });
        let yes = [true, true, false, false, true, true, true, false];
        let fit = logistic(&x, &yes).unwrap();
        assert!(fit.coefficients[0].abs() < 1e-12);
        assert!((fit.coefficients[1] - 3_f64.ln()).abs() < 1e-10);
        let known = 4.0 * 0.5_f64.ln() + 3.0 * 0.75_f64.ln() + 0.25_f64.ln();
        assert!((fit.log_likelihood - known).abs() < 1e-12);
        // variance of a log-odds is 1 / (n p q)
        assert!((fit.covariance[(0, 0)] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn separated_classes_have_no_propensity() {
        let x = Matrix::from_fn(8, 2, |i, j| if j == 0 { 1.0 } else { i as f64 });
        let yes: Vec<bool> = (0..8).map(|i| i > 3).collect();
        assert_eq!(logistic(&x, &yes).unwrap_err().reason, RefusalReason::NotConverged);
        assert_eq!(logistic(&x, &[true; 8]).unwrap_err().reason, RefusalReason::NoVariation);
    }
}
