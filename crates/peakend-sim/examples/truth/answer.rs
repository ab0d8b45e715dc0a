//! Answers of people who have nothing to do with each other.

use peakend_sim::Random;
use peakend_sim::truth::{ScoreMix, ratings, spending};
use peakend_stats::insight::bands::NpsBands;
use peakend_stats::insight::mean::mean;
use peakend_stats::insight::nps::{NpsCounts, nps_of_counts};
use peakend_stats::insight::nps_compare::nps_change;
use peakend_stats::value::cuped::{ArmRow, cuped};

use crate::tally::{Rows, Said, Worlds};

pub(crate) fn all(worlds: Worlds, rows: &mut Rows) {
    rows.run("NPS, 10 to 400 answers", worlds, 0.0, false, nps_world);
    rows.run("difference of two NPS, 30 to 400 answers each", worlds.many(), 12.0, true, difference_world);
    rows.run("mean rating, 20 to 300 answers", worlds, 0.0, false, mean_world);
    rows.run("experiment with CUPED, 500 customers", worlds, 2.0, true, experiment_world);
}

fn counts([promoters, passives, detractors]: [u64; 3]) -> NpsCounts {
    NpsCounts::new(promoters, passives, detractors)
}

fn mix(world: u64) -> ScoreMix {
    ScoreMix::ALL[world as usize / 2 % ScoreMix::ALL.len()]
}

fn nps_world(world: u64, _: f64) -> (Option<Said>, f64) {
    let mut random = Random::new(1, "nps", world);
    let n = 10 + random.below(391) as u64;
    let found = nps_of_counts(&counts(mix(world).answers(&mut random, n)), &NpsBands::STANDARD, 5).ok();
    (found.and_then(|nps| Said::of(nps.figure.interval, 1.0)), mix(world).nps())
}

fn difference_world(world: u64, effect: f64) -> (Option<Said>, f64) {
    let mut random = Random::new(1, "nps difference", world);
    // mixes with room for the lift
    let before = [0, 3, 4, 6][world as usize / 2 % 4];
    let before = ScoreMix::ALL[before];
    let mut group = |mix: ScoreMix| {
        let n = 30 + random.below(371) as u64;
        counts(mix.answers(&mut random, n))
    };
    let (a, b) = (group(before.lifted(effect)), group(before));
    (nps_change(&a, &b).ok().and_then(|change| Said::of(change.judged.interval, change.judged.p)), effect)
}

fn mean_world(world: u64, _: f64) -> (Option<Said>, f64) {
    let mut random = Random::new(1, "mean", world);
    let n = 20 + random.below(281);
    let (values, planted) = ratings(&mut random, n);
    (mean("mean.v1", &values, 5).ok().and_then(|figure| Said::of(figure.interval, 1.0)), planted)
}

fn experiment_world(world: u64, effect: f64) -> (Option<Said>, f64) {
    let mut random = Random::new(1, "experiment", world);
    let rows: Vec<ArmRow> = spending(&mut random, 500, effect)
        .into_iter()
        .map(|(treated, after, before)| ArmRow { treated, y: after, x: vec![before] })
        .collect();
    (cuped(&rows, Some(0.5)).ok().and_then(|found| Said::of(found.effect.interval, found.effect.p)), effect)
}
