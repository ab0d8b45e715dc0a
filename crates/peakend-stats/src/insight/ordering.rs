//! LMG (Lindeman, Merenda and Gold 1980), the Shapley value of R2: the gain in R2
//! from a driver, averaged over all orders in which drivers can enter. Exact over
//! all subsets up to 20 drivers, by random orders with their Monte Carlo error
//! beyond.

use crate::draws::Draws;
use crate::linear::Matrix;
use crate::summation::{Sum, sum};

/// Largest number of drivers for which all subsets are visited.
pub const EXACT_TO: usize = 20;
/// Variance left over below which a driver adds nothing.
const FLAT: f64 = 1e-10;
/// Random orders beyond [`EXACT_TO`].
const ORDERS: u64 = 4_000;

/// Average gains; `errors` are their Monte Carlo standard errors, absent when exact.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedGains {
    /// One per driver; they sum to R2.
    pub gains: Vec<f64>,
    /// One per driver when orders were sampled.
    pub errors: Option<Vec<f64>>,
    /// Orders drawn; 0 when exact.
    pub orders: u64,
}

/// Gains from the correlations of the drivers with each other (p x p) and with the
/// outcome. The seed matters beyond [`EXACT_TO`] drivers only.
#[must_use]
pub fn ordered_gains(among: &Matrix, with_outcome: &[f64], seed: u64) -> OrderedGains {
    if with_outcome.len() <= EXACT_TO {
        return OrderedGains { gains: exact(among, with_outcome), errors: None, orders: 0 };
    }
    sampled(among, with_outcome, ORDERS, &mut Draws::seeded(seed))
}

/// With w(s) the share of orders in which exactly a given set of s drivers comes
/// before another given one, the gain of driver j is the sum over sets with j of
/// w(s - 1) R2 less that over sets without j of w(s) R2; that is, the sum over sets
/// with j of (w(s - 1) + w(s)) R2 less the sum over all sets of w(s) R2.
fn exact(among: &Matrix, with_outcome: &[f64]) -> Vec<f64> {
    let count = with_outcome.len();
    let mut before = vec![1.0 / count as f64];
    for size in 1..count {
        before.push(before[size - 1] * size as f64 / (count - size) as f64);
    }
    // no driver comes after all of them
    before.push(0.0);
    let mut subsets = Subsets::of(among, with_outcome, &before);
    let all = subsets.all.value();
    let mut gains = vec![0.0; count];
    let mut weighted = subsets.weighted.as_mut_slice();
    for gain in gains.iter_mut().rev() {
        // sets without the last driver, then the same with it
        let half = weighted.len() / 2;
        let (without, with) = std::mem::take(&mut weighted).split_at_mut(half);
        *gain = sum(with.iter().copied()) - all;
        without.iter_mut().zip(with).for_each(|(x, y)| *x += *y);
        weighted = without;
    }
    gains
}

/// Some drivers.
#[derive(Debug, Clone, Copy, Default)]
struct Chosen {
    /// One bit each.
    set: usize,
    size: usize,
}

/// R2 of every subset of drivers, walked as a tree: at driver k the set either
/// goes on without it or sweeps it out of the drivers still to come, so that one
/// subset costs a few multiplications.
struct Subsets<'a> {
    width: usize,
    /// One matrix per depth: what is left of drivers and outcome (last).
    left: Vec<f64>,
    /// By size of a set.
    before: &'a [f64],
    /// R2 of each set times its two weights.
    weighted: Vec<f64>,
    /// Over all sets, with the weight of coming first.
    all: Sum,
}

impl<'a> Subsets<'a> {
    fn of(among: &Matrix, with_outcome: &[f64], before: &'a [f64]) -> Self {
        let width = with_outcome.len() + 1;
        let mut left = vec![0.0; width * width * width];
        for (i, r) in with_outcome.iter().enumerate() {
            left[i * width..(i + 1) * width - 1].copy_from_slice(among.row(i));
            left[(i + 1) * width - 1] = *r;
        }
        let weighted = vec![0.0; 1 << with_outcome.len()];
        let mut subsets = Self { width, left, before, weighted, all: Sum::default() };
        subsets.visit(0, 0, Chosen::default(), 0.0);
        subsets
    }

    fn visit(&mut self, driver: usize, depth: usize, chosen: Chosen, explained: f64) {
        if driver + 1 == self.width {
            let first = self.before[chosen.size] * explained;
            let last = chosen.size.checked_sub(1).map_or(0.0, |others| self.before[others] * explained);
            self.weighted[chosen.set] = first + last;
            self.all.add(first);
            return;
        }
        self.visit(driver + 1, depth, chosen, explained);
        let (width, size) = (self.width, self.width * self.width);
        let (upper, lower) = self.left[depth * size..].split_at_mut(size);
        let row = &upper[driver * width..(driver + 1) * width];
        let (pivot, outcome) = (row[driver], row[width - 1]);
        let with = Chosen { set: chosen.set | (1 << driver), size: chosen.size + 1 };
        if pivot < FLAT {
            self.visit(driver + 1, depth, with, explained);
            return;
        }
        for i in driver + 1..width - 1 {
            let factor = row[i] / pivot;
            let (from, to) = (&upper[i * width..(i + 1) * width], &mut lower[i * width..(i + 1) * width]);
            // the upper triangle is all that later pivots read
            for j in i..width {
                to[j] = from[j] - factor * row[j];
            }
        }
        self.visit(driver + 1, depth + 1, with, explained + outcome * outcome / pivot);
    }
}

fn sampled(among: &Matrix, with_outcome: &[f64], orders: u64, draws: &mut Draws) -> OrderedGains {
    let count = with_outcome.len();
    let whole = Matrix::from_fn(count, count + 1, |i, j| if j < count { among[(i, j)] } else { with_outcome[i] });
    let mut order: Vec<usize> = (0..count).collect();
    let (mut sums, mut squares) = (vec![0.0; count], vec![0.0; count]);
    for _ in 0..orders {
        draws.shuffle(&mut order);
        let mut left = whole.clone();
        for (place, &j) in order.iter().enumerate() {
            let row = left.row(j).to_vec();
            if row[j] < FLAT {
                continue;
            }
            let gain = row[count].powi(2) / row[j];
            sums[j] += gain;
            squares[j] += gain * gain;
            for &i in &order[place + 1..] {
                let factor = row[i] / row[j];
                left.row_mut(i).iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    let n = orders as f64;
    let gains: Vec<f64> = sums.iter().map(|s| s / n).collect();
    let error = |(q, m): (&f64, &f64)| ((q / n - m * m).max(0.0) / (n - 1.0)).sqrt();
    let errors = squares.iter().zip(&gains).map(error).collect();
    OrderedGains { gains, errors: Some(errors), orders }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlated(count: usize) -> (Matrix, Vec<f64>) {
        let among = Matrix::from_fn(count, count, |i, j| 0.6_f64.powi((i as i32 - j as i32).abs()));
        (among, (0..count).map(|i| 0.1 + 0.3 / (i + 1) as f64).collect())
    }

    #[test]
    fn two_drivers_by_hand() {
        let among = Matrix::from_rows(&[[1.0, 0.5], [0.5, 1.0]]);
        let gains = exact(&among, &[0.6, 0.4]);
        let all = (0.36 + 0.16 - 2.0 * 0.5 * 0.24) / 0.75;
        assert!((gains[0] - f64::midpoint(0.36, all - 0.16)).abs() < 1e-14);
        assert!((gains.iter().sum::<f64>() - all).abs() < 1e-14);
    }

    #[test]
    fn sampled_orders_agree_with_all_of_them_within_their_error() {
        let (among, with_outcome) = correlated(6);
        let all = exact(&among, &with_outcome);
        let some = sampled(&among, &with_outcome, 3_000, &mut Draws::seeded(5));
        for ((a, b), e) in all.iter().zip(&some.gains).zip(some.errors.as_ref().unwrap()) {
            assert!((a - b).abs() < 4.5 * e && *e < 0.005, "{a} {b} {e}");
        }
        assert!((all.iter().sum::<f64>() - some.gains.iter().sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn a_copy_of_a_driver_shares_its_gain() {
        let among = Matrix::from_rows(&[[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]]);
        let gains = exact(&among, &[0.5, 0.5, 0.3]);
        assert!((gains[0] - gains[1]).abs() < 1e-14);
        let (among, with_outcome) = correlated(24);
        let many = ordered_gains(&among, &with_outcome, 1);
        assert_eq!(many.orders, 4_000);
    }
}
