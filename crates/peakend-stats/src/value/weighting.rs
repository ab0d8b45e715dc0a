//! Inverse propensity weighting (`ipw.v1`): each unit stands for those like it
//! that fell into the other arm. Hajek weights, errors with the weights taken as
//! known (HC0 of the weighted regression of the outcome on the arm).

use serde::Serialize;

use super::arms::TwoArms;
use super::balance::{Balance, pooled_deviation, standardised_difference, weighted_mean};
use crate::figure::{Interval, IntervalMethod, Z95};
use crate::summation::{Moments, sum};

/// Whose effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Everybody (ATE).
    Everybody,
    /// Those who were treated (ATT).
    Treated,
}

/// An effect with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// Effect in the unit of the outcome.
    pub value: f64,
    /// Standard error.
    pub standard_error: f64,
    /// 95 % interval.
    pub interval: Interval,
}

impl Effect {
    pub(crate) fn of(value: f64, standard_error: f64) -> Self {
        let reach = Z95 * standard_error;
        Self { value, standard_error, interval: Interval::new(value - reach, value + reach, IntervalMethod::Wald) }
    }
}

/// A weighted difference of means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightedEffect {
    /// The effect.
    #[serde(flatten)]
    pub effect: Effect,
    /// Kish effective number of controls.
    pub effective_controls: f64,
    /// Largest weight over the sum of all.
    pub largest_share: f64,
}

/// Weights by propensity: 1/e and 1/(1-e) for everybody, 1 and e/(1-e) for the treated.
#[must_use]
pub fn propensity_weights(arms: &TwoArms, scores: &[f64], target: Target) -> Vec<f64> {
    let weight = |(treated, e): (&bool, &f64)| match (target, treated) {
        (Target::Everybody, true) => 1.0 / e,
        (Target::Everybody, false) => 1.0 / (1.0 - e),
        (Target::Treated, true) => 1.0,
        (Target::Treated, false) => e / (1.0 - e),
    };
    arms.treated.iter().zip(scores).map(weight).collect()
}

/// The difference of the weighted means of the arms.
#[must_use]
pub fn weighted_effect(arms: &TwoArms, weights: &[f64]) -> WeightedEffect {
    let arm = |treated: bool| {
        let at = arms.arm(treated);
        let total = sum(at.iter().map(|&i| weights[i]));
        let mean = sum(at.iter().map(|&i| weights[i] * arms.outcome[i])) / total;
        let meat = sum(at.iter().map(|&i| (weights[i] * (arms.outcome[i] - mean)).powi(2)));
        (mean, meat / (total * total), total, sum(at.iter().map(|&i| weights[i].powi(2))))
    };
    let (treated, control) = (arm(true), arm(false));
    WeightedEffect {
        effect: Effect::of(treated.0 - control.0, (treated.1 + control.1).sqrt()),
        effective_controls: control.2 * control.2 / control.3,
        largest_share: weights.iter().copied().fold(0.0, f64::max) / (treated.2 + control.2),
    }
}

/// Standardised mean differences before and after weighting, over the pooled
/// deviation before it.
#[must_use]
pub fn weighted_balance(arms: &TwoArms, weights: &[f64]) -> Vec<Balance> {
    let sides = [arms.arm(true), arms.arm(false)];
    let of = |column: usize| {
        let values = |side: &[usize]| side.iter().map(|&i| arms.design[(i, column)]).collect::<Vec<f64>>();
        let [treated, control] = [0, 1].map(|s| Moments::of(&values(&sides[s])));
        let deviation = pooled_deviation(&treated, &control);
        let mean = |side: &[usize]| {
            weighted_mean(&side.iter().map(|&i| (arms.design[(i, column)], weights[i])).collect::<Vec<_>>())
        };
        let after = standardised_difference(mean(&sides[0]), mean(&sides[1]), deviation);
        (standardised_difference(treated.mean, control.mean, deviation), after)
    };
    let named = arms.names.iter().enumerate();
    named
        .map(|(c, name)| {
            let (before, after) = of(c + 1);
            Balance { covariate: name.clone(), before, after }
        })
        .collect()
}
