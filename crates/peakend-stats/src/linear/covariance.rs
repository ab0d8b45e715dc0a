//! Covariances of the coefficients of a fit: classical, heteroskedastic, by
//! cluster in one way or two, and of a series (Newey-West).
//!
//! All are bread * meat * bread; what differs is how the scores x_i w_i e_i are
//! summed before they are squared. Matrices are k x k over all columns of the
//! design, zero for dropped ones.

use std::collections::BTreeMap;

use super::least_squares::Fit;
use super::matrix::Matrix;

/// How unequal variances are allowed for (MacKinnon-White).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hc {
    /// Squared residuals as they are.
    Zero,
    /// Times n / (n - k).
    One,
    /// Each over 1 - h.
    Two,
    /// Each over (1 - h)^2.
    Three,
}

/// s^2 (X'WX)^-1.
#[must_use]
pub fn classical(fit: &Fit) -> Matrix {
    fit.bread.clone().scaled(fit.variance())
}

/// Robust to unequal variances.
#[must_use]
pub fn heteroskedastic(x: &Matrix, fit: &Fit, kind: Hc) -> Matrix {
    let squares = fit.residuals.iter().zip(&fit.weights).map(|(e, w)| (w * e).powi(2));
    let squares: Vec<f64> = match kind {
        Hc::Zero | Hc::One => squares.collect(),
        Hc::Two => squares.zip(fit.leverages(x)).map(|(s, h)| s / (1.0 - h)).collect(),
        Hc::Three => squares.zip(fit.leverages(x)).map(|(s, h)| s / (1.0 - h).powi(2)).collect(),
    };
    let factor = if kind == Hc::One { fit.n as f64 / fit.df() } else { 1.0 };
    fit.bread.around(&x.weighted_gram(&squares)).scaled(factor)
}

/// A covariance by clusters and how many there are.
#[derive(Debug, Clone)]
pub struct Clustered {
    /// Without a small-sample factor (CR0).
    pub covariance: Matrix,
    /// G.
    pub clusters: usize,
}

/// Scores summed within clusters, one row per cluster in the order of the codes.
#[must_use]
pub fn cluster_scores(x: &Matrix, fit: &Fit, clusters: &[u64]) -> Vec<Vec<f64>> {
    let mut sums: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (i, code) in clusters.iter().enumerate() {
        let score = fit.weights[i] * fit.residuals[i];
        let sum = sums.entry(*code).or_insert_with(|| vec![0.0; x.columns()]);
        for (s, a) in sum.iter_mut().zip(x.row(i)) {
            *s += score * a;
        }
    }
    sums.into_values().collect()
}

/// Cluster-robust without factor (Liang-Zeger).
#[must_use]
pub fn clustered(x: &Matrix, fit: &Fit, clusters: &[u64]) -> Clustered {
    let scores = cluster_scores(x, fit, clusters);
    let mut meat = Matrix::zeros(x.columns(), x.columns());
    for score in &scores {
        meat.add_outer(1.0, score, score);
    }
    Clustered { covariance: fit.bread.around(&meat), clusters: scores.len() }
}

/// The CR1 factor G/(G-1) (N-1)/(N-K).
#[must_use]
pub fn cr1_factor(clusters: usize, n: usize, k: usize) -> f64 {
    let (g, n) = (clusters as f64, n as f64);
    g / (g - 1.0) * (n - 1.0) / (n - k as f64)
}

/// Cluster-robust with the CR1 factor, K = rank of the fit.
#[must_use]
pub fn cr1(x: &Matrix, fit: &Fit, clusters: &[u64]) -> Clustered {
    let Clustered { covariance, clusters } = clustered(x, fit, clusters);
    Clustered { covariance: covariance.scaled(cr1_factor(clusters, fit.n, fit.rank)), clusters }
}

/// Codes of the pairs of two codings: the clusters of an intersection.
#[must_use]
pub fn intersection(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut seen = BTreeMap::new();
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            let next = seen.len() as u64;
            *seen.entry((*a, *b)).or_insert(next)
        })
        .collect()
}

/// Clustered both ways, V_a + V_b - V_ab (Cameron-Gelbach-Miller), each one-way
/// part with its CR1 factor. A variance that comes out negative is replaced by the
/// larger one-way one.
#[derive(Debug, Clone)]
pub struct TwoWay {
    /// The combined covariance.
    pub covariance: Matrix,
    /// Columns whose variance had to be replaced.
    pub replaced: Vec<usize>,
    /// G of the two codings.
    pub clusters: [usize; 2],
}

/// Clustered both ways.
#[must_use]
pub fn two_way(x: &Matrix, fit: &Fit, a: &[u64], b: &[u64]) -> TwoWay {
    let (one, other) = (cr1(x, fit, a), cr1(x, fit, b));
    let both = cr1(x, fit, &intersection(a, b));
    let mut covariance = one.covariance.clone().plus(1.0, &other.covariance).plus(-1.0, &both.covariance);
    let mut replaced = Vec::new();
    for j in 0..x.columns() {
        if covariance[(j, j)] < 0.0 {
            covariance[(j, j)] = one.covariance[(j, j)].max(other.covariance[(j, j)]);
            replaced.push(j);
        }
    }
    TwoWay { covariance, replaced, clusters: [one.clusters, other.clusters] }
}

/// Newey-West with Bartlett weights 1 - l/(L+1) on rows in order of time, times
/// n/(n-k); no prewhitening.
#[must_use]
pub fn newey_west(x: &Matrix, fit: &Fit, lag: usize) -> Matrix {
    let scores = Matrix::from_fn(x.rows(), x.columns(), |i, j| x[(i, j)] * fit.weights[i] * fit.residuals[i]);
    fit.bread.around(&bartlett(&scores, lag)).scaled(fit.n as f64 / fit.df())
}

/// Scores (one row per point in time) times themselves and, weighted, their
/// neighbours up to a lag.
#[must_use]
pub fn bartlett(scores: &Matrix, lag: usize) -> Matrix {
    let n = scores.rows();
    let mut meat = scores.gram();
    for l in 1..=lag.min(n.saturating_sub(1)) {
        let weight = 1.0 - l as f64 / (lag as f64 + 1.0);
        for i in l..n {
            meat.add_outer(weight, scores.row(i), scores.row(i - l));
            meat.add_outer(weight, scores.row(i - l), scores.row(i));
        }
    }
    meat
}

/// Standard error of a contrast: the root of c' V c.
#[must_use]
pub fn standard_error(covariance: &Matrix, contrast: &[f64]) -> f64 {
    covariance.form(contrast, contrast).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::least_squares;

    fn fitted() -> (Matrix, Fit) {
        let x = Matrix::from_fn(12, 2, |i, j| if j == 0 { 1.0 } else { ((i * 5) % 7) as f64 });
        let y: Vec<f64> = (0..12).map(|i| ((i * i) % 11) as f64).collect();
        let fit = least_squares(&x, &y);
        (x, fit)
    }

    fn close(a: &Matrix, b: &Matrix) {
        for i in 0..a.rows() {
            for j in 0..a.columns() {
                assert!((a[(i, j)] - b[(i, j)]).abs() < 1e-12 * (1.0 + b[(i, j)].abs()));
            }
        }
    }

    #[test]
    fn clusters_of_one_row_are_the_heteroskedastic_covariance() {
        let (x, fit) = fitted();
        let codes: Vec<u64> = (0..12).collect();
        close(&clustered(&x, &fit, &codes).covariance, &heteroskedastic(&x, &fit, Hc::Zero));
        close(&newey_west(&x, &fit, 0), &heteroskedastic(&x, &fit, Hc::One));
    }

    #[test]
    fn two_ways_that_are_one_give_that_way() {
        let (x, fit) = fitted();
        let codes: Vec<u64> = (0..12).map(|i| i / 3).collect();
        close(&two_way(&x, &fit, &codes, &codes).covariance, &cr1(&x, &fit, &codes).covariance);
    }
}
