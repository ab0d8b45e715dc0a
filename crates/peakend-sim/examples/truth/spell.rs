//! How long customers stay, and what drives a score.

use peakend_sim::Random;
use peakend_sim::truth::{driven, stays};
use peakend_stats::insight::driver::{Column, DriverOptions, driver_analysis};
use peakend_stats::value::cox::{CoxOptions, cox};
use peakend_stats::value::survival::Spell;

use crate::tally::{Rows, Said, Worlds};

const NAMES: [&str; 5] = ["first", "second", "third", "companion", "noise"];

pub(crate) fn all(worlds: Worlds, rows: &mut Rows) {
    rows.run("Cox regression, log hazard ratio, 500 customers", worlds.many(), -0.5, true, stay_world);
    // the planted weight, from so many rows that its own error does not show
    let (drivers, outcome) = driven(&mut Random::new(1, "driven", u64::MAX), 400_000);
    let planted = analysed(&drivers, &outcome, 0).map_or(f64::NAN, |said| said.0[0].0);
    let weight = |w, _| driver_world(w, planted);
    rows.run("driver weight (bootstrap), flag on a noise driver, 400 answers", worlds.over(10, 25), 0.0, true, weight);
}

fn stay_world(world: u64, log_ratio: f64) -> (Option<Said>, f64) {
    let stays = stays(&mut Random::new(1, "stays", world), 500, log_ratio);
    let spells: Vec<Spell> = stays.iter().map(|s| Spell { entry: 0.0, exit: s.months, event: s.left }).collect();
    let recovered: Vec<f64> = stays.iter().map(|s| f64::from(u8::from(s.recovered))).collect();
    let age: Vec<f64> = stays.iter().map(|s| s.age).collect();
    let columns = [Column { name: "recovered", values: &recovered }, Column { name: "age", values: &age }];
    let Ok(model) = cox(&spells, &columns, &CoxOptions::default()) else { return (None, log_ratio) };
    let interval = model.terms[0].interval;
    let flagged = model.terms[0].p < 0.05;
    (Some(Said { limits: [interval.lo.ln(), interval.hi.ln()], flagged }), log_ratio)
}

/// Weight and interval of every driver, and whether it beats a noise driver.
type Weights = Vec<(f64, [f64; 2], bool)>;

fn analysed(drivers: &[Vec<f64>], outcome: &[f64], resamples: u64) -> Option<(Weights, f64)> {
    let columns: Vec<Column<'_>> = NAMES.iter().zip(drivers).map(|(name, values)| Column { name, values }).collect();
    let options = DriverOptions { resamples, ..DriverOptions::default() };
    let found = driver_analysis(Column { name: "outcome", values: outcome }, &columns, &options).ok()?;
    let weights = found.drivers.iter().map(|d| {
        let interval = d.weight_interval.map_or([f64::NAN; 2], |i| [i.lo, i.hi]);
        (d.weight, interval, d.beats_noise == Some(true))
    });
    Some((weights.collect(), found.r_squared))
}

fn driver_world(world: u64, planted: f64) -> (Option<Said>, f64) {
    let (drivers, outcome) = driven(&mut Random::new(1, "driven", world), 400);
    let said =
        analysed(&drivers, &outcome, 1_000).map(|(weights, _)| Said { limits: weights[0].1, flagged: weights[4].2 });
    (said, planted)
}
