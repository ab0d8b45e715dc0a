//! Eigenvalues and vectors of a symmetric matrix by Jacobi rotations: slow for
//! hundreds of columns, exact to the last digits for the dozens we have.

use super::matrix::{Matrix, dot};

/// Sweeps after which rotating stops; ten are plenty in practice.
const SWEEPS: usize = 64;

/// A = V diag(values) V'.
#[derive(Debug, Clone)]
pub struct Eigen {
    /// Largest first.
    pub values: Vec<f64>,
    /// Column j belongs to value j; its entry of largest size is positive.
    pub vectors: Matrix,
}

impl Eigen {
    /// V diag(f(values)) V', such as a root or a generalised inverse.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Matrix {
        let size = self.values.len();
        let mapped: Vec<f64> = self.values.iter().map(|&x| f(x)).collect();
        let v = &self.vectors;
        Matrix::from_fn(size, size, |i, j| (0..size).map(|k| v[(i, k)] * mapped[k] * v[(j, k)]).sum())
    }
}

/// Decomposes a symmetric matrix.
#[must_use]
pub fn symmetric_eigen(a: &Matrix) -> Eigen {
    let size = a.rows();
    let mut a = a.clone();
    let mut v = Matrix::identity(size);
    for _ in 0..SWEEPS {
        if !sweep(&mut a, &mut v) {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&i, &j| a[(j, j)].total_cmp(&a[(i, i)]));
    let mut vectors = v.pick_columns(&order);
    for j in 0..size {
        let column = vectors.column(j);
        let largest = column.iter().fold(0.0_f64, |m, x| if x.abs() > m.abs() + 1e-12 { *x } else { m });
        let scale = largest.signum() / dot(&column, &column).sqrt();
        for i in 0..size {
            vectors[(i, j)] *= scale;
        }
    }
    Eigen { values: order.into_iter().map(|i| a[(i, i)]).collect(), vectors }
}

/// One round over all pairs; whether anything was left to rotate away.
fn sweep(a: &mut Matrix, v: &mut Matrix) -> bool {
    let size = a.rows();
    let mut moved = false;
    for p in 0..size {
        for q in p + 1..size {
            let off = a[(p, q)];
            if off.abs() <= f64::EPSILON * 1e-2 * (a[(p, p)].abs() * a[(q, q)].abs()).sqrt() || off.abs() < 1e-300 {
                continue;
            }
            moved = true;
            let theta = (a[(q, q)] - a[(p, p)]) / (2.0 * off);
            let t = if theta == 0.0 { 1.0 } else { theta.signum() / (theta.abs() + theta.hypot(1.0)) };
            let c = 1.0 / t.hypot(1.0);
            rotate(a, v, [p, q], [c, t * c]);
        }
    }
    moved
}

fn rotate(a: &mut Matrix, v: &mut Matrix, [p, q]: [usize; 2], [c, s]: [f64; 2]) {
    for k in 0..a.rows() {
        let (x, y) = (a[(k, p)], a[(k, q)]);
        (a[(k, p)], a[(k, q)]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (v[(k, p)], v[(k, q)]);
        (v[(k, p)], v[(k, q)]) = (c * x - s * y, s * x + c * y);
    }
    for k in 0..a.rows() {
        let (x, y) = (a[(p, k)], a[(q, k)]);
        (a[(p, k)], a[(q, k)]) = (c * x - s * y, s * x + c * y);
    }
    // the rotation was chosen to make these zero
    (a[(p, q)], a[(q, p)]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_matrix_has_its_known_values() {
        let eigen = symmetric_eigen(&Matrix::from_rows(&[[2.0, 1.0], [1.0, 2.0]]));
        assert!((eigen.values[0] - 3.0).abs() < 1e-14 && (eigen.values[1] - 1.0).abs() < 1e-14);
        let half = 0.5_f64.sqrt();
        assert!((eigen.vectors[(0, 0)] - half).abs() < 1e-14 && (eigen.vectors[(1, 0)] - half).abs() < 1e-14);
    }

    #[test]
    fn a_singular_matrix_is_rebuilt_from_its_parts() {
        let b = Matrix::from_fn(5, 3, |i, j| ((i * 7 + j * 3) % 5) as f64 - 1.5);
        let a = b.times(&b.transpose());
        let eigen = symmetric_eigen(&a);
        let back = eigen.map(|x| x);
        for i in 0..5 {
            for j in 0..5 {
                assert!((back[(i, j)] - a[(i, j)]).abs() < 1e-12);
            }
        }
        assert!(eigen.values[3].abs() < 1e-12 && eigen.values[4].abs() < 1e-12);
    }
}
