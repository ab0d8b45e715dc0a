//! Rows of a table without a missing cell, and their moments.

use super::blocks::{Blocks, JointMoments, ROWS_TO};
use crate::linear::exact::{ExactMoments, Extent, Rows};
use crate::linear::{Cholesky, Matrix};
use crate::summation::Moments;

/// A named column; NaN is a missing answer.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Name in results.
    pub name: &'a str,
    /// One value per row.
    pub values: &'a [f64],
}

/// Rows that are looked at together, so that what is written stays near.
const NEAR: usize = 4_096;

/// Rows without a missing cell.
#[derive(Debug)]
pub(crate) struct CompleteRows<'a> {
    pub(crate) n: usize,
    /// Rows with a missing or infinite cell.
    pub(crate) dropped: usize,
    columns: Vec<&'a [f64]>,
    extents: Vec<Extent>,
    /// Places of the rows where some are dropped.
    kept: Option<Vec<usize>>,
}

impl<'a> CompleteRows<'a> {
    /// Columns shorter than the longest miss their last rows.
    pub(crate) fn of(columns: &[Column<'a>]) -> Self {
        let all = columns.iter().map(|c| c.values.len()).max().unwrap_or(0);
        let shortest = columns.iter().map(|c| c.values.len()).min().unwrap_or(0);
        let columns: Vec<&'a [f64]> = columns.iter().map(|c| &c.values[..shortest]).collect();
        let extents = Extent::of_all(&columns);
        let mut complete = Vec::new();
        for (column, _) in columns.iter().zip(&extents).filter(|(_, extent)| !extent.finite) {
            complete.resize(shortest, true);
            complete.iter_mut().zip(*column).for_each(|(complete, x)| *complete &= x.is_finite());
        }
        let kept = (!complete.is_empty())
            .then(|| complete.iter().enumerate().filter(|(_, c)| **c).map(|(row, _)| row).collect::<Vec<_>>());
        let n = kept.as_ref().map_or(shortest, Vec::len);
        Self { n, dropped: all - n, columns, extents, kept }
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Cells of a column in some rows.
    pub(crate) fn cells<'s>(&'s self, j: usize, rows: &'s [usize]) -> impl Iterator<Item = f64> + 's {
        rows.iter().map(move |&row| self.columns[j][row])
    }

    /// Cells of a column.
    pub(crate) fn column(&self, j: usize) -> impl Iterator<Item = f64> + '_ {
        let row = |at: usize| self.kept.as_ref().map_or(at, |kept| kept[at]);
        (0..self.n).map(move |at| self.columns[j][row(at)])
    }

    /// Moments that do not depend on the order of the rows.
    pub(crate) fn moments(&self) -> JointMoments {
        let rows = Rows { columns: &self.columns, extents: Some(&self.extents), kept: self.kept.as_deref() };
        match (self.n > ROWS_TO).then(|| ExactMoments::of(rows)).flatten() {
            Some(exact) => {
                let centre = exact.means.clone();
                JointMoments::of(self.n as f64, exact.means, exact.covariances, &centre)
            }
            None => Blocks::of(self, 0).whole(),
        }
    }

    /// Places of the rows in an order of their own values, so that what is done in
    /// that order does not depend on the one they came in.
    pub(crate) fn ordered(&self) -> Vec<usize> {
        let (columns, shortest) = (&self.columns, self.columns.first().map_or(0, |c| c.len()));
        let mut keys = Vec::with_capacity(shortest);
        for from in (0..shortest).step_by(NEAR) {
            keyed(columns, from..(from + NEAR).min(shortest), &mut keys);
        }
        if keys.len() <= ROWS_TO {
            keys.sort_unstable_by(|&(_, a), &(_, b)| {
                let mut cells = columns.iter().map(|c| c[a].total_cmp(&c[b]));
                cells.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            });
        } else {
            keys.sort_unstable();
        }
        keys.into_iter().map(|(_, place)| place).collect()
    }

    /// The cells less the centre of their column, row by row in an order of places.
    /// Columns are read from front to back and rows written where they belong, which
    /// is far quicker than to read every cell where it lies.
    pub(crate) fn centred(&self, order: &[usize], centre: &[f64]) -> Vec<f64> {
        let (width, all) = (self.columns.len(), self.columns.first().map_or(0, |c| c.len()));
        let mut rank = vec![usize::MAX; all];
        for (place, &row) in order.iter().enumerate() {
            rank[row] = place;
        }
        let mut cells = vec![0.0; order.len() * width];
        for (row, &place) in rank.iter().enumerate().filter(|(_, place)| **place < usize::MAX) {
            let own = &mut cells[place * width..(place + 1) * width];
            for j in 0..width {
                own[j] = self.columns[j][row] - centre[j];
            }
        }
        cells
    }
}

/// Adds the complete rows of a range, each with a digest of its content. Their order
/// is quicker to find than that of values; equal rows are next to each other.
fn keyed(columns: &[&[f64]], rows: std::ops::Range<usize>, keys: &mut Vec<(u64, usize)>) {
    let mut near: [(u64, bool); NEAR] = [(0, true); NEAR];
    for column in columns {
        for ((key, complete), value) in near.iter_mut().zip(&column[rows.clone()]) {
            let mixed = (key.rotate_left(23) ^ value.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *key = mixed ^ (mixed >> 29);
            *complete &= value.is_finite();
        }
    }
    keys.extend(near.iter().zip(rows).filter(|((_, complete), _)| *complete).map(|((key, _), row)| (*key, row)));
}

/// Moments of whole columns, each with its own answers, and correlations over the rows
/// that both of two columns have. `None` where two columns share fewer rows than needed
/// or the correlations cannot be those of any answers (no positive definite matrix).
pub(crate) fn pairwise_moments(columns: &[Column<'_>], need: usize) -> Option<JointMoments> {
    let width = columns.len();
    let own: Vec<Moments> = columns
        .iter()
        .map(|c| Moments::of(&c.values.iter().copied().filter(|x| x.is_finite()).collect::<Vec<_>>()))
        .collect();
    let (mut correlations, mut least) = (Matrix::identity(width), usize::MAX);
    for i in 0..width {
        for j in 0..i {
            let pair = CompleteRows::of(&[columns[i], columns[j]]);
            if pair.n < need {
                return None;
            }
            least = least.min(pair.n);
            let correlation = pair.moments().correlations[(0, 1)];
            (correlations[(i, j)], correlations[(j, i)]) = (correlation, correlation);
        }
    }
    Cholesky::of(&correlations)?;
    Some(JointMoments {
        n: least as f64,
        means: own.iter().map(|m| m.mean).collect(),
        variances: own.iter().map(|m| m.variance).collect(),
        correlations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    fn columns(n: usize) -> [Vec<f64>; 2] {
        let mut draws = Draws::seeded(3);
        let x: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let y = x.iter().map(|x| 100.0 + 0.5 * x + draws.normal()).collect();
        [x, y]
    }

    fn moments([x, y]: &[Vec<f64>; 2]) -> [JointMoments; 2] {
        let rows = CompleteRows::of(&[Column { name: "x", values: x }, Column { name: "y", values: y }]);
        [Blocks::of(&rows, 1).whole(), rows.moments()]
    }

    #[test]
    fn the_order_of_many_rows_changes_no_digit_and_both_ways_agree() {
        let columns = columns(5_000);
        let turned = columns.clone().map(|values| values.into_iter().rev().collect::<Vec<f64>>());
        let (ones, others) = (moments(&columns), moments(&turned));
        for (one, other) in ones.iter().zip(&others) {
            assert_eq!((&one.means, &one.variances), (&other.means, &other.variances));
            assert_eq!(one.correlations, other.correlations);
        }
        let gap = |of: fn(&JointMoments) -> f64| (of(&ones[0]) - of(&ones[1])).abs();
        assert!(gap(|m| m.means[1]) < 1e-13 && gap(|m| m.variances[1]) < 1e-13);
        assert!(gap(|m| m.correlations[(0, 1)]) < 1e-14 && gap(|m| m.n) == 0.0);
    }

    #[test]
    fn missing_cells_drop_their_row_and_flat_columns_are_seen() {
        let (x, y) = ([1.0, 2.0, f64::NAN, 4.0], [5.0, 5.0, 5.0, 5.0]);
        let rows = CompleteRows::of(&[Column { name: "x", values: &x }, Column { name: "y", values: &y }]);
        assert_eq!((rows.n, rows.dropped), (3, 1));
        assert_eq!(rows.column(0).collect::<Vec<_>>(), [1.0, 2.0, 4.0]);
        let moments = rows.moments();
        assert!((moments.means[0] - 7.0 / 3.0).abs() < 1e-15);
        assert!(moments.flat());
    }

    #[test]
    fn many_rows_with_missing_cells_have_the_moments_of_the_others() {
        let mut columns = columns(9_000);
        let whole = [0, 1].map(|j| columns[j].iter().copied().enumerate().filter(|(i, _)| i % 5 > 0));
        let whole = whole.map(|column| column.map(|(_, x)| x).collect::<Vec<f64>>());
        (0..9_000).step_by(5).for_each(|i| columns[i / 5 % 2][i] = f64::NAN);
        let (with, without) = (moments(&columns), moments(&whole));
        for (with, without) in with.iter().zip(&without) {
            assert_eq!((&with.means, &with.correlations), (&without.means, &without.correlations));
        }
    }

    #[test]
    fn a_flat_column_among_many_rows_is_seen() {
        let [x, _] = columns(3_000);
        assert!(moments(&[x, vec![4.2; 3_000]])[1].flat());
    }
}
