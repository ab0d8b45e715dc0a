//! Cells gathered: over everything after treatment, by time since treatment, by
//! cohort, by calendar. Shares of cohorts are estimated too, and their error is
//! carried along (Callaway and Sant'Anna 2021, section 4).

use std::collections::BTreeMap;

use super::cell::CellFit;
use super::panel::CohortPanel;

/// One gathered effect: a weighted sum of cells, and what the estimation of the
/// shares adds to the influence of each cohort's units.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    /// Time since treatment, first treated period, or period.
    pub(super) at: i64,
    pub(super) effect: f64,
    /// Position of the cell and its weight.
    pub(super) weights: Vec<(usize, f64)>,
    pub(super) by_cohort: Vec<f64>,
}

/// Effects of one kind and their summary.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) parts: Vec<Gathered>,
    /// Weight of each part in the summary.
    pub(super) summary: Vec<f64>,
    pub(super) summary_by_cohort: Vec<f64>,
    pub(super) overall: f64,
}

/// Weighs items by the share of their cohort; how the shares' error enters.
fn by_share(panel: &CohortPanel, items: &[(usize, f64)]) -> (Vec<f64>, Vec<f64>, f64) {
    let n = panel.n() as f64;
    let share = |cohort: usize| panel.cohorts[cohort].units.len() as f64 / n;
    let total: f64 = items.iter().map(|(cohort, _)| share(*cohort)).sum();
    let weights: Vec<f64> = items.iter().map(|(cohort, _)| share(*cohort) / total).collect();
    let effect: f64 = items.iter().zip(&weights).map(|((_, effect), w)| w * effect).sum();
    let by_cohort = (0..panel.cohorts.len())
        .map(|own| {
            let gap = |cohort: usize| f64::from(u8::from(cohort == own)) - share(cohort);
            let all: f64 = items.iter().map(|(cohort, _)| gap(*cohort)).sum();
            items.iter().zip(&weights).map(|((cohort, effect), w)| effect * (gap(*cohort) - all * w) / total).sum()
        })
        .collect();
    (weights, by_cohort, effect)
}

impl Gathered {
    /// The effect over cells, weighted by the shares of their cohorts.
    fn shared(panel: &CohortPanel, fits: &[CellFit], at: i64, cells: &[usize]) -> Self {
        let items: Vec<(usize, f64)> = cells.iter().map(|&k| (fits[k].cell.cohort, fits[k].effect)).collect();
        let (weights, by_cohort, effect) = by_share(panel, &items);
        Self { at, effect, weights: cells.iter().copied().zip(weights).collect(), by_cohort }
    }

    /// The plain mean over cells.
    fn mean(panel: &CohortPanel, fits: &[CellFit], at: i64, cells: &[usize]) -> Self {
        let weight = 1.0 / cells.len() as f64;
        Self {
            at,
            effect: weight * cells.iter().map(|&k| fits[k].effect).sum::<f64>(),
            weights: cells.iter().map(|&k| (k, weight)).collect(),
            by_cohort: vec![0.0; panel.cohorts.len()],
        }
    }
}

/// Cells by a key, in its order.
fn grouped(fits: &[CellFit], key: impl Fn(&CellFit) -> Option<i64>) -> BTreeMap<i64, Vec<usize>> {
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (k, fit) in fits.iter().enumerate() {
        if let Some(key) = key(fit) {
            groups.entry(key).or_default().push(k);
        }
    }
    groups
}

/// The four ways: all cells after treatment, time since treatment, cohort, calendar.
pub(super) fn families(panel: &CohortPanel, fits: &[CellFit]) -> [Family; 4] {
    let period = |fit: &CellFit| panel.periods[fit.cell.time];
    let first = |fit: &CellFit| panel.cohorts[fit.cell.cohort].first;
    let after = |fit: &CellFit, key: Option<i64>| key.filter(|_| fit.cell.after);
    let shared = |groups: BTreeMap<i64, Vec<usize>>| -> Vec<Gathered> {
        groups.iter().map(|(at, cells)| Gathered::shared(panel, fits, *at, cells)).collect()
    };
    let all = shared(grouped(fits, |fit| after(fit, Some(0))));
    let dynamic = shared(grouped(fits, |fit| first(fit).map(|g| period(fit) - g)));
    let calendar = shared(grouped(fits, |fit| after(fit, Some(period(fit)))));
    let cohorts: Vec<Gathered> = grouped(fits, |fit| after(fit, first(fit)))
        .iter()
        .map(|(at, cells)| Gathered::mean(panel, fits, *at, cells))
        .collect();
    let place = |at: i64| panel.cohorts.iter().position(|c| c.first == Some(at)).unwrap_or(0);
    let items: Vec<(usize, f64)> = cohorts.iter().map(|part| (place(part.at), part.effect)).collect();
    let (summary, summary_by_cohort, overall) = by_share(panel, &items);
    [
        Family::averaged(panel, all, |_| true),
        Family::averaged(panel, dynamic, |at| at >= 0),
        Family { parts: cohorts, summary, summary_by_cohort, overall },
        Family::averaged(panel, calendar, |_| true),
    ]
}

impl Family {
    /// The summary is the plain mean of the parts that count.
    fn averaged(panel: &CohortPanel, parts: Vec<Gathered>, counts: impl Fn(i64) -> bool) -> Self {
        let counted = parts.iter().filter(|part| counts(part.at)).count() as f64;
        let summary: Vec<f64> = parts.iter().map(|part| if counts(part.at) { 1.0 / counted } else { 0.0 }).collect();
        let overall = parts.iter().zip(&summary).map(|(part, w)| w * part.effect).sum();
        Self { parts, summary, summary_by_cohort: vec![0.0; panel.cohorts.len()], overall }
    }
}
