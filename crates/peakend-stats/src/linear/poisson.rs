//! Poisson regression with log link and offset, by iteratively reweighted least
//! squares (McCullagh & Nelder 1989).

use super::least_squares::weighted_least_squares;
use super::matrix::Matrix;

/// Rounds after which a fit that still moves is given up.
const ROUNDS: usize = 100;
/// Relative change of the deviance at which the fit stands.
const SETTLED: f64 = 1e-12;

/// A fitted Poisson regression.
#[derive(Debug, Clone)]
pub struct PoissonFit {
    /// b, on the log scale.
    pub coefficients: Vec<f64>,
    /// Expected counts.
    pub fitted: Vec<f64>,
    /// Inverse information, (X' diag(fitted) X)^-1.
    pub bread: Matrix,
    /// Columns left out because earlier ones determine them.
    pub dropped: Vec<usize>,
    /// Columns kept.
    pub rank: usize,
    /// Pearson's statistic over n - rank: above 1 when counts vary more than Poisson.
    pub dispersion: f64,
}

/// Regresses counts on the columns of x; `offset` is the log of the exposure.
/// `None` when the iterations do not settle (such as a group without any count).
#[must_use]
pub fn poisson(x: &Matrix, counts: &[f64], offset: &[f64]) -> Option<PoissonFit> {
    let mut mu: Vec<f64> = counts.iter().map(|y| y + 0.1).collect();
    let mut deviance = f64::INFINITY;
    for _ in 0..ROUNDS {
        let working: Vec<f64> =
            (0..counts.len()).map(|i| mu[i].ln() - offset[i] + (counts[i] - mu[i]) / mu[i]).collect();
        let fit = weighted_least_squares(x, &working, &mu);
        mu = fit.fitted(x).iter().zip(offset).map(|(eta, o)| (eta + o).exp()).collect();
        let now = counts
            .iter()
            .zip(&mu)
            .map(|(&y, &m)| 2.0 * (if y > 0.0 { y * (y / m).ln() } else { 0.0 } - (y - m)))
            .sum::<f64>();
        if !now.is_finite() || fit.coefficients.iter().any(|b| b.abs() > 1e3) {
            return None;
        }
        if (deviance - now).abs() <= SETTLED * (now.abs() + 0.1) {
            let pearson: f64 = counts.iter().zip(&mu).map(|(y, m)| (y - m).powi(2) / m).sum();
            return Some(PoissonFit {
                dispersion: pearson / fit.df(),
                bread: weighted_least_squares(x, &working, &mu).bread,
                coefficients: fit.coefficients,
                fitted: mu,
                dropped: fit.dropped,
                rank: fit.rank,
            });
        }
        deviance = now;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_are_the_logs_of_their_rates() {
        let x = Matrix::from_fn(6, 2, |i, j| if j == 0 || i >= 3 { 1.0 } else { 0.0 });
        let exposure = [10.0, 20.0, 30.0, 5.0, 5.0, 10.0];
        let counts = [4.0, 9.0, 17.0, 6.0, 9.0, 15.0];
        let fit = poisson(&x, &counts, &exposure.map(f64::ln)).unwrap();
        assert!((fit.coefficients[0] - 0.5_f64.ln()).abs() < 1e-10);
        assert!((fit.coefficients[1] - 3_f64.ln()).abs() < 1e-10);
        // the variance of a log rate is 1 / count
        assert!((fit.bread[(1, 1)] - (1.0 / 30.0 + 1.0 / 30.0)).abs() < 1e-10);
    }
}
