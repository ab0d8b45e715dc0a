//! The effect of something people chose or were chosen for (`observational.v1`):
//! the same question answered by weighting, regression, both together and
//! matching, with the balance that says whether to believe any of them.
//!
//! Assumes that the covariates hold everything that drives both the choice and
//! the outcome; no method here can tell when they do not.

use serde::Serialize;

use super::arms::{ArmRow, TwoArms};
use super::balance::Balance;
use super::doubly_robust::{doubly_robust, expected_outcomes, regression_adjusted};
use super::logistic::{LogisticFit, logistic};
use super::nearest_score::{MatchedEffect, nearest_with_replacement, nearest_without_replacement};
use super::weighting::{Effect, Target, WeightedEffect, propensity_weights, weighted_balance, weighted_effect};
use crate::figure::{Refusal, RefusalReason, Warning, WarningCode};
use crate::summation::sum;

/// Units each arm needs.
const PER_ARM: u64 = 20;
/// Standardised differences above this are refused.
const UNBALANCED: f64 = 0.25;
/// Standardised differences above this are warned about.
const IMBALANCE: f64 = 0.1;
/// Share of the controls that must carry the weight.
const EFFECTIVE_SHARE: f64 = 0.1;
/// Propensities nearer to 0 or 1 than this are warned about.
const EXTREME: f64 = 0.01;

/// What to do with units that have hardly a counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ObservationalOptions {
    /// Units whose propensity lies outside are left out; changes whose effect it is.
    pub trim: Option<(f64, f64)>,
}

/// The propensities in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropensitySummary {
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Mean among the treated.
    pub mean_treated: f64,
    /// Mean among the controls.
    pub mean_control: f64,
    /// Maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// Covariates left out because others determine them.
    pub redundant: Vec<String>,
}

/// One question answered in several ways.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservationalEffect {
    /// Definition id.
    pub definition: &'static str,
    /// Units used.
    pub n: u64,
    /// Treated among them.
    pub treated: u64,
    /// Difference of the raw means: not an effect.
    pub naive: f64,
    /// The propensities.
    pub propensity: PropensitySummary,
    /// Weighting, effect on everybody.
    pub weighted_everybody: WeightedEffect,
    /// Weighting, effect on the treated.
    pub weighted_treated: WeightedEffect,
    /// Regression adjustment, effect on everybody.
    pub adjusted_everybody: f64,
    /// Regression adjustment, effect on the treated.
    pub adjusted_treated: f64,
    /// Doubly robust, effect on everybody.
    pub robust_everybody: Effect,
    /// Doubly robust, effect on the treated: the headline.
    pub robust_treated: Effect,
    /// Nearest propensity with replacement, effect on the treated.
    pub matched: MatchedEffect,
    /// Nearest propensity without replacement, effect on the treated.
    pub matched_once: MatchedEffect,
    /// Each covariate before and after weighting towards the treated.
    pub balance: Vec<Balance>,
    /// Units left out by the declared trimming.
    pub trimmed: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Answers the question if the arms can be made comparable. `names` label the
/// covariates of each row.
///
/// # Errors
/// A [`Refusal`] below 20 units per arm, when a covariate still differs by more
/// than 0.25 deviations after weighting, or when there is no propensity.
pub fn observational_effect(
    names: &[&str],
    rows: &[ArmRow],
    options: ObservationalOptions,
) -> Result<ObservationalEffect, Refusal> {
    compare_arms(&TwoArms::of(names, rows), options)?.judged()
}

/// All figures, not yet judged: what reference cases check.
///
/// # Errors
/// A [`Refusal`] when an arm has fewer than two units or no propensity exists.
pub fn compare_arms(arms: &TwoArms, options: ObservationalOptions) -> Result<ObservationalEffect, Refusal> {
    let least = arms.arm(true).len().min(arms.arm(false).len()) as u64;
    if least < 2 {
        return Err(Refusal::count(RefusalReason::GroupTooSmall, least, 2));
    }
    let fit = logistic(&arms.design, &arms.treated)?;
    let Some((lo, hi)) = options.trim else {
        return Ok(answers(arms, &fit, 0));
    };
    let kept: Vec<usize> = (0..arms.n()).filter(|&i| (lo..=hi).contains(&fit.probabilities[i])).collect();
    let trimmed = (arms.n() - kept.len()) as u64;
    let arms = arms.only(&kept);
    let least = arms.arm(true).len().min(arms.arm(false).len()) as u64;
    if least < 2 {
        return Err(Refusal::count(RefusalReason::GroupTooSmall, least, 2));
    }
    let fit = logistic(&arms.design, &arms.treated)?;
    Ok(answers(&arms, &fit, trimmed))
}

fn answers(arms: &TwoArms, fit: &LogisticFit, trimmed: u64) -> ObservationalEffect {
    let scores = &fit.probabilities;
    let [everybody, treated] = [Target::Everybody, Target::Treated].map(|t| propensity_weights(arms, scores, t));
    let expected = expected_outcomes(arms);
    let balance = weighted_balance(arms, &treated);
    let weighted_treated = weighted_effect(arms, &treated);
    let propensity = summary(arms, fit);
    ObservationalEffect {
        definition: "observational.v1",
        n: arms.n() as u64,
        treated: arms.arm(true).len() as u64,
        naive: arms.outcomes(true).mean - arms.outcomes(false).mean,
        weighted_everybody: weighted_effect(arms, &everybody),
        weighted_treated,
        adjusted_everybody: regression_adjusted(arms, &expected, Target::Everybody),
        adjusted_treated: regression_adjusted(arms, &expected, Target::Treated),
        robust_everybody: doubly_robust(arms, scores, &expected, Target::Everybody),
        robust_treated: doubly_robust(arms, scores, &expected, Target::Treated),
        matched: nearest_with_replacement(arms, scores),
        matched_once: nearest_without_replacement(arms, scores),
        warnings: warnings(arms, &propensity, &weighted_treated, &balance, trimmed),
        propensity,
        balance,
        trimmed,
    }
}

fn summary(arms: &TwoArms, fit: &LogisticFit) -> PropensitySummary {
    let scores = &fit.probabilities;
    let mean = |treated: bool| {
        let at = arms.arm(treated);
        sum(at.iter().map(|&i| scores[i])) / at.len() as f64
    };
    PropensitySummary {
        min: scores.iter().copied().fold(f64::INFINITY, f64::min),
        max: scores.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        mean_treated: mean(true),
        mean_control: mean(false),
        log_likelihood: fit.log_likelihood,
        redundant: fit.dropped.iter().filter_map(|c| arms.names.get(c.checked_sub(1)?).cloned()).collect(),
    }
}

fn worst(balance: &[Balance]) -> f64 {
    balance.iter().map(|b| b.after.abs()).fold(0.0, f64::max)
}

fn warnings(
    arms: &TwoArms,
    propensity: &PropensitySummary,
    weighted: &WeightedEffect,
    balance: &[Balance],
    trimmed: u64,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, have, bound| warnings.push(Warning { code, have, bound });
    if worst(balance) > IMBALANCE {
        warn(WarningCode::ResidualImbalance, worst(balance), IMBALANCE);
    }
    let floor = EFFECTIVE_SHARE * arms.arm(false).len() as f64;
    if weighted.effective_controls < floor {
        warn(WarningCode::LowEffectiveControls, weighted.effective_controls, floor);
    }
    if propensity.min < EXTREME {
        warn(WarningCode::ExtremePropensity, propensity.min, EXTREME);
    }
    if propensity.max > 1.0 - EXTREME {
        warn(WarningCode::ExtremePropensity, propensity.max, 1.0 - EXTREME);
    }
    if trimmed > 0 {
        warn(WarningCode::Trimmed, trimmed as f64, 0.0);
    }
    if arms.dropped > 0 {
        warn(WarningCode::MissingDropped, arms.dropped as f64, 0.0);
    }
    warnings
}

impl ObservationalEffect {
    /// The answers, if they may be shown.
    ///
    /// # Errors
    /// A [`Refusal`] below 20 units per arm, or when a covariate still differs by
    /// more than 0.25 deviations after weighting.
    pub fn judged(self) -> Result<Self, Refusal> {
        let least = self.treated.min(self.n - self.treated);
        if least < PER_ARM {
            return Err(Refusal::count(RefusalReason::GroupTooSmall, least, PER_ARM));
        }
        let have = worst(&self.balance);
        // NaN, from a covariate that does not vary but differs, is no balance
        if have.is_nan() || have > UNBALANCED {
            return Err(Refusal { reason: RefusalReason::StillUnbalanced, have, need: UNBALANCED });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
