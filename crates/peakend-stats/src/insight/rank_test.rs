//! Rank tests with tie correction: Mann-Whitney on ordered classes, Wilcoxon
//! signed rank on paired differences. Normal approximation, no continuity term.

use serde::Serialize;

use crate::distribution::normal_two_sided;
use crate::summation::sum;

/// A rank statistic with its two-sided p.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankTest {
    /// U of the first group, or the sum of positive ranks.
    pub statistic: f64,
    /// Standardised statistic; 0 when there is no variation.
    pub z: f64,
    /// Two-sided p; 1 when there is no variation.
    pub p: f64,
}

impl RankTest {
    fn of(statistic: f64, expected: f64, variance: f64) -> Self {
        let z = if variance > 0.0 { (statistic - expected) / variance.sqrt() } else { 0.0 };
        Self { statistic, z, p: normal_two_sided(z) }
    }
}

/// Mann-Whitney on counts per ordered class, worst class first. Classes beyond
/// the shorter slice are ignored.
#[must_use]
pub fn mann_whitney(a: &[u64], b: &[u64]) -> RankTest {
    let (mut u, mut b_below, mut ties) = (0.0, 0.0, 0.0);
    let (mut n1, mut n2) = (0.0, 0.0);
    for (&in_a, &in_b) in a.iter().zip(b) {
        let (in_a, in_b) = (in_a as f64, in_b as f64);
        u += in_a * (b_below + in_b / 2.0);
        b_below += in_b;
        let tied = in_a + in_b;
        ties += tied * (tied * tied - 1.0);
        n1 += in_a;
        n2 += in_b;
    }
    let n = n1 + n2;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    RankTest::of(u, n1 * n2 / 2.0, variance)
}

/// Wilcoxon signed rank of paired differences; zeros are dropped.
#[must_use]
pub fn wilcoxon_signed_rank(differences: &[f64]) -> RankTest {
    let mut nonzero: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    nonzero.sort_unstable_by(|x, y| x.abs().total_cmp(&y.abs()));
    let n = nonzero.len() as f64;
    let (mut positive, mut ties, mut start) = (0.0, 0.0, 0);
    while start < nonzero.len() {
        let size = nonzero[start..].iter().take_while(|d| d.abs() == nonzero[start].abs()).count();
        let rank = start as f64 + (size as f64 + 1.0) / 2.0;
        positive += sum(nonzero[start..start + size].iter().map(|d| if *d > 0.0 { rank } else { 0.0 }));
        let tied = size as f64;
        ties += tied * (tied * tied - 1.0);
        start += size;
    }
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    RankTest::of(positive, n * (n + 1.0) / 4.0, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identical_groups_do_not_differ() {
        assert_eq!(mann_whitney(&[3, 4, 5], &[3, 4, 5]).z, 0.0);
        assert_eq!(mann_whitney(&[0, 9, 0], &[0, 7, 0]).p, 1.0);
    }

    #[test]
    fn signed_rank_of_a_small_sample_by_hand() {
        // ranks 1, 2.5, 2.5, 4; positive 2.5 + 4
        let test = wilcoxon_signed_rank(&[-1.0, 2.0, -2.0, 5.0, 0.0]);
        assert_eq!(test.statistic, 6.5);
        assert!((test.z - 1.5 / (7.5_f64 - 0.125).sqrt()).abs() < 1e-12);
    }
}
