//! The contact rule: how often one person may be asked at all.

use serde::{Deserialize, Serialize};

/// Not more than one ask in so many days, over all surveys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRule {
    /// Days between two asks of one person; 0 allows any number.
    pub minimum_gap_days: u32,
}

/// Longest gap, in days.
pub const LONGEST_GAP_DAYS: u32 = 3_650;

impl Default for ContactRule {
    fn default() -> Self {
        Self { minimum_gap_days: 30 }
    }
}

impl ContactRule {
    /// The instant after which an earlier ask stands in the way of one decided at `now`.
    #[must_use]
    pub fn since(self, now: jiff::Timestamp) -> jiff::Timestamp {
        let hours = i64::from(self.minimum_gap_days) * 24;
        now.checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap_or(jiff::Timestamp::MIN)
    }

    /// Whether a person last asked at `last` may be asked now.
    #[must_use]
    pub fn allows(self, last: Option<jiff::Timestamp>, now: jiff::Timestamp) -> bool {
        self.minimum_gap_days == 0 || last.is_none_or(|at| at <= self.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_asked_again_after_the_gap_and_not_a_second_before() {
        let rule = ContactRule { minimum_gap_days: 30 };
        let now: jiff::Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let at = |t: &str| Some(t.parse().unwrap());
        assert!(rule.allows(None, now));
        assert!(rule.allows(at("2026-10-23T08:00:00Z"), now));
        assert!(!rule.allows(at("2026-10-23T08:00:01Z"), now));
        assert!(ContactRule { minimum_gap_days: 0 }.allows(Some(now), now));
    }
}
