//! The clock of a case: when its person must be contacted and its problem
//! resolved, in business time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, CalendarRefusal};

/// What was promised, in business minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTargets {
    /// Minutes until the first contact.
    pub contact_minutes: u32,
    /// Minutes until the case is resolved.
    pub resolve_minutes: u32,
}

/// The two instants a case is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// First contact by then.
    pub contact_due_at: Timestamp,
    /// Resolved by then.
    pub resolve_due_at: Timestamp,
}

impl Sla {
    /// Start both clocks.
    pub fn start(calendar: &Calendar, at: Timestamp, targets: SlaTargets) -> Result<Self, CalendarRefusal> {
        Ok(Self {
            contact_due_at: calendar.due(at, targets.contact_minutes)?,
            resolve_due_at: calendar.due(at, targets.resolve_minutes)?,
        })
    }
}

/// How one of the two clocks stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SlaReading {
    /// Still running, in time.
    Running {
        /// Business minutes left.
        minutes_left: i64,
    },
    /// Still running, past its instant.
    Overdue {
        /// Business minutes since it was due.
        minutes_over: i64,
    },
    /// Stopped in time.
    Met,
    /// Stopped late.
    Missed {
        /// Business minutes between due and done.
        minutes_over: i64,
    },
}

impl SlaReading {
    /// Read a clock: its due instant, when it was stopped (if it was), and now.
    #[must_use]
    pub fn of(calendar: &Calendar, due: Timestamp, done: Option<Timestamp>, now: Timestamp) -> Self {
        match done {
            Some(done) if done <= due => Self::Met,
            Some(done) => Self::Missed { minutes_over: calendar.business_minutes_between(due, done) },
            None if now <= due => Self::Running { minutes_left: calendar.business_minutes_between(now, due) },
            None => Self::Overdue { minutes_over: calendar.business_minutes_between(due, now) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::china;
    use super::*;

    #[test]
    fn a_clock_reads_in_business_minutes_over_a_weekend() {
        let calendar = Calendar::read(&china()).unwrap();
        let friday: Timestamp = "2026-11-20T16:30:00+08:00".parse().unwrap();
        let sla = Sla::start(&calendar, friday, SlaTargets { contact_minutes: 60, resolve_minutes: 480 }).unwrap();
        let sunday: Timestamp = "2026-11-22T12:00:00+08:00".parse().unwrap();
        let read = |due, done| SlaReading::of(&calendar, due, done, sunday);
        assert_eq!(read(sla.resolve_due_at, None), SlaReading::Running { minutes_left: 390 });
        assert_eq!(read(sla.contact_due_at, None), SlaReading::Overdue { minutes_over: 30 });
        assert_eq!(read(sla.contact_due_at, Some(friday)), SlaReading::Met);
        let late = "2026-11-20T17:45:00+08:00".parse().unwrap();
        assert_eq!(read(sla.contact_due_at, Some(late)), SlaReading::Missed { minutes_over: 15 });
    }
}
