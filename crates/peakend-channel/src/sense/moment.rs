//! Instants and months as files write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use peakend_domain::{Day, Month};

/// Read an instant. Without a format: RFC 3339, or a date with or without a
/// time (`2026-11-22`, `2026/11/22 9:05`, `2026-11-22T09:05:30`), in `zone`
/// when it names none. Formats: `unix`, `unix_ms`, or strptime such as `%d.%m.%Y`.
pub fn instant(text: &str, format: Option<&str>, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    let wrong = || match format {
        Some(format) => format!("`{text}` is not a time in the form {format}: correct it, or the map's format"),
        None => format!("`{text}` is not a time: write 2026-11-22 or 2026-11-22 09:30, or give the map a format"),
    };
    let whole = || text.parse::<i64>().map_err(|_| wrong());
    match format {
        Some("unix") => Timestamp::from_second(whole()?).map_err(|_| wrong()),
        Some("unix_ms") => Timestamp::from_millisecond(whole()?).map_err(|_| wrong()),
        Some(format) => {
            let read = jiff::fmt::strtime::parse(format, text).map_err(|_| wrong())?;
            if let Ok(at) = read.to_timestamp() {
                return Ok(at);
            }
            let local = read.to_datetime().or_else(|_| read.to_date().map(Into::into)).map_err(|_| wrong())?;
            resolve(local, zone).ok_or_else(wrong)
        }
        None => {
            if let Ok(at) = text.parse::<Timestamp>() {
                return Ok(at);
            }
            loose(text).and_then(|local| resolve(local, zone)).ok_or_else(wrong)
        }
    }
}

/// Read a month: `2026-11`, `202611`, or any day within it.
pub fn month(text: &str, format: Option<&str>, zone: &TimeZone) -> Result<Month, String> {
    let text = text.trim();
    let wrong = || format!("`{text}` is not a month: write it like 2026-11");
    if format.is_none() {
        let compact = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
        let dashed = match text.split_at_checked(4) {
            Some((year, month)) if compact => format!("{year}-{month}"),
            _ => text.replace('/', "-"),
        };
        if let Some(month) = Month::parse(&dashed) {
            return Ok(month);
        }
    }
    let at = instant(text, format, zone).map_err(|_| wrong())?;
    Ok(Month::of(peakend_domain::day_of(at, zone)))
}

/// Midnight of a day in a zone, for constants written as days.
#[must_use]
pub fn midnight(day: Day, zone: &TimeZone) -> Option<Timestamp> {
    resolve(day.date().into(), zone)
}

fn resolve(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    local.to_zoned(zone.clone()).ok().map(|z| z.timestamp())
}

/// `Y-M-D` or `Y/M/D`, then nothing or a blank or `T` and `H:MM[:SS]`; one digit will do.
fn loose(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, time.trim()),
        None => (text, ""),
    };
    let separator = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(separator);
    let date = Date::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?).ok()?;
    if parts.next().is_some() || date.year() < 1000 {
        return None;
    }
    if time.is_empty() {
        return Some(date.into());
    }
    let mut parts = time.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let second = parts.next().map_or(Some(0), |s| s.split('.').next()?.parse().ok())?;
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    parts.next().is_none().then(|| date.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, format: Option<&str>, expected: &str) {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(instant(text, format, &zone).map(|t| t.to_string()), Ok(expected.to_owned()), "{text}");
    }

    #[test]
    fn times_are_read_in_the_zone_of_the_file() {
        check("2026-01-05", None, "2026-01-04T16:00:00Z");
        check("2026/1/5 9:05", None, "2026-01-05T01:05:00Z");
        check("2026-01-05T09:05:30", None, "2026-01-05T01:05:30Z");
        check("2026-01-05T09:05:30Z", None, "2026-01-05T09:05:30Z");
        check("05.01.2026", Some("%d.%m.%Y"), "2026-01-04T16:00:00Z");
        check("1767603600", Some("unix"), "2026-01-05T09:00:00Z");
        for bad in ["", "yesterday", "2026-13-01", "2026-02-30", "05.01.2026", "2026-01-05 25:00"] {
            assert!(instant(bad, None, &TimeZone::UTC).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_month_is_read_in_its_usual_spellings() {
        for text in ["2026-11", "202611", "2026-11-22", "2026/11/22"] {
            assert_eq!(month(text, None, &TimeZone::UTC).unwrap().to_string(), "2026-11", "{text}");
        }
        assert!(month("November", None, &TimeZone::UTC).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,20}", format in proptest::option::of(".{0,8}")) {
            let _read = instant(&text, format.as_deref(), &TimeZone::UTC);
            let _read = month(&text, format.as_deref(), &TimeZone::UTC);
        }
    }
}
