//! Times of a file as microseconds and days since 1970.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, StringViewArray};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::util::display::FormatOptions;
use datafusion::error::Result;

pub(super) const MICROS_PER_DAY: i64 = 86_400_000_000;

const EXACT: CastOptions<'static> = CastOptions { safe: true, format_options: FormatOptions::new() };

/// Instants of a column, null where it holds none.
pub(super) fn moments(column: &ArrayRef) -> Result<ArrayRef> {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    if *column.data_type() == micros {
        return Ok(Arc::new(column.as_primitive::<TimestampMicrosecondType>().reinterpret_cast::<Int64Type>()));
    }
    if let Some(read) =
        written(column, |text| day_and_micros(text).map(|(day, at)| i64::from(day) * MICROS_PER_DAY + at))?
    {
        return Ok(Arc::new(Int64Array::from(read)));
    }
    let read = match column.data_type() {
        DataType::Int64 => Arc::clone(column),
        _ => cast_with_options(column, &micros, &EXACT)?,
    };
    digits(column, &cast(&read, &DataType::Int64)?)
}

/// Days of a column, null where it holds none.
pub(super) fn days(column: &ArrayRef) -> Result<ArrayRef> {
    if *column.data_type() == DataType::Date32 {
        return Ok(Arc::new(column.as_primitive::<Date32Type>().reinterpret_cast::<Int32Type>()));
    }
    if let Some(read) = written(column, |text| if text.len() == 10 { day(text.as_bytes()) } else { None })? {
        return Ok(Arc::new(Int32Array::from(read)));
    }
    let read = match column.data_type() {
        DataType::Int32 | DataType::Int64 => Arc::clone(column),
        _ => cast_with_options(column, &DataType::Date32, &EXACT)?,
    };
    Ok(cast(&digits(column, &cast(&read, &DataType::Int64)?)?, &DataType::Int32)?)
}

/// The values of texts when each of them is written in the usual way.
fn written<T>(column: &ArrayRef, value: impl Fn(&str) -> Option<T>) -> Result<Option<Vec<Option<T>>>> {
    if !column.data_type().is_string() {
        return Ok(None);
    }
    let texts = cast(column, &DataType::Utf8View)?;
    let texts: &StringViewArray = texts.as_string_view();
    Ok(texts.iter().map(|text| text.map_or(Some(None), |text| value(text).map(Some))).collect())
}

/// What could not be read as a time may be digits: microseconds or days since 1970.
fn digits(written: &ArrayRef, read: &ArrayRef) -> Result<ArrayRef> {
    if read.null_count() == written.null_count() || !written.data_type().is_string() {
        return Ok(Arc::clone(read));
    }
    let texts = cast(written, &DataType::Utf8View)?;
    let texts = texts.as_string_view();
    let known = read.as_primitive::<Int64Type>();
    let value = |row: usize| match known.is_valid(row) {
        true => Some(known.value(row)),
        false => texts.is_valid(row).then(|| texts.value(row).parse().ok()).flatten(),
    };
    Ok(Arc::new((0..known.len()).map(value).collect::<Int64Array>()))
}

/// `2026-11-22T08:30:00`, with a blank for the `T`, with decimals of a second, with a
/// `Z`, or the day alone. Anything else is left to the engine.
fn day_and_micros(text: &str) -> Option<(i32, i64)> {
    let bytes = text.as_bytes();
    let day = day(bytes.get(..10)?)?;
    if bytes.len() == 10 {
        return Some((day, 0));
    }
    let clock = bytes.get(10..19)?;
    if !matches!(clock[0], b'T' | b' ') || clock[3] != b':' || clock[6] != b':' {
        return None;
    }
    let (hour, minute, second) = (number(&clock[1..3])?, number(&clock[4..6])?, number(&clock[7..9])?);
    let rest = &bytes[19..];
    let rest = rest.strip_suffix(b"Z").unwrap_or(rest);
    let micros = match rest {
        [] => 0,
        [b'.', decimals @ ..] if (1..=6).contains(&decimals.len()) => {
            number(decimals)? * 10_u32.pow(6 - u32::try_from(decimals.len()).ok()?)
        }
        _ => return None,
    };
    let within = hour < 24 && minute < 60 && second < 60;
    within.then(|| (day, i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + i64::from(micros)))
}

/// `2026-11-22` as days since 1970.
fn day(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    // years begin in March, so that the leap day is the last
    let (year, month) = (i32::try_from(year).ok()? - i32::from(month < 3), (month as i32 + 9) % 12);
    let of_year = (153 * month + 2) / 5 + day as i32 - 1;
    Some(year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_writing_is_read_as_the_engine_reads_it() {
        let usual = [
            "1970-01-01",
            "2024-02-29",
            "2026-11-22T08:30:00Z",
            "2026-11-22 08:30:00",
            "1969-12-31T23:59:59.5Z",
            "0001-01-01T00:00:00",
            "2000-12-31T23:59:59.999999",
            "9999-12-31T00:00:01.000001Z",
        ];
        let column: ArrayRef = Arc::new(StringViewArray::from(usual.to_vec()));
        let engine = cast_with_options(&column, &DataType::Timestamp(TimeUnit::Microsecond, None), &EXACT).unwrap();
        assert_eq!(engine.null_count(), 0);
        assert_eq!(&moments(&column).unwrap(), &cast(&engine, &DataType::Int64).unwrap());
        let dates: ArrayRef =
            Arc::new(StringViewArray::from(vec!["1970-01-01", "2024-02-29", "1900-03-01", "9999-12-31"]));
        let engine = cast(&cast(&dates, &DataType::Date32).unwrap(), &DataType::Int32).unwrap();
        assert_eq!(&days(&dates).unwrap(), &engine);
    }

    #[test]
    fn other_writing_is_left_to_the_engine_and_no_day_is_made_up() {
        for text in ["2023-02-29", "2026-13-01", "2026-11-22T24:00:00Z", "2026-11-22T08:30:00+01:00", "yesterday", "12"]
        {
            assert_eq!(day_and_micros(text), None, "{text}");
        }
        let mixed: ArrayRef = Arc::new(StringViewArray::from(vec![
            Some("2026-11-22T08:30:00+01:00"),
            Some("2026-11-22T07:30:00Z"),
            Some("86400000000"),
            Some("soon"),
            None,
        ]));
        let read = moments(&mixed).unwrap();
        let read: Vec<Option<i64>> = read.as_primitive::<Int64Type>().iter().collect();
        assert_eq!(read, [Some(1_795_332_600_000_000), Some(1_795_332_600_000_000), Some(86_400_000_000), None, None]);
    }
}
