//! Other ways of computing the same effect, to be read beside it.

use peakend_domain::value::evaluation::{Sensitivity, SensitivityKind};
use peakend_domain::value::outcome::{OutcomeKind, OutcomeUnit};
use peakend_stats::value::did::{DidRow, FourCells};

/// Below this many clusters the bias-reduced error is taken.
const CR1_FROM: u64 = 50;

/// All that apply to the unit of the outcome.
pub(super) fn others(rows: &[DidRow], kind: &OutcomeKind, before: i32) -> Vec<Sensitivity> {
    let mut all = Vec::new();
    if kind.unit != OutcomeUnit::Flag {
        all.push(figure(SensitivityKind::Winsorised, &winsorised(rows), |x| x));
    }
    if kind.unit == OutcomeUnit::Money {
        all.push(if rows.iter().any(|r| r.y < 0.0) {
            refused(SensitivityKind::Log, "negative_values")
        } else {
            figure(SensitivityKind::Log, &logged(rows), |x| 100.0 * x.exp_m1())
        });
    }
    // as if the change had come in the middle of the months before
    let early: Vec<DidRow> =
        rows.iter().filter(|r| !r.post).map(|r| DidRow { post: 2 * r.period >= -before, ..*r }).collect();
    all.push(figure(SensitivityKind::Placebo, &early, |x| x));
    all
}

/// Values beyond the 1st and the 99th percentile set to these.
fn winsorised(rows: &[DidRow]) -> Vec<DidRow> {
    let mut values: Vec<f64> = rows.iter().map(|r| r.y).collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| values.get((values.len().saturating_sub(1)) * share / 100).copied().unwrap_or(0.0);
    let (low, high) = (at(1), at(99));
    rows.iter().map(|r| DidRow { y: r.y.clamp(low, high), ..*r }).collect()
}

/// ln(1 + value), in units of money rather than hundredths.
fn logged(rows: &[DidRow]) -> Vec<DidRow> {
    rows.iter().map(|r| DidRow { y: (r.y / 100.0).ln_1p(), ..*r }).collect()
}

fn figure(kind: SensitivityKind, rows: &[DidRow], scale: fn(f64) -> f64) -> Sensitivity {
    let fit = FourCells::of(rows);
    let means = fit.means();
    let cells = [means.treated_before, means.treated_after, means.control_before, means.control_after];
    if cells.iter().any(|c| c.n == 0) {
        return refused(kind, "empty_cell");
    }
    let inference = if fit.clusters() < CR1_FROM { fit.cr2() } else { fit.cr1() };
    let (low, high) = (scale(inference.interval.lo), scale(inference.interval.hi));
    if !low.is_finite() || !high.is_finite() {
        return refused(kind, "no_variation");
    }
    Sensitivity { kind, value: Some(scale(fit.effect())), low: Some(low), high: Some(high), refused: None }
}

fn refused(kind: SensitivityKind, why: &str) -> Sensitivity {
    Sensitivity { kind, value: None, low: None, high: None, refused: Some(why.to_owned()) }
}
