//! Retention: how long an organisation keeps what it heard (GDPR 5 (1) e, PIPL 19).

use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Day, FieldFault, Month};

/// Longest time that can be set, in months; longer is "for good".
pub const LONGEST_MONTHS: u16 = 600;

/// Months that each kind of record is kept; `None` keeps it for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Voices: responses and signals with answers and words, and the words of closed cases.
    pub voices: Option<u16>,
    /// Events and the decisions to ask that followed them.
    pub events: Option<u16>,
    /// Operating figures.
    pub outcomes: Option<u16>,
}

impl Retention {
    /// Every field that is out of range.
    pub fn check(self) -> Result<(), Vec<FieldFault>> {
        let fields = [("voices", self.voices), ("events", self.events), ("outcomes", self.outcomes)];
        let outside = fields.into_iter().filter(|(_, m)| m.is_some_and(|m| !(1..=LONGEST_MONTHS).contains(&m)));
        let faults: Vec<FieldFault> = outside
            .map(|(path, _)| {
                let message = format!("keep for 1 to {LONGEST_MONTHS} months, or leave it empty to keep for good");
                FieldFault::new(path, "out_of_range", message).arg("min", "1").arg("max", LONGEST_MONTHS.to_string())
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// What stays on a day; the day so many months ago is the first that stays.
    #[must_use]
    pub fn limits(self, today: Day) -> RetentionLimits {
        let back = |months: u16| Day::of(today.date().saturating_sub(Span::new().months(i32::from(months))));
        RetentionLimits {
            voices: self.voices.map(back),
            events: self.events.map(back),
            outcomes: self.outcomes.map(|months| Month(Month::of(today).0 - i32::from(months))),
        }
    }
}

/// The first day or month that stays; `None` where everything does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Of voices.
    pub voices: Option<Day>,
    /// Of events.
    pub events: Option<Day>,
    /// Of operating figures.
    pub outcomes: Option<Month>,
}

/// How much went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionCounts {
    /// Voices with their answers and words.
    pub voices: u64,
    /// Closed cases that lost their words and their person, and stay as numbers.
    pub cases: u64,
    /// Events.
    pub events: u64,
    /// Decisions to ask.
    pub asks: u64,
    /// Entries of the intake log that are tombstones now.
    pub log_entries: u64,
    /// Rows of the warehouse: voices and operating figures.
    pub warehouse_rows: u64,
}

impl RetentionCounts {
    /// The sum of two counts, field by field.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            voices: self.voices + other.voices,
            cases: self.cases + other.cases,
            events: self.events + other.events,
            asks: self.asks + other.asks,
            log_entries: self.log_entries + other.log_entries,
            warehouse_rows: self.warehouse_rows + other.warehouse_rows,
        }
    }
}

/// The last time that something was looked for which is no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRun {
    /// When it ended.
    pub at: Timestamp,
    /// What went.
    pub removed: RetentionCounts,
}

/// An organisation's setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionSetting {
    /// How long.
    pub keep: Retention,
    /// When it was set.
    pub saved_at: Timestamp,
    /// By whom: a user's or key's id, or `system`.
    pub saved_by: String,
    /// The last run under any setting.
    pub last_run: Option<RetentionRun>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(voices: u16) -> Retention {
        Retention { voices: Some(voices), ..Retention::default() }
    }

    #[test]
    fn the_day_so_many_months_ago_is_the_first_that_stays() {
        let first = |today, months| keep(months).limits(Day::parse(today).unwrap()).voices.unwrap().to_string();
        assert_eq!(first("2026-11-22", 24), "2024-11-22");
        assert_eq!(first("2026-03-31", 1), "2026-02-28", "a month without that day ends earlier");
        let limits = Retention { outcomes: Some(2), ..Retention::default() }.limits(Day::parse("2026-01-31").unwrap());
        assert_eq!(limits.outcomes.unwrap().to_string(), "2025-11");
        assert_eq!((limits.voices, limits.events), (None, None), "what has no limit stays for good");
    }

    #[test]
    fn a_time_out_of_range_names_its_field() {
        assert_eq!(keep(LONGEST_MONTHS).check(), Ok(()));
        let faults = Retention { events: Some(0), outcomes: Some(601), ..Retention::default() }.check().unwrap_err();
        let named: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(named, ["events", "outcomes"]);
    }
}
