//! Regression adjustment and the doubly robust estimator (AIPW; Robins,
//! Rotnitzky, Zhao 1994): right when either the outcome model or the propensity
//! is. Assumes that nothing unmeasured drives both treatment and outcome.

use super::arms::TwoArms;
use super::weighting::{Effect, Target};
use crate::linear::least_squares;
use crate::summation::sum;

/// Outcomes expected under control and under treatment, for every unit.
#[derive(Debug, Clone)]
pub struct ExpectedOutcomes {
    /// Without treatment.
    pub control: Vec<f64>,
    /// With treatment.
    pub treated: Vec<f64>,
}

/// One least-squares regression of the outcome per arm, read at every unit.
#[must_use]
pub fn expected_outcomes(arms: &TwoArms) -> ExpectedOutcomes {
    let model = |treated: bool| {
        let at = arms.arm(treated);
        let outcome: Vec<f64> = at.iter().map(|&i| arms.outcome[i]).collect();
        least_squares(&arms.design.pick_rows(&at), &outcome).fitted(&arms.design)
    };
    ExpectedOutcomes { control: model(false), treated: model(true) }
}

/// Regression adjustment: the mean difference of the expected outcomes.
#[must_use]
pub fn regression_adjusted(arms: &TwoArms, expected: &ExpectedOutcomes, target: Target) -> f64 {
    let counted = |i: &usize| target == Target::Everybody || arms.treated[*i];
    let at: Vec<usize> = (0..arms.n()).filter(counted).collect();
    sum(at.iter().map(|&i| expected.treated[i] - expected.control[i])) / at.len() as f64
}

/// The doubly robust effect with the standard error of its influence function,
/// sd(psi) / sqrt(n) with divisor n.
#[must_use]
pub fn doubly_robust(arms: &TwoArms, scores: &[f64], expected: &ExpectedOutcomes, target: Target) -> Effect {
    let n = arms.n() as f64;
    let share = arms.arm(true).len() as f64 / n;
    let term = |i: usize| {
        let (y, e) = (arms.outcome[i], scores[i]);
        let (m0, m1) = (expected.control[i], expected.treated[i]);
        match (target, arms.treated[i]) {
            (Target::Everybody, true) => m1 - m0 + (y - m1) / e,
            (Target::Everybody, false) => m1 - m0 - (y - m0) / (1.0 - e),
            (Target::Treated, true) => (y - m0) / share,
            (Target::Treated, false) => -(y - m0) * e / (1.0 - e) / share,
        }
    };
    let terms: Vec<f64> = (0..arms.n()).map(term).collect();
    let value = sum(terms.iter().copied()) / n;
    // the share of the treated is estimated too, so their psi is taken about value / share
    let centre = |i: usize| match target {
        Target::Everybody => value,
        Target::Treated => f64::from(u8::from(arms.treated[i])) * value / share,
    };
    let squares = sum(terms.iter().enumerate().map(|(i, psi)| (psi - centre(i)).powi(2)));
    Effect::of(value, squares.sqrt() / n)
}
