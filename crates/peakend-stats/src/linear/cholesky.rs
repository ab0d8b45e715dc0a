//! Cholesky decomposition of a positive definite matrix: solving and inverting.

use super::matrix::Matrix;

/// A pivot below this share of its diagonal cell counts as zero.
const FLAT: f64 = 1e-13;

/// The lower triangle L with A = L L'.
#[derive(Debug, Clone)]
pub struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    /// Decomposes a symmetric matrix (its lower triangle is read); `None` when
    /// it is not positive definite to working precision.
    #[must_use]
    pub fn of(a: &Matrix) -> Option<Self> {
        Self::above(a, FLAT)
    }

    /// The same, with pivots at or below a share of their diagonal cell taken as zero.
    #[must_use]
    pub fn above(a: &Matrix, flat: f64) -> Option<Self> {
        let size = a.rows();
        let mut l = Matrix::zeros(size, size);
        for i in 0..size {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| l[(i, k)] * l[(j, k)]).sum();
                let rest = a[(i, j)] - inner;
                if i == j {
                    if rest.is_nan() || rest <= flat * a[(i, i)].abs() {
                        return None;
                    }
                    l[(i, i)] = rest.sqrt();
                } else {
                    l[(i, j)] = rest / l[(j, j)];
                }
            }
        }
        Some(Self { lower: l })
    }

    /// L.
    #[must_use]
    pub fn lower(&self) -> &Matrix {
        &self.lower
    }

    /// x with A x = b.
    #[must_use]
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let l = &self.lower;
        let size = l.rows();
        let mut x = b.to_vec();
        for i in 0..size {
            let inner: f64 = (0..i).map(|k| l[(i, k)] * x[k]).sum();
            x[i] = (x[i] - inner) / l[(i, i)];
        }
        for i in (0..size).rev() {
            let inner: f64 = (i + 1..size).map(|k| l[(k, i)] * x[k]).sum();
            x[i] = (x[i] - inner) / l[(i, i)];
        }
        x
    }

    /// The inverse of A, symmetric to the last digit.
    #[must_use]
    pub fn inverse(&self) -> Matrix {
        let size = self.lower.rows();
        let columns: Vec<Vec<f64>> = (0..size)
            .map(|unit| self.solve(&(0..size).map(|i| f64::from(u8::from(i == unit))).collect::<Vec<_>>()))
            .collect();
        Matrix::from_fn(size, size, |i, j| columns[i.min(j)][i.max(j)])
    }

    /// ln det A.
    #[must_use]
    pub fn log_determinant(&self) -> f64 {
        2.0 * self.lower.diagonal().into_iter().map(f64::ln).sum::<f64>()
    }
}

/// Inverse of a positive definite matrix; `None` when it is singular.
#[must_use]
pub fn inverse(a: &Matrix) -> Option<Matrix> {
    Cholesky::of(a).map(|c| c.inverse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_of_a_known_matrix() {
        let a = Matrix::from_rows(&[[4.0, 1.0], [1.0, 3.0]]);
        let b = inverse(&a).unwrap();
        assert!((b[(0, 0)] - 3.0 / 11.0).abs() < 1e-15 && (b[(0, 1)] + 1.0 / 11.0).abs() < 1e-15);
        assert!((Cholesky::of(&a).unwrap().log_determinant() - 11_f64.ln()).abs() < 1e-14);
        assert!(inverse(&Matrix::from_rows(&[[1.0, 1.0], [1.0, 1.0]])).is_none());
    }
}
