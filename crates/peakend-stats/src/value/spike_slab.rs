//! Bayesian regression that chooses its regressors: a spike at 0 and a slab
//! (George and McCulloch 1997), sampled with coefficients and variance
//! integrated out.

use crate::draws::Draws;
use crate::linear::matrix::dot;
use crate::linear::{Cholesky, Matrix};

/// What is believed before the data, for standardised series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SlabPrior {
    /// Regressors expected to matter.
    pub(crate) expected_size: f64,
    /// Weight of the slab in observations.
    pub(crate) information: f64,
    /// Observations the prior of the noise is worth.
    pub(crate) noise_df: f64,
    /// Their sum of squares.
    pub(crate) noise_squares: f64,
}

/// The sampler with what does not change between draws.
pub(crate) struct SpikeSlab {
    prior: SlabPrior,
    gram: Matrix,
    /// Prior precision of the slab.
    slab: Matrix,
    rows: usize,
    pub(crate) included: Vec<bool>,
    pub(crate) coefficients: Vec<f64>,
    pub(crate) noise: f64,
}

/// The posterior of one choice of regressors.
struct Choice {
    at: Vec<usize>,
    posterior: Cholesky,
    mean: Vec<f64>,
    squares: f64,
    log_weight: f64,
}

impl SpikeSlab {
    /// A sampler for a design (rows by regressors) on which coefficients start at 0.
    pub(crate) fn of(design: &Matrix, prior: SlabPrior) -> Self {
        let gram = design.gram();
        let (width, rows) = (design.columns(), design.rows());
        // half of the information shared like the data's, half without correlations
        let factor = prior.information / rows.max(1) as f64;
        let slab = Matrix::from_fn(width, width, |i, j| factor * gram[(i, j)] * if i == j { 1.0 } else { 0.5 });
        Self {
            prior,
            gram,
            slab,
            rows,
            included: vec![true; width],
            coefficients: vec![0.0; width],
            noise: prior.noise_squares / prior.noise_df,
        }
    }

    fn choice(&self, included: &[bool], right: &[f64], squares: f64) -> Option<Choice> {
        let at: Vec<usize> = (0..included.len()).filter(|&j| included[j]).collect();
        let pick = |m: &Matrix| Matrix::from_fn(at.len(), at.len(), |i, j| m[(at[i], at[j])]);
        let slab = pick(&self.slab);
        let prior = Cholesky::of(&slab)?;
        let posterior = Cholesky::of(&pick(&self.gram).plus(1.0, &slab))?;
        let right: Vec<f64> = at.iter().map(|&j| right[j]).collect();
        let mean = posterior.solve(&right);
        let squares = self.prior.noise_squares + squares - dot(&mean, &right);
        let share = (self.prior.expected_size / included.len().max(1) as f64).min(1.0);
        let sizes = at.len() as f64 * share.ln() + (included.len() - at.len()) as f64 * (1.0 - share).ln();
        let df = self.prior.noise_df + self.rows as f64;
        let log_weight = if share < 1.0 { sizes } else { 0.0 }
            + 0.5 * (prior.log_determinant() - posterior.log_determinant())
            - 0.5 * df * squares.ln();
        Some(Choice { at, posterior, mean, squares, log_weight })
    }

    /// One draw of regressors, noise and coefficients given the right-hand side
    /// X'y and y'y of what the regression has to explain.
    pub(crate) fn draw(&mut self, right: &[f64], squares: f64, draws: &mut Draws) {
        let width = self.included.len();
        let Some(mut now) = self.choice(&self.included, right, squares) else { return };
        // where all regressors are expected, none is ever left out
        let chosen = self.prior.expected_size < width as f64;
        for j in (0..width).filter(|_| chosen) {
            let mut other = self.included.clone();
            other[j] = !other[j];
            let Some(flipped) = self.choice(&other, right, squares) else { continue };
            let odds = (flipped.log_weight - now.log_weight).exp();
            if draws.unit() < odds / (1.0 + odds) || odds.is_infinite() {
                self.included = other;
                now = flipped;
            }
        }
        let df = self.prior.noise_df + self.rows as f64;
        self.noise = now.squares / (2.0 * gamma(df / 2.0, draws));
        let normal: Vec<f64> = now.at.iter().map(|_| draws.normal()).collect();
        self.coefficients.fill(0.0);
        for (place, step) in transposed_solve(now.posterior.lower(), &normal).into_iter().enumerate() {
            self.coefficients[now.at[place]] = now.mean[place] + self.noise.sqrt() * step;
        }
    }
}

/// x with L' x = z.
fn transposed_solve(lower: &Matrix, z: &[f64]) -> Vec<f64> {
    let mut x = z.to_vec();
    for i in (0..x.len()).rev() {
        let inner: f64 = (i + 1..x.len()).map(|k| lower[(k, i)] * x[k]).sum();
        x[i] = (x[i] - inner) / lower[(i, i)];
    }
    x
}

/// A gamma variate of shape at least 1 and scale 1 (Marsaglia and Tsang 2000).
pub(crate) fn gamma(shape: f64, draws: &mut Draws) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = draws.normal();
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && draws.unit().ln() < 0.5 * z * z + d * (1.0 - v + v.ln()) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_variates_have_their_mean_and_variance() {
        let mut draws = Draws::seeded(2);
        let x: Vec<f64> = (0..40_000).map(|_| gamma(6.5, &mut draws)).collect();
        let mean = x.iter().sum::<f64>() / 40_000.0;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
        assert!((mean - 6.5).abs() < 0.06 && (variance - 6.5).abs() < 0.25, "{mean} {variance}");
    }

    #[test]
    fn the_regressor_that_matters_is_chosen_among_many() {
        let mut draws = Draws::seeded(6);
        let design = Matrix::from_fn(80, 12, |_, _| draws.normal());
        let y: Vec<f64> = (0..80).map(|i| 0.9 * design[(i, 4)] + 0.4 * draws.normal()).collect();
        let prior = SlabPrior { expected_size: 2.0, information: 0.01, noise_df: 50.0, noise_squares: 10.0 };
        let mut sampler = SpikeSlab::of(&design, prior);
        let right = design.transposed_times_vector(&y);
        let (mut counts, mut sum) = (vec![0; 12], 0.0);
        for _ in 0..300 {
            sampler.draw(&right, dot(&y, &y), &mut draws);
            for (count, included) in counts.iter_mut().zip(&sampler.included) {
                *count += u32::from(*included);
            }
            sum += sampler.coefficients[4];
        }
        assert!(counts[4] == 300 && counts.iter().enumerate().all(|(j, c)| j == 4 || *c < 150), "{counts:?}");
        assert!((sum / 300.0 - 0.9).abs() < 0.15);
    }
}
