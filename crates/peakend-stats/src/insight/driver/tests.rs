//! Planted drivers, warnings and refusals of the analysis.

use super::*;
use crate::draws::Draws;

/// `y = 1.0 a + 0.5 b + noise`, c is noise.
fn planted(n: usize) -> [Vec<f64>; 4] {
    let mut draws = Draws::seeded(11);
    let [mut a, mut b, mut c, mut y] = [const { Vec::new() }; 4];
    for _ in 0..n {
        let common = draws.normal();
        a.push(common + draws.normal());
        b.push(common + draws.normal() + 3.0);
        c.push(draws.normal());
        let rows = a.len() - 1;
        y.push(a[rows] + 0.5 * b[rows] + 1.5 * draws.normal());
    }
    [a, b, c, y]
}

fn columns<'a>(names: &[&'a str], values: &'a [Vec<f64>]) -> Vec<Column<'a>> {
    names.iter().zip(values).map(|(name, values)| Column { name, values }).collect()
}

fn options() -> DriverOptions {
    DriverOptions { resamples: 200, ..DriverOptions::default() }
}

#[test]
fn planted_drivers_are_ranked_and_noise_does_not_beat_noise() {
    let values = planted(600);
    let all = columns(&["a", "b", "c", "y"], &values);
    let found = driver_analysis(all[3], &all[..3], &options()).unwrap();
    let weights: Vec<f64> = found.drivers.iter().map(|d| d.weight).collect();
    assert!(weights[0] > weights[1] && weights[1] > 10.0 * weights[2]);
    assert!((weights.iter().sum::<f64>() - found.r_squared).abs() < 1e-12);
    assert!((found.drivers.iter().map(|d| d.ordered_gain).sum::<f64>() - found.r_squared).abs() < 1e-12);
    let beats: Vec<bool> = found.drivers.iter().map(|d| d.beats_noise.unwrap()).collect();
    assert_eq!(beats, [true, true, false]);
    for driver in &found.drivers {
        let interval = driver.share_interval.unwrap();
        assert!(interval.lo <= driver.share && driver.share <= interval.hi, "{driver:?}");
    }
}

#[test]
fn row_order_and_a_missing_answer_change_nothing_else() {
    let mut values = planted(120);
    let all = columns(&["a", "b", "c", "y"], &values);
    let first = driver_analysis(all[3], &all[..3], &options()).unwrap();
    for column in &mut values {
        column.reverse();
        column.push(2.0);
    }
    values[1][120] = f64::NAN;
    let all = columns(&["a", "b", "c", "y"], &values);
    let second = driver_analysis(all[3], &all[..3], &options()).unwrap();
    assert_eq!(first.drivers, second.drivers);
    assert_eq!((second.n, second.incomplete), (120, 1));
    assert!(second.warnings.iter().any(|w| w.code == WarningCode::MissingDropped));
}

#[test]
fn a_driver_determined_by_others_is_left_out_by_name() {
    let mut values = planted(200).to_vec();
    let sum = values[0].iter().zip(&values[1]).map(|(a, b)| a + b).collect();
    values.insert(2, sum);
    let all = columns(&["a", "b", "sum", "c", "y"], &values);
    let found = driver_analysis(all[4], &all[..4], &options()).unwrap();
    assert_eq!(found.redundant, ["sum"]);
    assert_eq!(found.drivers.len(), 3);
}

#[test]
fn suppression_and_halo_are_warned_of() {
    let mut draws = Draws::seeded(2);
    let mut values = vec![Vec::new(); 3];
    for _ in 0..300 {
        let common = 3.0 * draws.normal();
        let (a, b) = (common + draws.normal(), common + draws.normal());
        values[0].push(a);
        values[1].push(b);
        values[2].push(2.0 * a - b + draws.normal());
    }
    let all = columns(&["a", "b", "y"], &values);
    let found = driver_analysis(all[2], &all[..2], &options()).unwrap();
    assert!(found.drivers[1].suppressed && !found.drivers[0].suppressed);
    let codes: Vec<WarningCode> = found.warnings.iter().map(|w| w.code).collect();
    assert!(codes.contains(&WarningCode::Suppression) && codes.contains(&WarningCode::Halo), "{codes:?}");
}

#[test]
fn too_few_rows_flat_columns_and_pure_noise_are_refused() {
    let values = planted(49);
    let all = columns(&["a", "b", "c", "y"], &values);
    assert_eq!(driver_analysis(all[3], &all[..3], &options()).unwrap_err().reason, RefusalReason::TooFewAnswers);
    let mut values = planted(100);
    let all = columns(&["a", "b", "c", "y"], &values);
    let refusal = driver_analysis(all[2], &all[..2], &options()).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::ModelNotSignificant);
    values[0].fill(7.0);
    let all = columns(&["a", "b", "c", "y"], &values);
    assert_eq!(driver_analysis(all[3], &all[..3], &options()).unwrap_err().reason, RefusalReason::NoVariation);
}

#[test]
fn performance_is_rescaled_and_a_binary_outcome_is_named() {
    let mut values = planted(400);
    let middle = crate::summation::Moments::of(&values[3]).mean;
    values[3].iter_mut().for_each(|y| *y = f64::from(u8::from(*y > middle)));
    let all = columns(&["a", "b", "c", "y"], &values);
    let found = driver_analysis(all[3], &all[..3], &DriverOptions { scale: Some((-5.0, 5.0)), ..options() }).unwrap();
    assert!(found.binary);
    let b = &found.drivers[1];
    assert!((b.performance - 10.0 * (b.mean + 5.0)).abs() < 1e-12);
    assert!(b.performance_interval.lo < b.performance && b.performance < b.performance_interval.hi);
}
