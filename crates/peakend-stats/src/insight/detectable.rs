//! The smallest difference two groups of given sizes detect at 80 % power with a
//! two-sided test at 5 %, and the sizes a difference takes. What a text quotes
//! beside "no detectable difference", and what a plan begins with.

use serde::Serialize;

use super::nps::NpsCounts;
use crate::distribution::bisect;
use crate::figure::{Refusal, RefusalReason, Z95};

/// Normal quantile of 80 % power.
const Z_POWER: f64 = 0.841_621_233_572_914_3;

/// Both quantiles together: standard errors between 0 and a detectable difference.
const REACH: f64 = Z95 + Z_POWER;

/// Sizes of two groups, and how much clustering inflates variances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupSizes {
    /// Answers of the two groups.
    pub n: [u64; 2],
    /// Design effect; 1 for independent answers.
    pub design_effect: f64,
}

impl GroupSizes {
    /// Independent answers.
    #[must_use]
    pub fn of(a: u64, b: u64) -> Self {
        Self { n: [a, b], design_effect: 1.0 }
    }

    /// Answers in clusters of `size` with an intra-cluster correlation: design
    /// effect 1 + (size - 1) correlation.
    #[must_use]
    pub fn clustered(self, size: f64, correlation: f64) -> Self {
        Self { design_effect: 1.0 + (size - 1.0).max(0.0) * correlation.clamp(0.0, 1.0), ..self }
    }

    fn error(&self, variances: [f64; 2]) -> f64 {
        let [a, b] = self.n.map(|n| n as f64);
        (self.design_effect * (variances[0] / a + variances[1] / b)).sqrt()
    }

    fn check(&self) -> Result<(), Refusal> {
        let least = self.n[0].min(self.n[1]);
        if least < 2 { Err(Refusal::count(RefusalReason::GroupTooSmall, least, 2)) } else { Ok(()) }
    }
}

/// Smallest detectable difference of means of values with a standard deviation.
///
/// # Errors
/// A [`Refusal`] when a group has fewer than two answers.
pub fn detectable_mean(deviation: f64, sizes: GroupSizes) -> Result<f64, Refusal> {
    sizes.check()?;
    Ok(REACH * sizes.error([deviation * deviation; 2]))
}

/// Smallest detectable NPS difference, in points, when both groups answer like these.
///
/// # Errors
/// A [`Refusal`] when a group has fewer than two answers.
pub fn detectable_nps(like: &NpsCounts, sizes: GroupSizes) -> Result<f64, Refusal> {
    sizes.check()?;
    Ok(100.0 * REACH * sizes.error([like.raw().variance(); 2]))
}

/// Smallest share above `share` that the second group needs to differ detectably,
/// less `share`, each group with its own variance; `None` when even 1 is too close.
///
/// # Errors
/// A [`Refusal`] when a group has fewer than two answers or the share is not in 0..1.
pub fn detectable_share(share: f64, sizes: GroupSizes) -> Result<Option<f64>, Refusal> {
    sizes.check()?;
    if !(0.0..=1.0).contains(&share) {
        return Err(Refusal { reason: RefusalReason::NotFinite, have: share, need: 1.0 });
    }
    let variance = |p: f64| p * (1.0 - p);
    let beyond = |gap: f64| gap - REACH * sizes.error([variance(share), variance(share + gap)]);
    let most = 1.0 - share;
    Ok((beyond(most) >= 0.0).then(|| bisect(0.0, most, beyond)))
}

/// Answers per group that a difference of means takes; `None` for no difference.
#[must_use]
pub fn answers_needed(difference: f64, deviation: f64, design_effect: f64) -> Option<u64> {
    let needed = 2.0 * design_effect * (REACH * deviation / difference).powi(2);
    (needed.is_finite() && needed < 1e15).then(|| (needed.ceil() as u64).max(2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_figures_of_the_method_page_and_of_textbooks() {
        let like = NpsCounts::new(5, 3, 2);
        for (n, points) in [(100, 31.0), (400, 15.5), (2500, 6.2)] {
            assert!((detectable_nps(&like, GroupSizes::of(n, n)).unwrap() - points).abs() < 0.1);
        }
        // half a standard deviation takes 63 per group
        assert_eq!(answers_needed(0.5, 1.0, 1.0), Some(63));
        // 50 % against 60 %: 385 per group
        let gap = detectable_share(0.5, GroupSizes::of(385, 385)).unwrap().unwrap();
        assert!((gap - 0.1).abs() < 5e-4, "{gap}");
    }

    #[test]
    fn what_cannot_be_detected_is_none_and_single_answers_are_refused() {
        assert_eq!(detectable_share(0.99, GroupSizes::of(10, 10)), Ok(None));
        assert!(detectable_mean(1.0, GroupSizes::of(1, 50)).is_err());
        assert_eq!(answers_needed(0.0, 1.0, 1.0), None);
    }

    proptest! {
        #[test]
        fn the_needed_answers_detect_the_difference(difference in 0.05..5.0_f64, deviation in 0.1..10.0_f64) {
            let n = answers_needed(difference, deviation, 1.0).unwrap();
            prop_assert!(detectable_mean(deviation, GroupSizes::of(n, n)).unwrap() <= difference * (1.0 + 1e-9));
        }

        #[test]
        fn clustering_never_sharpens(size in 1.0..50.0_f64, correlation in 0.0..1.0_f64, n in 10..500_u64) {
            let plain = GroupSizes::of(n, n);
            let clustered = plain.clustered(size, correlation);
            prop_assert!(detectable_mean(1.0, clustered).unwrap() >= detectable_mean(1.0, plain).unwrap() - 1e-12);
        }
    }
}
