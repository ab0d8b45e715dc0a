//! Relative weights (Johnson 2000): shares of R2 by way of the orthogonal
//! variables closest to the drivers. They are never negative and sum to R2.

use crate::linear::{Matrix, symmetric_eigen};

/// Eigenvalues below this share of the largest count as zero.
const FLAT: f64 = 1e-10;

/// Weights of the drivers from their correlations with each other (p x p) and
/// with the outcome; `None` when the drivers determine each other.
#[must_use]
pub fn relative_weights(among: &Matrix, with_outcome: &[f64]) -> Option<Vec<f64>> {
    let eigen = symmetric_eigen(among);
    let (largest, smallest) = (eigen.values.first()?, eigen.values.last()?);
    if smallest.is_nan() || *smallest <= FLAT * largest {
        return None;
    }
    let root = eigen.map(f64::sqrt);
    let on_orthogonal = eigen.map(|value| value.sqrt().recip()).times_vector(with_outcome);
    let weight = |j: usize| root.row(j).iter().zip(&on_orthogonal).map(|(l, b)| (l * b).powi(2)).sum();
    Some((0..with_outcome.len()).map(weight).collect())
}

/// Columns that earlier ones determine, in order: their variance left over is
/// below 1e-10.
#[must_use]
pub fn redundant(among: &Matrix) -> Vec<usize> {
    let size = among.rows();
    let (mut rest, mut found) = (among.clone(), Vec::new());
    for j in 0..size {
        let pivot = rest[(j, j)];
        if pivot < FLAT {
            found.push(j);
            continue;
        }
        let column = rest.column(j);
        rest.add_outer(-1.0 / pivot, &column, &column);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncorrelated_drivers_weigh_their_squared_correlations() {
        let weights = relative_weights(&Matrix::identity(3), &[0.5, -0.3, 0.1]).unwrap();
        for (w, r) in weights.iter().zip([0.5_f64, -0.3, 0.1]) {
            assert!((w - r * r).abs() < 1e-15);
        }
    }

    #[test]
    fn two_alike_drivers_share_alike() {
        let among = Matrix::from_rows(&[[1.0, 0.6], [0.6, 1.0]]);
        let weights = relative_weights(&among, &[0.4, 0.4]).unwrap();
        // R2 = 2 r^2 / (1 + rho)
        assert!((weights[0] - 0.16 / 1.6).abs() < 1e-12 && (weights[1] - weights[0]).abs() < 1e-12);
    }

    #[test]
    fn a_driver_that_others_determine_is_named() {
        // the third is the sum of two uncorrelated ones
        let h = 0.5_f64.sqrt();
        let among = Matrix::from_rows(&[
            [1.0, 0.0, h, 0.1],
            [0.0, 1.0, h, 0.1],
            [h, h, 1.0, 0.2 * h],
            [0.1, 0.1, 0.2 * h, 1.0],
        ]);
        assert!(relative_weights(&among, &[0.1; 4]).is_none());
        assert_eq!(redundant(&among), [2]);
    }
}
