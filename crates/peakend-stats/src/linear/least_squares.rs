//! Least squares by Householder reflections, plain or weighted, with columns that
//! repeat earlier ones left out by name.

use super::matrix::{Matrix, dot};

/// A column whose part not explained by earlier columns is below this share of
/// its length is redundant.
const REDUNDANT: f64 = 1e-9;

/// A fitted regression. Vectors over columns have one entry per column of the
/// design; those of a dropped column are zero.
#[derive(Debug, Clone)]
pub struct Fit {
    /// b.
    pub coefficients: Vec<f64>,
    /// y - X b, unweighted.
    pub residuals: Vec<f64>,
    /// Inverse of X' W X.
    pub bread: Matrix,
    /// Columns left out because earlier ones determine them.
    pub dropped: Vec<usize>,
    /// Weights of the rows; ones when plain.
    pub weights: Vec<f64>,
    /// Rows with a positive weight.
    pub n: usize,
    /// Columns kept.
    pub rank: usize,
}

impl Fit {
    /// n - rank.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.n as f64 - self.rank as f64
    }

    /// Weighted sum of squared residuals.
    #[must_use]
    pub fn residual_squares(&self) -> f64 {
        self.residuals.iter().zip(&self.weights).map(|(e, w)| w * e * e).sum()
    }

    /// Residual variance, the squares over n - rank.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.residual_squares() / self.df()
    }

    /// X b.
    #[must_use]
    pub fn fitted(&self, x: &Matrix) -> Vec<f64> {
        x.times_vector(&self.coefficients)
    }

    /// Diagonal of the hat matrix: the pull of each row on its own fit.
    #[must_use]
    pub fn leverages(&self, x: &Matrix) -> Vec<f64> {
        (0..x.rows()).map(|i| self.weights[i] * self.bread.form(x.row(i), x.row(i))).collect()
    }

    /// Share of the variance of y explained, about its weighted mean (the design
    /// must span the constant).
    #[must_use]
    pub fn r_squared(&self, y: &[f64]) -> f64 {
        let total: f64 = self.weights.iter().sum();
        let mean = dot(y, &self.weights) / total;
        let squares: f64 = y.iter().zip(&self.weights).map(|(y, w)| w * (y - mean).powi(2)).sum();
        1.0 - self.residual_squares() / squares
    }
}

/// Regresses y on the columns of x (add a column of ones for the constant).
#[must_use]
pub fn least_squares(x: &Matrix, y: &[f64]) -> Fit {
    weighted_least_squares(x, y, &vec![1.0; y.len()])
}

/// Regresses y on the columns of x with weights that are not negative.
#[must_use]
pub fn weighted_least_squares(x: &Matrix, y: &[f64], weights: &[f64]) -> Fit {
    let width = x.columns();
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    let mut columns: Vec<Vec<f64>> =
        (0..width).map(|j| x.column(j).iter().zip(&roots).map(|(a, r)| a * r).collect()).collect();
    let mut right: Vec<f64> = y.iter().zip(&roots).map(|(a, r)| a * r).collect();
    let kept = reflect(&mut columns, &mut right);
    let rank = kept.len();
    // R, upper triangular over the kept columns
    let r = Matrix::from_fn(rank, rank, |i, j| if i <= j { columns[kept[j]][i] } else { 0.0 });
    let inverse = upper_inverse(&r);
    let mut coefficients = vec![0.0; width];
    let mut bread = Matrix::zeros(width, width);
    for (a, &i) in kept.iter().enumerate() {
        coefficients[i] = dot(inverse.row(a), &right[..rank]);
        for (b, &j) in kept.iter().enumerate() {
            bread[(i, j)] = dot(inverse.row(a), inverse.row(b));
        }
    }
    let residuals = (0..x.rows()).map(|i| y[i] - dot(x.row(i), &coefficients)).collect();
    Fit {
        coefficients,
        residuals,
        bread,
        dropped: (0..width).filter(|j| !kept.contains(j)).collect(),
        weights: weights.to_vec(),
        n: weights.iter().filter(|w| **w > 0.0).count(),
        rank,
    }
}

/// Turns the columns into R in place and y along; the columns that were kept.
fn reflect(columns: &mut [Vec<f64>], y: &mut [f64]) -> Vec<usize> {
    let lengths: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    let mut kept = Vec::new();
    for j in 0..columns.len() {
        let top = kept.len();
        if top >= y.len() {
            break;
        }
        let rest = &columns[j][top..];
        let length = dot(rest, rest).sqrt();
        if length.is_nan() || length <= REDUNDANT * lengths[j] {
            continue;
        }
        let mut normal = rest.to_vec();
        let pivot = -length.copysign(normal[0]);
        normal[0] -= pivot;
        let scale = 2.0 / dot(&normal, &normal);
        for column in columns.iter_mut().skip(j + 1) {
            mirror(&mut column[top..], &normal, scale);
        }
        mirror(&mut y[top..], &normal, scale);
        columns[j][top] = pivot;
        columns[j][top + 1..].fill(0.0);
        kept.push(j);
    }
    kept
}

fn mirror(x: &mut [f64], normal: &[f64], scale: f64) {
    let reach = scale * dot(x, normal);
    for (x, n) in x.iter_mut().zip(normal) {
        *x -= reach * n;
    }
}

/// Inverse of an upper triangular matrix.
fn upper_inverse(r: &Matrix) -> Matrix {
    let size = r.rows();
    let mut inverse = Matrix::zeros(size, size);
    for j in 0..size {
        inverse[(j, j)] = 1.0 / r[(j, j)];
        for i in (0..j).rev() {
            let inner: f64 = (i + 1..=j).map(|k| r[(i, k)] * inverse[(k, j)]).sum();
            inverse[(i, j)] = -inner / r[(i, i)];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> (Matrix, Vec<f64>) {
        let x = Matrix::from_fn(6, 2, |i, j| if j == 0 { 1.0 } else { i as f64 });
        (x, vec![1.0, 3.0, 2.0, 5.0, 4.0, 6.0])
    }

    #[test]
    fn a_line_through_six_points_by_hand() {
        let (x, y) = line();
        let fit = least_squares(&x, &y);
        // slope = 15.5 / 17.5
        assert!((fit.coefficients[1] - 15.5 / 17.5).abs() < 1e-14);
        assert!((fit.bread[(1, 1)] - 1.0 / 17.5).abs() < 1e-15);
        assert!((fit.leverages(&x).iter().sum::<f64>() - 2.0).abs() < 1e-13);
        assert!((fit.r_squared(&y) - 15.5_f64.powi(2) / 17.5 / 17.5).abs() < 1e-14);
    }

    #[test]
    fn a_repeated_column_is_left_out_and_named() {
        let (x, y) = line();
        let wide = Matrix::from_fn(6, 4, |i, j| match j {
            0 | 1 => x[(i, j)],
            2 => 3.0 - 2.0 * x[(i, 1)],
            _ => (i * i) as f64,
        });
        let fit = least_squares(&wide, &y);
        assert_eq!((fit.dropped.as_slice(), fit.rank), ([2].as_slice(), 3));
        let straight = least_squares(&wide.pick_columns(&[0, 1, 3]), &y);
        assert!((fit.coefficients[3] - straight.coefficients[2]).abs() < 1e-12);
        assert_eq!(fit.coefficients[2], 0.0);
    }

    #[test]
    fn a_weight_of_two_is_a_row_twice() {
        let (x, y) = line();
        let weighted = weighted_least_squares(&x, &y, &[1.0, 2.0, 1.0, 1.0, 0.0, 1.0]);
        let twice = [0, 1, 1, 2, 3, 5];
        let plain = least_squares(&x.pick_rows(&twice), &twice.map(|i| y[i]));
        for (a, b) in weighted.coefficients.iter().zip(&plain.coefficients) {
            assert!((a - b).abs() < 1e-13);
        }
        assert!((weighted.residual_squares() - plain.residual_squares()).abs() < 1e-12);
    }
}
