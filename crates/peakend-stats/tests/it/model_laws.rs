//! Laws of drivers, survival and charts for any input.

use peakend_stats::insight::control_chart::ControlChart;
use peakend_stats::insight::driver::{Column, DriverAnalysis, DriverOptions};
use peakend_stats::insight::level_change::levels;
use peakend_stats::insight::trend_test::Trend;
use peakend_stats::value::log_rank::LogRank;
use peakend_stats::value::survival::{Spell, Survival};
use proptest::prelude::*;

fn table(columns: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
    (12..40_usize).prop_flat_map(move |rows| {
        let column = prop::collection::vec((0..=10_i32).prop_map(f64::from), rows);
        prop::collection::vec(column, columns)
    })
}

fn analysis(columns: &[Vec<f64>]) -> Option<DriverAnalysis> {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let (outcome, drivers) = columns.split_last()?;
    let drivers: Vec<Column<'_>> = NAMES.iter().zip(drivers).map(|(name, values)| Column { name, values }).collect();
    let options = DriverOptions { resamples: 0, ..DriverOptions::default() };
    DriverAnalysis::of(Column { name: "y", values: outcome }, &drivers, &options).ok()
}

fn spells() -> impl Strategy<Value = Vec<Spell>> {
    let one = (1..30_i32, 0..5_i32, any::<bool>()).prop_map(|(exit, wait, event)| Spell {
        entry: f64::from(wait.min(exit - 1)),
        exit: f64::from(exit),
        event,
    });
    prop::collection::vec(one, 5..120)
}

proptest! {
    #[test]
    fn importances_are_shares_of_what_is_explained(columns in table(5)) {
        let Some(found) = analysis(&columns) else { return Ok(()) };
        prop_assert!((-1e-12..=1.0 + 1e-12).contains(&found.r_squared));
        let sum = |of: fn(&peakend_stats::insight::driver::Driver) -> f64| found.drivers.iter().map(of).sum::<f64>();
        prop_assert!((sum(|d| d.weight) - found.r_squared).abs() < 1e-9);
        prop_assert!((sum(|d| d.ordered_gain) - found.r_squared).abs() < 1e-9);
        for driver in &found.drivers {
            prop_assert!(driver.weight >= -1e-12 && driver.ordered_gain >= -1e-9);
            prop_assert!(driver.inflation >= 1.0 - 1e-9);
        }
    }

    #[test]
    fn importances_do_not_depend_on_units_or_order(columns in table(4), factor in 0.1..50.0_f64) {
        let Some(found) = analysis(&columns) else { return Ok(()) };
        let mut turned = columns;
        turned[0].iter_mut().for_each(|x| *x = 3.0 - factor * *x);
        turned.swap(0, 2);
        let other = analysis(&turned).expect("the same model");
        for (place, from) in [(0, 2), (1, 1), (2, 0)] {
            prop_assert!((found.drivers[place].weight - other.drivers[from].weight).abs() < 1e-8);
            prop_assert!((found.drivers[place].ordered_gain - other.drivers[from].ordered_gain).abs() < 1e-8);
        }
    }

    #[test]
    fn survival_falls_inside_its_interval(rows in spells(), turn in 0..100_usize) {
        let curve = Survival::of(&rows);
        let mut last = 1.0;
        for step in &curve.steps {
            prop_assert!(step.survival <= last && (0.0..=1.0).contains(&step.survival));
            prop_assert!(step.interval.lo <= step.survival + 1e-12 && step.survival <= step.interval.hi + 1e-12);
            last = step.survival;
        }
        let mean = curve.restricted_mean(20.0);
        prop_assert!((0.0..=20.0 + 1e-9).contains(&mean.value));
        let mut turned = rows;
        let by = turn % turned.len();
        turned.rotate_left(by);
        prop_assert_eq!(curve, Survival::of(&turned));
    }

    #[test]
    fn expected_events_are_all_events(a in spells(), b in spells()) {
        let Ok(test) = LogRank::of(&[a.clone(), b.clone()]) else { return Ok(()) };
        let expected: f64 = test.groups.iter().map(|g| g.expected).sum();
        let events: u64 = test.groups.iter().map(|g| g.events).sum();
        prop_assert!((expected - events as f64).abs() < 1e-9);
        let swapped = LogRank::of(&[b, a]).expect("the same groups");
        prop_assert!((test.chi_square - swapped.chi_square).abs() < 1e-7 * (1.0 + test.chi_square));
    }

    #[test]
    fn a_trend_turns_with_time_and_charts_move_with_values(
        values in prop::collection::vec(-50.0..50.0_f64, 8..60),
        shift in -100.0..100.0_f64,
    ) {
        let trend = Trend::of(&values);
        let backwards: Vec<f64> = values.iter().rev().copied().collect();
        let mirror = Trend::of(&backwards);
        prop_assert_eq!(trend.s, -mirror.s);
        prop_assert!((trend.slope + mirror.slope).abs() < 1e-9);
        prop_assert!(trend.interval.lo <= trend.slope && trend.slope <= trend.interval.hi);
        let moved: Vec<f64> = values.iter().map(|v| v + shift).collect();
        let (one, other) = (ControlChart::of(&values, values.len()), ControlChart::of(&moved, moved.len()));
        prop_assert!((one.upper + shift - other.upper).abs() < 1e-9);
        if let Ok(found) = levels(&values) {
            prop_assert_eq!(found.levels.iter().map(|l| l.n).sum::<u64>(), values.len() as u64);
        }
    }
}
