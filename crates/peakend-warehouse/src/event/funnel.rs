//! How far persons went: one pass over each person's wanted events.
//!
//! For each step the attempt that began last among those that took it is kept:
//! nothing that comes later can be within the time of an earlier one and not of it.

use std::collections::HashMap;

use peakend_query::{Funnel, FunnelQuestion, FunnelRow, Properties, WarehouseError};

use super::deed::{Deed, Digests};
use super::gather::{Wanted, gather};
use super::hot::Happened;
use crate::codes::Work;

const STEPS: usize = FunnelQuestion::MOST_STEPS;
/// Values of a property that a thread tells apart before the split is refused.
const VALUES: usize = 10_000;

/// An attempt: the place of its first event among the person's, and when each step was taken.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    began: usize,
    tag: u32,
    at: [i64; STEPS],
}

/// Who went how far, by value: how many began, and their times per later step.
type Tally = HashMap<u32, (u64, Vec<Vec<u32>>)>;

/// Values of the split, numbered as they were met.
#[derive(Debug, Default)]
struct Values(HashMap<String, u32>, Vec<String>);

impl Values {
    fn number(&mut self, value: &str) -> u32 {
        if let Some(known) = self.0.get(value) {
            return *known;
        }
        let number = u32::try_from(self.1.len()).unwrap_or(u32::MAX);
        self.0.insert(value.to_owned(), number);
        self.1.push(value.to_owned());
        number
    }
}

/// Answer a question from a snapshot. Blocking.
pub(crate) fn funnel(
    happened: &Happened,
    q: &FunnelQuestion,
    persons: &Digests,
    at_once: usize,
    work: Work<'_>,
) -> Result<Funnel, WarehouseError> {
    q.check()?;
    let marks = marks(q);
    let properties = q.split.is_some() || marks.iter().any(Option::is_some);
    let wanted = Wanted { steps: &q.steps, days: q.days(), properties, persons };
    let mut values = Values::default();
    let tallies = gather(
        happened,
        &wanted,
        at_once,
        work,
        |seen, own: &mut Values| {
            let mut steps = seen.steps;
            for (at, mark) in marks.iter().enumerate() {
                let lacks = mark.as_ref().is_some_and(|mark| !seen.properties.contains(mark.as_str()));
                if lacks || (at == 0 && !q.period.contains(seen.day)) {
                    steps &= !(1 << at);
                }
            }
            let tag = match &q.split {
                Some(name) if steps & 1 == 1 => own.number(Properties::value_in(seen.properties, name)),
                _ => 0,
            };
            if own.1.len() > VALUES {
                return Err(q.too_many_values());
            }
            Ok((steps != 0).then_some((steps, tag)))
        },
        |own| own.1.iter().map(|value| values.number(value)).collect(),
        |deeds| tally(q, deeds),
    )?;
    answer(q, tallies, &values, happened)
}

/// How the properties of an event that can be a step look.
fn marks(q: &FunnelQuestion) -> Vec<Option<String>> {
    q.steps.iter().map(|step| step.having.as_ref().map(|(name, value)| Properties::mark(name, value))).collect()
}

fn tally(q: &FunnelQuestion, deeds: &[Deed]) -> Tally {
    let mut tally = Tally::new();
    for own in deeds.chunk_by(|a, b| a.key == b.key) {
        let Some((attempt, furthest)) = furthest(q, own) else { continue };
        let (began, times) = tally.entry(attempt.tag).or_insert_with(|| (0, vec![Vec::new(); q.steps.len() - 1]));
        *began += 1;
        for (step, times) in times.iter_mut().enumerate().take(furthest) {
            let micros = attempt.at[step + 1] - attempt.at[step];
            times.push(u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX));
        }
    }
    tally
}

/// The attempt by which a person counts, and how many steps after the first it took.
fn furthest(q: &FunnelQuestion, own: &[Deed]) -> Option<(Attempt, usize)> {
    let within = q.micros();
    let mut latest: [Option<Attempt>; STEPS] = [None; STEPS];
    let mut best: Option<(Attempt, usize)> = None;
    for (place, deed) in own.iter().enumerate() {
        // the last step first: one event is one step
        for step in (1..q.steps.len()).rev().filter(|step| deed.steps >> step & 1 == 1) {
            let Some(mut attempt) = latest[step - 1].filter(|a| deed.at - a.at[0] <= within) else { continue };
            if latest[step].is_none_or(|known| known.began < attempt.began) {
                attempt.at[step] = deed.at;
                latest[step] = Some(attempt);
                if best.is_none_or(|(_, furthest)| furthest < step) {
                    best = Some((attempt, step));
                }
            }
        }
        if deed.steps & 1 == 1 {
            let attempt = Attempt { began: place, tag: deed.tag, at: [deed.at; STEPS] };
            latest[0] = Some(attempt);
            best = best.or(Some((attempt, 0)));
        }
    }
    best
}

fn answer(
    q: &FunnelQuestion,
    tallies: Vec<Tally>,
    values: &Values,
    happened: &Happened,
) -> Result<Funnel, WarehouseError> {
    let steps = q.steps.len();
    let mut all = Tally::new();
    for (tag, (began, times)) in tallies.into_iter().flatten() {
        let (sum, known) = all.entry(tag).or_insert_with(|| (0, vec![Vec::new(); steps - 1]));
        *sum += began;
        known.iter_mut().zip(times).for_each(|(known, times)| known.extend(times));
    }
    if all.len() > FunnelQuestion::MOST_VALUES {
        return Err(q.too_many_values());
    }
    let mut rows = Vec::new();
    if q.split.is_some() {
        for (tag, (began, times)) in &mut all {
            let key = values.1.get(*tag as usize).cloned().unwrap_or_default();
            rows.push(FunnelRow::of(key, steps, times, *began));
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
    }
    let (mut began, mut times) = (0, vec![Vec::new(); steps - 1]);
    for (more, own) in all.into_values() {
        began += more;
        times.iter_mut().zip(own).for_each(|(times, own)| times.extend(own));
    }
    let total = FunnelRow::of(String::new(), steps, &mut times, began);
    Ok(Funnel { total, rows, provenance: happened.provenance.clone() })
}
