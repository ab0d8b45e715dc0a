//! The balanced panel behind a staggered roll-out: units sorted by cohort, so
//! that a comparison is a few ranges of units.

use std::collections::BTreeSet;
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
    /// Arranges rows; `width` covariates are read from each (0 for none). Units that
    /// are treated, or know of it, by the first period are left out.
    #[must_use]
    pub fn of(rows: &[StaggeredRow], width: usize, anticipation: u32) -> Self {
        let periods: Vec<i64> = rows.iter().map(|row| row.period).collect::<BTreeSet<_>>().into_iter().collect();
        let (start, end) = (periods.first().copied().unwrap_or(0), periods.last().copied().unwrap_or(0));
        let (mut units, incomplete) = units(rows, &periods, width);
        let before = units.len();
        let known = start.saturating_add(i64::from(anticipation));
        units.retain(|unit| unit.first.is_none_or(|first| first > known));
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
        let row = self.outcomes(unit);
        row[time] - row[base]
    }

    /// Outcomes of a unit, one per period.
    pub(crate) fn outcomes(&self, unit: usize) -> &[f64] {
        &self.outcome[unit * self.periods.len()..(unit + 1) * self.periods.len()]
    }

    /// Covariates of a unit at a position of periods.
    pub(crate) fn covariates(&self, unit: usize, time: usize) -> &[f64] {
        let at = (unit * self.periods.len() + time) * self.width;
        &self.covariates[at..at + self.width]
    }
}

/// Complete units and the number of the others.
fn units(rows: &[StaggeredRow], periods: &[i64], width: usize) -> (Vec<Unit>, u64) {
    let key = |row: &StaggeredRow| (row.unit, row.period);
    let mut ordered: Vec<&StaggeredRow> = rows.iter().collect();
    // rows often come unit by unit
    if !rows.is_sorted_by_key(key) {
        ordered.sort_by_key(|row| key(row));
    }
    let (mut complete, mut incomplete) = (Vec::new(), 0);
    for rows in ordered.chunk_by(|a, b| a.unit == b.unit) {
        let usable = |row: &&StaggeredRow| {
            row.outcome.is_finite()
                && row.first_treated == rows[0].first_treated
                && row.covariates.len() >= width
                && row.covariates[..width].iter().all(|x| x.is_finite())
        };
        let whole = rows.len() == periods.len()
            && rows.iter().zip(periods).all(|(row, period)| row.period == *period)
            && rows.iter().all(usable);
        if whole {
            complete.push(Unit {
                first: rows[0].first_treated,
                outcome: rows.iter().map(|row| row.outcome).collect(),
                covariates: rows.iter().flat_map(|row| row.covariates[..width].iter().copied()).collect(),
            });
        } else {
            incomplete += 1;
        }
    }
    (complete, incomplete)
}
