//! Means and covariances of columns that no order of rows changes by a digit.
//!
//! Every cell is taken less the middle of its column and divided by a power of two,
//! so that none is larger than 1. A product rounded to a multiple of 2^-51 is a count
//! of that unit, and counts add up to the same integer in any order (the first step
//! of the reproducible sums of Demmel and Nguyen 2015, with one bin and a scale known
//! before). So there is nothing to sort, and the loops may run several sums abreast.

use super::Matrix;

/// Rows looked at together, whose cells stay near.
const ROWS: usize = 128;
/// Cells of a column whose extent is looked for before those of the next.
const NEAR: usize = 1_024;
/// Cells of some rows of a column.
type Tile = [f64; ROWS];
/// Added to a product it leaves no digit below 2^-51, and the digits that are left
/// count that unit.
const ROUND: f64 = 3.0;
/// 2^-51.
const UNIT: f64 = f64::EPSILON * 2.0;
/// Tiles after which sums are carried over: 2^11 products of at most 2^51 units each
/// stay below 2^63.
const TILES: usize = 2_048 / ROWS;
/// A column whose variance is a smaller share of its squared half width is left to
/// sums that carry more digits: far outliers.
const SPREAD_FROM: f64 = 1e-4;

/// Lowest and highest cell of a column, and whether all are finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) finite: bool,
}

impl Extent {
    const NONE: Self = Self { lo: f64::INFINITY, hi: f64::NEG_INFINITY, finite: true };

    /// Of a column.
    pub(crate) fn of(values: &[f64]) -> Self {
        Self::NONE.with(values)
    }

    /// Of columns of one length, all read abreast, which memory answers sooner.
    pub(crate) fn of_all(columns: &[&[f64]]) -> Vec<Self> {
        let n = columns.first().map_or(0, |c| c.len());
        let mut extents = vec![Self::NONE; columns.len()];
        for from in (0..n).step_by(NEAR) {
            for (extent, column) in extents.iter_mut().zip(columns) {
                *extent = extent.with(&column[from..n.min(from + NEAR)]);
            }
        }
        extents
    }

    fn with(self, values: &[f64]) -> Self {
        const ABREAST: usize = 4;
        let (mut lo, mut hi, mut odd) = ([self.lo; ABREAST], [self.hi; ABREAST], [0.0; ABREAST]);
        let (fours, rest) = values.as_chunks::<ABREAST>();
        for four in fours {
            for l in 0..ABREAST {
                let x = four[l];
                lo[l] = if x < lo[l] { x } else { lo[l] };
                hi[l] = if x > hi[l] { x } else { hi[l] };
                // 0, or NaN for good
                odd[l] += 0.0 * x;
            }
        }
        let last = Self::one_by_one(rest.iter().copied());
        let finite = self.finite && last.finite && odd.iter().all(|x| *x == 0.0);
        Self { lo: lo.into_iter().fold(last.lo, f64::min), hi: hi.into_iter().fold(last.hi, f64::max), finite }
    }

    fn one_by_one(values: impl Iterator<Item = f64>) -> Self {
        let add = |e: Self, x: f64| Self { lo: e.lo.min(x), hi: e.hi.max(x), finite: e.finite && x.is_finite() };
        values.fold(Self::NONE, add)
    }
}

/// Columns of one length, of which all rows count or some.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) columns: &'a [&'a [f64]],
    /// Extents of the columns over all rows, where they are known.
    pub(crate) extents: Option<&'a [Extent]>,
    /// Places of the rows that count; all without.
    pub(crate) kept: Option<&'a [usize]>,
}

/// First and second moments.
#[derive(Debug, Clone)]
pub(crate) struct ExactMoments {
    pub(crate) means: Vec<f64>,
    /// Divisor n - 1.
    pub(crate) covariances: Matrix,
}

impl ExactMoments {
    /// Of finite cells; `None` without rows, for a column that does not vary, and
    /// where outliers lie so far out that the unit would be too coarse for the rest.
    pub(crate) fn of(rows: Rows<'_>) -> Option<Self> {
        let scales: Vec<Scale> = rows.extents().into_iter().map(Scale::of).collect::<Option<_>>()?;
        let gram = rows.gram(&scales);
        let (n, width) = (rows.n() as f64, scales.len());
        let linear: Vec<f64> = (0..width).map(|j| gram.sum(width, j)).collect();
        let mut covariances = Matrix::zeros(width, width);
        for i in 0..width {
            for j in 0..=i {
                let rest = gram.sum(i, j) - linear[i] * (linear[j] / n);
                if i == j && rest < SPREAD_FROM * n {
                    return None;
                }
                let covariance = rest / (n - 1.0) / scales[i].factor / scales[j].factor;
                (covariances[(i, j)], covariances[(j, i)]) = (covariance, covariance);
            }
        }
        let means = scales.iter().zip(&linear).map(|(s, sum)| s.middle + sum / n / s.factor).collect();
        Some(Self { means, covariances })
    }
}

/// How the cells of a column become numbers from -1 to 1.
#[derive(Debug, Clone, Copy)]
struct Scale {
    middle: f64,
    /// A power of two.
    factor: f64,
}

impl Scale {
    fn of(extent: Extent) -> Option<Self> {
        /// Exponents of half widths whose squares are ordinary numbers.
        const ORDINARY: std::ops::Range<u64> = 1023 - 500..1023 + 500;
        let middle = extent.lo + (extent.hi - extent.lo) / 2.0;
        let half = (extent.hi - middle).max(middle - extent.lo);
        let exponent = half.to_bits() >> 52;
        // half < 2^(exponent - 1022)
        ORDINARY.contains(&exponent).then(|| Self { middle, factor: f64::from_bits((2 * 1023 - 1 - exponent) << 52) })
    }
}

impl Rows<'_> {
    fn n(&self) -> usize {
        self.kept.map_or_else(|| self.columns.first().map_or(0, |c| c.len()), <[usize]>::len)
    }

    fn extents(&self) -> Vec<Extent> {
        match (self.kept, self.extents) {
            (Some(kept), _) => {
                let cells = |column: &&[f64]| Extent::one_by_one(kept.iter().map(|&row| column[row]));
                self.columns.iter().map(cells).collect()
            }
            (None, Some(known)) => known.to_vec(),
            (None, None) => Extent::of_all(self.columns),
        }
    }

    /// Scaled cells of a column from a row on; 0 beyond the last.
    fn fill(&self, j: usize, scale: Scale, from: usize, tile: &mut Tile) {
        let until = self.n().min(from + ROWS);
        let column = self.columns[j];
        let scaled = |x: f64| (x - scale.middle) * scale.factor;
        let (own, beyond) = tile.split_at_mut(until - from);
        match self.kept {
            None => {
                for (cell, x) in own.iter_mut().zip(&column[from..until]) {
                    *cell = scaled(*x);
                }
            }
            Some(kept) => {
                for (cell, row) in own.iter_mut().zip(&kept[from..until]) {
                    *cell = scaled(column[*row]);
                }
            }
        }
        beyond.fill(0.0);
    }

    /// Products of all columns and a column of ones, which comes last.
    fn gram(&self, scales: &[Scale]) -> Gram {
        let (n, width) = (self.n(), scales.len());
        let mut gram = Gram::empty(width + 1);
        let mut tiles: Vec<Tile> = vec![[0.0; ROWS]; gram.pairs * 2];
        for from in (0..n).step_by(ROWS) {
            for (j, scale) in scales.iter().enumerate() {
                self.fill(j, *scale, from, &mut tiles[j]);
            }
            let ones = &mut tiles[width];
            ones.fill(0.0);
            ones[..ROWS.min(n - from)].fill(1.0);
            gram.add(&tiles);
        }
        gram.carry();
        gram
    }
}

/// Two columns with two columns.
type Square = [[u64; 2]; 2];

/// Sums of products in units, of two columns with two at a time.
struct Gram {
    /// Pairs of columns.
    pairs: usize,
    /// Tiles since sums were carried over.
    tiles: usize,
    /// By pair i and pair j <= i.
    sums: Vec<Square>,
    totals: Vec<[[i128; 2]; 2]>,
}

impl Gram {
    fn empty(width: usize) -> Self {
        let pairs = width.div_ceil(2);
        let squares = pairs * (pairs + 1) / 2;
        Self { pairs, tiles: 0, sums: vec![[[0; 2]; 2]; squares], totals: vec![[[0; 2]; 2]; squares] }
    }

    fn add(&mut self, tiles: &[Tile]) {
        let mut squares = self.sums.iter_mut();
        for i in 0..self.pairs {
            for (j, square) in (0..=i).zip(&mut squares) {
                add_square([&tiles[2 * i], &tiles[2 * i + 1]], [&tiles[2 * j], &tiles[2 * j + 1]], square);
            }
        }
        self.tiles += 1;
        if self.tiles == TILES {
            self.carry();
        }
    }

    /// Carries sums over, less what rounding added to every product.
    fn carry(&mut self) {
        let added = ROUND.to_bits().wrapping_mul((self.tiles * ROWS) as u64);
        for (square, total) in self.sums.iter_mut().zip(&mut self.totals) {
            for (sum, total) in square.iter_mut().flatten().zip(total.iter_mut().flatten()) {
                *total += i128::from(sum.wrapping_sub(added).cast_signed());
                *sum = 0;
            }
        }
        self.tiles = 0;
    }

    /// Sum of the products of columns i and j <= i.
    fn sum(&self, i: usize, j: usize) -> f64 {
        let square = (i / 2) * (i / 2 + 1) / 2 + j / 2;
        self.totals[square][i % 2][j % 2] as f64 * UNIT
    }
}

/// Plain indices over one length: the compiler makes it several sums abreast.
fn add_square([a, b]: [&Tile; 2], [c, d]: [&Tile; 2], sums: &mut Square) {
    let [[mut ac, mut ad], [mut bc, mut bd]] = *sums;
    for row in 0..ROWS {
        ac = ac.wrapping_add((a[row] * c[row] + ROUND).to_bits());
        ad = ad.wrapping_add((a[row] * d[row] + ROUND).to_bits());
        bc = bc.wrapping_add((b[row] * c[row] + ROUND).to_bits());
        bd = bd.wrapping_add((b[row] * d[row] + ROUND).to_bits());
    }
    *sums = [[ac, ad], [bc, bd]];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;
    use crate::summation::{Moments, sum};

    fn columns(n: usize) -> [Vec<f64>; 3] {
        let mut draws = Draws::seeded(8);
        let a: Vec<f64> = (0..n).map(|_| 1e6 + draws.normal()).collect();
        let b = a.iter().map(|a| 3e-4 * (a - 1e6) + 1e-4 * draws.normal()).collect();
        [a, b, (0..n).map(|i| (i % 11) as f64).collect()]
    }

    fn moments(columns: &[Vec<f64>], kept: Option<&[usize]>) -> Option<ExactMoments> {
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        ExactMoments::of(Rows { columns: &columns, extents: None, kept })
    }

    #[test]
    fn moments_are_those_of_two_passes() {
        for n in [3, 127, 128, 129, 20_001] {
            let columns = columns(n);
            let got = moments(&columns, None).unwrap();
            let own: Vec<Moments> = columns.iter().map(|c| Moments::of(c)).collect();
            for i in 0..3 {
                assert!((got.means[i] - own[i].mean).abs() <= 1e-15 * own[i].mean.abs().max(1.0));
                for j in 0..3 {
                    let product = |r: usize| (columns[i][r] - own[i].mean) * (columns[j][r] - own[j].mean);
                    let expected = sum((0..n).map(product)) / (n - 1) as f64;
                    let size = (own[i].variance * own[j].variance).sqrt();
                    // cells of a million keep ten digits behind the point
                    assert!((got.covariances[(i, j)] - expected).abs() < 1e-9 * size, "{n} {i} {j}");
                }
            }
            assert_eq!(got.covariances[(2, 2)], got.covariances[(2, 2)].abs());
        }
    }

    #[test]
    fn no_order_of_rows_changes_a_digit_and_rows_may_be_chosen() {
        let columns = columns(5_000);
        let turned = columns.clone().map(|c| c.into_iter().rev().collect::<Vec<f64>>());
        let [one, other] = [&columns, &turned].map(|c| moments(c, None).unwrap());
        assert_eq!((one.means, one.covariances), (other.means, other.covariances));
        let kept: Vec<usize> = (0..5_000).filter(|row| row % 3 > 0).collect();
        let short = columns.clone().map(|c| kept.iter().map(|&row| c[row]).collect::<Vec<f64>>());
        let [one, other] = [moments(&columns, Some(&kept)), moments(&short, None)].map(Option::unwrap);
        assert_eq!((one.means, one.covariances), (other.means, other.covariances));
    }

    #[test]
    fn ends_of_the_range_are_exact_and_many_tiles_are_carried() {
        let n = 40_000;
        let ends: Vec<f64> = (0..n).map(|i| if i % 4 == 0 { -3.0 } else { 5.0 }).collect();
        let got = moments(&[ends], None).unwrap();
        assert_eq!(got.means[0], 3.0);
        assert!((got.covariances[(0, 0)] * (n - 1) as f64 / n as f64 - 12.0).abs() < 1e-13);
    }

    #[test]
    fn what_needs_more_digits_is_declined() {
        assert!(moments(&[vec![2.0; 50]], None).is_none());
        let mut far: Vec<f64> = (0..50_000).map(|i| (i % 7) as f64).collect();
        far[9] = 1e9;
        assert!(moments(&[far], None).is_none());
        assert!(moments(&[Vec::new()], None).is_none());
        assert_eq!(Extent::of(&[1.0, f64::NAN, -2.0]), Extent { lo: -2.0, hi: 1.0, finite: false });
        assert!(!Extent::of(&[f64::INFINITY; 9]).finite && Extent::of(&[0.5; 9]).finite);
    }
}
