//! A dense matrix of f64, row by row.

use std::ops::{Index, IndexMut};

use serde::Serialize;

/// A dense matrix, row by row. Shapes are the caller's promise: an index outside
/// panics as on a slice, and products of unlike shapes use the shorter side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// All zero.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, cells: vec![0.0; rows * columns] }
    }

    /// The identity of a size.
    #[must_use]
    pub fn identity(size: usize) -> Self {
        Self::from_fn(size, size, |i, j| f64::from(u8::from(i == j)))
    }

    /// Cell by cell from row and column.
    #[must_use]
    pub fn from_fn(rows: usize, columns: usize, mut cell: impl FnMut(usize, usize) -> f64) -> Self {
        let mut cells = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for j in 0..columns {
                cells.push(cell(i, j));
            }
        }
        Self { rows, columns, cells }
    }

    /// From rows of one length; cells missing in a short row are zero.
    #[must_use]
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Self {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        Self::from_fn(rows.len(), columns, |i, j| rows[i].as_ref().get(j).copied().unwrap_or(0.0))
    }

    /// From columns of one length; cells missing in a short column are zero.
    #[must_use]
    pub fn from_columns<C: AsRef<[f64]>>(columns: &[C]) -> Self {
        let rows = columns.first().map_or(0, |column| column.as_ref().len());
        Self::from_fn(rows, columns.len(), |i, j| columns[j].as_ref().get(i).copied().unwrap_or(0.0))
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.columns..(i + 1) * self.columns]
    }

    /// One row, to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.cells[i * self.columns..(i + 1) * self.columns]
    }

    /// One column, copied.
    #[must_use]
    pub fn column(&self, j: usize) -> Vec<f64> {
        (0..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// The main diagonal.
    #[must_use]
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows.min(self.columns)).map(|i| self[(i, i)]).collect()
    }

    /// Rows and columns exchanged.
    #[must_use]
    pub fn transpose(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self[(j, i)])
    }

    /// Only some rows, in the order given.
    #[must_use]
    pub fn pick_rows(&self, rows: &[usize]) -> Self {
        Self::from_fn(rows.len(), self.columns, |i, j| self[(rows[i], j)])
    }

    /// Only some columns, in the order given.
    #[must_use]
    pub fn pick_columns(&self, columns: &[usize]) -> Self {
        Self::from_fn(self.rows, columns.len(), |i, j| self[(i, columns[j])])
    }

    /// The product A B.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut product = Self::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            for (k, &a) in self.row(i).iter().enumerate() {
                for (out, b) in product.row_mut(i).iter_mut().zip(other.row(k)) {
                    *out += a * b;
                }
            }
        }
        product
    }

    /// A x.
    #[must_use]
    pub fn times_vector(&self, x: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|i| dot(self.row(i), x)).collect()
    }

    /// A' x.
    #[must_use]
    pub fn transposed_times_vector(&self, x: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.columns];
        for (i, &scale) in x.iter().enumerate().take(self.rows) {
            for (out, a) in product.iter_mut().zip(self.row(i)) {
                *out += scale * a;
            }
        }
        product
    }

    /// A' A.
    #[must_use]
    pub fn gram(&self) -> Self {
        self.weighted_gram(&vec![1.0; self.rows])
    }

    /// A' diag(w) A.
    #[must_use]
    pub fn weighted_gram(&self, weights: &[f64]) -> Self {
        let mut gram = Self::zeros(self.columns, self.columns);
        for (i, &w) in weights.iter().enumerate().take(self.rows) {
            gram.add_outer(w, self.row(i), self.row(i));
        }
        gram
    }

    /// Adds factor x y'.
    pub fn add_outer(&mut self, factor: f64, x: &[f64], y: &[f64]) {
        for (i, a) in x.iter().enumerate() {
            for (out, b) in self.row_mut(i).iter_mut().zip(y) {
                *out += factor * a * b;
            }
        }
    }

    /// Every cell times a factor.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        for cell in &mut self.cells {
            *cell *= factor;
        }
        self
    }

    /// Cell by cell `self + factor * other`.
    #[must_use]
    pub fn plus(mut self, factor: f64, other: &Self) -> Self {
        for (cell, b) in self.cells.iter_mut().zip(&other.cells) {
            *cell += factor * b;
        }
        self
    }

    /// x' A y.
    #[must_use]
    pub fn form(&self, x: &[f64], y: &[f64]) -> f64 {
        dot(x, &self.times_vector(y))
    }

    /// A B A for a symmetric A: a covariance between two breads.
    #[must_use]
    pub fn around(&self, filling: &Self) -> Self {
        self.times(filling).times(self)
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.cells[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.cells[i * self.columns + j]
    }
}

/// Sum of products of two equally long vectors.
#[must_use]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_agree_with_those_by_hand() {
        let a = Matrix::from_rows(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!(a.gram(), a.transpose().times(&a));
        assert_eq!(a.times_vector(&[1.0, -1.0]), [-1.0, -1.0, -1.0]);
        assert_eq!(a.transposed_times_vector(&[1.0, 0.0, 1.0]), [6.0, 8.0]);
        assert_eq!(Matrix::from_columns(&[[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]), a);
        assert_eq!(a.pick_rows(&[2, 0]).column(1), [6.0, 2.0]);
    }
}
