//! Change of a share between two groups or two waves (`share-change.v1`).

use serde::Serialize;

use super::compare::{Claim, Difference, comparable, welch};
use crate::figure::{Refusal, Warning};
use crate::summation::Moments;

/// k of n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Those counted.
    pub k: u64,
    /// All.
    pub n: u64,
}

/// Two independent shares compared, in percentage points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareChange {
    /// Definition id.
    pub definition: &'static str,
    /// Difference in percentage points, first minus second.
    pub value: f64,
    /// The same with its Welch interval and p on the 0 / 100 values.
    pub judged: Difference,
    /// What may be said when this is the only comparison on the screen.
    pub claim: Claim,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Compares two independent shares, first minus second.
///
/// # Errors
/// A [`Refusal`] when either group has fewer than ten answers.
pub fn share_change(a: Part, b: Part) -> Result<ShareChange, Refusal> {
    let warnings = comparable([a.n, b.n])?;
    let judged = welch(&values(a), &values(b));
    // no spread in either group leaves a standard error of 0: no evidence by this test
    let claim = if judged.p.is_nan() { Claim::NotDetectable } else { judged.claim(judged.p) };
    Ok(ShareChange { definition: "share-change.v1", value: judged.value, claim, judged, warnings })
}

fn values(part: Part) -> Moments {
    Moments::of_weighted_values([(0.0, part.n.saturating_sub(part.k)), (100.0, part.k)].into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_points_on_a_thousand_each_are_significant() {
        let change = share_change(Part { k: 780, n: 1000 }, Part { k: 700, n: 1000 }).unwrap();
        assert!((change.value - 8.0).abs() < 1e-9);
        // z by hand: 0.08 / sqrt((0.78 * 0.22 + 0.70 * 0.30) / 999) = 4.093
        assert!((change.judged.statistic - 4.0933).abs() < 2e-3);
        assert_eq!(change.claim, Claim::Higher);
    }

    #[test]
    fn small_and_unanimous_groups_claim_nothing() {
        assert!(share_change(Part { k: 9, n: 9 }, Part { k: 10, n: 20 }).is_err());
        let same = share_change(Part { k: 20, n: 20 }, Part { k: 30, n: 30 }).unwrap();
        assert_eq!(same.claim, Claim::NotDetectable);
    }
}
