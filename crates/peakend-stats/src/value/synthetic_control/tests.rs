//! A twin that exists, a planted effect, and the floors.
use super::*;

/// 24 donors with two common factors; the treated unit is 0.6 of the first and
/// 0.4 of the second donor, and falls by 5 after period 10.
fn world(noise: f64) -> (UnitSeries, Vec<UnitSeries>) {
    let wave = |unit: usize, t: usize| {
        let (a, b) = ((unit * 7 % 11) as f64, (unit * 5 % 13) as f64);
        20.0 + a * (t as f64 * 0.7).sin() + b * (t as f64 * 0.3).cos() + noise * ((unit * 31 + t * 17) % 23) as f64
    };
    let series =
        |unit: usize| UnitSeries { name: format!("u{unit}"), values: (0..15).map(|t| wave(unit, t)).collect() };
    let donors: Vec<UnitSeries> = (0..24).map(series).collect();
    let mixed = |t: usize| 0.6 * donors[0].values[t] + 0.4 * donors[1].values[t] - if t >= 10 { 5.0 } else { 0.0 };
    let treated = UnitSeries { name: "here".into(), values: (0..15).map(mixed).collect() };
    (treated, donors)
}

#[test]
fn a_twin_that_exists_is_found_with_the_planted_effect() {
    let (treated, donors) = world(0.05);
    let got = synthetic_effect(&treated, &donors, 10).unwrap();
    assert!((got.effect + 5.0).abs() < 0.1, "{}", got.effect);
    assert_eq!(got.placebo.rank, 1);
    assert_eq!(got.placebo.units, 25);
    assert!(got.interval.unwrap().excludes(0.0));
    assert!((got.weights.iter().map(|w| w.weight).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn a_unit_outside_all_others_has_no_twin() {
    let (mut treated, donors) = world(0.05);
    for value in &mut treated.values {
        *value += 100.0;
    }
    assert_eq!(synthetic_effect(&treated, &donors, 10).unwrap_err().reason, RefusalReason::PoorFitBefore);
}

#[test]
fn short_series_and_few_donors_are_refused_and_gaps_in_donors_leave_them_out() {
    let (treated, mut donors) = world(0.05);
    let reason = |r: Result<SyntheticControl, Refusal>| r.unwrap_err().reason;
    assert_eq!(reason(synthetic_effect(&treated, &donors, 4)), RefusalReason::SeriesTooShort);
    assert_eq!(reason(synthetic_effect(&treated, &donors[..4], 10)), RefusalReason::TooFewDonors);
    assert_eq!(reason(synthetic_effect(&treated, &donors, 15)), RefusalReason::SeriesTooShort);
    donors[5].values[3] = f64::NAN;
    let got = synthetic_effect(&treated, &donors, 10).unwrap();
    assert_eq!(got.weights.len(), 23);
    assert!(got.warnings.iter().any(|w| w.code == WarningCode::MissingDropped));
}

#[test]
fn every_unit_is_judged_alike_so_ranks_are_a_permutation() {
    let (treated, donors) = world(0.3);
    let mut all = vec![treated];
    all.extend(donors.into_iter().take(9));
    let rank = |i: usize| {
        let others: Vec<UnitSeries> = all.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, u)| u.clone()).collect();
        synthetic_control(&all[i], &others, 10).unwrap().placebo.rank
    };
    let mut ranks: Vec<u64> = (0..all.len()).map(rank).collect();
    ranks.sort_unstable();
    assert_eq!(ranks, (1..=10).collect::<Vec<u64>>());
}
