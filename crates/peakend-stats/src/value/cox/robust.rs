//! Score residuals of a Cox model and the sandwich covariance made of them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::risk::{RiskRows, Ties, dot, risks};
use crate::linear::Matrix;

/// Rows looked at one by one before a search.
const NEAR: usize = 8;

/// Score residuals per spell, in the order of [`RiskRows`], by covariate.
pub(super) fn scores(rows: &RiskRows, coefficients: &[f64], ties: Ties) -> Vec<Vec<f64>> {
    let (risks, _) = risks(&rows.predictors(coefficients));
    let mut scores = vec![vec![0.0; rows.n()]; rows.width()];
    let cumulated = cumulate(rows, &risks, ties, &mut scores);
    for (place, range) in cumulated.ranges(&rows.exits) {
        for (j, (scores, x)) in scores.iter_mut().zip(&rows.x).enumerate() {
            let (hazard, mean) = (cumulated.sums[0][place], cumulated.sums[j + 1][place]);
            let own = scores[range.clone()].iter_mut().zip(&risks[range.clone()]).zip(&x[range.clone()]);
            own.for_each(|((score, risk), x)| *score -= risk * (x * hazard - mean));
        }
    }
    for &row in &rows.by_entry {
        let Some(place) = cumulated.times.partition_point(|t| *t <= rows.entries[row]).checked_sub(1) else {
            continue;
        };
        for (j, (scores, x)) in scores.iter_mut().zip(&rows.x).enumerate() {
            scores[row] += risks[row] * (x[row] * cumulated.sums[0][place] - cumulated.sums[j + 1][place]);
        }
    }
    scores
}

/// Cumulated hazard, and hazard times mean of x, up to each event time.
struct Cumulated {
    times: Vec<f64>,
    /// Hazard, then one sum per covariate; each by time.
    sums: Vec<Vec<f64>>,
}

impl Cumulated {
    /// By event time the rows of which it is the last up to and including their exit.
    fn ranges(&self, exits: &[f64]) -> impl Iterator<Item = (usize, Range<usize>)> {
        let mut end = self.times.first().map_or(exits.len(), |time| exits.partition_point(|t| t < time));
        self.times.iter().enumerate().map(move |(place, _)| {
            let start = end;
            end = match self.times.get(place + 1) {
                Some(next) => {
                    let near = exits[start..].iter().take(NEAR).position(|t| t >= next);
                    start + near.unwrap_or_else(|| exits[start..].partition_point(|t| t < next))
                }
                None => exits.len(),
            };
            (place, start..end)
        })
    }
}

/// Adds what the events add at their own time, and cumulates the hazard.
fn cumulate(rows: &RiskRows, risks: &[f64], ties: Ties, scores: &mut [Vec<f64>]) -> Cumulated {
    let (mut times, mut sums) = (Vec::new(), vec![Vec::new(); rows.width() + 1]);
    rows.sweep(risks, false, |at| {
        let tied = at.tied(ties);
        let d = at.leaving.count;
        times.push(at.time);
        sums[0].push(tied.once[0]);
        for (j, (scores, x)) in scores.iter_mut().zip(&rows.x).enumerate() {
            let (all, leaving) = (at.all.first[j], at.leaving.first[j]);
            let mean = (tied.once[0] * all - tied.once[1] * leaving) / d;
            let early = tied.twice[1] * all - tied.twice[2] * leaving;
            sums[j + 1].push(tied.twice[0] * all - tied.twice[1] * leaving);
            for row in at.events.clone() {
                // the mean over those at risk, and the share of the hazard that one
                // who leaves does not bear under Efron's ties
                scores[row] += x[row] - mean + risks[row] * (x[row] * tied.once[1] - early);
            }
        }
    });
    // the sweep goes backwards in time
    times.reverse();
    for sums in &mut sums {
        sums.reverse();
        let mut running = 0.0;
        for sum in sums {
            running += *sum;
            *sum = running;
        }
    }
    Cumulated { times, sums }
}

/// Covariance between two breads, of rows or of clusters (codes by place in the
/// input), and how many clusters there are.
pub(super) fn sandwich(
    scores: &[Vec<f64>],
    rows: &RiskRows,
    bread: &Matrix,
    clusters: Option<&[u64]>,
) -> (Matrix, Option<u64>) {
    let Some(codes) = clusters else {
        let product = |i: usize, j: usize| dot(&scores[i], &scores[j]);
        return (bread.around(&Matrix::from_fn(scores.len(), scores.len(), product)), None);
    };
    let mut sums: BTreeMap<Option<u64>, Vec<f64>> = BTreeMap::new();
    for row in 0..rows.n() {
        let code = codes.get(rows.origins[row]).copied();
        let sum = sums.entry(code).or_insert_with(|| vec![0.0; scores.len()]);
        sum.iter_mut().zip(scores).for_each(|(s, x)| *s += x[row]);
    }
    let mut meat = Matrix::zeros(scores.len(), scores.len());
    for sum in sums.values() {
        meat.add_outer(1.0, sum, sum);
    }
    (bread.around(&meat), Some(sums.len() as u64))
}
