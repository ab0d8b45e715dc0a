//! The rows of a Cox model in order of time, and the sums over those at risk at
//! each event time.

use std::ops::Range;

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason};
use crate::insight::driver::Column;
use crate::linear::Matrix;
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

/// Usable rows in ascending order of exit, covariates standardised.
pub(super) struct RiskRows {
    pub(super) width: usize,
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
    x: Vec<f64>,
    /// Rows by descending entry.
    by_entry: Vec<usize>,
}

impl RiskRows {
    pub(super) fn of(spells: &[Spell], covariates: &[Column<'_>]) -> Result<Self, Refusal> {
        let cell = |c: &Column<'_>, row: usize| c.values.get(row).copied().unwrap_or(f64::NAN);
        let usable = |&row: &usize| {
            let s = &spells[row];
            s.exit > s.entry && covariates.iter().all(|c| cell(c, row).is_finite())
        };
        let mut origins: Vec<usize> = (0..spells.len()).filter(usable).collect();
        origins.sort_by(|&a, &b| spells[a].exit.total_cmp(&spells[b].exit));
        if covariates.is_empty() || origins.is_empty() {
            return Err(Refusal::count(RefusalReason::TooFewAnswers, origins.len() as u64, 1));
        }
        let moments: Vec<Moments> = covariates
            .iter()
            .map(|c| Moments::of(&origins.iter().map(|&row| cell(c, row)).collect::<Vec<_>>()))
            .collect();
        if moments.iter().any(|m| m.variance.is_nan() || m.variance <= 0.0) {
            return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
        }
        let scales: Vec<f64> = moments.iter().map(|m| m.variance.sqrt()).collect();
        let mut x = Vec::with_capacity(origins.len() * covariates.len());
        for &row in &origins {
            let standardised = |(j, c): (usize, &Column<'_>)| (cell(c, row) - moments[j].mean) / scales[j];
            x.extend(covariates.iter().enumerate().map(standardised));
        }
        let entries: Vec<f64> = origins.iter().map(|&row| spells[row].entry).collect();
        let mut by_entry: Vec<usize> = (0..origins.len()).collect();
        by_entry.sort_by(|&a, &b| entries[b].total_cmp(&entries[a]));
        let happened: Vec<bool> = origins.iter().map(|&row| spells[row].event).collect();
        Ok(Self {
            width: covariates.len(),
            exits: origins.iter().map(|&row| spells[row].exit).collect(),
            events: happened.iter().filter(|h| **h).count() as u64,
            dropped: (spells.len() - origins.len()) as u64,
            entries,
            happened,
            scales,
            x,
            by_entry,
            origins,
        })
    }

    pub(super) fn n(&self) -> usize {
        self.origins.len()
    }

    pub(super) fn x(&self, row: usize) -> &[f64] {
        &self.x[row * self.width..(row + 1) * self.width]
    }

    /// Linear predictors.
    pub(super) fn predictors(&self, coefficients: &[f64]) -> Vec<f64> {
        (0..self.n()).map(|row| self.x(row).iter().zip(coefficients).map(|(x, b)| x * b).sum()).collect()
    }

    /// Visits the event times from the last to the first; `squares` asks for the
    /// sums of products too.
    pub(super) fn sweep(&self, risks: &[f64], squares: bool, mut visit: impl FnMut(&AtRisk)) {
        let mut at = AtRisk::empty(self.width);
        let (mut end, mut left) = (self.n(), 0);
        while end > 0 {
            let time = self.exits[end - 1];
            let start = self.exits[..end].partition_point(|t| *t < time);
            at.time = time;
            at.rows = start..end;
            at.leaving.clear(self.width);
            for (row, &risk) in (start..end).zip(&risks[start..end]) {
                at.all.add(self.x(row), risk, squares);
                if self.happened[row] {
                    at.leaving.add(self.x(row), risk, squares);
                }
            }
            // those who came in only at this time or later were not at risk before it
            while let Some(&row) = self.by_entry.get(left).filter(|&&row| self.entries[row] >= time) {
                at.all.add(self.x(row), -risks[row], squares);
                left += 1;
            }
            end = start;
            if at.leaving.count > 0.0 {
                visit(&at);
            }
        }
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
}

impl Sums {
    fn empty(width: usize) -> Self {
        Self { count: 0.0, risk: 0.0, first: vec![0.0; width], second: vec![0.0; width * (width + 1) / 2] }
    }

    fn clear(&mut self, width: usize) {
        if self.count > 0.0 {
            *self = Self::empty(width);
        }
    }

    fn add(&mut self, x: &[f64], risk: f64, squares: bool) {
        self.count += 1.0;
        self.risk += risk;
        let mut at = 0;
        for (i, a) in x.iter().enumerate() {
            let weighted = risk * a;
            self.first[i] += weighted;
            if squares {
                for (out, b) in self.second[at..=at + i].iter_mut().zip(x) {
                    *out += weighted * b;
                }
                at += i + 1;
            }
        }
    }
}

/// Those at risk at one event time, and those who leave then.
pub(super) struct AtRisk {
    pub(super) time: f64,
    /// Rows that end at this time, with an event or without.
    pub(super) rows: Range<usize>,
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
        Self { time: f64::NAN, rows: 0..0, all: Sums::empty(width), leaving: Sums::empty(width) }
    }

    pub(super) fn tied(&self, ties: Ties) -> Tied {
        let d = self.leaving.count;
        let mut tied = Tied { logs: 0.0, once: [0.0; 2], twice: [0.0; 3] };
        for k in 0..d as u64 {
            let f = if ties == Ties::Efron { k as f64 / d } else { 0.0 };
            let one = 1.0 / (self.all.risk - f * self.leaving.risk);
            tied.logs -= one.ln();
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
        let mut pass = Self {
            log_likelihood: 0.0,
            score: vec![0.0; rows.width],
            information: Matrix::zeros(rows.width, rows.width),
        };
        for row in (0..rows.n()).filter(|&row| rows.happened[row]) {
            pass.log_likelihood += predictors[row] - highest;
            pass.score.iter_mut().zip(rows.x(row)).for_each(|(s, x)| *s += x);
        }
        rows.sweep(&risks, true, |at| {
            let tied = at.tied(ties);
            pass.log_likelihood -= tied.logs;
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
