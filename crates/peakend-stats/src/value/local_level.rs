//! A level that wanders, seen through noise: y_t = mu_t + e_t with
//! mu_(t+1) = mu_t + u_t. Kalman filter, simulation of the level given the
//! series, and maximum likelihood with regressors (Durbin and Koopman 2012).

use crate::draws::Draws;
use crate::linear::matrix::dot;
use crate::linear::{Cholesky, Matrix};

/// Variances of noise and of the level's steps, and where the level starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalLevel {
    /// Variance of the noise.
    pub noise: f64,
    /// Variance of a step.
    pub step: f64,
    /// Expected first level.
    pub start: f64,
    /// Variance of the first level.
    pub start_variance: f64,
}

impl LocalLevel {
    /// Draws the whole level given the series (forward filter, backward sample).
    /// A value that is not a number was not seen.
    pub(crate) fn sample(&self, series: &[f64], draws: &mut Draws) -> Vec<f64> {
        let (mut mean, mut variance) = (self.start, self.start_variance);
        let mut filtered = Vec::with_capacity(series.len());
        for &y in series {
            if y.is_finite() {
                let gain = variance / (variance + self.noise);
                mean += gain * (y - mean);
                variance *= 1.0 - gain;
            }
            filtered.push((mean, variance));
            variance += self.step;
        }
        let mut level = vec![0.0; series.len()];
        let mut after: Option<f64> = None;
        for (value, (mean, variance)) in level.iter_mut().zip(&filtered).rev() {
            let (mean, variance) = match after {
                None => (*mean, *variance),
                Some(next) => {
                    let pull = variance / (variance + self.step);
                    (mean + pull * (next - mean), variance * (1.0 - pull))
                }
            };
            *value = mean + variance.max(0.0).sqrt() * draws.normal();
            after = Some(*value);
        }
        level
    }
}

/// Maximum likelihood of a local level with regressors.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalLevelFit {
    /// Effect of each regressor.
    pub coefficients: Vec<f64>,
    /// The level after the last observation: the forecast without regressors.
    pub last_level: f64,
    /// Variance of the noise.
    pub noise: f64,
    /// Variance of a step.
    pub step: f64,
    /// Mean absolute one-step error over the mean size of the series.
    pub relative_error: f64,
}

/// One filter run at a ratio of step to noise variance.
struct Run {
    log_likelihood: f64,
    coefficients: Vec<f64>,
    last_level: f64,
    noise: f64,
    errors: Vec<f64>,
}

/// Fits by maximum likelihood over the ratio of the two variances; the first
/// level is diffuse, coefficients are those of generalised least squares.
/// Regressors have one value per observation; `None` when they are collinear or
/// there are too few observations.
#[must_use]
pub fn fit_local_level(series: &[f64], regressors: &[Vec<f64>]) -> Option<LocalLevelFit> {
    let seen: Vec<usize> = (0..series.len()).filter(|&t| series[t].is_finite()).collect();
    if seen.len() < regressors.len() + 3 {
        return None;
    }
    let at = |log_ratio: f64| filter(series, regressors, log_ratio.exp());
    let likelihood = |log_ratio: f64| at(log_ratio).map_or(f64::NEG_INFINITY, |run| run.log_likelihood);
    // the likelihood can have two hills: look everywhere first
    let grid: Vec<f64> = (0..=80).map(|i| -16.0 + 0.3 * f64::from(i)).collect();
    let best = grid.iter().copied().max_by(|a, b| likelihood(*a).total_cmp(&likelihood(*b)))?;
    let (mut lo, mut hi) = (best - 0.3, best + 0.3);
    for _ in 0..60 {
        let (a, b) = (lo + 0.382 * (hi - lo), lo + 0.618 * (hi - lo));
        if likelihood(a) < likelihood(b) {
            lo = a;
        } else {
            hi = b;
        }
    }
    let ratio = f64::midpoint(lo, hi);
    let run = at(ratio)?;
    let size = seen.iter().map(|&t| series[t].abs()).sum::<f64>() / seen.len() as f64;
    let error = run.errors.iter().map(|e| e.abs()).sum::<f64>() / run.errors.len() as f64;
    Some(LocalLevelFit {
        step: run.noise * ratio.exp(),
        noise: run.noise,
        coefficients: run.coefficients,
        last_level: run.last_level,
        relative_error: error / size,
    })
}

/// Filters the series and each regressor alike; innovations then regress on
/// innovations.
fn filter(series: &[f64], regressors: &[Vec<f64>], ratio: f64) -> Option<Run> {
    let width = regressors.len();
    let mut gram = Matrix::zeros(width, width);
    let mut right = vec![0.0; width];
    let mut rows: Vec<(f64, Vec<f64>, f64)> = Vec::new();
    let mut levels: Option<(Vec<f64>, f64)> = None;
    let mut log_scale = 0.0;
    for (t, &y) in series.iter().enumerate() {
        let here: Vec<f64> = std::iter::once(y).chain(regressors.iter().map(|x| x[t])).collect();
        let Some((means, variance)) = levels.as_mut() else {
            if y.is_finite() {
                levels = Some((here, 1.0));
            }
            continue;
        };
        *variance += ratio;
        if !y.is_finite() {
            continue;
        }
        let total = *variance + 1.0;
        let gain = *variance / total;
        let gaps: Vec<f64> = here.iter().zip(means.iter()).map(|(x, m)| x - m).collect();
        for (mean, gap) in means.iter_mut().zip(&gaps) {
            *mean += gain * gap;
        }
        *variance *= 1.0 - gain;
        log_scale += total.ln();
        gram.add_outer(1.0 / total, &gaps[1..], &gaps[1..]);
        for (sum, gap) in right.iter_mut().zip(&gaps[1..]) {
            *sum += gaps[0] * gap / total;
        }
        rows.push((gaps[0], gaps[1..].to_vec(), total));
    }
    let coefficients = if width == 0 { Vec::new() } else { Cholesky::of(&gram)?.solve(&right) };
    let errors: Vec<f64> = rows.iter().map(|(y, x, _)| y - dot(x, &coefficients)).collect();
    let n = rows.len() as f64;
    let noise = errors.iter().zip(&rows).map(|(e, (_, _, total))| e * e / total).sum::<f64>() / n;
    let (means, _) = levels?;
    Some(Run {
        log_likelihood: -0.5 * (n * noise.ln() + log_scale),
        last_level: means[0] - dot(&means[1..], &coefficients),
        coefficients,
        noise,
        errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regressor_and_both_variances_are_found() {
        let mut draws = Draws::seeded(4);
        let x: Vec<f64> = (0..3_000).map(|_| draws.normal()).collect();
        let mut level = 10.0;
        let y: Vec<f64> = x
            .iter()
            .map(|x| {
                level += 0.3 * draws.normal();
                level + 2.0 * x + draws.normal()
            })
            .collect();
        let fit = fit_local_level(&y, &[x]).unwrap();
        assert!((fit.coefficients[0] - 2.0).abs() < 0.08, "{fit:?}");
        assert!((fit.noise - 1.0).abs() < 0.12 && (fit.step - 0.09).abs() < 0.03, "{fit:?}");
        assert!((fit.last_level - level).abs() < 1.5);
    }

    #[test]
    fn a_sampled_level_stays_near_what_was_seen_and_bridges_what_was_not() {
        let model = LocalLevel { noise: 0.01, step: 0.01, start: 0.0, start_variance: 1.0 };
        let mut series: Vec<f64> = (0..50).map(f64::from).map(|t| 0.1 * t).collect();
        series[20] = f64::NAN;
        let mut draws = Draws::seeded(9);
        let mean = (0..400).map(|_| model.sample(&series, &mut draws)[20]).sum::<f64>() / 400.0;
        assert!((mean - 2.0).abs() < 0.03, "{mean}");
    }
}
