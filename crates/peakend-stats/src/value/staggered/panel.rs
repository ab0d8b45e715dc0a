//! The balanced panel behind a staggered roll-out: units sorted by cohort, so
//! that a comparison is a few ranges of units.

use std::collections::BTreeMap;
use std::ops::Range;

use super::StaggeredRow;

/// Units first treated in one period, or never.
#[derive(Debug, Clone)]
pub(crate) struct Cohort {
    /// First treated period; `None` for units never treated in the window.
    pub(crate) first: Option<i64>,
    /// Positions of its units.
    pub(crate) units: Range<usize>,
}

/// A balanced panel.
#[derive(Debug, Clone)]
pub struct CohortPanel {
    pub(crate) periods: Vec<i64>,
    /// In order of the first treated period, never treated last.
    pub(crate) cohorts: Vec<Cohort>,
    /// Outcome of unit i in period t at i * periods + t.
    outcome: Vec<f64>,
    /// Covariates of unit i in period t, `width` each.
    covariates: Vec<f64>,
    pub(crate) width: usize,
    /// Whether no covariate of any unit moves over time.
    pub(crate) constant: bool,
    /// Units not seen in every period, or with a missing value.
    pub(crate) incomplete: u64,
    /// Units treated from the first period on, of which no before is known.
    pub(crate) early: u64,
}

struct Unit {
    first: Option<i64>,
    outcome: Vec<f64>,
    covariates: Vec<f64>,
}

impl CohortPanel {
    /// Arranges rows; `width` covariates are read from each (0 for none).
    #[must_use]
    pub fn of(rows: &[StaggeredRow], width: usize) -> Self {
        let mut periods: Vec<i64> = rows.iter().map(|row| row.period).collect();
        periods.sort_unstable();
        periods.dedup();
        let (start, end) = (periods.first().copied().unwrap_or(0), periods.last().copied().unwrap_or(0));
        let (mut units, incomplete) = units(rows, &periods, width);
        let before = units.len();
        units.retain(|unit| unit.first.is_none_or(|first| first > start));
        let early = (before - units.len()) as u64;
        for unit in &mut units {
            unit.first = unit.first.filter(|first| *first <= end);
        }
        units.sort_unstable_by(|a, b| {
            let key = |unit: &Unit| unit.first.unwrap_or(i64::MAX);
            let values = a.outcome.iter().chain(&a.covariates).zip(b.outcome.iter().chain(&b.covariates));
            let order = values.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
            key(a).cmp(&key(b)).then(order.unwrap_or(std::cmp::Ordering::Equal))
        });
        let mut cohorts: Vec<Cohort> = Vec::new();
        for chunk in units.chunk_by(|a, b| a.first == b.first) {
            let from = cohorts.last().map_or(0, |c| c.units.end);
            cohorts.push(Cohort { first: chunk[0].first, units: from..from + chunk.len() });
        }
        let constant = width == 0
            || units.iter().all(|unit| unit.covariates.chunks(width).all(|row| *row == unit.covariates[..width]));
        Self {
            outcome: units.iter().flat_map(|unit| unit.outcome.iter().copied()).collect(),
            covariates: units.iter().flat_map(|unit| unit.covariates.iter().copied()).collect(),
            periods,
            cohorts,
            width,
            constant,
            incomplete,
            early,
        }
    }

    /// Units.
    #[must_use]
    pub fn n(&self) -> usize {
        self.cohorts.last().map_or(0, |c| c.units.end)
    }

    /// Change of the outcome of a unit between two positions of periods.
    pub(crate) fn change(&self, unit: usize, base: usize, time: usize) -> f64 {
        let row = &self.outcome[unit * self.periods.len()..(unit + 1) * self.periods.len()];
        row[time] - row[base]
    }

    /// Covariates of a unit at a position of periods.
    pub(crate) fn covariates(&self, unit: usize, time: usize) -> &[f64] {
        let at = (unit * self.periods.len() + time) * self.width;
        &self.covariates[at..at + self.width]
    }
}

/// Complete units and the number of the others.
fn units(rows: &[StaggeredRow], periods: &[i64], width: usize) -> (Vec<Unit>, u64) {
    let mut by_unit: BTreeMap<u64, Vec<&StaggeredRow>> = BTreeMap::new();
    for row in rows {
        by_unit.entry(row.unit).or_default().push(row);
    }
    let all = by_unit.len();
    let complete = by_unit.into_values().filter_map(|mut rows| {
        rows.sort_unstable_by_key(|row| row.period);
        let usable = |row: &&StaggeredRow| {
            row.outcome.is_finite()
                && row.first_treated == rows[0].first_treated
                && row.covariates.len() >= width
                && row.covariates[..width].iter().all(|x| x.is_finite())
        };
        let whole = rows.len() == periods.len()
            && rows.iter().zip(periods).all(|(row, period)| row.period == *period)
            && rows.iter().all(usable);
        whole.then(|| Unit {
            first: rows[0].first_treated,
            outcome: rows.iter().map(|row| row.outcome).collect(),
            covariates: rows.iter().flat_map(|row| row.covariates[..width].iter().copied()).collect(),
        })
    });
    let complete: Vec<Unit> = complete.collect();
    let incomplete = (all - complete.len()) as u64;
    (complete, incomplete)
}
