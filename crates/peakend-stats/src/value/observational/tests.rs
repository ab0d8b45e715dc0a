//! A planted effect behind a confounder, and the floors.
use super::*;

/// A small generator of uniform and, roughly, normal numbers.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// The covariate raises both the chance of treatment and the outcome by 3 per
/// unit; the treatment itself adds 2.
fn rows(n: usize, seed: u64, pull: f64) -> Vec<ArmRow> {
    let mut draws = Draws(seed);
    (0..n)
        .map(|_| {
            let (x, z) = (draws.normal(), draws.normal());
            let treated = draws.unit() < super::super::logistic::logistic_share(pull * x - 0.5);
            let lift = if treated { 2.0 } else { 0.0 };
            ArmRow { treated, outcome: 3.0 * x + lift + draws.normal(), covariates: vec![x, z] }
        })
        .collect()
}

#[test]
fn every_adjusted_answer_finds_the_planted_effect_and_the_naive_one_does_not() {
    let got = observational_effect(&["x", "z"], &rows(4_000, 3, 0.8), ObservationalOptions::default()).unwrap();
    assert!(got.naive > 3.0, "{}", got.naive);
    let adjusted = [
        got.weighted_everybody.effect.value,
        got.weighted_treated.effect.value,
        got.adjusted_everybody,
        got.adjusted_treated,
        got.robust_everybody.value,
        got.robust_treated.value,
        got.matched.effect.value,
    ];
    assert!(adjusted.iter().all(|value| (value - 2.0).abs() < 0.25), "{adjusted:?}");
    assert!(got.robust_treated.interval.lo < 2.0 && 2.0 < got.robust_treated.interval.hi);
    assert!(got.balance[0].before > 0.5 && got.balance[0].after.abs() < 0.1);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let mut rows = rows(300, 5, 0.5);
    let first = observational_effect(&["x", "z"], &rows, ObservationalOptions::default()).unwrap();
    rows.reverse();
    let second = observational_effect(&["x", "z"], &rows, ObservationalOptions::default()).unwrap();
    assert_eq!(first, second);
}

#[test]
fn few_units_are_refused_and_extreme_propensities_are_said() {
    let few = observational_effect(&["x", "z"], &rows(30, 3, 0.2), ObservationalOptions::default());
    assert_eq!(few.unwrap_err().reason, RefusalReason::GroupTooSmall);
    let arms = TwoArms::of(&["x", "z"], &rows(1_000, 3, 3.0));
    let raw = compare_arms(&arms, ObservationalOptions::default()).unwrap();
    assert!(raw.warnings.iter().any(|w| w.code == WarningCode::ExtremePropensity));
    let trimmed = compare_arms(&arms, ObservationalOptions { trim: Some((0.05, 0.95)) }).unwrap();
    assert!(trimmed.trimmed > 0 && trimmed.n + trimmed.trimmed == 1_000);
}

#[test]
fn a_missing_value_leaves_its_row_out() {
    let mut rows = rows(300, 5, 0.5);
    rows[7].covariates[1] = f64::NAN;
    let got = observational_effect(&["x", "z"], &rows, ObservationalOptions::default()).unwrap();
    assert_eq!(got.n, 299);
    assert!(got.warnings.iter().any(|w| w.code == WarningCode::MissingDropped));
}
