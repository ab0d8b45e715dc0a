//! LMG (Lindeman, Merenda and Gold 1980), the Shapley value of R2: the gain in R2
//! from a driver, averaged over all orders in which drivers can enter. Exact over
//! all subsets up to 20 drivers, by random orders with their Monte Carlo error
//! beyond.

use crate::draws::Draws;
use crate::linear::Matrix;

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
    let all = subsets.visit(0, 0, Chosen::default(), 0.0);
    let mut gains = vec![0.0; count];
    let mut weighted = subsets.weighted.as_mut_slice();
    for gain in &mut gains {
        // sets without the first driver left, then the same with it
        let half = weighted.len() / 2;
        let (without, with) = std::mem::take(&mut weighted).split_at_mut(half);
        *gain = total(with) - all;
        without.iter_mut().zip(with).for_each(|(x, y)| *x += *y);
        weighted = without;
    }
    gains
}

/// Sum of halves, of quarters and so on, whose error grows with the logarithm of the
/// number of values.
fn total(values: &[f64]) -> f64 {
    const FEW: usize = 128;
    if values.len() > FEW {
        let (left, right) = values.split_at(values.len() / 2);
        return total(left) + total(right);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += x);
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// Some drivers.
#[derive(Debug, Clone, Copy, Default)]
struct Chosen {
    /// One bit each, the last driver the lowest: neighbours are visited together.
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
}

impl<'a> Subsets<'a> {
    fn of(among: &Matrix, with_outcome: &[f64], before: &'a [f64]) -> Self {
        let width = with_outcome.len() + 1;
        let mut left = vec![0.0; width * width * width];
        for (i, r) in with_outcome.iter().enumerate() {
            left[i * width..(i + 1) * width - 1].copy_from_slice(among.row(i));
            left[(i + 1) * width - 1] = *r;
        }
        Self { width, left, before, weighted: vec![0.0; 1 << with_outcome.len()] }
    }

    /// Visits all sets of the drivers from one on; the sum of their R2 with the weight
    /// of coming first.
    fn visit(&mut self, driver: usize, depth: usize, chosen: Chosen, explained: f64) -> f64 {
        if driver + 1 == self.width {
            return self.reach(chosen, explained);
        }
        if driver + 3 == self.width {
            return self.last_two(depth, chosen, explained);
        }
        let without = self.visit(driver + 1, depth, chosen, explained);
        let (width, size) = (self.width, self.width * self.width);
        let with = self.with(chosen, driver);
        let (upper, lower) = self.left[depth * size..].split_at_mut(size);
        let row = &upper[driver * width..(driver + 1) * width];
        let (pivot, outcome) = (row[driver], row[width - 1]);
        if pivot < FLAT {
            return without + self.visit(driver + 1, depth, with, explained);
        }
        for i in driver + 1..width - 1 {
            let factor = row[i] / pivot;
            let (from, to) = (&upper[i * width + i..(i + 1) * width], &mut lower[i * width + i..(i + 1) * width]);
            // the upper triangle is all that later pivots read
            for ((to, from), own) in to.iter_mut().zip(from).zip(&row[i..]) {
                *to = from - factor * own;
            }
        }
        without + self.visit(driver + 1, depth + 1, with, explained + outcome * outcome / pivot)
    }

    /// The four sets that the last two drivers leave, half of all steps of the walk.
    fn last_two(&mut self, depth: usize, chosen: Chosen, explained: f64) -> f64 {
        let (width, driver) = (self.width, self.width - 3);
        let row = |i: usize| &self.left[(depth * width + i) * width..(depth * width + i + 1) * width];
        let (one, other) = (row(driver), row(driver + 1));
        let gain = |pivot: f64, outcome: f64| if pivot < FLAT { 0.0 } else { outcome * outcome / pivot };
        let first = gain(one[driver], one[width - 1]);
        let second = gain(other[driver + 1], other[width - 1]);
        let after = if one[driver] < FLAT {
            second
        } else {
            let factor = one[driver + 1] / one[driver];
            gain(other[driver + 1] - factor * one[driver + 1], other[width - 1] - factor * one[width - 1])
        };
        let with = self.with(chosen, driver);
        (self.reach(chosen, explained) + self.reach(self.with(chosen, driver + 1), explained + second))
            + (self.reach(with, explained + first) + self.reach(self.with(with, driver + 1), explained + first + after))
    }

    fn with(&self, chosen: Chosen, driver: usize) -> Chosen {
        Chosen { set: chosen.set | (1 << (self.width - 2 - driver)), size: chosen.size + 1 }
    }

    /// Notes the R2 of a set; R2 with the weight of coming first.
    fn reach(&mut self, chosen: Chosen, explained: f64) -> f64 {
        let first = self.before[chosen.size] * explained;
        let last = chosen.size.checked_sub(1).map_or(0.0, |others| self.before[others] * explained);
        self.weighted[chosen.set] = first + last;
        first
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
