//! Job: work that the server does later, written in the transaction that needs it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{JobId, OrgId};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time.
    Waiting,
    /// A worker has leased it.
    Running,
    /// Done.
    Done,
    /// Given up after its last attempt; can be looked at and replayed.
    Dead,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Dead];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// What to do, and when at the earliest.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRequest {
    /// Kind, such as `reask`.
    pub kind: String,
    /// Its arguments, as JSON.
    pub payload: serde_json::Value,
    /// Not before.
    pub run_at: Timestamp,
    /// A second request with the same kind and key is the same job.
    pub unique_key: String,
}

/// A stored job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub request: JobRequest,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun.
    pub attempts: i64,
    /// Until when a worker holds it.
    pub lease_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: String,
    /// Written.
    pub created_at: Timestamp,
    /// Done or given up.
    pub finished_at: Option<Timestamp>,
}

/// Seconds for which a worker holds a job; a crashed worker's jobs are free again then.
pub const LEASE_SECONDS: i64 = 120;

/// Waits between attempts, in seconds; after the last one a job is dead.
const BACKOFF_SECONDS: [i64; 6] = [30, 120, 600, 3600, 6 * 3600, 24 * 3600];

/// When to try again after so many failed attempts; `None` when it is given up.
#[must_use]
pub fn retry_at(attempts: i64, now: Timestamp) -> Option<Timestamp> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let wait = BACKOFF_SECONDS.get(index)?;
    now.checked_add(SignedDuration::from_secs(*wait)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_wait_longer_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<_> = (1..=7).map(|n| retry_at(n, now).map(Timestamp::as_second)).collect();
        assert_eq!(waits, [Some(30), Some(120), Some(600), Some(3600), Some(21_600), Some(86_400), None]);
    }
}
