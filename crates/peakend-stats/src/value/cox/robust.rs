//! Score residuals of a Cox model and the sandwich covariance made of them.

use std::collections::BTreeMap;

use super::risk::{RiskRows, Ties, risks};
use crate::linear::Matrix;

/// Cumulated hazard, and hazard times mean of x, up to each event time.
struct Cumulated {
    times: Vec<f64>,
    /// Per time: hazard, then one sum per covariate.
    sums: Vec<f64>,
    width: usize,
}

impl Cumulated {
    /// Sums over event times up to and including `time`.
    fn until(&self, time: f64) -> Option<&[f64]> {
        let place = self.times.partition_point(|t| *t <= time).checked_sub(1)?;
        Some(&self.sums[place * self.width..(place + 1) * self.width])
    }
}

/// One row of score residuals per spell, in the order of [`RiskRows`].
pub(super) fn scores(rows: &RiskRows, coefficients: &[f64], ties: Ties) -> Matrix {
    let (risks, _) = risks(&rows.predictors(coefficients));
    let mut scores = Matrix::zeros(rows.n(), rows.width);
    let cumulated = cumulate(rows, &risks, ties, &mut scores);
    for (row, risk) in risks.iter().enumerate() {
        let (until, from) = (cumulated.until(rows.exits[row]), cumulated.until(rows.entries[row]));
        let Some(until) = until else {
            continue;
        };
        let sum = |at: usize| until[at] - from.map_or(0.0, |f| f[at]);
        let hazard = sum(0);
        for (j, (score, x)) in scores.row_mut(row).iter_mut().zip(rows.x(row)).enumerate() {
            *score -= risk * (x * hazard - sum(j + 1));
        }
    }
    scores
}

/// Adds what the events add at their own time, and cumulates the hazard.
fn cumulate(rows: &RiskRows, risks: &[f64], ties: Ties, scores: &mut Matrix) -> Cumulated {
    let width = rows.width + 1;
    let (mut times, mut sums) = (Vec::new(), Vec::new());
    rows.sweep(risks, false, |at| {
        let tied = at.tied(ties);
        let (all, leaving) = (&at.all.first, &at.leaving.first);
        let weighted = |by: usize| -> Vec<f64> {
            all.iter().zip(leaving).map(|(a, l)| tied.twice[by] * a - tied.twice[by + 1] * l).collect()
        };
        let means = at.means(&tied);
        let (early, d) = (weighted(1), at.leaving.count);
        for row in at.rows.clone().filter(|&row| rows.happened[row]) {
            let risk = risks[row];
            for (j, (score, x)) in scores.row_mut(row).iter_mut().zip(rows.x(row)).enumerate() {
                // the mean over those at risk, and the share of the hazard that one
                // who leaves does not bear under Efron's ties
                *score += x - means[j] / d + risk * (x * tied.once[1] - early[j]);
            }
        }
        times.push(at.time);
        sums.push(tied.once[0]);
        sums.extend(weighted(0));
    });
    // the sweep goes backwards in time
    times.reverse();
    let mut ascending = Vec::with_capacity(sums.len());
    let mut running = vec![0.0; width];
    for part in sums.rchunks_exact(width) {
        running.iter_mut().zip(part).for_each(|(r, p)| *r += p);
        ascending.extend_from_slice(&running);
    }
    Cumulated { times, sums: ascending, width }
}

/// Covariance between two breads, of rows or of clusters (codes by place in the
/// input), and how many clusters there are.
pub(super) fn sandwich(
    scores: &Matrix,
    rows: &RiskRows,
    bread: &Matrix,
    clusters: Option<&[u64]>,
) -> (Matrix, Option<u64>) {
    let Some(codes) = clusters else {
        return (bread.around(&scores.gram()), None);
    };
    let mut sums: BTreeMap<Option<u64>, Vec<f64>> = BTreeMap::new();
    for row in 0..scores.rows() {
        let code = codes.get(rows.origins[row]).copied();
        let sum = sums.entry(code).or_insert_with(|| vec![0.0; rows.width]);
        sum.iter_mut().zip(scores.row(row)).for_each(|(s, x)| *s += x);
    }
    let mut meat = Matrix::zeros(rows.width, rows.width);
    for sum in sums.values() {
        meat.add_outer(1.0, sum, sum);
    }
    (bread.around(&meat), Some(sums.len() as u64))
}
