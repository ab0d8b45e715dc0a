//! A planted effect, none where none is, and the floors.
use super::*;

/// 80 periods before and 20 after; two controls, of which the first drives.
fn world(lift: f64, seed: u64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut draws = Draws::seeded(seed);
    let (mut a, mut b, mut level) = (50.0, 20.0, 100.0);
    let (mut y, mut controls) = (Vec::new(), vec![Vec::new(), Vec::new()]);
    for t in 0..100 {
        a += draws.normal();
        b += draws.normal();
        level += 0.02 * draws.normal();
        controls[0].push(a);
        controls[1].push(b);
        y.push(level + 1.5 * a + 0.5 * draws.normal() + if t >= 80 { lift } else { 0.0 });
    }
    (y, controls)
}

#[test]
fn a_planted_effect_is_found_by_both_ways_of_fitting() {
    let (y, controls) = world(4.0, 3);
    let got = causal_impact(&y, &controls, 80, CausalOptions::default()).unwrap();
    assert!((got.average.value - 4.0).abs() < 0.8, "{:?}", got.average);
    assert!(got.average.interval.lo < 4.0 && 4.0 < got.average.interval.hi);
    assert!(got.detected && got.tail < 0.01);
    assert!((got.likelihood_average.unwrap() - 4.0).abs() < 1.0);
    assert!((got.cumulative.value - 20.0 * got.average.value).abs() < 1e-9);
    assert!((got.controls[0].coefficient - 1.5).abs() < 0.1);
    assert!(got.warnings.is_empty());
}

#[test]
fn without_an_effect_none_is_claimed_and_a_seed_repeats_itself() {
    let (y, controls) = world(0.0, 5);
    let got = causal_impact(&y, &controls, 80, CausalOptions::default()).unwrap();
    assert!(!got.detected, "{:?}", got.average);
    assert_eq!(got, causal_impact(&y, &controls, 80, CausalOptions::default()).unwrap());
    let other = causal_impact(&y, &controls, 80, CausalOptions { seed: 2, ..CausalOptions::default() }).unwrap();
    assert!((got.average.value - other.average.value).abs() < 0.2 * got.average.deviation);
}

#[test]
fn gaps_in_the_series_are_bridged_and_floors_hold() {
    let (mut y, mut controls) = world(4.0, 3);
    y[30] = f64::NAN;
    y[90] = f64::NAN;
    controls.push(vec![7.0; 100]);
    let got = causal_impact(&y, &controls, 80, CausalOptions::default()).unwrap();
    assert_eq!((got.pre_periods, got.post_periods), (79, 19));
    assert!((got.average.value - 4.0).abs() < 0.8);
    assert!(got.warnings.iter().any(|w| w.code == WarningCode::FlatControl));
    let reason = |pre| causal_impact(&y, &controls, pre, CausalOptions::default()).unwrap_err().reason;
    assert_eq!(reason(7), RefusalReason::SeriesTooShort);
    assert_eq!(reason(100), RefusalReason::SeriesTooShort);
    controls[0][4] = f64::NAN;
    let refused = causal_impact(&y, &controls, 80, CausalOptions::default()).unwrap_err();
    assert_eq!(refused.reason, RefusalReason::NotFinite);
}
