//! Customers and branches over time, and customers who chose for themselves.

use peakend_sim::Random;
use peakend_sim::truth::{branches, confounded, linked, rollout, rollout_effect};
use peakend_stats::Answer;
use peakend_stats::value::arms::ArmRow;
use peakend_stats::value::did::{DidRow, difference_in_differences};
use peakend_stats::value::linkage::{LinkageRow, linkage};
use peakend_stats::value::observational::{ObservationalEffect, ObservationalOptions, observational_effect};
use peakend_stats::value::staggered::{Comparison, StaggeredOptions, StaggeredRow, staggered_effect};

use crate::tally::{Rows, Said, Worlds};

pub(crate) fn all(worlds: Worlds, rows: &mut Rows) {
    rows.run("difference in differences, 60 branches (CR1)", worlds, 1.5, true, |w, e| did_world(w, e, 60));
    rows.run("difference in differences, 14 branches (CR2)", worlds, 3.0, true, |w, e| did_world(w, e, 14));
    let slow = worlds.over(2, 5);
    let never = Comparison::NeverTreated;
    let later = Comparison::NotYetTreated;
    rows.run("staggered roll-out, never treated", slow, 0.5, true, |w, e| rollout_world(w, e, never));
    rows.run("staggered roll-out, not yet treated", slow, 0.5, true, |w, e| rollout_world(w, e, later));
    let treated = |w, e| chosen_world(w, e, |found| said(&found.robust_treated));
    rows.run("doubly robust, effect on those who joined", slow, 1.5, true, treated);
    let everybody = |w, e| chosen_world(w, e, |found| said(&found.robust_everybody));
    rows.run("doubly robust, effect on everybody", slow, 1.5, true, everybody);
    let matched = |w, e| chosen_world(w, e, |found| said(&found.matched.effect));
    rows.run("nearest propensity with replacement", slow, 1.5, true, matched);
    rows.run("linkage, two-way fixed effects", slow, 0.5, true, linked_world);
}

fn said(effect: &peakend_stats::value::weighting::Effect) -> Option<Said> {
    // it excludes 0 exactly when p < 0.05
    Said::of(effect.interval, 0.0)
}

fn did_world(world: u64, effect: f64, count: u64) -> (Option<Said>, f64) {
    let rows: Vec<DidRow> = branches(&mut Random::new(count, "did", world), count, effect)
        .into_iter()
        .map(|row| DidRow {
            unit: row.customer,
            cluster: row.branch,
            treated: row.treated,
            period: row.month,
            post: row.after,
            y: row.figure,
            weight: 1.0,
        })
        .collect();
    (difference_in_differences(&rows).ok().and_then(|found| Said::of(found.shown.interval, found.shown.p)), effect)
}

fn rollout_world(world: u64, effect: f64, comparison: Comparison) -> (Option<Said>, f64) {
    let rows: Vec<StaggeredRow> = rollout(&mut Random::new(1, "rollout", world), effect)
        .into_iter()
        .map(|row| StaggeredRow {
            unit: row.unit,
            period: row.period,
            first_treated: row.first,
            outcome: row.outcome,
            covariates: Vec::new(),
        })
        .collect();
    // the simultaneous bands are not looked at
    let options = StaggeredOptions { comparison, draws: 1, ..StaggeredOptions::default() };
    (staggered_effect(&rows, options).ok().and_then(|found| said(&found.simple)), rollout_effect(effect))
}

fn chosen_world(world: u64, effect: f64, of: impl Fn(&ObservationalEffect) -> Option<Said>) -> (Option<Said>, f64) {
    let rows: Vec<ArmRow> = confounded(&mut Random::new(1, "chosen", world), 800, effect)
        .into_iter()
        .map(|row| ArmRow { treated: row.joined, outcome: row.figure, covariates: row.known.to_vec() })
        .collect();
    let found = observational_effect(&["tenure", "score", "adviser"], &rows, ObservationalOptions::default());
    (found.ok().and_then(|found| of(&found)), effect)
}

fn linked_world(world: u64, slope: f64) -> (Option<Said>, f64) {
    let rows: Vec<LinkageRow> = linked(&mut Random::new(1, "linked", world), slope)
        .into_iter()
        .map(|row| LinkageRow {
            customer: row.customer,
            cluster: row.customer,
            period: row.period,
            score: row.score,
            figure: row.figure,
        })
        .collect();
    let headline = linkage(&rows).ok().and_then(|found| match found.headline {
        Answer::Shown(slope) => Said::of(slope.inference.interval, slope.inference.p),
        Answer::Refused(_) => None,
    });
    (headline, slope)
}
