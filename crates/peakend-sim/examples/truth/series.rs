//! Series in which something happens at a known time.

use peakend_sim::Random;
use peakend_sim::truth::{monthly, regions, with_controls};
use peakend_stats::value::causal_impact::{CausalOptions, causal_impact};
use peakend_stats::value::interrupted::{Harmonics, Interruption, interrupted_series};
use peakend_stats::value::synthetic_control::{UnitSeries, synthetic_effect};

use crate::tally::{Rows, Said, Worlds};

pub(crate) fn all(worlds: Worlds, rows: &mut Rows) {
    let slow = worlds.over(2, 5);
    let level = |w, e| monthly_world(w, e, [60, 40], true);
    rows.run("interrupted series, level, 60 months", slow, 3.0, true, level);
    let average = |w, e| monthly_world(w, e, [60, 40], false);
    rows.run("interrupted series, average effect, 60 months", slow, 3.0, true, average);
    let long = |w, e| monthly_world(w, e, [120, 84], false);
    rows.run("interrupted series, average effect, 120 months", slow, 3.0, true, long);
    rows.run("causal impact, 100 periods, three controls", worlds.over(10, 5), 1.5, true, controlled_world);
    rows.run("synthetic control, 23 donors", worlds.over(10, 5), 2.0, true, region_world);
}

fn monthly_world(world: u64, effect: f64, [n, change_at]: [usize; 2], level: bool) -> (Option<Said>, f64) {
    let y = monthly(&mut Random::new(n as u64, "monthly", world), n, change_at, effect);
    let season = Some(Harmonics { period: 12, pairs: 2 });
    let interruption = Interruption { change_at, season, ..Interruption::default() };
    let found = interrupted_series(&y, &interruption).ok();
    let change = found.map(|found| if level { found.level } else { found.effect });
    (change.and_then(|change| Said::of(change.inference.interval, change.inference.p)), effect)
}

fn controlled_world(world: u64, effect: f64) -> (Option<Said>, f64) {
    let (series, controls) = with_controls(&mut Random::new(1, "controls", world), 100, 80, effect);
    let options = CausalOptions { draws: 1_000, ..CausalOptions::default() };
    let found = causal_impact(&series, &controls, 80, options).ok();
    let said = found
        .map(|found| Said { limits: [found.average.interval.lo, found.average.interval.hi], flagged: found.detected });
    (said, effect)
}

fn region_world(world: u64, effect: f64) -> (Option<Said>, f64) {
    let all = regions(&mut Random::new(1, "regions", world), effect);
    let mut units = (0..).zip(all).map(|(i, values): (u32, _)| UnitSeries { name: i.to_string(), values });
    let Some(treated) = units.next() else { return (None, effect) };
    let donors: Vec<UnitSeries> = units.collect();
    let said = synthetic_effect(&treated, &donors, 18).ok().and_then(|found| {
        let interval = found.interval?;
        Some(Said { limits: [interval.lo, interval.hi], flagged: found.placebo.p < 0.05 && interval.excludes(0.0) })
    });
    (said, effect)
}
