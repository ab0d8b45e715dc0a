//! Planted effects, placebos, and what has to be the same.
use super::*;
use crate::draws::Draws;

/// Cohorts first treated in `first`, 40 units each, and 60 never treated; the
/// effect is 1 + time since treatment, everybody drifts.
fn rows(first: &[i64], periods: i64, seed: u64) -> Vec<StaggeredRow> {
    let mut draws = Draws::seeded(seed);
    let mut rows = Vec::new();
    let cohorts = first.iter().map(|g| (Some(*g), 40)).chain([(None, 60)]);
    let units = cohorts.flat_map(|(g, n)| std::iter::repeat_n(g, n));
    for (unit, first_treated) in units.enumerate() {
        let (level, x) = (3.0 * draws.normal(), draws.normal());
        for period in 0..periods {
            let since = first_treated.map_or(-1, |g| period - g);
            let lift = if since >= 0 { 1.0 + since as f64 } else { 0.0 };
            let outcome = level + 0.5 * period as f64 + lift + 0.3 * draws.normal();
            rows.push(StaggeredRow { unit: unit as u64, period, first_treated, outcome, covariates: vec![x] });
        }
    }
    rows
}

#[test]
fn planted_effects_are_found_and_placebos_are_none() {
    for comparison in [Comparison::NeverTreated, Comparison::NotYetTreated] {
        for covariates in [0, 1] {
            let options = StaggeredOptions { comparison, covariates, ..StaggeredOptions::default() };
            let got = staggered_effect(&rows(&[3, 5], 8, 11), options).unwrap();
            for part in &got.dynamic.parts {
                let truth = if part.at >= 0 { 1.0 + part.at as f64 } else { 0.0 };
                assert!((part.effect.value - truth).abs() < 5.0 * part.effect.standard_error, "{part:?}");
                assert!(part.band.lo <= part.effect.interval.lo && part.effect.interval.hi <= part.band.hi);
            }
            assert!(got.leads.unwrap().holds, "{:?}", got.leads);
            assert_eq!(got.units, 140);
            assert_eq!(got.cells.len(), 2 * 7);
        }
    }
}

#[test]
fn a_constant_covariate_changes_nothing() {
    let mut rows = rows(&[2, 4], 6, 5);
    for row in &mut rows {
        row.covariates[0] = 1.5;
    }
    let plain = staggered_effect(&rows, StaggeredOptions::default()).unwrap();
    let robust = staggered_effect(&rows, StaggeredOptions { covariates: 1, ..StaggeredOptions::default() }).unwrap();
    for (a, b) in plain.cells.iter().zip(&robust.cells) {
        assert!((a.effect.value - b.effect.value).abs() < 1e-9);
        assert!((a.effect.standard_error - b.effect.standard_error).abs() < 1e-9);
    }
    assert!((plain.simple.standard_error - robust.simple.standard_error).abs() < 1e-9);
}

#[test]
fn one_cohort_is_a_difference_of_changes() {
    let rows = rows(&[1], 2, 5);
    let got = staggered_effect(&rows, StaggeredOptions::default()).unwrap();
    let change = |treated: bool| {
        let of = |period| rows.iter().filter(move |r| r.first_treated.is_some() == treated && r.period == period);
        let n = of(0).count() as f64;
        (of(1).map(|r| r.outcome).sum::<f64>() - of(0).map(|r| r.outcome).sum::<f64>()) / n
    };
    assert!((got.simple.value - (change(true) - change(false))).abs() < 1e-12);
    assert!(got.warnings.iter().any(|w| w.code == WarningCode::TrendUntestable));
}

#[test]
fn the_order_of_rows_and_names_of_units_change_nothing() {
    let mut rows = rows(&[2, 4], 6, 5);
    let first = staggered_effect(&rows, StaggeredOptions::default()).unwrap();
    rows.reverse();
    for row in &mut rows {
        row.unit = 1_000 - row.unit;
    }
    assert_eq!(first, staggered_effect(&rows, StaggeredOptions::default()).unwrap());
}

#[test]
fn without_controls_or_a_before_there_is_no_effect() {
    let rows: Vec<StaggeredRow> = rows(&[2, 4], 6, 5).into_iter().filter(|row| row.first_treated.is_some()).collect();
    let refused = staggered_effect(&rows, StaggeredOptions::default()).unwrap_err();
    assert_eq!(refused.reason, RefusalReason::TooFewClusters);
    let later = StaggeredOptions { comparison: Comparison::NotYetTreated, ..StaggeredOptions::default() };
    let got = staggered_effect(&rows, later).unwrap();
    // the last cohort has nobody left to be compared with
    assert!(got.cells.iter().all(|cell| !(cell.after && cell.cohort == 4)));
}

#[test]
fn incomplete_units_are_left_out_and_counted() {
    let mut rows = rows(&[2, 4], 6, 5);
    rows[3].outcome = f64::NAN;
    let got = staggered_effect(&rows, StaggeredOptions::default()).unwrap();
    assert_eq!(got.units, 139);
    assert!(got.warnings.iter().any(|w| w.code == WarningCode::MissingDropped && w.have == 1.0));
}

#[test]
fn where_nobody_is_never_treated_the_last_cohort_only_serves_the_others() {
    let mut all = rows(&[3, 5, 7], 9, 4);
    all.retain(|row| row.first_treated.is_some());
    let options = StaggeredOptions { comparison: Comparison::NotYetTreated, ..StaggeredOptions::default() };
    let got = staggered_effect(&all, options).unwrap();
    assert!(got.cells.iter().all(|cell| cell.cohort < 7 && cell.period < 7));
    assert_eq!(got.dynamic.parts.iter().map(|part| part.at).min(), Some(-4));
}
