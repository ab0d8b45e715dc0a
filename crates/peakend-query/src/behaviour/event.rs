//! One event, what is kept of its properties, and whose events count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One thing that a person did, one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFact {
    /// Position in the intake log; unique within an organisation.
    pub seq: u64,
    /// Person id as it was when the event was taken in.
    pub person: String,
    /// What was done.
    pub name: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Day of `at` in the organisation's time zone, days since 1970-01-01.
    pub day: i32,
    /// What steps and splits may look at.
    pub properties: Properties,
}

/// Longest name of a property that is kept, in characters.
const LONGEST_NAME: usize = 64;
/// Longest value that is kept, in characters: longer ones are texts, not kinds.
const LONGEST_VALUE: usize = 100;
/// Most properties of one event that are kept.
const MOST: usize = 32;
const BETWEEN: char = '\u{1e}';
const IS: char = '\u{1f}';

/// Short properties of an event as one text that is searched without being parsed:
/// each name and value stands between separators which neither may contain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Properties(String);

impl Properties {
    /// Keep those that are short enough, the first of them by name.
    #[must_use]
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let fits = |text: &str, most: usize| {
            !text.is_empty() && text.chars().count() <= most && !text.contains(char::is_control)
        };
        let kept: BTreeMap<&str, String> =
            pairs.into_iter().filter(|(name, value)| fits(name, LONGEST_NAME) && fits(value, LONGEST_VALUE)).collect();
        let mut text = String::new();
        for (name, value) in kept.into_iter().take(MOST) {
            text.extend([BETWEEN]);
            text.push_str(name);
            text.extend([IS]);
            text.push_str(&value);
        }
        if !text.is_empty() {
            text.push(BETWEEN);
        }
        Self(text)
    }

    /// As it was stored.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the stored text of an event with this property and value contains it.
    #[must_use]
    pub fn mark(name: &str, value: &str) -> String {
        format!("{BETWEEN}{name}{IS}{value}{BETWEEN}")
    }

    /// The value of a property in a stored text; empty when it has none.
    #[must_use]
    pub fn value_in<'a>(text: &'a str, name: &str) -> &'a str {
        let start = format!("{BETWEEN}{name}{IS}");
        let rest = text.find(&start).map_or("", |at| &text[at + start.len()..]);
        rest.split(BETWEEN).next().unwrap_or_default()
    }

    /// The value of a property; empty when it has none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        Self::value_in(&self.0, name)
    }
}

/// Which events: those of a name, or of them those with a property of that value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the event.
    pub event: String,
    /// Property and value, when only some count.
    pub having: Option<(String, String)>,
}

impl Step {
    /// The reference meaning; the engine must agree with it.
    #[must_use]
    pub fn matches(&self, event: &EventFact) -> bool {
        let has = |(name, value): &(String, String)| event.properties.get(name) == value;
        event.name == self.event && self.having.as_ref().is_none_or(has)
    }
}

/// Whose events count, and under which id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons {
    /// Former id → the id that person has now.
    pub merged: Arc<HashMap<String, String>>,
    /// Ids whose events never count, as they are called now.
    pub without: Arc<HashSet<String>>,
}

impl Persons {
    /// The id an event counts under; none when it does not count.
    #[must_use]
    pub fn whose<'a>(&'a self, event: &'a EventFact) -> Option<&'a str> {
        let now = self.merged.get(&event.person).map_or(event.person.as_str(), String::as_str);
        (!now.is_empty() && !self.without.contains(now)).then_some(now)
    }

    /// Events that count by person, each person's in their order: by time, then as they came in.
    pub(super) fn in_order<'a>(
        &'a self,
        events: impl Iterator<Item = &'a EventFact>,
    ) -> BTreeMap<&'a str, Vec<&'a EventFact>> {
        let mut all: BTreeMap<&str, Vec<&EventFact>> = BTreeMap::new();
        for event in events {
            if let Some(person) = self.whose(event) {
                all.entry(person).or_default().push(event);
            }
        }
        all.values_mut().for_each(|own| own.sort_by_key(|e| (e.at, e.seq)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_found_by_its_whole_name_and_value() {
        let p = Properties::of([("version", "2".to_owned()), ("conversion", "9".to_owned()), ("v", "x\u{1e}y".into())]);
        assert_eq!((p.get("version"), p.get("conversion"), p.get("v"), p.get("sion")), ("2", "9", "", ""));
        assert!(p.as_str().contains(&Properties::mark("version", "2")));
        assert!(!p.as_str().contains(&Properties::mark("version", "")));
        assert_eq!(Properties::of([("note", "x".repeat(101))]), Properties::default());
    }
}
