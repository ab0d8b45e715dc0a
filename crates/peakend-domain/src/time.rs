//! Instants, days and months, without a clock of our own.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Where "now" comes from; the binary passes the system's clock, tests a frozen one.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Days since 1970-01-01 in some stated time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The day of a calendar date.
    #[must_use]
    pub fn of(date: jiff::civil::Date) -> Self {
        let days = (date - jiff::civil::date(1970, 1, 1)).get_days();
        Self(days)
    }

    /// The calendar date.
    #[must_use]
    pub fn date(self) -> jiff::civil::Date {
        jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(self.0))
    }

    /// Read `2026-11-22`; years before 1900 or after 2200 are slips, and sums of
    /// days beyond them would leave the calendar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        (1900..=2200).contains(&date.year()).then(|| Self::of(date))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.date())
    }
}

/// A calendar month as `year * 12 + (month - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub i32);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let date = day.date();
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Day {
        // a year beyond the calendar is its last day
        let year = i16::try_from(self.0.div_euclid(12)).unwrap_or(i16::MAX);
        let month = i8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1);
        Day::of(jiff::civil::Date::new(year, month, 1).unwrap_or(jiff::civil::Date::MAX))
    }

    /// Read `2026-11` or a day within it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let full = if text.len() == 7 { format!("{text}-01") } else { text.to_owned() };
        Day::parse(&full).map(Self::of)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// Microseconds UTC, as stored.
#[must_use]
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored instant; values outside the supported range saturate.
#[must_use]
pub fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The day of an instant in a time zone.
#[must_use]
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Day {
    Day::of(at.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_read_back() {
        let day = Day::parse("2026-11-22").unwrap();
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(Month::of(day).to_string(), "2026-11");
        assert_eq!(Month::parse("2026-01").unwrap().first().to_string(), "2026-01-01");
        assert_eq!(Day::parse("1969-12-31"), Some(Day(-1)));
        assert_eq!(Day::parse("9999-12-31"), None);
        assert_eq!(Month(i32::MAX).first(), Day::of(jiff::civil::Date::MAX));
    }

    #[test]
    fn a_day_depends_on_the_time_zone() {
        let late = "2026-11-22T17:00:00Z".parse().unwrap();
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(day_of(late, &TimeZone::UTC).to_string(), "2026-11-22");
        assert_eq!(day_of(late, &shanghai).to_string(), "2026-11-23");
    }
}
