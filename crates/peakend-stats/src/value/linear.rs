//! The little linear algebra that the tests of contrasts need, and the
//! bias-reduced (CR2) error of one contrast of a saturated design.

use super::cells::{Block, Cell, CellFit};
use crate::linear::{Cholesky, Matrix};
use crate::summation::Sum;

/// Eigenvalues and pivots below this are taken as zero (a cell that lies in one cluster).
const FLAT: f64 = 1e-10;

/// Inverse of a covariance matrix; `None` when it is singular to ten digits.
pub(crate) fn inverse(v: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let inverse = Cholesky::above(&Matrix::from_rows(v), FLAT)?.inverse();
    Some((0..v.len()).map(|i| inverse.row(i).to_vec()).collect())
}

/// d' A d.
pub(crate) fn quadratic_form(a: &[Vec<f64>], d: &[f64]) -> f64 {
    let product = a.iter().map(|row| row.iter().zip(d).map(|(x, y)| x * y).sum::<f64>());
    product.zip(d).map(|(x, y)| x * y).sum()
}

/// tr(A B) and tr(A B A B).
pub(crate) fn traces(a: &[Vec<f64>], b: &[Vec<f64>]) -> (f64, f64) {
    let q = a.len();
    let at = |i: usize, j: usize| (0..q).map(|k| a[i][k] * b[k][j]).sum::<f64>();
    let product: Vec<Vec<f64>> = (0..q).map(|i| (0..q).map(|j| at(i, j)).collect()).collect();
    let first = (0..q).map(|i| product[i][i]).sum();
    let second = (0..q).flat_map(|i| (0..q).map(move |j| (i, j))).map(|(i, j)| product[i][j] * product[j][i]).sum();
    (first, second)
}

/// CR2 standard error and Satterthwaite degrees of freedom (Bell-McCaffrey,
/// identity working covariance).
#[derive(Debug, Clone, Copy)]
pub(crate) struct BiasReduced {
    pub(crate) standard_error: f64,
    pub(crate) df: f64,
}

/// CR2 of one contrast. Within a cluster and cell the residual covariance is
/// the identity plus terms in 1 and w, so its inverse root acts on the span of
/// the two vectors only: sums per block suffice.
pub(crate) fn cr2(fit: &CellFit, contrast: &[f64]) -> BiasReduced {
    let width = 2 * fit.cells.len();
    let mut variance = Sum::default();
    let (mut trace, mut square) = (Sum::default(), Sum::default());
    let mut gram = vec![vec![Sum::default(); width]; width];
    for blocks in fit.by_cluster() {
        let (mut score, mut own, mut cross) = (0.0, 0.0, 0.0);
        let turned: Vec<(usize, Turned)> = blocks
            .iter()
            .filter(|b| contrast[b.cell] != 0.0)
            .map(|b| (b.cell, Turned::of(b, &fit.cells[b.cell], contrast[b.cell])))
            .collect();
        for (cell, t) in &turned {
            score += t.score;
            own += t.norm;
            cross += t.cross(t, &fit.cells[*cell]);
        }
        for (cell_a, a) in &turned {
            for (cell_b, b) in &turned {
                let (x, y) = ([a.ones, a.weights], [b.ones, b.weights]);
                for i in 0..2 {
                    for j in 0..2 {
                        gram[2 * cell_a + i][2 * cell_b + j].add(x[i] * y[j]);
                    }
                }
            }
        }
        variance.add(score * score);
        trace.add(own + cross);
        square.add(own * own + 2.0 * own * cross);
    }
    let gram: Vec<Vec<f64>> = gram.into_iter().map(|row| row.into_iter().map(Sum::value).collect()).collect();
    let square = square.value() + trace_of_square(&gram, &fit.cells);
    BiasReduced { standard_error: variance.value().sqrt(), df: trace.value().powi(2) / square }
}

/// One block after the adjustment, times contrast / cell weight.
struct Turned {
    /// Adjusted score: v'e.
    score: f64,
    /// v'v.
    norm: f64,
    /// 1'v.
    ones: f64,
    /// w'v.
    weights: f64,
}

impl Turned {
    fn of(block: &Block, cell: &Cell, contrast: f64) -> Self {
        let Block { m, w, ww, e, we, .. } = *block;
        let scale = contrast / cell.weight;
        let root_m = m.sqrt();
        // coordinates of w along 1 / sqrt(m) and along its own deviation
        let along = w / root_m;
        let spread = ww - w * w / m;
        let spread = if spread > FLAT * ww { spread.sqrt() } else { 0.0 };
        let b11 = 1.0 - 2.0 * w / cell.weight + m * cell.weight_squares / cell.weight.powi(2);
        let b12 = -root_m * spread / cell.weight;
        let root = inverse_root(b11, b12);
        let first = root[0][0] * along + root[0][1] * spread;
        let second = root[1][0] * along + root[1][1] * spread;
        let deviation = if spread > 0.0 { (we - w / m * e) / spread } else { 0.0 };
        Self {
            score: scale * (first / root_m * e + second * deviation),
            norm: scale * scale * (first * first + second * second),
            ones: scale * first * root_m,
            weights: scale * (along * first + spread * second),
        }
    }

    /// -(x y' + y x') / W + x x' Q / W^2 for x = 1'v, y = w'v.
    fn cross(&self, other: &Self, cell: &Cell) -> f64 {
        -(self.ones * other.weights + self.weights * other.ones) / cell.weight
            + self.ones * other.ones * cell.weight_squares / cell.weight.powi(2)
    }
}

/// Inverse square root of [[b11, b12], [b12, 1]], zero along flat directions.
fn inverse_root(b11: f64, b12: f64) -> [[f64; 2]; 2] {
    if b12 == 0.0 {
        let first = if b11 > FLAT { 1.0 / b11.sqrt() } else { 0.0 };
        return [[first, 0.0], [0.0, 1.0]];
    }
    let (half_sum, half_gap) = (f64::midpoint(b11, 1.0), (b11 - 1.0) / 2.0);
    let radius = half_gap.hypot(b12);
    let mut root = [[0.0; 2]; 2];
    for eigenvalue in [half_sum + radius, half_sum - radius] {
        if eigenvalue <= FLAT {
            continue;
        }
        // (b12, eigenvalue - b11) spans the eigenspace as b12 is not 0
        let (x, y) = (b12, eigenvalue - b11);
        let scale = 1.0 / (eigenvalue.sqrt() * (x * x + y * y));
        root[0][0] += scale * x * x;
        root[0][1] += scale * x * y;
        root[1][1] += scale * y * y;
    }
    root[1][0] = root[0][1];
    root
}

/// tr(K S K S) for the block-diagonal K of the cells and the gram matrix S.
fn trace_of_square(gram: &[Vec<f64>], cells: &[Cell]) -> f64 {
    let width = gram.len();
    let mut product = vec![vec![0.0; width]; width];
    for (i, row) in product.iter_mut().enumerate() {
        let cell = &cells[i / 2];
        if cell.n == 0 {
            continue;
        }
        let pair = [gram[i - i % 2].as_slice(), gram[i - i % 2 + 1].as_slice()];
        let inverse = 1.0 / cell.weight;
        for (j, out) in row.iter_mut().enumerate() {
            *out = if i % 2 == 0 {
                pair[0][j] * cell.weight_squares * inverse * inverse - pair[1][j] * inverse
            } else {
                -pair[0][j] * inverse
            };
        }
    }
    let mut trace = Sum::default();
    for (i, row) in product.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            trace.add(x * product[j][i]);
        }
    }
    trace.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadratic_form_of_a_known_matrix() {
        let v = vec![vec![4.0, 1.0], vec![1.0, 3.0]];
        // inverse is [[3, -1], [-1, 4]] / 11
        let q = quadratic_form(&inverse(&v).unwrap(), &[1.0, 2.0]);
        assert!((q - 15.0 / 11.0).abs() < 1e-14);
        assert!(inverse(&[vec![1.0, 1.0], vec![1.0, 1.0]]).is_none());
        let (trace, square) = traces(&v, &inverse(&v).unwrap());
        assert!((trace - 2.0).abs() < 1e-14 && (square - 2.0).abs() < 1e-14);
    }

    #[test]
    fn inverse_root_squares_to_the_inverse() {
        let r = inverse_root(0.6, -0.2);
        let at = |i: usize, j: usize| r[i][0] * r[0][j] + r[i][1] * r[1][j];
        let det = 0.6 - 0.04;
        assert!((at(0, 0) - 1.0 / det).abs() < 1e-12);
        assert!((at(0, 1) - 0.2 / det).abs() < 1e-12);
        assert!((at(1, 1) - 0.6 / det).abs() < 1e-12);
    }
}
