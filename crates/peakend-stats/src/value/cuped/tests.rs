//! Variance taken out, refusals, and laws of the randomised comparison.

use proptest::prelude::*;

use super::*;

fn rows() -> Vec<ArmRow> {
    (0..80_u32)
        .map(|i| {
            let (before, noise) = (f64::from((i * 37) % 41), f64::from((i * 29) % 13) / 13.0);
            let treated = (i * 17) % 5 < 2;
            ArmRow { treated, y: 4.0 * before + noise + if treated { 3.0 } else { 0.0 }, x: vec![before] }
        })
        .collect()
}

#[test]
fn a_strong_covariate_takes_out_most_of_the_variance() {
    let found = cuped(&rows(), Some(0.4)).unwrap();
    assert!(found.variance_reduction > 0.95, "{}", found.variance_reduction);
    assert!(found.effect.standard_error < found.raw.standard_error / 4.0);
    assert!((found.regression.value - 3.0).abs() < 0.2);
    assert!((found.theta[0] - 4.0).abs() < 0.1);
}

#[test]
fn broken_assignment_and_small_arms_are_refused() {
    assert_eq!(cuped(&rows(), Some(0.7)).unwrap_err().reason, RefusalReason::SampleRatioMismatch);
    let mut few = rows();
    few.retain(|r| !r.treated || r.y < 40.0);
    assert_eq!(cuped(&few, None).unwrap_err().reason, RefusalReason::GroupTooSmall);
}

#[test]
fn a_missing_covariate_is_counted_and_keeps_its_row() {
    let mut gaps = rows();
    gaps[3].x[0] = f64::NAN;
    gaps[8].x[0] = f64::NAN;
    let found = cuped(&gaps, None).unwrap();
    assert_eq!(found.missing, [2]);
    assert_eq!(found.effect.n[0] + found.effect.n[1], 80);
    assert!(found.warnings.iter().any(|w| w.code == WarningCode::MissingImputed));
}

#[test]
fn without_covariates_nothing_is_adjusted() {
    let plain: Vec<ArmRow> = rows().into_iter().map(|r| ArmRow { x: Vec::new(), ..r }).collect();
    let found = cuped(&plain, None).unwrap();
    assert_eq!(found.raw, found.effect);
    assert!((found.regression.value - found.raw.value).abs() < 1e-10);
}

fn any_rows() -> impl Strategy<Value = Vec<ArmRow>> {
    let one = (any::<bool>(), -50.0..50.0_f64, -3.0..3.0_f64, 0..5_u8).prop_map(|(treated, y, a, b)| ArmRow {
        treated,
        y,
        x: vec![a, f64::from(b)],
    });
    prop::collection::vec(one, 60..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn adjusting_never_adds_variance_and_row_order_changes_no_digit(rows in any_rows(), turn in 0..60_usize) {
        let found = cuped(&rows, None);
        if let Ok(found) = &found {
            prop_assert!(found.variance_reduction >= -1e-12);
        }
        let mut turned = rows;
        turned.rotate_left(turn);
        turned.reverse();
        prop_assert_eq!(found, cuped(&turned, None));
    }

    #[test]
    fn a_treatment_that_adds_a_constant_moves_the_effect_by_it(rows in any_rows(), gain in -20.0..20.0_f64) {
        let moved: Vec<ArmRow> =
            rows.iter().map(|r| ArmRow { y: if r.treated { r.y + gain } else { r.y }, ..r.clone() }).collect();
        if let (Ok(a), Ok(b)) = (cuped(&rows, None), cuped(&moved, None)) {
            prop_assert!((b.raw.value - a.raw.value - gain).abs() < 1e-9);
            prop_assert!((b.interacted.value - a.interacted.value - gain).abs() < 1e-8);
        }
    }
}
