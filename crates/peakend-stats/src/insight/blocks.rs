//! Complete rows of a table as sums and products per block, so that means,
//! variances and correlations of the whole and of every bootstrap sample come from
//! additions alone.
//!
//! Up to 2,000 rows a block is a row. Beyond, rows are dealt at random to 1,000
//! blocks which are resampled whole: sums over independent rows have the same
//! variance either way, and a million rows cost no more than a thousand.

use crate::draws::Draws;
use crate::linear::Matrix;
use crate::summation::Sum;

/// A named column; NaN is a missing answer.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Name in results.
    pub name: &'a str,
    /// One value per row.
    pub values: &'a [f64],
}

/// Up to here every row is a block of its own.
const ROWS_TO: usize = 2_000;
/// Rows whose cells are gathered together.
const GATHERED: usize = 1_024;
/// Blocks beyond.
const BLOCKS: usize = 1_000;

/// Rows without a missing cell, in an order of their own values, so that nothing
/// depends on the order they came in.
#[derive(Debug)]
pub(crate) struct CompleteRows {
    pub(crate) width: usize,
    pub(crate) n: usize,
    /// Rows with a missing or infinite cell.
    pub(crate) dropped: usize,
    cells: Vec<f64>,
}

impl CompleteRows {
    /// Columns shorter than the longest miss their last rows.
    pub(crate) fn of(columns: &[Column<'_>]) -> Self {
        let width = columns.len();
        let all = columns.iter().map(|c| c.values.len()).max().unwrap_or(0);
        let cell = |row: usize, c: &Column<'_>| c.values.get(row).copied().unwrap_or(f64::NAN);
        let mut rows: Vec<usize> = (0..all).filter(|&row| columns.iter().all(|c| cell(row, c).is_finite())).collect();
        let dropped = all - rows.len();
        if rows.len() <= ROWS_TO {
            rows.sort_unstable_by(|&a, &b| {
                let mut cells = columns.iter().map(|c| c.values[a].total_cmp(&c.values[b]));
                cells.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            });
        } else {
            rows = by_content(columns, &rows);
        }
        let mut cells = vec![0.0; rows.len() * width];
        // some rows at a time, so that what is written stays near
        for (part, rows) in cells.chunks_mut(GATHERED * width.max(1)).zip(rows.chunks(GATHERED)) {
            for (j, column) in columns.iter().enumerate() {
                for (i, &row) in rows.iter().enumerate() {
                    part[i * width + j] = column.values[row];
                }
            }
        }
        Self { width, n: rows.len(), dropped, cells }
    }

    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.width..(i + 1) * self.width]
    }
}

/// Rows in an order of their content alone that is quicker to find than that of
/// their values; equal rows are next to each other.
fn by_content(columns: &[Column<'_>], rows: &[usize]) -> Vec<usize> {
    let mut keys: Vec<(u64, usize)> = rows.iter().map(|&row| (0, row)).collect();
    for column in columns {
        for (key, row) in &mut keys {
            let mixed = (key.rotate_left(23) ^ column.values[*row].to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *key = mixed ^ (mixed >> 29);
        }
    }
    keys.sort_unstable();
    keys.into_iter().map(|(_, row)| row).collect()
}

/// First and second moments of some rows.
#[derive(Debug, Clone)]
pub(crate) struct JointMoments {
    /// Rows.
    pub(crate) n: f64,
    pub(crate) means: Vec<f64>,
    /// Divisor n - 1.
    pub(crate) variances: Vec<f64>,
    /// NaN in the row of a column that does not vary.
    pub(crate) correlations: Matrix,
}

impl JointMoments {
    /// Rows and columns of some variables.
    pub(crate) fn correlations_of(&self, columns: &[usize]) -> Matrix {
        self.correlations.pick_rows(columns).pick_columns(columns)
    }

    /// Whether some column does not vary.
    pub(crate) fn flat(&self) -> bool {
        self.correlations.diagonal().iter().any(|d| d.is_nan())
    }
}

/// Sums per block: count, sums, upper triangle of products, all about the centre.
#[derive(Debug)]
pub(crate) struct Blocks {
    width: usize,
    centre: Vec<f64>,
    stride: usize,
    sums: Vec<f64>,
}

impl Blocks {
    pub(crate) fn of(rows: &CompleteRows, seed: u64) -> Self {
        let width = rows.width;
        let mut totals = vec![Sum::default(); width];
        for i in 0..rows.n {
            totals.iter_mut().zip(rows.row(i)).for_each(|(total, x)| total.add(*x));
        }
        let centre: Vec<f64> = totals.into_iter().map(|total| total.value() / rows.n as f64).collect();
        let stride = 1 + width + width * (width + 1) / 2;
        let mut order: Vec<usize> = (0..rows.n).collect();
        let count = if rows.n <= ROWS_TO { rows.n } else { BLOCKS };
        if rows.n > ROWS_TO {
            Draws::seeded(seed).shuffle(&mut order);
        }
        let mut sums = vec![0.0; count * stride];
        let mut moved = vec![0.0; width];
        for (place, &row) in order.iter().enumerate() {
            moved.iter_mut().zip(rows.row(row)).zip(&centre).for_each(|((m, x), c)| *m = x - c);
            let block = &mut sums[(place % count) * stride..][..stride];
            block[0] += 1.0;
            let (linear, mut squares) = block[1..].split_at_mut(width);
            for (i, x) in moved.iter().enumerate() {
                linear[i] += x;
                let (own, rest) = squares.split_at_mut(width - i);
                own.iter_mut().zip(&moved[i..]).for_each(|(sum, y)| *sum += x * y);
                squares = rest;
            }
        }
        Self { width, centre, stride, sums }
    }

    fn count(&self) -> usize {
        self.sums.len() / self.stride
    }

    /// Moments of all rows.
    pub(crate) fn whole(&self) -> JointMoments {
        let mut total = vec![Sum::default(); self.stride];
        for block in self.sums.chunks_exact(self.stride) {
            total.iter_mut().zip(block).for_each(|(t, x)| t.add(*x));
        }
        self.moments(&total.into_iter().map(Sum::value).collect::<Vec<_>>())
    }

    /// Moments of as many blocks drawn with replacement.
    pub(crate) fn resampled(&self, draws: &mut Draws) -> JointMoments {
        let mut times = vec![0_u32; self.count()];
        for _ in 0..self.count() {
            times[draws.below(self.count())] += 1;
        }
        let mut total = vec![0.0; self.stride];
        for (block, &times) in self.sums.chunks_exact(self.stride).zip(&times) {
            if times > 0 {
                let times = f64::from(times);
                total.iter_mut().zip(block).for_each(|(t, x)| *t += times * x);
            }
        }
        self.moments(&total)
    }

    fn moments(&self, total: &[f64]) -> JointMoments {
        let n = total[0];
        let (linear, squares) = total[1..].split_at(self.width);
        let mut covariances = Matrix::zeros(self.width, self.width);
        let mut at = 0;
        for i in 0..self.width {
            for j in i..self.width {
                let rest = squares[at] - linear[i] * linear[j] / n;
                (covariances[(i, j)], covariances[(j, i)]) = (rest / (n - 1.0), rest / (n - 1.0));
                at += 1;
            }
        }
        let variances = covariances.diagonal();
        // a column of one repeated value leaves rounding dust
        let flat = |j: usize| variances[j] <= 1e-24 * (1.0 + self.centre[j].powi(2));
        let correlation = |i: usize, j: usize| {
            if flat(i) || flat(j) {
                return f64::NAN;
            }
            if i == j { 1.0 } else { covariances[(i, j)] / (variances[i] * variances[j]).sqrt() }
        };
        let correlations = Matrix::from_fn(self.width, self.width, correlation);
        let means = linear.iter().zip(&self.centre).map(|(s, c)| c + s / n).collect();
        JointMoments { n, means, variances, correlations }
    }
}

/// 95 % percentile limits; `None` without values.
pub(crate) fn percentile_limits(mut values: Vec<f64>) -> Option<(f64, f64)> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| {
        let place = share * last as f64;
        let (below, above) = (values[place as usize], values[(place as usize + 1).min(last)]);
        below + (above - below) * place.fract()
    };
    Some((at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(n: usize) -> [Vec<f64>; 2] {
        let mut draws = Draws::seeded(3);
        let x: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let y = x.iter().map(|x| 100.0 + 0.5 * x + draws.normal()).collect();
        [x, y]
    }

    fn blocks(n: usize) -> Blocks {
        let [x, y] = columns(n);
        let rows = CompleteRows::of(&[Column { name: "x", values: &x }, Column { name: "y", values: &y }]);
        Blocks::of(&rows, 1)
    }

    #[test]
    fn blocks_of_rows_and_rows_have_one_spread_of_the_correlation() {
        let spread = |blocks: &Blocks, n: f64| {
            let mut draws = Draws::seeded(9);
            let r: Vec<f64> = (0..300).map(|_| blocks.resampled(&mut draws).correlations[(0, 1)]).collect();
            crate::summation::Moments::of(&r).variance.sqrt() * n.sqrt()
        };
        // sqrt(n) se(r) = 1 - rho^2 = 0.8 for normal values
        assert!((spread(&blocks(2_000), 2_000.0) - 0.8).abs() < 0.12);
        assert!((spread(&blocks(20_000), 20_000.0) - 0.8).abs() < 0.12);
    }

    #[test]
    fn the_order_of_many_rows_changes_no_digit() {
        let [x, y] = columns(5_000);
        let turned = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
        let moments = |x: &[f64], y: &[f64]| {
            let rows = CompleteRows::of(&[Column { name: "x", values: x }, Column { name: "y", values: y }]);
            Blocks::of(&rows, 1).whole()
        };
        let (one, other) = (moments(&x, &y), moments(&turned(&x), &turned(&y)));
        assert_eq!((one.means, one.variances), (other.means, other.variances));
        assert_eq!(one.correlations, other.correlations);
    }

    #[test]
    fn missing_cells_drop_their_row_and_flat_columns_are_seen() {
        let (x, y) = ([1.0, 2.0, f64::NAN, 4.0], [5.0, 5.0, 5.0, 5.0]);
        let rows = CompleteRows::of(&[Column { name: "x", values: &x }, Column { name: "y", values: &y }]);
        assert_eq!((rows.n, rows.dropped), (3, 1));
        let moments = Blocks::of(&rows, 0).whole();
        assert!((moments.means[0] - 7.0 / 3.0).abs() < 1e-15);
        assert!(moments.flat());
    }

    #[test]
    fn percentiles_of_a_hundred_and_one() {
        let (lo, hi) = percentile_limits((0..=100).rev().map(f64::from).collect()).unwrap();
        assert!((lo - 2.5).abs() < 1e-12 && (hi - 97.5).abs() < 1e-12);
        assert!(percentile_limits(Vec::new()).is_none());
    }
}
