//! The calendar as a document: what people write, checked field by field.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Calendar, Interval};
use crate::{Day, FieldFault, LocalText};

/// One interval of a day: `{"from": "09:00", "to": "18:00"}`; `24:00` ends a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Opening, `HH:MM`.
    pub from: String,
    /// Closing, `HH:MM`.
    pub to: String,
}

/// The hours of each weekday; an empty list is a day off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Week {
    /// Monday
    pub mon: Vec<Hours>,
    /// Tuesday
    pub tue: Vec<Hours>,
    /// Wednesday
    pub wed: Vec<Hours>,
    /// Thursday
    pub thu: Vec<Hours>,
    /// Friday
    pub fri: Vec<Hours>,
    /// Saturday
    pub sat: Vec<Hours>,
    /// Sunday
    pub sun: Vec<Hours>,
}

impl Week {
    /// The same hours from Monday to Friday.
    #[must_use]
    pub fn monday_to_friday(hours: &[(&str, &str)]) -> Self {
        let day: Vec<Hours> =
            hours.iter().map(|(from, to)| Hours { from: (*from).to_owned(), to: (*to).to_owned() }).collect();
        Self { mon: day.clone(), tue: day.clone(), wed: day.clone(), thu: day.clone(), fri: day, ..Self::default() }
    }

    fn days(&self) -> [(&'static str, &[Hours]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayEntry {
    /// The day, `YYYY-MM-DD`.
    pub on: String,
    /// Its name in the languages known.
    #[serde(default)]
    pub name: LocalText,
}

/// A day worked although the week or a holiday says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeUpEntry {
    /// The day, `YYYY-MM-DD`.
    pub on: String,
    /// Its name in the languages known.
    #[serde(default)]
    pub name: LocalText,
    /// Its hours; empty means those of the first weekday that has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
}

/// A calendar as stored and edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDocument {
    /// IANA time zone, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// Weekly hours.
    pub week: Week,
    /// Days off.
    #[serde(default)]
    pub holidays: Vec<DayEntry>,
    /// Make-up working days (调休).
    #[serde(default)]
    pub make_up_days: Vec<MakeUpEntry>,
}

/// Holidays and make-up days that one calendar may hold (twenty years of either).
const DAYS: usize = 2000;

impl Calendar {
    /// Check a document; all faults at once.
    pub fn read(document: &CalendarDocument) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let zone = TimeZone::get(&document.time_zone).unwrap_or_else(|_| {
            let what = format!("`{}` is not a time zone: give an IANA name such as Asia/Shanghai", document.time_zone);
            faults.push(FieldFault::new("time_zone", "time_zone_unknown", what));
            TimeZone::UTC
        });
        let mut week: [Vec<Interval>; 7] = Default::default();
        for (slot, (name, hours)) in week.iter_mut().zip(document.week.days()) {
            *slot = intervals(&format!("week.{name}"), hours, &mut faults);
        }
        let usual = week.iter().find(|day| !day.is_empty()).cloned().unwrap_or_default();
        if usual.is_empty() && faults.is_empty() {
            let what = "a calendar needs hours on at least one weekday";
            faults.push(FieldFault::new("week", "calendar_without_hours", what));
        }
        if document.holidays.len() > DAYS || document.make_up_days.len() > DAYS {
            let what = format!("at most {DAYS} holidays and {DAYS} make-up days");
            faults.push(FieldFault::new("holidays", "too_many_days", what));
            return Err(faults);
        }
        let mut holidays = BTreeMap::new();
        for (i, entry) in document.holidays.iter().enumerate() {
            if let Some(day) = day(&format!("holidays[{i}].on"), &entry.on, &mut faults) {
                holidays.insert(day, entry.name.clone());
            }
        }
        let mut make_up = BTreeMap::new();
        for (i, entry) in document.make_up_days.iter().enumerate() {
            let path = format!("make_up_days[{i}]");
            let own = intervals(&format!("{path}.hours"), &entry.hours, &mut faults);
            let Some(day) = day(&format!("{path}.on"), &entry.on, &mut faults) else { continue };
            if holidays.contains_key(&day) {
                let what = format!("{} is a holiday and a make-up day: remove one of them", entry.on);
                faults.push(FieldFault::new(format!("{path}.on"), "holiday_and_make_up", what));
            }
            make_up.insert(day, if own.is_empty() { usual.clone() } else { own });
        }
        if faults.is_empty() { Ok(Self { zone, week, holidays, make_up }) } else { Err(faults) }
    }
}

fn day(path: &str, text: &str, faults: &mut Vec<FieldFault>) -> Option<Day> {
    let day = Day::parse(text);
    if day.is_none() {
        let what = format!("`{text}` is not a day: write YYYY-MM-DD");
        faults.push(FieldFault::new(path, "not_a_day", what));
    }
    day
}

fn intervals(path: &str, hours: &[Hours], faults: &mut Vec<FieldFault>) -> Vec<Interval> {
    let mut read: Vec<Interval> = Vec::with_capacity(hours.len());
    for (i, entry) in hours.iter().enumerate() {
        let at = format!("{path}[{i}]");
        let (Some(from), Some(to)) = (minute(&entry.from), minute(&entry.to)) else {
            let what = format!("`{}` to `{}` is not an interval: write HH:MM up to 24:00", entry.from, entry.to);
            faults.push(FieldFault::new(at, "not_hours", what));
            continue;
        };
        if from >= to {
            faults.push(FieldFault::new(at, "hours_reversed", "an interval must end after it begins, on the same day"));
        } else if read.last().is_some_and(|earlier| from < earlier.to) {
            faults.push(FieldFault::new(at, "hours_overlap", "intervals of a day must be in order and not overlap"));
        } else {
            read.push(Interval { from, to });
        }
    }
    read
}

/// `09:30` as minutes since midnight.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let total = hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok().filter(|m| *m < 60)?;
    (total <= 1440).then_some(total)
}
