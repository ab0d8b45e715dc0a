//! How many persons went how far along some steps, each within a time of the first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{EventFact, Persons, Step};
use crate::{DayRange, Provenance, Route, WarehouseError};

/// "Of the persons who began in these days, how many took the next step, and the
/// next, within so long of beginning?"
///
/// Every event of the first step in the period begins an attempt. It goes on with
/// the earliest later event of the second step, of the third after that, as long
/// as they lie within the time. One event is one step. A person counts once, by
/// the attempt that got furthest: of several the one that got there first, and
/// of those that got there with the same event the one that began last.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelQuestion {
    /// Organisation id.
    pub org: String,
    /// 2 to 8 steps, in order.
    pub steps: Vec<Step>,
    /// Longest time from first to last step, in seconds.
    pub within: i64,
    /// Days of the first step.
    pub period: DayRange,
    /// Count apart by this property of the attempt's first event.
    pub split: Option<String>,
    /// Whose events count.
    pub persons: Persons,
}

impl FunnelQuestion {
    /// Most steps.
    pub const MOST_STEPS: usize = 8;
    /// Longest time, in seconds: a year.
    pub const LONGEST: i64 = 366 * 86_400;
    /// Most values of a property that an answer is split by.
    pub const MOST_VALUES: usize = 50;

    /// Whether it can be answered.
    ///
    /// # Errors
    /// `Question`, saying what is out of bounds.
    pub fn check(&self) -> Result<(), WarehouseError> {
        let refuse = |reason: String| Err(WarehouseError::Question(reason));
        if !(2..=Self::MOST_STEPS).contains(&self.steps.len()) {
            return refuse(format!("a funnel has 2 to {} steps, not {}", Self::MOST_STEPS, self.steps.len()));
        }
        if !(1..=Self::LONGEST).contains(&self.within) {
            return refuse(format!("the time from first to last step is 1 to {} seconds", Self::LONGEST));
        }
        Ok(())
    }

    /// The longest time in microseconds.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.within.saturating_mul(1_000_000)
    }

    /// The days in which a wanted event can lie.
    #[must_use]
    pub fn days(&self) -> DayRange {
        // a day may be an hour longer, and its zone may change: two more are read
        let more = i32::try_from(self.within / 86_400).unwrap_or(i32::MAX).saturating_add(2);
        DayRange { from: self.period.from, to: self.period.to.saturating_add(more) }
    }

    /// Refusal of a split by a property that has too many values.
    #[must_use]
    pub fn too_many_values(&self) -> WarehouseError {
        let name = self.split.as_deref().unwrap_or_default();
        WarehouseError::Question(format!("`{name}` has more than {} values: split by another", Self::MOST_VALUES))
    }
}

/// Persons of one value of the split, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelRow {
    /// Value of the property; empty when the first event has none, and for all.
    pub key: String,
    /// Persons who took the step, and those before it.
    pub persons: Vec<u64>,
    /// Median time from the step before, in whole seconds; of two in the middle the
    /// lower. None for the first step, and where nobody took it.
    pub medians: Vec<Option<u64>>,
}

impl FunnelRow {
    /// Count persons by their times: one entry per step after the first that they took.
    #[must_use]
    pub fn of(key: String, steps: usize, times: &mut [Vec<u32>], began: u64) -> Self {
        let mut row = Self { key, persons: vec![began], medians: vec![None] };
        for step in 1..steps {
            let taken = times.get_mut(step - 1).map(Vec::as_mut_slice).unwrap_or_default();
            row.persons.push(taken.len() as u64);
            let middle = taken.len().saturating_sub(1) / 2;
            row.medians.push((!taken.is_empty()).then(|| u64::from(*taken.select_nth_unstable(middle).1)));
        }
        row
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Everybody.
    pub total: FunnelRow,
    /// By value of the split, sorted; empty without one.
    pub rows: Vec<FunnelRow>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Seconds between two instants in microseconds.
fn seconds(from: i64, to: i64) -> u32 {
    u32::try_from((to - from) / 1_000_000).unwrap_or(u32::MAX)
}

impl Funnel {
    /// The reference answer: every attempt of every person, one by one.
    ///
    /// # Errors
    /// `Question` when the question is out of bounds, or the split has too many values.
    pub fn of<'a>(q: &'a FunnelQuestion, events: impl Iterator<Item = &'a EventFact>) -> Result<Self, WarehouseError> {
        q.check()?;
        let mut by: BTreeMap<&str, (u64, Vec<Vec<u32>>)> = BTreeMap::new();
        let mut all = (0, vec![Vec::new(); q.steps.len() - 1]);
        for own in q.persons.in_order(events).values() {
            let begins = |e: &&EventFact| q.period.contains(e.day) && q.steps[0].matches(e);
            let attempts = (0..own.len()).filter(|i| begins(&own[*i])).map(|i| attempt(q, own, i));
            // furthest, then first to get there, then last to begin
            let best = attempts.min_by_key(|path| {
                let last = path.last().copied().unwrap_or_default();
                (std::cmp::Reverse(path.len()), last, std::cmp::Reverse(path[0]))
            });
            let Some(path) = best else { continue };
            let value = q.split.as_deref().map_or("", |name| own[path[0]].properties.get(name));
            let split = by.entry(value).or_insert_with(|| (0, vec![Vec::new(); q.steps.len() - 1]));
            for group in [&mut all, split] {
                group.0 += 1;
                for (step, pair) in path.windows(2).enumerate() {
                    group.1[step].push(seconds(own[pair[0]].at, own[pair[1]].at));
                }
            }
        }
        if by.len() > FunnelQuestion::MOST_VALUES {
            return Err(q.too_many_values());
        }
        let row = |key: &str, (began, mut times): (u64, Vec<Vec<u32>>)| {
            FunnelRow::of(key.to_owned(), q.steps.len(), &mut times, began)
        };
        let total = row("", all);
        let rows = if q.split.is_some() { by.into_iter().map(|(key, g)| row(key, g)).collect() } else { Vec::new() };
        Ok(Self { total, rows, provenance: Provenance { route: Route::Naive, position: 0, segments: 0, hot_rows: 0 } })
    }
}

/// The events of an attempt that begins with one of a person's events, by their places.
fn attempt(q: &FunnelQuestion, own: &[&EventFact], first: usize) -> Vec<usize> {
    let mut path = vec![first];
    for step in &q.steps[1..] {
        let after = path[path.len() - 1] + 1;
        let next = (after..own.len()).find(|i| step.matches(own[*i]) && own[*i].at - own[first].at <= q.micros());
        let Some(next) = next else { break };
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Properties;

    fn event(seq: u64, person: &str, name: &str, second: i64) -> EventFact {
        EventFact {
            seq,
            person: person.into(),
            name: name.into(),
            at: second * 1_000_000,
            day: i32::try_from(second / 86_400).unwrap_or(0),
            properties: Properties::default(),
        }
    }

    fn question(steps: &[&str], within: i64) -> FunnelQuestion {
        FunnelQuestion {
            org: "o".into(),
            steps: steps.iter().map(|s| Step { event: (*s).into(), having: None }).collect(),
            within,
            period: DayRange { from: 0, to: 0 },
            split: None,
            persons: Persons::default(),
        }
    }

    #[test]
    fn a_step_counts_after_the_one_before_and_within_the_time_of_the_first() {
        let events = [
            event(1, "in-time", "view", 0),
            event(2, "in-time", "buy", 10),
            event(3, "late", "view", 0),
            event(4, "late", "buy", 11),
            event(5, "backwards", "buy", 0),
            event(6, "backwards", "view", 5),
            event(7, "second-try", "view", 0),
            event(8, "second-try", "view", 50),
            event(9, "second-try", "buy", 54),
        ];
        let funnel = Funnel::of(&question(&["view", "buy"], 10), events.iter()).unwrap();
        assert_eq!((funnel.total.persons, funnel.total.medians), (vec![4, 2], vec![None, Some(4)]));
    }

    #[test]
    fn one_event_is_one_step_and_a_merged_person_is_one() {
        let events = [event(1, "a", "view", 0), event(2, "was-a", "view", 3), event(3, "b", "view", 1)];
        let mut q = question(&["view", "view"], 10);
        assert_eq!(Funnel::of(&q, events.iter()).unwrap().total.persons, vec![3, 0]);
        q.persons.merged = std::sync::Arc::new([("was-a".to_owned(), "a".to_owned())].into());
        q.persons.without = std::sync::Arc::new(["b".to_owned()].into());
        assert_eq!(Funnel::of(&q, events.iter()).unwrap().total.persons, vec![1, 1]);
    }

    #[test]
    fn a_funnel_of_one_step_or_without_time_is_refused() {
        assert!(question(&["view"], 10).check().is_err());
        assert!(question(&["view", "buy"], 0).check().is_err());
        assert!(question(&["view", "buy"], FunnelQuestion::LONGEST + 1).check().is_err());
    }
}
