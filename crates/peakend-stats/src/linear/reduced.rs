//! Bias-reduced cluster covariance of one contrast (CR2) with Satterthwaite
//! degrees of freedom, for any plain regression (Bell-McCaffrey 2002,
//! Pustejovsky-Tipton 2018; identity working covariance).
//!
//! The inverse root of I - X_g M X_g' is the identity plus a part in the span of
//! X_g, so k x k eigenvalues suffice however large a cluster is.

use std::collections::BTreeMap;

use super::cholesky::Cholesky;
use super::eigen::symmetric_eigen;
use super::least_squares::Fit;
use super::matrix::{Matrix, dot};

/// Directions in which a cluster determines its own fit are left out.
const FLAT: f64 = 1e-10;

/// CR2 of one contrast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiasReduced {
    /// Standard error.
    pub standard_error: f64,
    /// Satterthwaite degrees of freedom.
    pub df: f64,
    /// G.
    pub clusters: usize,
}

/// CR2 of a contrast of an unweighted fit; `None` when the fit is weighted or
/// no column was kept.
#[must_use]
pub fn cr2(x: &Matrix, fit: &Fit, clusters: &[u64], contrast: &[f64]) -> Option<BiasReduced> {
    if fit.weights.iter().any(|w| *w != 1.0) {
        return None;
    }
    let kept: Vec<usize> = (0..x.columns()).filter(|j| !fit.dropped.contains(j)).collect();
    let x = x.pick_columns(&kept);
    let bread = fit.bread.pick_rows(&kept).pick_columns(&kept);
    let contrast: Vec<f64> = kept.iter().map(|&j| contrast[j]).collect();
    let root = Cholesky::of(&bread)?.lower().clone();
    let direction = root.transposed_times_vector(&contrast);
    let mut rows: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (i, code) in clusters.iter().enumerate() {
        rows.entry(*code).or_default().push(i);
    }
    let (mut variance, mut trace, mut own_part) = (0.0, 0.0, 0.0);
    let mut pulls = Matrix::zeros(kept.len(), kept.len());
    for rows in rows.values() {
        // U = X_g L with M = L L', so that X_g M X_g' = U U'
        let u = x.pick_rows(rows).times(&root);
        let adjusted = adjust(&u, &u.times_vector(&direction));
        let residuals: Vec<f64> = rows.iter().map(|&i| fit.residuals[i]).collect();
        variance += dot(&adjusted, &residuals).powi(2);
        let pull = u.transposed_times_vector(&adjusted);
        let (own, shared) = (dot(&adjusted, &adjusted), dot(&pull, &pull));
        trace += own - shared;
        // (own - shared)^2 = own^2 - 2 own shared + shared^2, the last of them below
        own_part += own * own - 2.0 * own * shared;
        pulls.add_outer(1.0, &pull, &pull);
    }
    // sum over all pairs of clusters of (pull_i' pull_j)^2
    let shared_part: f64 = (0..kept.len()).map(|i| dot(pulls.row(i), pulls.row(i))).sum();
    Some(BiasReduced {
        standard_error: variance.sqrt(),
        df: trace * trace / (own_part + shared_part),
        clusters: rows.len(),
    })
}

/// (I - U U')^(-1/2) v, zero along directions in which I - U U' is flat.
fn adjust(u: &Matrix, v: &[f64]) -> Vec<f64> {
    let eigen = symmetric_eigen(&u.gram());
    let along = eigen.vectors.transpose().times_vector(&u.transposed_times_vector(v));
    let mut adjusted = v.to_vec();
    for (j, &s) in eigen.values.iter().enumerate().filter(|(_, s)| **s > FLAT) {
        let factor = if 1.0 - s > FLAT { (1.0 - s).sqrt().recip() } else { 0.0 };
        let step = (factor - 1.0) / s * along[j];
        for (a, b) in adjusted.iter_mut().zip(u.times_vector(&eigen.vectors.column(j))) {
            *a += step * b;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::covariance::{Hc, heteroskedastic};
    use crate::linear::least_squares;

    #[test]
    fn clusters_of_one_row_are_hc2() {
        let x = Matrix::from_fn(9, 2, |i, j| if j == 0 { 1.0 } else { ((i * 5) % 7) as f64 });
        let y: Vec<f64> = (0..9).map(|i| ((i * i) % 11) as f64).collect();
        let fit = least_squares(&x, &y);
        let codes: Vec<u64> = (0..9).collect();
        let reduced = cr2(&x, &fit, &codes, &[0.0, 1.0]).unwrap();
        let hc2 = heteroskedastic(&x, &fit, Hc::Two)[(1, 1)].sqrt();
        assert!((reduced.standard_error - hc2).abs() < 1e-12);
        assert!(reduced.df > 1.0 && reduced.df < 7.0);
    }

    #[test]
    fn two_groups_of_single_rows_have_the_degrees_of_welch_at_equal_variances() {
        // 4 against 8 rows: df = (1/4 + 1/8)^2 / (1/16/3 + 1/64/7)
        let x = Matrix::from_fn(12, 2, |i, j| if j == 0 || i < 4 { 1.0 } else { 0.0 });
        let y: Vec<f64> = (0..12).map(|i| ((i * i) % 5) as f64).collect();
        let codes: Vec<u64> = (0..12).collect();
        let reduced = cr2(&x, &least_squares(&x, &y), &codes, &[0.0, 1.0]).unwrap();
        let expected = (0.25_f64 + 0.125).powi(2) / (1.0 / 16.0 / 3.0 + 1.0 / 64.0 / 7.0);
        assert!((reduced.df - expected).abs() < 1e-9, "{} {expected}", reduced.df);
    }
}
