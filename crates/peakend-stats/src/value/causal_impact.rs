//! The effect of a change on one series, judged by series that the change did
//! not touch (`causal_impact.v1`; Brodersen et al. 2015): a wandering level plus
//! a regression on the controls is learnt before the change and carried on.
//!
//! Assumes that the controls are not affected by the change and that their bond
//! with the series stays what it was. Sampled with a seed (Gibbs: level by
//! simulation smoother, regression by spike and slab); beside it stands the same
//! model by maximum likelihood, without any draw.

use serde::Serialize;

use super::local_level::{LocalLevel, fit_local_level};
use super::spike_slab::{SlabPrior, SpikeSlab, gamma};
use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::linear::Matrix;
use crate::linear::matrix::dot;
use crate::summation::{Moments, sum};

/// Periods before the change that are needed.
const PRE_PERIODS: u64 = 8;
/// Draws thrown away before the sampler has forgotten its start.
const BURN_IN: u32 = 500;
/// One-step errors above this share of the series are warned about.
const WORST_FIT: f64 = 0.1;
/// Prior step of the level, in deviations of the series.
const LEVEL_STEP: f64 = 0.01;
/// Observations that prior is worth.
const LEVEL_DF: f64 = 32.0;
/// Share of the variance that the regression is expected to explain, and the
/// observations this expectation is worth.
const EXPECTED_R2: f64 = 0.8;
const NOISE_DF: f64 = 50.0;
/// Weight of the prior of the coefficients, in observations.
const SLAB_INFORMATION: f64 = 0.01;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CausalOptions {
    /// Controls expected to matter.
    pub expected_controls: f64,
    /// Draws kept.
    pub draws: u32,
    /// Share left out of intervals on both sides together.
    pub outside: f64,
    /// Seed.
    pub seed: u64,
}

impl Default for CausalOptions {
    fn default() -> Self {
        Self { expected_controls: 3.0, draws: 2_000, outside: 0.05, seed: 1 }
    }
}

/// An effect as its posterior says it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PosteriorEffect {
    /// Posterior mean.
    pub value: f64,
    /// Posterior standard deviation.
    pub deviation: f64,
    /// Central 95 % of the posterior.
    pub interval: Interval,
}

/// What a control contributes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ControlUse {
    /// Position of the control.
    pub control: usize,
    /// Share of draws that use it.
    pub inclusion: f64,
    /// Mean coefficient, per unit of the control.
    pub coefficient: f64,
}

/// The series as it would have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counterfactual {
    /// Expected value.
    pub expected: f64,
    /// 95 % limits of a value.
    pub lo: f64,
    /// Upper limit.
    pub hi: f64,
}

/// The effect of a change on one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CausalImpact {
    /// Definition id.
    pub definition: &'static str,
    /// How it was sampled.
    pub options: CausalOptions,
    /// Periods before the change with a value.
    pub pre_periods: u64,
    /// Periods after it with a value.
    pub post_periods: u64,
    /// Mean of the series after the change.
    pub actual: f64,
    /// Mean expected without it.
    pub expected: f64,
    /// Mean effect per period.
    pub average: PosteriorEffect,
    /// Effect over all periods.
    pub cumulative: PosteriorEffect,
    /// Posterior probability of an effect of the other sign or none.
    pub tail: f64,
    /// Whether the tail is below 2.5 % and the interval excludes 0.
    pub detected: bool,
    /// Mean effect per period by maximum likelihood; absent when it has none.
    pub likelihood_average: Option<f64>,
    /// Mean absolute one-step error before the change over the mean size of the series.
    pub relative_error: Option<f64>,
    /// Controls used.
    pub controls: Vec<ControlUse>,
    /// Per period after the change.
    pub counterfactual: Vec<Counterfactual>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// A series brought to mean 0 and deviation 1 before the change.
struct Standard {
    mean: f64,
    deviation: f64,
}

impl Standard {
    fn of(values: &[f64]) -> Self {
        let seen: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let moments = Moments::of(&seen);
        Self { mean: moments.mean, deviation: moments.variance.sqrt() }
    }

    fn flat(&self) -> bool {
        // NaN, from a single value, is flat too
        self.deviation.is_nan() || self.deviation <= 1e-12 * self.mean.abs()
    }

    fn to(&self, x: f64) -> f64 {
        (x - self.mean) / self.deviation
    }

    fn from(&self, x: f64) -> f64 {
        x * self.deviation + self.mean
    }
}

/// The effect on `series` of a change after its first `pre_periods` values.
/// A value of the series that is not a number was not observed; controls have a
/// value in every period.
///
/// # Errors
/// A [`Refusal`] below eight values before the change (or three more than there
/// are controls), without a value after it, when the series does not vary
/// before, or when a control has a gap.
pub fn causal_impact(
    series: &[f64],
    controls: &[Vec<f64>],
    pre_periods: usize,
    options: CausalOptions,
) -> Result<CausalImpact, Refusal> {
    let pre = pre_periods.min(series.len());
    let seen = |part: &[f64]| part.iter().filter(|y| y.is_finite()).count() as u64;
    let (before, after) = (seen(&series[..pre]), seen(&series[pre..]));
    let need = PRE_PERIODS.max(controls.len() as u64 + 3);
    if before < need {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, before, need));
    }
    if after < 1 {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, after, 1));
    }
    if controls.iter().any(|x| x.len() != series.len() || x.iter().any(|x| !x.is_finite())) {
        return Err(Refusal::count(RefusalReason::NotFinite, 0, 1));
    }
    let scale = Standard::of(&series[..pre]);
    if scale.flat() {
        return Err(Refusal::count(RefusalReason::NoVariation, 0, 1));
    }
    let scales: Vec<Standard> = controls.iter().map(|x| Standard::of(&x[..pre])).collect();
    let used: Vec<usize> = (0..controls.len()).filter(|&j| !scales[j].flat()).collect();
    let y: Vec<f64> = series.iter().map(|y| scale.to(*y)).collect();
    let x = Matrix::from_fn(series.len(), used.len(), |t, j| scales[used[j]].to(controls[used[j]][t]));
    let sampled = sample(&y, &x, pre, options);
    let kept: Vec<Vec<f64>> = used.iter().map(|&j| controls[j][..pre].to_vec()).collect();
    let fit = fit_local_level(&series[..pre], &kept);
    let likelihood_average = fit.as_ref().map(|fit| {
        let expected = |t: usize| {
            fit.last_level + used.iter().zip(&fit.coefficients).map(|(&j, b)| b * controls[j][t]).sum::<f64>()
        };
        let gaps = (pre..series.len()).filter(|&t| series[t].is_finite()).map(|t| series[t] - expected(t));
        sum(gaps) / after as f64
    });
    let mut impact = sampled.told(&series[pre..], &scale, options);
    impact.pre_periods = before;
    impact.likelihood_average = likelihood_average;
    impact.relative_error = fit.map(|fit| fit.relative_error);
    for (control, &j) in impact.controls.iter_mut().zip(&used) {
        control.control = j;
        control.coefficient *= scale.deviation / scales[j].deviation;
    }
    impact.warnings = warnings(used.len(), controls.len(), impact.relative_error);
    Ok(impact)
}

/// Draws of what was expected after the change, in standard units.
struct Sampled {
    /// Level plus regression per period, summed over draws.
    expected: Vec<f64>,
    /// Per draw, per period: with noise.
    paths: Vec<Vec<f64>>,
    inclusion: Vec<f64>,
    coefficients: Vec<f64>,
}

fn sample(y: &[f64], x: &Matrix, pre: usize, options: CausalOptions) -> Sampled {
    let mut draws = Draws::seeded(options.seed);
    let rows: Vec<usize> = (0..pre).filter(|&t| y[t].is_finite()).collect();
    let design = x.pick_rows(&rows);
    let prior = SlabPrior {
        expected_size: options.expected_controls,
        information: SLAB_INFORMATION,
        noise_df: NOISE_DF,
        noise_squares: NOISE_DF * (1.0 - EXPECTED_R2),
    };
    let mut regression = SpikeSlab::of(&design, prior);
    let mut model = LocalLevel {
        noise: regression.noise,
        step: LEVEL_STEP * LEVEL_STEP,
        start: rows.first().map_or(0.0, |&t| y[t]),
        start_variance: 1.0,
    };
    let (after, width) = (y.len() - pre, x.columns());
    let mut sampled = Sampled {
        expected: vec![0.0; after],
        paths: Vec::with_capacity(options.draws as usize),
        inclusion: vec![0.0; width],
        coefficients: vec![0.0; width],
    };
    for draw in 0..BURN_IN + options.draws {
        let rest: Vec<f64> = (0..pre).map(|t| y[t] - dot(x.row(t), &regression.coefficients)).collect();
        let level = model.sample(&rest, &mut draws);
        model.step = step_variance(&level, &mut draws);
        let explained: Vec<f64> = rows.iter().map(|&t| y[t] - level[t]).collect();
        regression.draw(&design.transposed_times_vector(&explained), dot(&explained, &explained), &mut draws);
        model.noise = regression.noise;
        if draw >= BURN_IN {
            sampled.carry_on(x, pre, level.last().copied().unwrap_or(0.0), &model, &regression, &mut draws);
        }
    }
    sampled
}

/// Variance of the steps of a level given the level: inverse gamma, cut so that
/// a step is no larger than the series varies.
fn step_variance(level: &[f64], draws: &mut Draws) -> f64 {
    let squares = sum(level.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)));
    let df = LEVEL_DF + level.len() as f64 - 1.0;
    let total = LEVEL_DF * LEVEL_STEP * LEVEL_STEP + squares;
    for _ in 0..100 {
        let variance = total / (2.0 * gamma(df / 2.0, draws));
        if variance < 1.0 {
            return variance;
        }
    }
    1.0
}

impl Sampled {
    fn carry_on(
        &mut self,
        x: &Matrix,
        pre: usize,
        mut level: f64,
        model: &LocalLevel,
        regression: &SpikeSlab,
        draws: &mut Draws,
    ) {
        let mut path = Vec::with_capacity(self.expected.len());
        for (t, expected) in self.expected.iter_mut().enumerate() {
            level += model.step.sqrt() * draws.normal();
            let here = level + dot(x.row(pre + t), &regression.coefficients);
            *expected += here;
            path.push(here + model.noise.sqrt() * draws.normal());
        }
        self.paths.push(path);
        for (j, included) in regression.included.iter().enumerate() {
            self.inclusion[j] += f64::from(u8::from(*included));
            self.coefficients[j] += regression.coefficients[j];
        }
    }

    /// The effect in the unit of the series; `after` are its values after the change.
    fn told(&self, after: &[f64], scale: &Standard, options: CausalOptions) -> CausalImpact {
        let n = self.paths.len() as f64;
        let seen: Vec<usize> = (0..after.len()).filter(|&t| after[t].is_finite()).collect();
        let periods = seen.len() as f64;
        let actual = sum(seen.iter().map(|&t| after[t])) / periods;
        let expected = sum(seen.iter().map(|&t| scale.from(self.expected[t] / n))) / periods;
        let mean = |path: &Vec<f64>| sum(seen.iter().map(|&t| scale.from(path[t]))) / periods;
        let mut effects: Vec<f64> = self.paths.iter().map(|path| actual - mean(path)).collect();
        effects.sort_unstable_by(f64::total_cmp);
        let tails = [options.outside / 2.0, 1.0 - options.outside / 2.0];
        let limits = |ascending: &[f64]| tails.map(|p| quantile(ascending, p));
        let [lo, hi] = limits(&effects);
        let interval = Interval::new(lo, hi, IntervalMethod::Posterior);
        let average =
            PosteriorEffect { value: actual - expected, deviation: Moments::of(&effects).variance.sqrt(), interval };
        let above = effects.iter().filter(|e| **e >= 0.0).count() as f64;
        let below = effects.iter().filter(|e| **e <= 0.0).count() as f64;
        let tail = (above.min(below) + 1.0) / (n + 1.0);
        let counterfactual = (0..after.len()).map(|t| {
            let mut values: Vec<f64> = self.paths.iter().map(|path| scale.from(path[t])).collect();
            values.sort_unstable_by(f64::total_cmp);
            let [lo, hi] = limits(&values);
            Counterfactual { expected: scale.from(self.expected[t] / n), lo, hi }
        });
        CausalImpact {
            definition: "causal_impact.v1",
            options,
            pre_periods: 0,
            post_periods: seen.len() as u64,
            actual,
            expected,
            average,
            cumulative: PosteriorEffect {
                value: average.value * periods,
                deviation: average.deviation * periods,
                interval: Interval { method: IntervalMethod::Posterior, ..interval.scaled(periods) },
            },
            tail,
            detected: tail < tails[0] && interval.excludes(0.0),
            likelihood_average: None,
            relative_error: None,
            controls: (0..self.inclusion.len())
                .map(|control| ControlUse {
                    control,
                    inclusion: self.inclusion[control] / n,
                    coefficient: self.coefficients[control] / n,
                })
                .collect(),
            counterfactual: counterfactual.collect(),
            warnings: Vec::new(),
        }
    }
}

/// Quantile of ascending values, interpolated between neighbours.
fn quantile(ascending: &[f64], p: f64) -> f64 {
    let place = p * (ascending.len() as f64 - 1.0);
    let (below, share) = (place.floor() as usize, place.fract());
    let next = ascending[(below + 1).min(ascending.len() - 1)];
    ascending[below] + share * (next - ascending[below])
}

fn warnings(used: usize, given: usize, relative_error: Option<f64>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if used == 0 {
        warnings.push(Warning::count(WarningCode::NoControls, 0, 1));
    }
    if used < given {
        warnings.push(Warning::count(WarningCode::FlatControl, (given - used) as u64, 0));
    }
    if let Some(have) = relative_error.filter(|e| *e > WORST_FIT) {
        warnings.push(Warning { code: WarningCode::PoorFitBefore, have, bound: WORST_FIT });
    }
    warnings
}

#[cfg(test)]
mod tests;
