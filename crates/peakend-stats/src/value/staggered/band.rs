//! Simultaneous bands and the joint test of the leads.
//!
//! With normal multipliers the multiplier bootstrap of a sum of influences is,
//! given the sample, exactly normal with the covariance of the influences; so it
//! is drawn from that covariance and its cost does not grow with the units.

use serde::Serialize;

use crate::distribution::chi_square_upper;
use crate::draws::Draws;
use crate::figure::Z95;
use crate::linear::{Matrix, symmetric_eigen};

/// Eigenvalues below this share of the largest count as zero.
const FLAT: f64 = 1e-10;
/// A joint test of the leads below this p says that trends differed before.
const REJECTED_BELOW: f64 = 0.05;

/// The factor by which standard errors are multiplied so that all effects of a
/// family lie inside their intervals together in 95 % of samples; never below
/// that of a single interval.
pub(super) fn simultaneous_factor(covariance: &[Vec<f64>], seed: u64, draws: u32) -> f64 {
    let size = covariance.len();
    let errors: Vec<f64> = (0..size).map(|i| covariance[i][i].sqrt()).collect();
    let counted: Vec<usize> = (0..size).filter(|&i| errors[i] > 0.0).collect();
    if counted.len() < 2 || draws == 0 {
        return Z95;
    }
    let correlation = Matrix::from_fn(counted.len(), counted.len(), |i, j| {
        covariance[counted[i]][counted[j]] / errors[counted[i]] / errors[counted[j]]
    });
    let root = symmetric_eigen(&correlation).map(|value| value.max(0.0).sqrt());
    let mut stream = Draws::seeded(seed);
    let mut largest: Vec<f64> = (0..draws)
        .map(|_| {
            let normal: Vec<f64> = counted.iter().map(|_| stream.normal()).collect();
            root.times_vector(&normal).into_iter().map(f64::abs).fold(0.0, f64::max)
        })
        .collect();
    largest.sort_unstable_by(f64::total_cmp);
    let place = (0.95 * f64::from(draws)).ceil() as usize;
    largest[place.clamp(1, largest.len()) - 1].max(Z95)
}

/// The leads of the event study jointly against 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeadTest {
    /// Wald statistic.
    pub statistic: f64,
    /// Independent leads.
    pub df: u64,
    /// Upper-tail chi-square p.
    pub p: f64,
    /// Whether the trends before may be taken as parallel.
    pub holds: bool,
}

/// Wald test of several effects; `None` when there is none to test.
pub(super) fn lead_test(effects: &[f64], covariance: &Matrix) -> Option<LeadTest> {
    let eigen = symmetric_eigen(covariance);
    let largest = eigen.values.iter().copied().fold(0.0, f64::max);
    if effects.is_empty() || largest <= 0.0 {
        return None;
    }
    let df = eigen.values.iter().filter(|value| **value > FLAT * largest).count() as u64;
    let statistic = eigen.map(|value| if value > FLAT * largest { 1.0 / value } else { 0.0 }).form(effects, effects);
    let p = chi_square_upper(statistic, df as f64);
    Some(LeadTest { statistic, df, p, holds: p >= REJECTED_BELOW })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_effects_need_the_wider_band_and_equal_ones_do_not() {
        let apart = vec![vec![4.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 9.0]];
        // 1 - 0.95^(1/3) on two sides
        let factor = simultaneous_factor(&apart, 1, 20_000);
        assert!((factor - 2.388).abs() < 0.04, "{factor}");
        let same = vec![vec![4.0, 4.0], vec![4.0, 4.0]];
        assert!((simultaneous_factor(&same, 1, 20_000) - Z95).abs() < 0.05);
        assert_eq!(simultaneous_factor(&apart, 9, 999), simultaneous_factor(&apart, 9, 999));
    }

    #[test]
    fn the_joint_test_of_independent_leads_is_the_sum_of_squares() {
        let test = lead_test(&[1.0, 2.0], &Matrix::from_rows(&[[1.0, 0.0], [0.0, 4.0]])).unwrap();
        assert!((test.statistic - 2.0).abs() < 1e-12 && test.df == 2 && test.holds);
        assert_eq!(lead_test(&[], &Matrix::zeros(0, 0)), None);
    }
}
