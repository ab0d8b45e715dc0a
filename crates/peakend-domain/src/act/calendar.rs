//! Business calendar: when the organisation works, and arithmetic in its hours.
//!
//! Hours are wall-clock hours of the calendar's time zone, turned into instants
//! before anything is added up, so a day that is an hour shorter or longer when
//! clocks change has an hour less or more in it, exactly as people live it.
mod china;
mod document;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{Day, LocalText};

pub use china::china;
pub use document::{CalendarDocument, DayEntry, Hours, MakeUpEntry, Week};

/// Days that an answer may lie ahead: beyond ten years a clock is no promise.
const HORIZON_DAYS: i32 = 3660;
/// Days that are counted between two instants at most (a hundred years).
const SPAN_DAYS: i32 = 36_600;

/// An interval of wall-clock minutes within one day, `0..=1440`, start before end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// First minute.
    pub from: u16,
    /// Minute after the last.
    pub to: u16,
}

/// A checked calendar: it has hours on at least one weekday.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    /// Monday first; intervals in order, without overlap.
    week: [Vec<Interval>; 7],
    holidays: BTreeMap<Day, LocalText>,
    /// Days worked although the week says otherwise, with their hours.
    make_up: BTreeMap<Day, Vec<Interval>>,
}

/// Why an instant cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarRefusal {
    /// The calendar has too few open hours in the years ahead.
    #[error(
        "the calendar has no such number of business minutes within {HORIZON_DAYS} days: give it hours or fewer holidays"
    )]
    TooFewHours,
}

impl Calendar {
    /// The time zone of its hours.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The hours worked on a day: make-up day, else holiday (none), else the week's.
    #[must_use]
    pub fn hours(&self, day: Day) -> &[Interval] {
        if let Some(hours) = self.make_up.get(&day) {
            return hours;
        }
        if self.holidays.contains_key(&day) {
            return &[];
        }
        let weekday = usize::try_from(day.date().weekday().to_monday_zero_offset()).unwrap_or(0);
        self.week.get(weekday).map_or(&[], Vec::as_slice)
    }

    /// The holiday's name, when the day is one.
    #[must_use]
    pub fn holiday(&self, day: Day) -> Option<&LocalText> {
        self.holidays.get(&day)
    }

    /// The instant by which so many business minutes have passed since `start`.
    /// Zero minutes are due at once; a clock that runs out at closing time is
    /// due then, not at the next opening.
    pub fn due(&self, start: Timestamp, minutes: u32) -> Result<Timestamp, CalendarRefusal> {
        let mut left = SignedDuration::from_mins(i64::from(minutes));
        if left.is_zero() {
            return Ok(start);
        }
        let first = crate::day_of(start, &self.zone);
        for offset in 0..HORIZON_DAYS {
            for (open, close) in self.openings(Day(first.0 + offset)) {
                let from = open.max(start);
                let length = from.duration_until(close);
                if length <= SignedDuration::ZERO {
                    continue;
                }
                if left <= length {
                    return from.checked_add(left).map_err(|_| CalendarRefusal::TooFewHours);
                }
                left -= length;
            }
        }
        Err(CalendarRefusal::TooFewHours)
    }

    /// Whole business minutes from `a` to `b`; negative when `b` comes first.
    #[must_use]
    pub fn business_minutes_between(&self, a: Timestamp, b: Timestamp) -> i64 {
        if b < a {
            return -self.business_minutes_between(b, a);
        }
        let first = crate::day_of(a, &self.zone).0;
        let last = crate::day_of(b, &self.zone).0.min(first.saturating_add(SPAN_DAYS));
        let mut total = SignedDuration::ZERO;
        for day in first..=last {
            for (open, close) in self.openings(Day(day)) {
                total += open.max(a).duration_until(close.min(b)).max(SignedDuration::ZERO);
            }
        }
        total.as_mins()
    }

    /// A day's open intervals as instants, in order and without overlap. Where
    /// clocks jump, an interval keeps its wall-clock ends; what falls into the
    /// missing hour is cut off.
    fn openings(&self, day: Day) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let mut reached = Timestamp::MIN;
        self.hours(day).iter().filter_map(move |interval| {
            let open = self.instant(day, interval.from)?.max(reached);
            let close = self.instant(day, interval.to)?;
            reached = reached.max(close);
            (open < close).then_some((open, close))
        })
    }

    fn instant(&self, day: Day, minute: u16) -> Option<Timestamp> {
        let (day, minute) = if minute >= 1440 { (Day(day.0 + 1), 0) } else { (day, minute) };
        let hour = i8::try_from(minute / 60).ok()?;
        let minute = i8::try_from(minute % 60).ok()?;
        self.zone.to_timestamp(day.date().at(hour, minute, 0, 0)).ok()
    }
}

#[cfg(test)]
mod tests;
