//! The balanced panel behind a staggered roll-out: units sorted by cohort, so
//! that a comparison is a few ranges of units.

use std::borrow::Borrow;
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
    /// Sum of the outcomes of cohort c in period t at c * periods + t, and what
    /// rounding took from it.
    totals: Vec<(f64, f64)>,
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

impl CohortPanel {
    /// Arranges rows; `width` covariates are read from each (0 for none). Units that
    /// are treated, or know of it, by the first period are left out.
    #[must_use]
    pub fn of(rows: &[StaggeredRow], width: usize, anticipation: u32) -> Self {
        let (periods, ordered) = periods(rows);
        let (start, end) = (periods.first().copied().unwrap_or(0), periods.last().copied().unwrap_or(0));
        let units = if ordered {
            CompleteUnits::of(rows, &periods, width)
        } else {
            let mut ordered: Vec<&StaggeredRow> = rows.iter().collect();
            ordered.sort_by_key(|row| (row.unit, row.period));
            CompleteUnits::of(&ordered, &periods, width)
        };
        let order = units.ordered(start.saturating_add(i64::from(anticipation)), end);
        let mut cohorts: Vec<Cohort> = Vec::new();
        for chunk in order.chunk_by(|a, b| a.first == b.first) {
            let from = cohorts.last().map_or(0, |c| c.units.end);
            cohorts.push(Cohort { first: chunk[0].first, units: from..from + chunk.len() });
        }
        let gather = |cells: &[f64], each: usize| {
            let mut gathered = Vec::with_capacity(order.len() * each);
            order.iter().for_each(|unit| gathered.extend_from_slice(&cells[unit.place * each..][..each]));
            gathered
        };
        let outcome = gather(&units.outcome, periods.len());
        let covariates = gather(&units.covariates, periods.len() * width);
        let still = |unit: &[f64]| unit.chunks(width).all(|row| *row == unit[..width]);
        Self {
            totals: cohorts.iter().flat_map(|cohort| totals(&outcome, cohort, periods.len())).collect(),
            constant: width == 0 || covariates.chunks((periods.len() * width).max(1)).all(still),
            early: (units.first.len() - order.len()) as u64,
            incomplete: units.incomplete,
            outcome,
            covariates,
            periods,
            cohorts,
            width,
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

    /// Sum of the changes of a cohort between two positions of periods.
    pub(crate) fn total_change(&self, cohort: usize, base: usize, time: usize) -> f64 {
        let at = |period: usize| self.totals[cohort * self.periods.len() + period];
        let ((from, lost_from), (to, lost_to)) = (at(base), at(time));
        (to - from) + (lost_to - lost_from)
    }

    /// Mean outcome of a cohort in each period.
    pub(crate) fn means(&self, cohort: usize) -> Vec<f64> {
        let n = self.cohorts[cohort].units.len() as f64;
        let own = &self.totals[cohort * self.periods.len()..][..self.periods.len()];
        own.iter().map(|(sum, lost)| (sum + lost) / n).collect()
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

/// All periods, ascending, and whether rows come unit by unit in order of time, as they
/// often do: then most have the period after that of the row before.
fn periods(rows: &[StaggeredRow]) -> (Vec<i64>, bool) {
    let unit = rows.first().map(|row| row.unit);
    let near = rows.iter().take_while(|row| Some(row.unit) == unit);
    let cycle: Vec<i64> = near.map(|row| row.period).collect::<BTreeSet<_>>().into_iter().collect();
    let (mut next, mut others) = (0, BTreeSet::new());
    let (mut ordered, mut last) = (true, (0, i64::MIN));
    for row in rows {
        ordered &= last <= (row.unit, row.period);
        last = (row.unit, row.period);
        if cycle[next] != row.period {
            match cycle.binary_search(&row.period) {
                Ok(place) => next = place,
                Err(_) => _ = others.insert(row.period),
            }
        }
        next = if next + 1 < cycle.len() { next + 1 } else { 0 };
    }
    others.extend(cycle);
    (others.into_iter().collect(), ordered)
}

/// Sum of the outcomes of a cohort in each period, with what rounding took from it
/// (Knuth's two-sum), all periods abreast.
fn totals(outcome: &[f64], cohort: &Cohort, periods: usize) -> Vec<(f64, f64)> {
    let (mut sums, mut lost) = (vec![0.0; periods], vec![0.0; periods]);
    for unit in outcome[cohort.units.start * periods..cohort.units.end * periods].chunks_exact(periods) {
        for ((sum, lost), y) in sums.iter_mut().zip(&mut lost).zip(unit) {
            let next: f64 = *sum + y;
            let added = next - *sum;
            *lost += (*sum - (next - added)) + (y - added);
            *sum = next;
        }
    }
    sums.into_iter().zip(lost).collect()
}

/// Units seen in every period, in the order of their numbers.
struct CompleteUnits {
    first: Vec<Option<i64>>,
    outcome: Vec<f64>,
    covariates: Vec<f64>,
    /// Number of the others.
    incomplete: u64,
}

/// A unit on its way into the panel.
struct Placed {
    first: Option<i64>,
    /// Of its content: units are ordered by it, so that neither their numbers nor the
    /// order of rows matter.
    digest: u64,
    place: usize,
}

impl CompleteUnits {
    /// From rows by unit and period.
    fn of<R: Borrow<StaggeredRow>>(rows: &[R], periods: &[i64], width: usize) -> Self {
        let mut units = Self {
            first: Vec::new(),
            outcome: Vec::with_capacity(rows.len()),
            covariates: Vec::with_capacity(rows.len() * width),
            incomplete: 0,
        };
        for rows in rows.chunk_by(|a, b| a.borrow().unit == b.borrow().unit) {
            let first = rows[0].borrow().first_treated;
            let usable = |(row, period): (&R, &i64)| {
                let row: &StaggeredRow = row.borrow();
                row.period == *period
                    && row.outcome.is_finite()
                    && row.first_treated == first
                    && row.covariates.len() >= width
                    && row.covariates[..width].iter().all(|x| x.is_finite())
            };
            if rows.len() == periods.len() && rows.iter().zip(periods).all(usable) {
                units.first.push(first);
                units.outcome.extend(rows.iter().map(|row| row.borrow().outcome));
                if width > 0 {
                    units.covariates.extend(rows.iter().flat_map(|row| &row.borrow().covariates[..width]));
                }
            } else {
                units.incomplete += 1;
            }
        }
        units
    }

    /// Units treated after a period, by cohort; treated after the end is never.
    fn ordered(&self, known: i64, end: i64) -> Vec<Placed> {
        let each = |cells: &[f64]| cells.len().checked_div(self.first.len()).unwrap_or(0);
        let (periods, width) = (each(&self.outcome), each(&self.covariates));
        let content = |place: usize| {
            let outcome = &self.outcome[place * periods..(place + 1) * periods];
            outcome.iter().chain(&self.covariates[place * width..(place + 1) * width])
        };
        let placed = |(place, first): (usize, &Option<i64>)| {
            let digest = content(place).fold(0_u64, |digest, x| {
                let mixed = (digest.rotate_left(23) ^ x.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                mixed ^ (mixed >> 29)
            });
            Placed { first: first.filter(|first| *first <= end), digest, place }
        };
        let mut order: Vec<Placed> = (self.first.iter().enumerate())
            .filter(|(_, first)| first.is_none_or(|first| first > known))
            .map(placed)
            .collect();
        order.sort_unstable_by(|a, b| {
            let key = |unit: &Placed| (unit.first.unwrap_or(i64::MAX), unit.digest);
            key(a).cmp(&key(b)).then_with(|| {
                let both = content(a.place).zip(content(b.place));
                both.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        order
    }
}
