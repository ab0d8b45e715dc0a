//! Contrast: those marked in a month, such as who left, beside all others.

use super::outcome::{Absent, OutcomeKind, OutcomeUnit};

/// Definition of every row: one value per person, means, Welch's difference.
pub const DEFINITION: &str = "contrast.v1";
/// Months of answers looked at, which end before the month of the mark, so that
/// nothing said after it can count as its forerunner.
pub const MONTHS_BEFORE: i32 = 12;

/// Whether a person is marked, given their value of the flag in the month; none
/// when that is not known. A missing value means no mark only where the kind
/// says that absent is zero.
#[must_use]
pub fn is_marked(kind: &OutcomeKind, value: Option<i64>) -> Option<bool> {
    if kind.unit != OutcomeUnit::Flag {
        return None;
    }
    match value {
        Some(value) => Some(value > 0),
        None => (kind.absent == Absent::Zero).then_some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str) -> OutcomeKind {
        OutcomeKind::defaults().into_iter().find(|k| k.code == code).unwrap()
    }

    #[test]
    fn nobody_is_marked_by_a_kind_that_counts_and_a_missing_flag_follows_its_kind() {
        let churn = kind("churn");
        assert_eq!([Some(1), Some(0), None].map(|v| is_marked(&churn, v)), [Some(true), Some(false), Some(false)]);
        let unknown = OutcomeKind { absent: Absent::Unknown, ..churn };
        assert_eq!(is_marked(&unknown, None), None);
        assert_eq!(is_marked(&kind("aum"), Some(5)), None);
    }
}
