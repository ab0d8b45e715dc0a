//! The iteration of a path model on a correlation matrix: outer weights by mode A,
//! inner weights by the path scheme.

use std::ops::Range;

use crate::figure::{Refusal, RefusalReason};
use crate::linear::{Cholesky, Matrix};

/// Largest change of a weight at which the iteration has settled.
const SETTLED: f64 = 1e-11;
/// Iterations after which it has not.
const ITERATIONS: u64 = 300;

/// Which columns belong to which construct, and who precedes whom.
pub(super) struct Outline {
    pub(super) columns: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    /// Constructs so that every one comes after its predecessors.
    order: Vec<usize>,
}

/// Weights and what follows from them.
pub(super) struct Weighted {
    /// Per column, on standardised answers.
    pub(super) weights: Vec<f64>,
    /// Per column.
    pub(super) loadings: Vec<f64>,
    /// Coefficient from row to column.
    pub(super) paths: Matrix,
    /// Direct and indirect, from row to column.
    pub(super) totals: Matrix,
    /// Per construct with predecessors.
    pub(super) r_squared: Vec<Option<f64>>,
    pub(super) iterations: u64,
}

impl Outline {
    /// `None` for a cycle, a construct without a question or without a link, or a
    /// link from or to nowhere.
    pub(super) fn of(sizes: &[usize], links: &[(usize, usize)]) -> Option<Self> {
        let count = sizes.len();
        let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for &(from, to) in links {
            if from >= count || to >= count || from == to || before[to].contains(&from) {
                return None;
            }
            before[to].push(from);
            after[from].push(to);
        }
        if (0..count).any(|k| sizes[k] == 0 || before[k].is_empty() && after[k].is_empty()) {
            return None;
        }
        let mut order: Vec<usize> = Vec::new();
        while order.len() < count {
            let ready = |k: &usize| !order.contains(k) && before[*k].iter().all(|b| order.contains(b));
            let next = (0..count).find(ready)?;
            order.push(next);
        }
        let starts = sizes.iter().scan(0, |next, size| {
            *next += size;
            Some(*next - size..*next)
        });
        Some(Self { columns: starts.map(Range::collect).collect(), before, after, order })
    }

    /// Iterates the weights from equal ones.
    pub(super) fn weigh(&self, correlations: &Matrix) -> Result<Weighted, Refusal> {
        let mut weights = vec![1.0; correlations.rows()];
        self.standardise(correlations, &mut weights);
        for iteration in 1..=ITERATIONS {
            let scores = self.scores(correlations, &weights);
            let inner = self.inner(&scores.among).ok_or(COLLINEAR)?;
            let mut next = vec![0.0; weights.len()];
            for (k, columns) in self.columns.iter().enumerate() {
                for &j in columns {
                    next[j] = (0..self.columns.len()).map(|l| inner[(k, l)] * scores.with_column[(j, l)]).sum();
                }
            }
            self.standardise(correlations, &mut next);
            let moved = weights.iter().zip(&next).map(|(a, b)| (a.abs() - b.abs()).abs()).fold(0.0, f64::max);
            weights = next;
            if moved.is_nan() {
                return Err(COLLINEAR);
            }
            if moved < SETTLED {
                return self.finished(correlations, weights, iteration);
            }
        }
        Err(Refusal::count(RefusalReason::NotConverged, ITERATIONS, ITERATIONS))
    }

    /// Scales the weights of every construct to a score of variance 1.
    fn standardise(&self, correlations: &Matrix, weights: &mut [f64]) {
        for columns in &self.columns {
            let pairs = columns.iter().flat_map(|&i| columns.iter().map(move |&j| (i, j)));
            let variance: f64 = pairs.map(|(i, j)| weights[i] * weights[j] * correlations[(i, j)]).sum();
            for &j in columns {
                weights[j] /= variance.sqrt();
            }
        }
    }

    fn scores(&self, correlations: &Matrix, weights: &[f64]) -> Scores {
        let count = self.columns.len();
        let with_column = Matrix::from_fn(weights.len(), count, |j, k| {
            self.columns[k].iter().map(|&i| weights[i] * correlations[(i, j)]).sum()
        });
        let among = Matrix::from_fn(count, count, |k, l| {
            if k == l { 1.0 } else { self.columns[k].iter().map(|&i| weights[i] * with_column[(i, l)]).sum() }
        });
        Scores { with_column, among }
    }

    /// Path scheme: regression on predecessors, correlation with successors.
    fn inner(&self, among: &Matrix) -> Option<Matrix> {
        let mut inner = Matrix::zeros(among.rows(), among.rows());
        for k in 0..self.columns.len() {
            for (&from, b) in self.before[k].iter().zip(self.regression(among, k)?) {
                inner[(k, from)] = b;
            }
            for &to in &self.after[k] {
                inner[(k, to)] = among[(k, to)];
            }
        }
        Some(inner)
    }

    /// Coefficients of a score on those of its predecessors.
    fn regression(&self, among: &Matrix, k: usize) -> Option<Vec<f64>> {
        let before = &self.before[k];
        if before.is_empty() {
            return Some(Vec::new());
        }
        let with: Vec<f64> = before.iter().map(|&b| among[(b, k)]).collect();
        Some(Cholesky::of(&among.pick_rows(before).pick_columns(before))?.solve(&with))
    }

    fn finished(&self, correlations: &Matrix, mut weights: Vec<f64>, iterations: u64) -> Result<Weighted, Refusal> {
        let scores = self.scores(correlations, &weights);
        for (k, columns) in self.columns.iter().enumerate() {
            if columns.iter().map(|&j| scores.with_column[(j, k)]).sum::<f64>() < 0.0 {
                columns.iter().for_each(|&j| weights[j] = -weights[j]);
            }
        }
        let Scores { with_column, among } = self.scores(correlations, &weights);
        let count = self.columns.len();
        let (mut paths, mut r_squared) = (Matrix::zeros(count, count), vec![None; count]);
        let mut totals = Matrix::zeros(count, count);
        for &k in &self.order {
            let coefficients = self.regression(&among, k).ok_or(COLLINEAR)?;
            for (&from, b) in self.before[k].iter().zip(&coefficients) {
                paths[(from, k)] = *b;
                // whatever reaches the predecessor reaches on
                totals[(from, k)] += b;
                for far in 0..count {
                    let through = totals[(far, from)] * b;
                    totals[(far, k)] += through;
                }
            }
            if !self.before[k].is_empty() {
                r_squared[k] =
                    Some(self.before[k].iter().zip(&coefficients).map(|(&from, b)| b * among[(from, k)]).sum());
            }
        }
        let mut loadings = vec![0.0; weights.len()];
        for (k, columns) in self.columns.iter().enumerate() {
            columns.iter().for_each(|&j| loadings[j] = with_column[(j, k)]);
        }
        Ok(Weighted { weights, loadings, paths, totals, r_squared, iterations })
    }
}

const COLLINEAR: Refusal = Refusal { reason: RefusalReason::Collinear, have: 0.0, need: 0.0 };

/// Correlations of the scores.
struct Scores {
    /// Column by construct.
    with_column: Matrix,
    /// Construct by construct.
    among: Matrix,
}
