//! Behaviour: what persons did one after the other, as it is asked for and counted.

use std::fmt;

use serde_json::Value;

use super::super::sense::event::NAME_LIMIT;
use crate::FieldFault;

/// Definition of a funnel's shares: the furthest attempt of each person, within a time of its first step.
pub const FUNNEL: &str = "funnel.v1";
/// Definition of a cohort's shares: persons by their first event on record, and whether they came back.
pub const COHORT: &str = "cohort.v1";

/// Stands between two steps.
const THEN: &str = " > ";

/// One event that is asked for, as a person writes it: `Fund Applied`, or
/// `Fund Applied[version=2]` when only those with that property count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStep {
    /// Name of the event.
    pub event: String,
    /// Property and its value.
    pub property: Option<(String, String)>,
}

impl EventStep {
    /// Read one step; `path` names the field in a fault.
    pub fn parse(path: &str, text: &str) -> Result<Self, FieldFault> {
        let text = text.trim();
        let fault = |message: String| Err(FieldFault::new(path, "bad_step", message));
        let inside = text.strip_suffix(']').and_then(|t| t.rsplit_once('['));
        let (event, property) = match inside {
            None => (text, None),
            Some((event, condition)) => match condition.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
                    (event.trim(), Some((name.trim().to_owned(), value.trim().to_owned())))
                }
                _ => return fault(format!("`[{condition}]` is no condition: write event[property=value]")),
            },
        };
        if event.is_empty() || event.chars().count() > NAME_LIMIT || event.contains(char::is_control) {
            return fault(format!("an event's name has 1 to {NAME_LIMIT} printable characters"));
        }
        Ok(Self { event: event.to_owned(), property })
    }

    /// Read several, with ` > ` between them.
    pub fn parse_all(path: &str, text: &str) -> Result<Vec<Self>, FieldFault> {
        text.split(THEN).map(|step| Self::parse(path, step)).collect()
    }
}

impl fmt::Display for EventStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.property {
            None => f.write_str(&self.event),
            Some((name, value)) => write!(f, "{}[{name}={value}]", self.event),
        }
    }
}

/// Read a time such as `7d`, `12h`, `30m` or `45s`, in seconds; up to 366 days.
pub fn parse_within(path: &str, text: &str) -> Result<i64, FieldFault> {
    let text = text.trim();
    let unit = text.chars().last().unwrap_or(' ');
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        's' => 1,
        _ => 0,
    };
    let number = text.strip_suffix(unit).and_then(|n| n.parse::<i64>().ok());
    let within = number.and_then(|n| n.checked_mul(seconds)).filter(|s| (1..=366 * 86_400).contains(s));
    within.ok_or_else(|| {
        let message = format!("`{text}` is no time up to 366 days: write 7d, 12h, 30m or 45s");
        FieldFault::new(path, "bad_time", message)
    })
}

/// How the value of a property is written where events are told apart by it;
/// none for lists, objects and nothing.
#[must_use]
pub fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_they_are_written() {
        let steps = EventStep::parse_all("steps", "Fund Viewed > Fund Applied[version=2] > 赎回基金").unwrap();
        assert_eq!(steps[1].property, Some(("version".to_owned(), "2".to_owned())));
        let again: Vec<String> = steps.iter().map(ToString::to_string).collect();
        assert_eq!(again.join(THEN), "Fund Viewed > Fund Applied[version=2] > 赎回基金");
        assert!(EventStep::parse_all("steps", "Fund Viewed >  > x").is_err());
        assert!(EventStep::parse("first", "Fund Viewed[version]").is_err());
    }

    #[test]
    fn a_time_has_a_unit_and_ends_within_a_year() {
        assert_eq!(parse_within("within", "7d").unwrap(), 604_800);
        assert_eq!(parse_within("within", "90m").unwrap(), 5_400);
        for wrong in ["", "7", "d", "-1d", "0s", "367d", "7天"] {
            assert!(parse_within("within", wrong).is_err(), "{wrong}");
        }
    }
}
