//! Change of an NPS between two groups or two waves (`nps-change.v1`).

use serde::Serialize;

use super::compare::{Claim, Difference, comparable};
use super::nps::{NpsCounts, Shares};
use super::rank_test::{RankTest, mann_whitney};
use crate::figure::{IntervalMethod, Refusal, Warning, WarningCode};
use crate::summation::Moments;

/// Unpooled z on the raw shares, first minus second.
#[must_use]
pub fn wald_difference(a: &NpsCounts, b: &NpsCounts) -> Difference {
    difference(a.raw(), b.raw(), [a.n(), b.n()], IntervalMethod::PlainWald)
}

/// Unpooled z after adding 0.75 / 1.5 / 0.75 answers to both groups.
#[must_use]
pub fn adjusted_difference(a: &NpsCounts, b: &NpsCounts) -> Difference {
    let n = [a.n(), b.n()];
    difference(a.adjusted(), b.adjusted(), n, IntervalMethod::AdjustedWald)
}

/// The adjusted difference as it is judged: t in the place of z, with the degrees of
/// freedom of Welch and Satterthwaite. With z, groups of 30 and 400 torn answers
/// without a difference are called different in 5.6 % of samples, with t in 4.8 %.
#[must_use]
pub fn judged_difference(a: &NpsCounts, b: &NpsCounts) -> Difference {
    let (x, y) = (a.adjusted(), b.adjusted());
    let [va, vb] = [&x, &y].map(|shares| shares.standard_error().powi(2));
    let df = (va + vb).powi(2) / (va * va / (a.n() as f64 - 1.0) + vb * vb / (b.n() as f64 - 1.0));
    let n = [a.n(), b.n()];
    Difference::student(x.nps() - y.nps(), (va + vb).sqrt(), df, n, IntervalMethod::AdjustedWald)
}

/// Welch on the +100 / 0 / -100 values, first minus second.
#[must_use]
pub fn welch_difference(a: &NpsCounts, b: &NpsCounts) -> Difference {
    super::compare::welch(&values(a), &values(b))
}

/// n, mean and variance (divisor n - 1) of the +100 / 0 / -100 values.
#[must_use]
pub fn values(counts: &NpsCounts) -> Moments {
    Moments::of_weighted_values([-100.0, 0.0, 100.0].into_iter().zip(counts.ordered()))
}

fn difference(a: Shares, b: Shares, n: [u64; 2], method: IntervalMethod) -> Difference {
    let se = a.standard_error().hypot(b.standard_error());
    Difference::normal(a.nps() - b.nps(), se, n, method)
}

/// Two independent groups compared, as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NpsChange {
    /// Definition id.
    pub definition: &'static str,
    /// Raw difference in points, first minus second: the number to show.
    pub value: f64,
    /// Adjusted difference with its interval and p: the number to judge by.
    pub judged: Difference,
    /// Mann-Whitney on the three ordered classes.
    pub ranks: RankTest,
    /// What may be said when this is the only comparison on the screen.
    pub claim: Claim,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Compares two independent groups, first minus second.
///
/// # Errors
/// A [`Refusal`] when either group has fewer than ten answers.
pub fn nps_change(a: &NpsCounts, b: &NpsCounts) -> Result<NpsChange, Refusal> {
    let mut warnings = comparable([a.n(), b.n()])?;
    let judged = judged_difference(a, b);
    let ranks = mann_whitney(&a.ordered(), &b.ordered());
    if (judged.p < 0.05) != (ranks.p < 0.05) {
        warnings.push(Warning { code: WarningCode::TestsDisagree, have: ranks.p, bound: judged.p });
    }
    Ok(NpsChange {
        definition: "nps-change.v1",
        value: a.nps() - b.nps(),
        claim: judged.claim(judged.p),
        judged,
        ranks,
        warnings,
    })
}

/// Smallest difference detected at 80 % power with n answers per group, in points.
#[must_use]
pub fn detectable_difference(counts: &NpsCounts, n_per_group: u64) -> f64 {
    let variance = counts.raw().variance();
    (crate::Z95 + 0.841_621_233_572_914_3) * 100.0 * (2.0 * variance / n_per_group as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_points_on_a_thousand_each_are_significant() {
        let (before, after) = (NpsCounts::new(450, 300, 250), NpsCounts::new(500, 300, 200));
        let d = wald_difference(&after, &before);
        assert!((d.value - 10.0).abs() < 1e-12);
        assert!((d.statistic - 2.806).abs() < 5e-4);
        assert!((d.p - 0.0050).abs() < 5e-5);
        assert_eq!(nps_change(&after, &before).unwrap().claim, Claim::Higher);
    }

    #[test]
    fn small_groups_are_judged_by_t() {
        let (a, b) = (NpsCounts::new(14, 3, 13), NpsCounts::new(180, 40, 180));
        let (z, t) = (adjusted_difference(&a, &b), judged_difference(&a, &b));
        assert_eq!(z.statistic, t.statistic);
        assert!(t.df.unwrap() > 29.0 && t.df.unwrap() < 40.0 && t.p > z.p);
        assert!(t.interval.half_width() > 1.03 * z.interval.half_width());
    }

    #[test]
    fn detectable_differences_of_the_method_page() {
        let shares = NpsCounts::new(5, 3, 2);
        for (n, points) in [(100, 31.0), (400, 15.5), (2500, 6.2)] {
            assert!((detectable_difference(&shares, n) - points).abs() < 0.1);
        }
    }

    #[test]
    fn two_unanimous_groups_leave_no_evidence() {
        let d = wald_difference(&NpsCounts::new(0, 5, 0), &NpsCounts::new(0, 9, 0));
        assert_eq!((d.statistic, d.p), (0.0, 1.0));
    }
}
