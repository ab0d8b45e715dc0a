//! Differences of two groups, independent or paired, and when one may be claimed.

use serde::Serialize;

use super::rank_test::{RankTest, wilcoxon_signed_rank};
use crate::distribution::{normal_two_sided, t_two_sided, t95};
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, SMALL_BASE, Warning, WarningCode, Z95};
use crate::summation::Moments;

/// Normal quantile of 80 % power.
pub(crate) const Z_POWER: f64 = 0.841_621_233_572_914_3;
/// Smallest group that may be compared.
const COMPARED_FROM: u64 = 10;
/// Pairs below this are judged by the exact sign-flip test.
const PAIRED_T_FROM: u64 = 20;

/// A difference of two figures, first minus second, in their unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// First minus second.
    pub value: f64,
    /// Standard error.
    pub standard_error: f64,
    /// z or t.
    pub statistic: f64,
    /// Degrees of freedom of t; absent for z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// Two-sided p.
    pub p: f64,
    /// 95 % interval.
    pub interval: Interval,
    /// Valid answers of the two groups.
    pub n: [u64; 2],
    /// Smallest difference these bases detect at 80 % power.
    pub detectable: f64,
}

/// What may be said about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The first is higher: adjusted p < 0.05 and the interval excludes 0.
    Higher,
    /// The first is lower.
    Lower,
    /// No detectable difference; quote the detectable one.
    NotDetectable,
}

impl Difference {
    pub(crate) fn normal(value: f64, se: f64, n: [u64; 2], method: IntervalMethod) -> Self {
        let statistic = ratio(value, se);
        Self {
            value,
            standard_error: se,
            statistic,
            df: None,
            p: normal_two_sided(statistic),
            interval: Interval::new(value - Z95 * se, value + Z95 * se, method),
            n,
            detectable: (Z95 + Z_POWER) * se,
        }
    }

    pub(crate) fn student(value: f64, se: f64, df: f64, n: [u64; 2], method: IntervalMethod) -> Self {
        let statistic = ratio(value, se);
        let reach = t95(df) * se;
        Self {
            value,
            standard_error: se,
            statistic,
            df: Some(df),
            p: t_two_sided(statistic, df),
            interval: Interval::new(value - reach, value + reach, method),
            n,
            detectable: (t95(df) + Z_POWER) * se,
        }
    }

    /// The claim, given the p adjusted for all comparisons on the screen.
    #[must_use]
    pub fn claim(&self, adjusted_p: f64) -> Claim {
        if adjusted_p >= 0.05 || adjusted_p.is_nan() || !self.interval.excludes(0.0) {
            Claim::NotDetectable
        } else if self.value > 0.0 {
            Claim::Higher
        } else {
            Claim::Lower
        }
    }
}

/// value / se, with 0 / 0 as no evidence.
fn ratio(value: f64, se: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value / se }
}

/// Refuses groups below ten; warns below thirty.
pub(crate) fn comparable(n: [u64; 2]) -> Result<Vec<Warning>, Refusal> {
    let least = n[0].min(n[1]);
    if least < COMPARED_FROM {
        return Err(Refusal::count(RefusalReason::GroupTooSmall, least, COMPARED_FROM));
    }
    Ok((least < SMALL_BASE).then(|| Warning::count(WarningCode::SmallBase, least, SMALL_BASE)).into_iter().collect())
}

/// Welch's difference of two means, first minus second. NaN where a group has
/// fewer than two values.
#[must_use]
pub fn welch(a: &Moments, b: &Moments) -> Difference {
    let (va, vb) = (a.variance / a.n as f64, b.variance / b.n as f64);
    let se = (va + vb).sqrt();
    let df = (va + vb).powi(2) / (va * va / (a.n as f64 - 1.0) + vb * vb / (b.n as f64 - 1.0));
    Difference::student(a.mean - b.mean, se, df, [a.n, b.n], IntervalMethod::Welch)
}

/// The same respondents asked twice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedDifference {
    /// Mean of first minus second with the t interval.
    pub t: Difference,
    /// Wilcoxon signed rank.
    pub wilcoxon: RankTest,
    /// Exact p over all sign flips, below 20 pairs of whole-number differences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_flip_p: Option<f64>,
}

impl PairedDifference {
    /// The p to judge by: exact below 20 pairs, t above.
    #[must_use]
    pub fn p(&self) -> f64 {
        self.sign_flip_p.unwrap_or(self.t.p)
    }
}

/// Paired comparison of differences (first minus second, one per respondent),
/// counted in whole steps and worth `step` units each: for NPS the steps are
/// -2..2 and a step is 100 points.
#[must_use]
pub fn paired(steps: &[i32], step: f64) -> PairedDifference {
    let values: Vec<f64> = steps.iter().map(|&s| f64::from(s) * step).collect();
    let moments = Moments::of(&values);
    let n = moments.n;
    let t =
        Difference::student(moments.mean, moments.standard_error(), n as f64 - 1.0, [n, n], IntervalMethod::StudentT);
    PairedDifference {
        t,
        wilcoxon: wilcoxon_signed_rank(&values),
        sign_flip_p: (n < PAIRED_T_FROM && n > 0).then(|| sign_flip(steps)),
    }
}

/// Share of all 2^n sign assignments whose sum is as far from 0 as the observed.
fn sign_flip(steps: &[i32]) -> f64 {
    let reach: usize = steps.iter().map(|s| s.unsigned_abs() as usize).sum();
    let mut law = vec![0.0; 2 * reach + 1];
    law[reach] = 1.0;
    for step in steps {
        let size = step.unsigned_abs() as usize;
        let mut next = vec![0.0; law.len()];
        for (i, &mass) in law.iter().enumerate().filter(|(_, m)| **m > 0.0) {
            next[i + size] += mass / 2.0;
            next[i - size] += mass / 2.0;
        }
        law = next;
    }
    let observed = steps.iter().sum::<i32>().unsigned_abs() as usize;
    law.iter().enumerate().filter(|(i, _)| i.abs_diff(reach) >= observed).map(|(_, mass)| mass).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_flips_of_three_equal_steps_are_one_in_four() {
        assert_eq!(sign_flip(&[1, 1, 1]), 0.25);
        assert_eq!(sign_flip(&[0, 0]), 1.0);
        assert_eq!(sign_flip(&[2, -1]), 1.0);
    }

    #[test]
    fn a_claim_needs_both_p_and_interval() {
        let d = Difference::normal(5.0, 2.0, [100, 100], IntervalMethod::PlainWald);
        assert_eq!(d.claim(d.p), Claim::Higher);
        assert_eq!(d.claim(0.2), Claim::NotDetectable);
    }

    #[test]
    fn nine_answers_are_not_compared() {
        assert!(comparable([9, 500]).is_err());
        assert_eq!(comparable([29, 500]).unwrap().len(), 1);
    }
}
