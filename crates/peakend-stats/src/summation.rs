//! Sums and moments that do not drift: compensated sums, two-pass variances.

/// A Neumaier compensated sum.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, x: f64) {
        let next = self.total + x;
        self.lost += if self.total.abs() >= x.abs() { (self.total - next) + x } else { (x - next) + self.total };
        self.total = next;
    }

    pub(crate) fn value(self) -> f64 {
        self.total + self.lost
    }
}

/// Compensated sum of an iterator.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut s = Sum::default();
    for x in values {
        s.add(x);
    }
    s.value()
}

/// n, mean and variance (divisor n - 1) of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Number of values.
    pub n: u64,
    /// Arithmetic mean; NaN when empty.
    pub mean: f64,
    /// Variance with divisor n - 1; NaN below two values.
    pub variance: f64,
}

impl Moments {
    /// Two passes over the values in ascending order, so that the order in which
    /// rows arrive cannot change a digit.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self::of_weighted_values(sorted.iter().map(|&x| (x, 1)))
    }

    /// Moments of values that occur `count` times each, in the order given.
    pub(crate) fn of_weighted_values(values: impl Iterator<Item = (f64, u64)> + Clone) -> Self {
        let n: u64 = values.clone().map(|(_, c)| c).sum();
        let mean = sum(values.clone().map(|(x, c)| x * c as f64)) / n as f64;
        let squares = sum(values.map(|(x, c)| (x - mean) * (x - mean) * c as f64));
        let variance = if n > 1 { squares / (n - 1) as f64 } else { f64::NAN };
        Self { n, mean, variance }
    }

    /// Moments of an integer scale from its counts: `counts[i]` answers of `first + i`.
    #[must_use]
    pub fn of_counts(counts: &[u64], first: i32) -> Self {
        Self::of_weighted_values(counts.iter().enumerate().map(move |(i, &c)| (f64::from(first) + i as f64, c)))
    }

    /// Standard error of the mean.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        (self.variance / self.n as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::{Moments, sum};

    #[test]
    fn small_terms_survive_beside_a_huge_one() {
        assert_eq!(sum([1e16, 1.0, -1e16, 1.0]), 2.0);
    }

    #[test]
    fn counts_and_values_have_the_same_moments() {
        let a = Moments::of(&[3.0, 1.0, 1.0, 2.0]);
        let b = Moments::of_counts(&[2, 1, 1], 1);
        assert_eq!(a, b);
        assert!((a.variance - 0.916_666_666_666_666_6).abs() < 1e-15);
    }
}
