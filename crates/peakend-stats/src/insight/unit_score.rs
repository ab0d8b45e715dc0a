//! Fair unit score (`unit-score.v1`): small units are drawn towards the whole.

use serde::Serialize;

use crate::figure::{Interval, IntervalMethod, Z95};
use crate::summation::{Moments, sum};

/// What all units have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Population {
    /// Mean over all units.
    pub mean: f64,
    /// Variance between the true unit means (tau squared).
    pub between: f64,
    /// Variance of one answer within a unit (sigma squared).
    pub within: f64,
}

/// A unit's score after shrinkage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UnitScore {
    /// Definition id.
    pub definition: &'static str,
    /// mu + B (mean - mu).
    pub value: f64,
    /// The unit's own mean.
    pub raw: f64,
    /// B: how much of its own mean the unit keeps, 0 to 1.
    pub kept: f64,
    /// Answers.
    pub n: u64,
    /// 95 % interval of the shrunk score, variance components taken as known.
    pub interval: Interval,
}

/// Shrinks the mean of one unit.
#[must_use]
pub fn unit_score(mean: f64, n: u64, population: &Population) -> UnitScore {
    let noise = population.within / n as f64;
    let kept = if population.between > 0.0 { population.between / (population.between + noise) } else { 0.0 };
    let value = population.mean + kept * (mean - population.mean);
    let reach = Z95 * (population.between * (1.0 - kept)).max(0.0).sqrt();
    UnitScore {
        definition: "unit-score.v1",
        value,
        raw: mean,
        kept,
        n,
        interval: Interval::new(value - reach, value + reach, IntervalMethod::PlainWald),
    }
}

/// Variance components of unequal units by the analysis of variance; `None`
/// below two units or without repeated answers.
#[must_use]
pub fn population(units: &[Moments]) -> Option<Population> {
    let mut units: Vec<Moments> = units.iter().copied().filter(|u| u.n > 0).collect();
    // fixed order, so that the order of the units cannot change a digit
    units.sort_unstable_by(|a, b| a.mean.total_cmp(&b.mean).then(a.n.cmp(&b.n)));
    let (k, n) = (units.len() as f64, units.iter().map(|u| u.n).sum::<u64>() as f64);
    if k < 2.0 || n <= k {
        return None;
    }
    let size = |u: &Moments| u.n as f64;
    let mean = sum(units.iter().map(|u| u.mean * size(u))) / n;
    let squares_within = sum(units.iter().filter(|u| u.n > 1).map(|u| u.variance * (size(u) - 1.0)));
    let within = squares_within / (n - k);
    let squares_between = sum(units.iter().map(|u| size(u) * (u.mean - mean).powi(2)));
    let typical = (n - sum(units.iter().map(|u| size(u).powi(2))) / n) / (k - 1.0);
    let between = ((squares_between / (k - 1.0) - within) / typical).max(0.0);
    Some(Population { mean, between, within })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_answers_keep_a_third_of_their_own_mean() {
        let bank = Population { mean: 0.7, between: 0.01, within: 0.21 };
        let score = unit_score(0.6, 10, &bank);
        assert!((score.kept - 0.3226).abs() < 5e-5);
        assert!((score.value - 0.6677).abs() < 5e-5);
    }

    #[test]
    fn units_that_differ_only_by_chance_are_all_drawn_to_the_mean() {
        let unit = Moments::of(&[1.0, 2.0, 3.0]);
        let bank = population(&[unit, unit, unit]).unwrap();
        assert_eq!(bank.between, 0.0);
        assert_eq!(unit_score(9.0, 3, &bank).value, bank.mean);
        assert!(population(&[unit]).is_none());
    }
}
