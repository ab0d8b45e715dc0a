//! Relative weights (Johnson 2000): shares of R2 by way of the orthogonal
//! variables closest to the drivers. They are never negative and sum to R2.

use super::complete_rows::{Column, CompleteRows};
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

/// The weights alone, over rows without a missing answer, for who needs neither
/// intervals nor gains; `None` when a column does not vary or drivers determine
/// each other.
#[must_use]
pub fn weights_of(outcome: Column<'_>, drivers: &[Column<'_>]) -> Option<Vec<f64>> {
    let columns: Vec<Column<'_>> = drivers.iter().copied().chain([outcome]).collect();
    let moments = CompleteRows::of(&columns).moments();
    let all: Vec<usize> = (0..drivers.len()).collect();
    let with_outcome: Vec<f64> = all.iter().map(|&j| moments.correlations[(j, drivers.len())]).collect();
    relative_weights(&moments.correlations_of(&all), &with_outcome)
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
    fn weights_of_columns_are_those_of_their_correlations() {
        let [x, z] = [7, 5].map(|step| (0..40).map(|i| f64::from(i * step % 11)).collect::<Vec<f64>>());
        let y: Vec<f64> = x.iter().zip(&z).map(|(x, z)| 2.0 * x + z).collect();
        let column = |values| Column { name: "any", values };
        let weights = weights_of(column(&y), &[column(&x), column(&z)]).unwrap();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && weights[0] > weights[1]);
        assert!(weights_of(column(&y), &[column(&x), column(&[1.0; 40])]).is_none());
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
