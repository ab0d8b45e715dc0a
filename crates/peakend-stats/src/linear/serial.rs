//! Errors that follow each other: a first-order autoregression of the errors of a
//! regression by restricted maximum likelihood (Cheang and Reinsel 2000), and what
//! it says of contrasts of the least-squares coefficients.
//!
//! Sums of products of residuals, as Newey and West take them, are biased towards
//! zero in short series because the residuals have lost what the columns took. The
//! restricted likelihood accounts for that, and Satterthwaite degrees of freedom
//! for how little a short series knows of its own correlation. Assumes that the
//! errors are stationary and that one step of memory describes them.

use super::cholesky::Cholesky;
use super::least_squares::{Fit, least_squares};
use super::matrix::{Matrix, dot};

/// Correlations tried, from here up in steps; first every fifth, then those around
/// the best.
const LOWEST: f64 = -0.9;
const STEP: f64 = 0.02;
const STEPS: usize = 94;
const STRIDE: usize = 5;

/// The errors of a regression, and how sure they are.
#[derive(Debug, Clone)]
pub struct SerialErrors {
    /// Correlation of neighbouring errors.
    pub correlation: f64,
    x: Matrix,
    y: Vec<f64>,
    /// Variance of the estimated correlation.
    uncertainty: f64,
}

/// A contrast's standard error and its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SerialContrast {
    /// Standard error.
    pub standard_error: f64,
    /// Satterthwaite degrees of freedom.
    pub df: f64,
}

impl SerialErrors {
    /// Estimates the errors of y on the kept columns of x, rows in order of time;
    /// `None` where residuals vanish or columns hardly leave any.
    #[must_use]
    pub fn of(x: &Matrix, y: &[f64], fit: &Fit) -> Option<Self> {
        let kept: Vec<usize> = (0..x.columns()).filter(|j| !fit.dropped.contains(j)).collect();
        if y.len() < kept.len() + 3 {
            return None;
        }
        let mut errors = Self { correlation: 0.0, x: x.pick_columns(&kept), y: y.to_vec(), uncertainty: 0.0 };
        let likelihood = |i: usize| errors.likelihood(at(i)).unwrap_or(f64::NEG_INFINITY);
        let best = |places: &mut dyn Iterator<Item = usize>| {
            places.map(|i| (likelihood(i), i)).max_by(|a, b| a.0.total_cmp(&b.0))
        };
        let (_, coarse) = best(&mut (0..STEPS).step_by(STRIDE))?;
        let (highest, place) = best(&mut (coarse.saturating_sub(STRIDE)..(coarse + STRIDE).min(STEPS)))?;
        if !highest.is_finite() {
            return None;
        }
        // at an edge the curvature is that of the nearest inner place
        let inner = place.clamp(2, STEPS - 3);
        let bend = likelihood(inner - 2) - 2.0 * likelihood(inner) + likelihood(inner + 2);
        errors.correlation = at(place);
        let flattest = (2.0 * STEP).powi(2);
        // no correlation of a series is known worse than this
        errors.uncertainty = if bend < 0.0 { (-flattest / bend).min(0.25) } else { 0.25 };
        Some(errors)
    }

    /// Standard error of c'b for the least-squares b of `fit`.
    #[must_use]
    pub fn contrast(&self, x: &Matrix, fit: &Fit, contrast: &[f64]) -> Option<SerialContrast> {
        let pull = x.times_vector(&fit.bread.times_vector(contrast));
        let here = self.variance(self.correlation, &pull)?;
        let (below, above) = ((self.correlation - STEP).max(LOWEST), (self.correlation + STEP).min(at(STEPS - 1)));
        let slope = (self.variance(above, &pull)?.ln() - self.variance(below, &pull)?.ln()) / (above - below);
        let spread = 2.0 / (self.y.len() as f64 - self.x.columns() as f64) + slope * slope * self.uncertainty;
        Some(SerialContrast { standard_error: here.sqrt(), df: 2.0 / spread })
    }

    /// Variance of the sum of pull times error, with the variance of the errors
    /// that belongs to the correlation.
    fn variance(&self, correlation: f64, pull: &[f64]) -> Option<f64> {
        let squares = self.squares(correlation)?.0;
        let innovation = squares / (self.y.len() as f64 - self.x.columns() as f64);
        let mut carried = 0.0;
        let mut sum = 0.0;
        for p in pull {
            // sum over i, j of p_i p_j r^|i-j|, by what the past carries on
            sum += p * (p + 2.0 * carried);
            carried = correlation * (carried + p);
        }
        let variance = sum * innovation / (1.0 - correlation * correlation);
        (variance > 0.0).then_some(variance)
    }

    /// Squared innovations, and the log determinant of the columns they left.
    fn squares(&self, correlation: f64) -> Option<(f64, f64)> {
        let first = (1.0 - correlation * correlation).sqrt();
        let x = Matrix::from_fn(self.x.rows(), self.x.columns(), |i, j| match i {
            0 => first * self.x[(0, j)],
            _ => self.x[(i, j)] - correlation * self.x[(i - 1, j)],
        });
        let y: Vec<f64> = (0..self.y.len())
            .map(|i| if i == 0 { first * self.y[0] } else { self.y[i] - correlation * self.y[i - 1] })
            .collect();
        let fit = least_squares(&x, &y);
        let determinant = Cholesky::of(&x.gram())?.log_determinant();
        let scale = dot(&y, &y);
        let squares = fit.residual_squares();
        (fit.dropped.is_empty() && squares > 1e-14 * scale).then_some((squares, determinant))
    }

    /// Restricted log-likelihood up to a constant.
    fn likelihood(&self, correlation: f64) -> Option<f64> {
        let (squares, determinant) = self.squares(correlation)?;
        let df = self.y.len() as f64 - self.x.columns() as f64;
        Some(0.5 * ((1.0 - correlation * correlation).ln() - determinant - df * squares.ln()))
    }
}

fn at(step: usize) -> f64 {
    LOWEST + STEP * step as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    fn world(correlation: f64, n: usize, seed: u64) -> (Matrix, Vec<f64>) {
        let mut draws = Draws::seeded(seed);
        let x = Matrix::from_fn(n, 2, |i, j| if j == 0 { 1.0 } else { i as f64 / n as f64 });
        let mut error = draws.normal() / (1.0 - correlation * correlation).sqrt();
        let y = (0..n).map(|i| {
            error = correlation * error + draws.normal();
            2.0 + 3.0 * x[(i, 1)] + error
        });
        let y = y.collect();
        (x, y)
    }

    #[test]
    fn the_correlation_of_a_long_series_is_found() {
        for planted in [-0.4, 0.0, 0.3, 0.8] {
            let (x, y) = world(planted, 3_000, 5);
            let errors = SerialErrors::of(&x, &y, &least_squares(&x, &y)).unwrap();
            assert!((errors.correlation - planted).abs() < 0.05, "{planted} {}", errors.correlation);
        }
    }

    #[test]
    fn without_correlation_the_error_is_the_classical_one() {
        let (x, y) = world(0.0, 3_000, 9);
        let fit = least_squares(&x, &y);
        let errors = SerialErrors { correlation: 0.0, ..SerialErrors::of(&x, &y, &fit).unwrap() };
        let found = errors.contrast(&x, &fit, &[0.0, 1.0]).unwrap();
        let classical = (fit.variance() * fit.bread[(1, 1)]).sqrt();
        assert!((found.standard_error / classical - 1.0).abs() < 1e-9);
        assert!(found.df > 100.0 && found.df < 2_998.0, "{}", found.df);
    }

    #[test]
    fn a_series_without_noise_has_no_errors_to_speak_of() {
        let x = Matrix::from_fn(20, 2, |i, j| if j == 0 { 1.0 } else { i as f64 });
        let y: Vec<f64> = (0..20).map(|i| 1.0 + 2.0 * f64::from(i)).collect();
        assert!(SerialErrors::of(&x, &y, &least_squares(&x, &y)).is_none());
    }
}
