//! Recovery: whether the person of a case, asked again, is content now.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::insight::metric;

/// Days after closing at which the person is asked again.
pub const REASK_AFTER_DAYS: i64 = 3;
/// Days for which the re-ask may be answered; afterwards the recovery is unknown.
pub const REASK_OPEN_DAYS: i64 = 30;

/// What is known of a case's recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Not asked again (the case is open, or nobody can be asked).
    NotAsked,
    /// Asked, not answered yet.
    Waiting,
    /// Moved out of the detractor band.
    Recovered,
    /// Still in the detractor band.
    NotRecovered,
    /// Asked and never answered: reported as such, never dropped silently.
    Unknown,
}

impl Recovery {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NotAsked, Self::Waiting, Self::Recovered, Self::NotRecovered, Self::Unknown];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Waiting => "waiting",
            Self::Recovered => "recovered",
            Self::NotRecovered => "not_recovered",
            Self::Unknown => "unknown",
        }
    }

    /// The recovery of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// What a re-ask's scores say: any score in the lowest band of its metric
    /// (detractor, unsatisfied, hard) means not recovered, otherwise any score means recovered; without a score nothing.
    #[must_use]
    pub fn of_answer(nps: Option<u8>, csat: Option<u8>, ces: Option<u8>) -> Option<Self> {
        let scores = [("nps", nps), ("csat", csat), ("ces", ces)];
        let low = |(metric, score): (&str, Option<u8>)| {
            let lowest = metric::find(metric)?.bands.last()?;
            score.map(|s| s <= lowest.high)
        };
        let unhappy = scores.into_iter().filter_map(low).reduce(|a, b| a || b)?;
        Some(if unhappy { Self::NotRecovered } else { Self::Recovered })
    }
}

/// The second question, planned when a case is resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reask {
    /// Code of the survey that is asked.
    pub survey: String,
    /// Path of the person's own link, such as `/s/…`; shown to who works the case.
    pub link: String,
    /// When it is to be sent.
    pub send_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// The voice that answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}

/// Recovered cases among those asked again, counts first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCounts {
    /// Closed cases.
    pub closed: u64,
    /// Closed and asked again with an answer that has a score.
    pub answered: u64,
    /// Of these, moved out of the detractor band.
    pub recovered: u64,
}

impl RecoveryCounts {
    /// Recovered per answered, in percent (METHODS section 8); none without answers.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        percent(self.recovered, self.answered)
    }

    /// Answered per closed, in percent: the non-answerers stay visible.
    #[must_use]
    pub fn answer_rate(self) -> Option<f64> {
        percent(self.answered, self.closed)
    }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
    let ratio = |a: u64, b: u64| 100.0 * a as f64 / b as f64;
    (whole > 0).then(|| ratio(part, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_of_eighty_answered_of_hundred_twenty_closed_is_seventy_five_percent() {
        let counts = RecoveryCounts { closed: 120, answered: 80, recovered: 60 };
        assert_eq!(counts.rate(), Some(75.0));
        assert!((counts.answer_rate().unwrap() - 66.666_666).abs() < 1e-4);
        assert_eq!(RecoveryCounts::default().rate(), None);
    }

    #[test]
    fn leaving_the_detractor_band_is_recovery() {
        assert_eq!(Recovery::of_answer(Some(7), None, None), Some(Recovery::Recovered));
        assert_eq!(Recovery::of_answer(Some(6), None, None), Some(Recovery::NotRecovered));
        assert_eq!(Recovery::of_answer(Some(9), Some(3), None), Some(Recovery::NotRecovered));
        assert_eq!(Recovery::of_answer(None, None, Some(5)), Some(Recovery::Recovered));
        assert_eq!(Recovery::of_answer(None, None, None), None);
    }
}
