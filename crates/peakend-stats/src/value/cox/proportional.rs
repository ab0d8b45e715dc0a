//! Test of proportional hazards (Grambsch and Therneau 1994): the score test of
//! adding x g(t), with g(t) = 1 - KM(t-), to the model; per covariate and jointly.

use serde::Serialize;

use super::risk::{RiskRows, Ties, risks, total};
use super::{Column, Fit};
use crate::distribution::chi_square_upper;
use crate::linear::{Matrix, inverse};

/// The test for one covariate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TermProportionality {
    /// Name of the covariate.
    pub name: String,
    /// Statistic on one degree of freedom.
    pub chi_square: f64,
    /// p.
    pub p: f64,
}

/// The test for all covariates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proportionality {
    /// Joint statistic.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// Joint p.
    pub p: f64,
    /// Covariate by covariate.
    pub terms: Vec<TermProportionality>,
}

pub(super) fn test(rows: &RiskRows, fit: &Fit, ties: Ties, covariates: &[Column<'_>]) -> Proportionality {
    let width = rows.width();
    let (risks, _) = risks(&rows.predictors(&fit.coefficients));
    let lost = lost_before(rows);
    let mut moments = lost.iter().rev();
    let mut score = vec![0.0; width];
    let (mut crossed, mut own) = (Matrix::zeros(width, width), Matrix::zeros(width, width));
    rows.sweep(&risks, true, |at| {
        let Some(&time) = moments.next() else {
            return;
        };
        let tied = at.tied(ties);
        for (score, x) in score.iter_mut().zip(&rows.x) {
            *score += time * total(&x[at.events.clone()]);
        }
        score.iter_mut().zip(at.means(&tied)).for_each(|(s, m)| *s -= time * m);
        at.add_covariances(&tied, time, &mut crossed);
        at.add_covariances(&tied, time * time, &mut own);
    });
    // what is left of the information on x g(t) once the coefficients are free
    let left = own.plus(-1.0, &crossed.times(&fit.covariance).times(&crossed));
    let term = |j: usize| {
        let chi_square = score[j] * score[j] / left[(j, j)];
        let p = chi_square_upper(chi_square, 1.0);
        TermProportionality { name: covariates[j].name.to_owned(), chi_square, p }
    };
    let chi_square = inverse(&left).map_or(f64::NAN, |inverse| inverse.form(&score, &score));
    let p = if chi_square.is_nan() { f64::NAN } else { chi_square_upper(chi_square, width as f64) };
    Proportionality { chi_square, df: width as u64, p, terms: (0..width).map(term).collect() }
}

/// 1 - KM just before each event time, ascending, less its mean over the events.
fn lost_before(rows: &RiskRows) -> Vec<f64> {
    let mut entries = rows.entries.clone();
    entries.sort_unstable_by(f64::total_cmp);
    let (mut survival, mut lost, mut counts) = (1.0, Vec::new(), Vec::new());
    let mut start = 0;
    while start < rows.n() {
        let time = rows.exits[start];
        let end = start + rows.exits[start..].partition_point(|t| *t <= time);
        let events = rows.happened[start..end].iter().filter(|h| **h).count() as f64;
        if events > 0.0 {
            let at_risk = (entries.partition_point(|e| *e < time) - start) as f64;
            lost.push(1.0 - survival);
            counts.push(events);
            survival *= 1.0 - events / at_risk;
        }
        start = end;
    }
    let events: f64 = counts.iter().sum();
    let mean = lost.iter().zip(&counts).map(|(l, c)| l * c).sum::<f64>() / events;
    lost.into_iter().map(|l| l - mean).collect()
}
