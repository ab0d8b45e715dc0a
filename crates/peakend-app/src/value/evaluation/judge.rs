//! From cohort and panel to a result: match, compare, judge.

mod sensitivity;

use peakend_domain::value::evaluation::{
    Arm, BalanceRow, CellMean, Design, Effect, Evaluated, FourMeans, Gap, NotProven, Remark, Total, Trend, Verdict,
};
use peakend_domain::value::outcome::{Better, Nature, OutcomeKind};
use peakend_stats::value::did::{DidEstimate, DidRow, difference_in_differences};
use peakend_stats::value::matching::{MatchOptions, Pair, Subject, pair_up};
use peakend_stats::value::verdict;
use peakend_stats::{Answer, Refusal, Warning};
use serde::Serialize;

use super::cohort::{Candidate, Cohort};
use super::panel::Panel;

/// Covariates, in this order.
const COVARIATES: [&str; 3] = ["outcome_before", "trend_before", "first_score"];
/// The arms may differ by so much in the share of months observed, in 1/1000.
const UNEVEN: u64 = 50;

/// A result and the matched treated persons with their voices.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) result: Evaluated,
    pub(super) treated: Vec<(String, String)>,
}

/// Match and compare. Takes seconds for 50,000 persons: call it off the runtime's threads.
pub(super) fn judge(cohort: Cohort, panel: &Panel, design: &Design, kind: &OutcomeKind) -> Judged {
    let mut result = Evaluated::refused(cohort.months, "no_outcomes", 0.0, 1.0);
    result.remarks = cohort.remarks;
    let all = &cohort.candidates;
    result.treated.found = all.iter().filter(|c| c.treated).count() as u64;
    result.controls.found = all.len() as u64 - result.treated.found;
    let mut judged = Judged { result, treated: Vec::new() };
    let (treated, controls) = (judged.result.treated.found, judged.result.controls.found);
    if treated == 0 || controls == 0 {
        let reason = if treated == 0 { "no_treated" } else { "no_controls" };
        judged.result.why = Some(no_figure(reason, 0.0, 20.0));
        return judged;
    }
    let Some((_, delivered)) = panel.delivered else { return judged };
    let result = &mut judged.result;
    // months that nobody has a value for were not delivered yet
    let last = cohort.months.to.0.min(delivered);
    result.months.to.0 = last;
    result.months.after = result.months.after.min(last - result.months.first_after.0 + 1).max(0);
    if result.months.after == 0 {
        result.why = Some(no_figure("no_month_after", 0.0, 1.0));
        return judged;
    }
    let window = Window { before: design.months_before, after: design.months_after, last };
    let subjects: Vec<Subject> = all.iter().enumerate().filter_map(|(i, c)| subject(i, c, panel, &window)).collect();
    result.treated.observed = subjects.iter().filter(|s| s.treated).count() as u64;
    result.controls.observed = subjects.len() as u64 - result.treated.observed;
    let options = MatchOptions {
        controls: usize::try_from(design.controls).unwrap_or(1),
        calliper: Some(design.calliper),
        replacement: false,
    };
    let pairing = pair_up(&subjects, &COVARIATES, options);
    result.balance = pairing.balance.iter().filter(|b| b.before.is_finite()).map(balance_row).collect();
    result.remarks.extend(pairing.warnings.iter().map(remark));
    result.treated.matched = pairing.pairs.len() as u64;
    result.controls.matched = pairing.control_weights.len() as u64;
    match pairing.judged() {
        Err(refusal) => result.why = Some(no_figure(&word(&refusal.reason), refusal.have, refusal.need)),
        Ok(pairing) => {
            let place = |id: u64| usize::try_from(id).ok().and_then(|i| all.get(i));
            judged.treated = pairing
                .pairs
                .iter()
                .filter_map(|pair| place(pair.treated))
                .map(|c| (c.person.clone(), c.voice.clone()))
                .collect();
            compare(&mut judged.result, &rows(&pairing.pairs, all, panel, &window), kind, &window);
        }
    }
    judged
}

/// Which months count.
struct Window {
    before: i32,
    after: i32,
    last: i32,
}

impl Window {
    fn months_before(&self, anchor: i32) -> std::ops::Range<i32> {
        anchor - self.before..anchor
    }

    fn months_after(&self, start: i32) -> std::ops::Range<i32> {
        start..(start + self.after).min(self.last + 1)
    }
}

/// A candidate as a subject of matching, when it was observed on both sides.
fn subject(i: usize, c: &Candidate, panel: &Panel, window: &Window) -> Option<Subject> {
    let before: Vec<(f64, f64)> = window
        .months_before(c.anchor)
        .map(|month| (f64::from(month - c.anchor), panel.at(i, month)))
        .filter(|(_, y)| y.is_finite())
        .collect();
    let is_seen_after = window.months_after(c.start).any(|month| panel.at(i, month).is_finite());
    if before.len() < 2 || !is_seen_after {
        return None;
    }
    let n = before.len() as f64;
    let (mx, my) = (before.iter().map(|p| p.0).sum::<f64>() / n, before.iter().map(|p| p.1).sum::<f64>() / n);
    let spread: f64 = before.iter().map(|p| (p.0 - mx).powi(2)).sum();
    let slope = before.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / spread;
    Some(Subject { id: i as u64, treated: c.treated, stratum: c.stratum, covariates: vec![my, slope, c.score] })
}

/// Person-months of the matched, periods relative to the change.
fn rows(pairs: &[Pair], all: &[Candidate], panel: &Panel, window: &Window) -> Vec<DidRow> {
    let mut rows = Vec::new();
    for pair in pairs {
        let Some(treated) = usize::try_from(pair.treated).ok().and_then(|i| all.get(i)) else { continue };
        let weight = 1.0 / pair.controls.len().max(1) as f64;
        let members = [(pair.treated, true, 1.0)].into_iter();
        for (id, is_treated, weight) in members.chain(pair.controls.iter().map(|c| (*c, false, weight))) {
            let i = usize::try_from(id).unwrap_or(usize::MAX);
            // controls share the treated person's change: same anchor by stratum, same event by pairing
            let mut push = |month: i32, period: i32, post: bool| {
                let y = panel.at(i, month);
                if y.is_finite() {
                    rows.push(DidRow { unit: id, cluster: id, treated: is_treated, period, post, y, weight });
                }
            };
            for month in window.months_before(treated.anchor) {
                push(month, month - treated.anchor, false);
            }
            for month in window.months_after(treated.start) {
                push(month, month - treated.event, true);
            }
        }
    }
    rows
}

fn compare(result: &mut Evaluated, rows: &[DidRow], kind: &OutcomeKind, window: &Window) {
    observed(result, rows, window);
    let better = match kind.better {
        Better::Higher => verdict::Better::Higher,
        Better::Lower => verdict::Better::Lower,
    };
    let estimate = difference_in_differences(rows);
    (result.verdict, result.why) = match verdict::verdict(&estimate, better) {
        verdict::Verdict::Gain => (Verdict::Gain, None),
        verdict::Verdict::Loss => (Verdict::Loss, None),
        verdict::Verdict::NotProven { why } => (Verdict::NotProven, Some(not_proven(why))),
    };
    let Ok(estimate) = estimate else { return };
    result.effect = Some(effect(&estimate, result));
    result.means = Some(four_means(&estimate));
    result.remarks.extend(estimate.warnings.iter().map(remark));
    if let Answer::Shown(trend) = &estimate.pre_trend {
        result.gaps = gaps(trend);
        result.trend = Some(Trend {
            definition: trend.definition.to_owned(),
            p: trend.p,
            holds: trend.holds,
            leads: trend.leads,
            reference: trend.reference,
        });
    }
    result.total = Some(total(&estimate, kind, result.treated.matched));
    result.sensitivity = sensitivity::others(rows, kind, window.before);
}

/// How much of the months after was observed in each arm.
fn observed(result: &mut Evaluated, rows: &[DidRow], window: &Window) {
    let share = |arm: &Arm, treated: bool| {
        let seen = rows.iter().filter(|r| r.post && r.treated == treated).count() as u64;
        // the event's own month may lie so late that fewer months are over; count those that could be seen
        let months = u64::try_from(window.after.min(result.months.after)).unwrap_or(0);
        (1000 * seen).checked_div(arm.matched * months).unwrap_or(0).min(1000)
    };
    let (treated, controls) = (share(&result.treated, true), share(&result.controls, false));
    (result.treated.observed_permille, result.controls.observed_permille) = (treated, controls);
    let apart = treated.abs_diff(controls);
    if apart > UNEVEN {
        result.remarks.push(Remark {
            code: "unevenly_observed".to_owned(),
            have: apart as f64 / 10.0,
            bound: UNEVEN as f64 / 10.0,
        });
    }
}

fn effect(estimate: &DidEstimate, result: &Evaluated) -> Effect {
    Effect {
        definition: estimate.definition.to_owned(),
        value: estimate.value,
        low: estimate.shown.interval.lo,
        high: estimate.shown.interval.hi,
        standard_error: estimate.shown.standard_error,
        p: estimate.shown.p,
        method: word(&estimate.shown.interval.method),
        n: estimate.n,
        persons: result.treated.matched + result.controls.matched,
    }
}

fn four_means(estimate: &DidEstimate) -> FourMeans {
    let cell = |c: peakend_stats::value::did::CellMean| CellMean { mean: c.mean, n: c.n };
    FourMeans {
        treated_before: cell(estimate.means.treated_before),
        treated_after: cell(estimate.means.treated_after),
        control_before: cell(estimate.means.control_before),
        control_after: cell(estimate.means.control_after),
    }
}

fn gaps(trend: &peakend_stats::value::pretrend::PreTrend) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = trend
        .gaps
        .iter()
        .map(|g| Gap { month: g.period, value: g.value, low: g.inference.interval.lo, high: g.inference.interval.hi })
        .collect();
    gaps.push(Gap { month: trend.reference, value: 0.0, low: 0.0, high: 0.0 });
    gaps.sort_by_key(|g| g.month);
    gaps
}

/// The effect on all matched treated persons: a flow over the person-months that
/// were observed, a stock over the persons alone, as months of a stock never add up.
fn total(estimate: &DidEstimate, kind: &OutcomeKind, persons: u64) -> Total {
    let factor = match kind.nature {
        Nature::Flow => estimate.means.treated_after.n,
        Nature::Stock => persons,
    };
    let worth = verdict::worth(estimate, factor, 1, 1, 0.0);
    let (value, low, high) = match kind.better {
        Better::Higher => (worth.gross, worth.interval.lo, worth.interval.hi),
        Better::Lower => (-worth.gross, -worth.interval.hi, -worth.interval.lo),
    };
    Total { value: value.round() as i64, low: low.round() as i64, high: high.round() as i64, persons, factor }
}

fn no_figure(reason: &str, have: f64, need: f64) -> NotProven {
    NotProven::Refused { reason: reason.to_owned(), have, need }
}

fn not_proven(why: verdict::NotProven) -> NotProven {
    match why {
        verdict::NotProven::WithinChance => NotProven::WithinChance,
        verdict::NotProven::TrendsDiffer { p } => NotProven::TrendsDiffer { p },
        verdict::NotProven::Refused { refusal: Refusal { reason, have, need } } => {
            no_figure(&word(&reason), have, need)
        }
    }
}

fn balance_row(b: &peakend_stats::value::balance::Balance) -> BalanceRow {
    // nobody matched: there is no "after"
    let after = if b.after.is_finite() { b.after } else { b.before };
    BalanceRow { covariate: b.covariate.clone(), before: b.before, after }
}

fn remark(warning: &Warning) -> Remark {
    Remark { code: word(&warning.code), have: warning.have, bound: warning.bound }
}

/// The public word of a unit variant.
fn word<T: Serialize>(variant: &T) -> String {
    serde_json::to_value(variant).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
