//! Complete rows of a table as sums and products per block, so that means,
//! variances and correlations of the whole and of every bootstrap sample come from
//! additions alone.
//!
//! Up to 2,000 rows a block is a row. Beyond, rows are dealt at random to 1,000
//! blocks which are resampled whole: sums over independent rows have the same
//! variance either way, and a million rows cost no more than a thousand.

use super::complete_rows::CompleteRows;
use crate::draws::Draws;
use crate::linear::Matrix;
use crate::summation::{Sum, sum};

/// Up to here every row is a block of its own.
pub(super) const ROWS_TO: usize = 2_000;
/// Blocks beyond.
const BLOCKS: usize = 1_000;
/// Rows whose products are summed together.
const TOGETHER: usize = 4;

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
    /// From covariances with divisor n - 1; the centre says how large the cells are.
    pub(super) fn of(n: f64, means: Vec<f64>, covariances: Matrix, centre: &[f64]) -> Self {
        let variances = covariances.diagonal();
        // a column of one repeated value leaves rounding dust
        let flat = |j: usize| variances[j] <= 1e-24 * (1.0 + centre[j].powi(2));
        let correlation = |i: usize, j: usize| {
            if flat(i) || flat(j) {
                return f64::NAN;
            }
            if i == j { 1.0 } else { covariances[(i, j)] / (variances[i] * variances[j]).sqrt() }
        };
        let correlations = Matrix::from_fn(covariances.rows(), covariances.rows(), correlation);
        Self { n, means, variances, correlations }
    }

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
    pub(crate) fn of(rows: &CompleteRows<'_>, seed: u64) -> Self {
        let width = rows.width();
        let mut order = rows.ordered();
        // any value near the mean serves
        let first = &order[..rows.n.min(ROWS_TO)];
        let near_mean = |j: usize| sum(rows.cells(j, first)) / first.len() as f64;
        let centre: Vec<f64> = (0..width).map(near_mean).collect();
        let count = if rows.n <= ROWS_TO { rows.n } else { BLOCKS };
        if rows.n > ROWS_TO {
            Draws::seeded(seed).shuffle(&mut order);
        }
        let stride = 1 + width + width * (width + 1) / 2;
        let cells = rows.centred(&order, &centre);
        let mut sums = vec![0.0; count * stride];
        for (b, block) in sums.chunks_exact_mut(stride).enumerate() {
            let (from, to) = (b * rows.n / count, (b + 1) * rows.n / count);
            add_moments(&cells[from * width..to * width], width, block);
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
        let means = linear.iter().zip(&self.centre).map(|(s, c)| c + s / n).collect();
        JointMoments::of(n, means, covariances, &self.centre)
    }
}

/// Adds count, sums and products of rows to a block. Plain indices, as calls that
/// are not inlined would take longer than the arithmetic.
pub(crate) fn add_moments(cells: &[f64], width: usize, block: &mut [f64]) {
    block[0] += (cells.len() / width.max(1)) as f64;
    let (linear, products) = block[1..].split_at_mut(width);
    let mut fours = cells.chunks_exact(TOGETHER * width.max(1));
    for rows in fours.by_ref() {
        let (a, rest) = rows.split_at(width);
        let (b, rest) = rest.split_at(width);
        let (c, d) = rest.split_at(width);
        let mut at = 0;
        for i in 0..width {
            let length = width - i;
            let sums = &mut products[at..at + length];
            let (ai, bi, ci, di) = (&a[i..][..length], &b[i..][..length], &c[i..][..length], &d[i..][..length]);
            for j in 0..length {
                sums[j] += (ai[0] * ai[j] + bi[0] * bi[j]) + (ci[0] * ci[j] + di[0] * di[j]);
            }
            linear[i] += (ai[0] + bi[0]) + (ci[0] + di[0]);
            at += length;
        }
    }
    for row in fours.remainder().chunks_exact(width.max(1)) {
        let mut at = 0;
        for i in 0..width {
            for j in i..width {
                products[at] += row[i] * row[j];
                at += 1;
            }
            linear[i] += row[i];
        }
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
    use crate::insight::complete_rows::Column;
    use crate::summation::Moments;

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
    fn moments_of_many_rows_are_those_of_two_passes() {
        let [x, y] = columns(5_003);
        let whole = blocks(5_003).whole();
        let [mx, my] = [&x, &y].map(|values| Moments::of(values));
        let product = sum(x.iter().zip(&y).map(|(x, y)| (x - mx.mean) * (y - my.mean))) / 5_002.0;
        assert!((whole.means[1] - my.mean).abs() < 1e-12 && (whole.variances[0] - mx.variance).abs() < 1e-12);
        let correlation = product / (mx.variance * my.variance).sqrt();
        assert!((whole.correlations[(0, 1)] - correlation).abs() < 1e-13);
        assert_eq!(whole.n, 5_003.0);
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
    fn percentiles_of_a_hundred_and_one() {
        let (lo, hi) = percentile_limits((0..=100).rev().map(f64::from).collect()).unwrap();
        assert!((lo - 2.5).abs() < 1e-12 && (hi - 97.5).abs() < 1e-12);
        assert!(percentile_limits(Vec::new()).is_none());
    }
}
