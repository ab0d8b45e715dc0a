//! Repeated looks at one experiment (`repeated-looks.v1`): how far out an estimate
//! must lie at each look so that all looks together err in `alpha` of cases only.
//!
//! Lan-DeMets (1983) spending of the O'Brien-Fleming kind, 4 (1 - Phi(z_{alpha/4} /
//! sqrt t)) at information t, two-sided and symmetric. Bounds are solved by
//! integrating over all paths that have not stopped (Armitage, McPherson & Rowe
//! 1969). Assumes independent increments: every look adds new units.

use serde::Serialize;
use statrs::function::erf::erfc;

use crate::distribution::bisect;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason};

/// Smallest share of information between two looks.
const APART: f64 = 0.005;
/// Fewest intervals of the integration grid; more when looks lie close together.
const GRID: usize = 400;
/// Bounds are searched up to this z.
const FAR: f64 = 12.0;

/// One planned look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// Share of the planned information (units) seen by then, 0..1.
    pub information: f64,
    /// |z| from which the look may stop.
    pub bound: f64,
    /// The same as a two-sided p.
    pub nominal_p: f64,
    /// Error spent up to and with this look.
    pub spent: f64,
}

impl Look {
    /// Whether an estimate may be called different from 0 at this look.
    #[must_use]
    pub fn stops(&self, value: f64, standard_error: f64) -> bool {
        (value / standard_error).abs() >= self.bound
    }

    /// The interval that may be read at this look, however many others there are.
    #[must_use]
    pub fn interval(&self, value: f64, standard_error: f64) -> Interval {
        let reach = self.bound * standard_error;
        Interval::new(value - reach, value + reach, IntervalMethod::RepeatedLooks)
    }
}

/// Bounds for looks at shares of the planned information, ascending, the last of
/// them at most 1; `alpha` is two-sided for all looks together.
///
/// # Errors
/// A [`Refusal`] without looks, or for shares that do not ascend within 0..1 by at
/// least 0.005.
pub fn planned_looks(information: &[f64], alpha: f64) -> Result<Vec<Look>, Refusal> {
    let refuse = |have: f64| Refusal { reason: RefusalReason::NotAPlan, have, need: APART };
    if information.is_empty() || !(alpha > 0.0 && alpha < 1.0) {
        return Err(refuse(alpha));
    }
    let mut before = 0.0;
    for &share in information {
        if !(share - before >= APART && share <= 1.0 + 1e-12) {
            return Err(refuse(share - before));
        }
        before = share;
    }
    let quarter = bisect(0.0, FAR, |z| alpha / 4.0 - upper(z));
    let mut paths = Paths::start();
    let mut looks: Vec<Look> = Vec::new();
    for &share in information {
        let spent = 4.0 * upper(quarter / share.sqrt());
        let to_spend = spent - looks.last().map_or(0.0, |look| look.spent);
        let step = (share - looks.last().map_or(0.0, |look| look.information)).sqrt();
        let root = share.sqrt();
        let bound = bisect(0.0, FAR, |z| to_spend - paths.leaving(z * root, step));
        paths = paths.beyond(bound * root, step);
        looks.push(Look { information: share, bound, nominal_p: 2.0 * upper(bound), spent });
    }
    Ok(looks)
}

/// Upper tail of the standard normal law.
fn upper(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// Density of the sum so far over the paths that have not stopped: places,
/// integration weights times density.
struct Paths {
    places: Vec<f64>,
    masses: Vec<f64>,
}

impl Paths {
    fn start() -> Self {
        Self { places: vec![0.0], masses: vec![1.0] }
    }

    /// Probability to be beyond `bound` after a further step.
    fn leaving(&self, bound: f64, step: f64) -> f64 {
        let out = |s: f64| upper((bound - s) / step) + upper((bound + s) / step);
        self.places.iter().zip(&self.masses).map(|(s, m)| m * out(*s)).sum()
    }

    /// The paths still inside `bound` after the step, on a Simpson grid that is fine
    /// enough for the step.
    fn beyond(&self, bound: f64, step: f64) -> Self {
        let intervals = 2 * ((GRID / 2).max((6.0 * bound / step).ceil() as usize));
        let width = 2.0 * bound / intervals as f64;
        let places: Vec<f64> = (0..=intervals).map(|i| width * i as f64 - bound).collect();
        let scale = 1.0 / (step * std::f64::consts::TAU.sqrt());
        let density = |b: f64| {
            let term = |(s, m): (&f64, &f64)| m * scale * (-0.5 * ((b - s) / step).powi(2)).exp();
            self.places.iter().zip(&self.masses).map(term).sum::<f64>()
        };
        let masses = places.iter().enumerate().map(|(i, &b)| {
            let simpson = if i == 0 || i == intervals { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
            density(b) * simpson * width / 3.0
        });
        Self { masses: masses.collect(), places }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_equal_looks_have_the_published_bounds() {
        let looks = planned_looks(&[0.2, 0.4, 0.6, 0.8, 1.0], 0.05).unwrap();
        for (look, published) in looks.iter().zip([4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            assert!((look.bound - published).abs() < 2e-4, "{} {published}", look.bound);
        }
        assert!((looks[4].spent - 0.05).abs() < 1e-10);
    }

    #[test]
    fn a_single_look_at_the_end_is_the_ordinary_test() {
        let look = planned_looks(&[1.0], 0.05).unwrap()[0];
        assert!((look.bound - crate::Z95).abs() < 1e-8);
        assert!(look.stops(2.0, 1.0) && !look.stops(1.9, 1.0));
        assert!(look.interval(2.0, 1.0).excludes(0.0));
    }

    #[test]
    fn looks_that_do_not_ascend_are_no_plan() {
        for plan in [&[][..], &[0.5, 0.5], &[0.0, 1.0], &[0.5, 1.2], &[f64::NAN]] {
            assert_eq!(planned_looks(plan, 0.05).unwrap_err().reason, RefusalReason::NotAPlan);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn more_looks_never_lower_the_last_bound(first in 0.1..0.9_f64) {
            let looks = planned_looks(&[first, 1.0], 0.05).unwrap();
            prop_assert!(looks[1].bound >= crate::Z95 - 1e-6);
            prop_assert!(looks[0].bound > looks[1].bound);
            prop_assert!(looks[1].bound < 2.25);
        }
    }
}
