//! The rows of a Cox model in order of time, and the sums over those at risk at
//! each event time.

use std::ops::Range;

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason};
use crate::insight::driver::Column;
use crate::linear::Matrix;
use crate::linear::exact::{ExactMoments, Extent, Rows};
use crate::summation::Moments;
use crate::value::survival::Spell;

/// Treatment of events at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Those who leave count for the average of the orders in which they might.
    #[default]
    Efron,
    /// Those who leave are at risk until all have left.
    Breslow,
}

/// Usable rows in ascending order of exit, of one exit those with an event first;
/// covariates standardised.
pub(super) struct RiskRows {
    /// Standard deviations the covariates were divided by.
    pub(super) scales: Vec<f64>,
    pub(super) exits: Vec<f64>,
    pub(super) entries: Vec<f64>,
    pub(super) happened: Vec<bool>,
    /// Place of the row in the input.
    pub(super) origins: Vec<usize>,
    pub(super) events: u64,
    /// Rows left out: a missing covariate, or an end before the beginning.
    pub(super) dropped: u64,
    /// By covariate.
    pub(super) x: Vec<Vec<f64>>,
    /// Rows by descending entry, without those at risk from before the first exit.
    pub(super) by_entry: Vec<usize>,
}

impl RiskRows {
    pub(super) fn of(spells: &[Spell], covariates: &[Column<'_>]) -> Result<Self, Refusal> {
        let shortest = covariates.iter().map(|c| c.values.len()).min().unwrap_or(0);
        let odd: Vec<&Column<'_>> = covariates.iter().filter(|c| !Extent::of(c.values).finite).collect();
        let usable = |(row, s): &(usize, &Spell)| s.exit > s.entry && odd.iter().all(|c| c.values[*row].is_finite());
        // a row with an event has an even number, so that it comes first at its time
        let mut order: Vec<(u64, usize)> = (spells.iter().take(shortest).enumerate())
            .filter(usable)
            .map(|(row, s)| (ascending(s.exit + 0.0), row << 1 | usize::from(!s.event)))
            .collect();
        if order.is_empty() {
            return Err(Refusal::count(RefusalReason::TooFewAnswers, 0, 1));
        }
        order.sort_by_key(|(time, row)| (*time, row & 1));
        let origins: Vec<usize> = order.into_iter().map(|(_, row)| row >> 1).collect();
        let cells = |c: &Column<'_>| origins.iter().map(|&row| c.values[row]).collect::<Vec<f64>>();
        let mut x: Vec<Vec<f64>> = covariates.iter().map(cells).collect();
        let moments = moments(&x);
        if moments.iter().any(|(_, variance)| variance.is_nan() || *variance <= 0.0) {
            return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
        }
        for (column, (mean, variance)) in x.iter_mut().zip(&moments) {
            let scale = variance.sqrt();
            column.iter_mut().for_each(|x| *x = (*x - mean) / scale);
        }
        let entries: Vec<f64> = origins.iter().map(|&row| spells[row].entry).collect();
        let exits: Vec<f64> = origins.iter().map(|&row| spells[row].exit).collect();
        let mut by_entry: Vec<usize> = (0..origins.len()).filter(|&row| entries[row] >= exits[0]).collect();
        by_entry.sort_by(|&a, &b| entries[b].total_cmp(&entries[a]));
        let happened: Vec<bool> = origins.iter().map(|&row| spells[row].event).collect();
        Ok(Self {
            events: happened.iter().filter(|h| **h).count() as u64,
            dropped: (spells.len() - origins.len()) as u64,
            scales: moments.iter().map(|(_, variance)| variance.sqrt()).collect(),
            exits,
            entries,
            happened,
            x,
            by_entry,
            origins,
        })
    }

    pub(super) fn n(&self) -> usize {
        self.origins.len()
    }

    /// Number of covariates.
    pub(super) fn width(&self) -> usize {
        self.x.len()
    }

    /// Linear predictors.
    pub(super) fn predictors(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut predictors = vec![0.0; self.n()];
        for (column, b) in self.x.iter().zip(coefficients) {
            predictors.iter_mut().zip(column).for_each(|(p, x)| *p += b * x);
        }
        predictors
    }

    /// Visits the event times from the last to the first; `squares` asks for the
    /// sums of products too.
    pub(super) fn sweep(&self, risks: &[f64], squares: bool, mut visit: impl FnMut(&AtRisk)) {
        let mut at = AtRisk::empty(self.width());
        let (mut end, mut left) = (self.n(), 0);
        while end > 0 {
            let time = self.exits[end - 1];
            // few rows or many may end at one time
            let earlier = self.exits[..end].iter().rev().take(ONE_BY_ONE).position(|t| *t < time);
            let start = earlier.map_or_else(|| self.exits[..end].partition_point(|t| *t < time), |rows| end - rows);
            let events = self.happened[start..end].partition_point(|happened| *happened);
            at.time = time;
            at.events = start..start + events;
            if events > 0 {
                at.leaving.clear();
                at.leaving.add_rows(self, risks, at.events.clone(), squares);
                at.all.add(&at.leaving);
            }
            at.all.add_rows(self, risks, start + events..end, squares);
            // those who came in only at this time or later were not at risk before it
            while let Some(&row) = self.by_entry.get(left).filter(|&&row| self.entries[row] >= time) {
                at.all.add_row(self, row, -risks[row], squares);
                left += 1;
            }
            end = start;
            if events > 0 {
                visit(&at);
            }
        }
    }
}

/// Bits that ascend with the number, which is not a negative zero.
fn ascending(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Mean and variance of every column.
fn moments(columns: &[Vec<f64>]) -> Vec<(f64, f64)> {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    match ExactMoments::of(Rows { columns: &slices, extents: None, kept: None }) {
        Some(exact) => exact.means.into_iter().zip(exact.covariances.diagonal()).collect(),
        None => slices.iter().map(|c| Moments::of(c)).map(|m| (m.mean, m.variance)).collect(),
    }
}

/// Weighted sums over rows.
pub(super) struct Sums {
    /// Rows.
    pub(super) count: f64,
    /// Sum of risks.
    pub(super) risk: f64,
    /// Sum of risk x.
    pub(super) first: Vec<f64>,
    /// Sum of risk x x', lower triangle.
    second: Vec<f64>,
    /// Risk x of some rows.
    weighted: Vec<[f64; TOGETHER]>,
}

/// Rows whose products are summed together.
const TOGETHER: usize = 256;
/// Fewer rows are added one by one.
const ONE_BY_ONE: usize = 8;

impl Sums {
    fn empty(width: usize) -> Self {
        Self {
            count: 0.0,
            risk: 0.0,
            first: vec![0.0; width],
            second: vec![0.0; width * (width + 1) / 2],
            weighted: vec![[0.0; TOGETHER]; width],
        }
    }

    fn clear(&mut self) {
        (self.count, self.risk) = (0.0, 0.0);
        self.first.fill(0.0);
        self.second.fill(0.0);
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.risk += other.risk;
        self.first.iter_mut().zip(&other.first).for_each(|(a, b)| *a += b);
        self.second.iter_mut().zip(&other.second).for_each(|(a, b)| *a += b);
    }

    fn add_row(&mut self, rows: &RiskRows, row: usize, risk: f64, squares: bool) {
        self.count += 1.0;
        self.risk += risk;
        let mut at = 0;
        for (i, column) in rows.x.iter().enumerate() {
            let weighted = risk * column[row];
            self.first[i] += weighted;
            if squares {
                for other in &rows.x[..=i] {
                    self.second[at] += weighted * other[row];
                    at += 1;
                }
            }
        }
    }

    fn add_rows(&mut self, rows: &RiskRows, risks: &[f64], range: Range<usize>, squares: bool) {
        if range.len() < ONE_BY_ONE {
            range.for_each(|row| self.add_row(rows, row, risks[row], squares));
            return;
        }
        for from in range.clone().step_by(TOGETHER) {
            let near = from..range.end.min(from + TOGETHER);
            let risks = &risks[near.clone()];
            self.count += near.len() as f64;
            self.risk += total(risks);
            let mut at = 0;
            for (i, column) in rows.x.iter().enumerate() {
                let own = &mut self.weighted[i][..near.len()];
                own.iter_mut().zip(risks).zip(&column[near.clone()]).for_each(|((w, risk), x)| *w = risk * x);
                self.first[i] += total(own);
                if squares {
                    for other in &rows.x[..=i] {
                        self.second[at] += dot(own, &other[near.clone()]);
                        at += 1;
                    }
                }
            }
        }
    }
}

/// Sum, eight abreast.
pub(super) fn total(values: &[f64]) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for l in 0..8 {
            sums[l] += eight[l];
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// Sum of products, eight abreast.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((eights, rest), (others, last)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in eights.iter().zip(others) {
        for l in 0..8 {
            sums[l] += a[l] * b[l];
        }
    }
    sums.iter().sum::<f64>() + rest.iter().zip(last).map(|(a, b)| a * b).sum::<f64>()
}

/// Those at risk at one event time, and those who leave then.
pub(super) struct AtRisk {
    pub(super) time: f64,
    /// Rows that end at this time with an event.
    pub(super) events: Range<usize>,
    pub(super) all: Sums,
    pub(super) leaving: Sums,
}

/// Sums over the d events of one time, of which the k-th has the share f = k / d of
/// those leaving taken out of its denominator (f = 0 for Breslow): of the first
/// power of the denominators and of the second, times 1, f and f^2.
pub(super) struct Tied {
    pub(super) logs: f64,
    pub(super) once: [f64; 2],
    pub(super) twice: [f64; 3],
}

impl AtRisk {
    fn empty(width: usize) -> Self {
        Self { time: f64::NAN, events: 0..0, all: Sums::empty(width), leaving: Sums::empty(width) }
    }

    pub(super) fn tied(&self, ties: Ties) -> Tied {
        let d = self.leaving.count;
        let mut tied = Tied { logs: 0.0, once: [0.0; 2], twice: [0.0; 3] };
        for k in 0..d as u64 {
            let f = if ties == Ties::Efron { k as f64 / d } else { 0.0 };
            let below = self.all.risk - f * self.leaving.risk;
            let one = 1.0 / below;
            tied.logs += below.ln();
            tied.once[0] += one;
            tied.once[1] += f * one;
            tied.twice[0] += one * one;
            tied.twice[1] += f * one * one;
            tied.twice[2] += f * f * one * one;
        }
        tied
    }

    /// Sum over the events of the means of x over those at risk.
    pub(super) fn means(&self, tied: &Tied) -> Vec<f64> {
        let both = self.all.first.iter().zip(&self.leaving.first);
        both.map(|(a, l)| tied.once[0] * a - tied.once[1] * l).collect()
    }

    /// Adds factor times the sum over the events of the covariances of x over those
    /// at risk.
    pub(super) fn add_covariances(&self, tied: &Tied, factor: f64, sum: &mut Matrix) {
        let (a, l) = (&self.all, &self.leaving);
        let mut at = 0;
        for i in 0..a.first.len() {
            for j in 0..=i {
                let products = tied.once[0] * a.second[at] - tied.once[1] * l.second[at];
                let crossed = a.first[i] * l.first[j] + l.first[i] * a.first[j];
                let means = tied.twice[0] * a.first[i] * a.first[j] - tied.twice[1] * crossed
                    + tied.twice[2] * l.first[i] * l.first[j];
                let covariance = factor * (products - means);
                sum[(i, j)] += covariance;
                if i != j {
                    sum[(j, i)] += covariance;
                }
                at += 1;
            }
        }
    }
}

/// Log likelihood, score and information at some coefficients.
pub(super) struct Pass {
    pub(super) log_likelihood: f64,
    pub(super) score: Vec<f64>,
    pub(super) information: Matrix,
}

impl Pass {
    pub(super) fn of(rows: &RiskRows, coefficients: &[f64], ties: Ties) -> Self {
        let predictors = rows.predictors(coefficients);
        let (risks, highest) = risks(&predictors);
        let width = rows.width();
        let mut pass = Self { log_likelihood: 0.0, score: vec![0.0; width], information: Matrix::zeros(width, width) };
        rows.sweep(&risks, true, |at| {
            let tied = at.tied(ties);
            let events = at.events.clone();
            pass.log_likelihood += total(&predictors[events.clone()]) - highest * at.leaving.count - tied.logs;
            pass.score.iter_mut().zip(&rows.x).for_each(|(s, column)| *s += total(&column[events.clone()]));
            pass.score.iter_mut().zip(at.means(&tied)).for_each(|(s, m)| *s -= m);
            at.add_covariances(&tied, 1.0, &mut pass.information);
        });
        pass
    }
}

/// exp of the predictors, all divided by the largest so that none overflows.
pub(super) fn risks(predictors: &[f64]) -> (Vec<f64>, f64) {
    let highest = predictors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (predictors.iter().map(|p| (p - highest).exp()).collect(), highest)
}
