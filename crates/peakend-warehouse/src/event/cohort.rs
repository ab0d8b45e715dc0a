//! Who came back: one pass over each person's wanted events.

use peakend_query::{CohortQuestion, CohortRow, Cohorts, DayRange, Properties, Step, WarehouseError};

use super::deed::{Deed, Digests};
use super::gather::{Wanted, gather};
use super::hot::Happened;
use crate::codes::Work;

const FIRST: u16 = 1;
const RETURNING: u16 = 2;
/// A first event on a day of the period.
const INSIDE: u16 = 4;
/// The bucket of an event that lies before all.
const BEFORE: u32 = u32::MAX;

/// Answer a question from a snapshot. Blocking.
pub(crate) fn cohorts(
    happened: &Happened,
    q: &CohortQuestion,
    persons: &Digests,
    at_once: usize,
    work: Work<'_>,
) -> Result<Cohorts, WarehouseError> {
    let (rows, buckets) = (q.cohorts()?.len(), q.buckets()?);
    let (begin, end) = (buckets[0], buckets[buckets.len() - 1]);
    let steps = [q.first.clone(), q.returning.clone()];
    let marks = steps.clone().map(|step: Step| step.having.map(|(name, value)| Properties::mark(&name, &value)));
    let properties = marks.iter().any(Option::is_some);
    // whoever did it before the period is in no cohort of it
    let wanted = Wanted { steps: &steps, days: DayRange { from: i32::MIN, to: end - 1 }, properties, persons };
    let bucket_of: Vec<u32> = (begin..end).map(|day| buckets.partition_point(|b| *b <= day) as u32 - 1).collect();
    let counts = gather(
        happened,
        &wanted,
        at_once,
        work,
        |seen, (): &mut ()| {
            let mut steps = seen.steps;
            for (at, mark) in marks.iter().enumerate() {
                if mark.as_ref().is_some_and(|mark| !seen.properties.contains(mark.as_str())) {
                    steps &= !(1 << at);
                }
            }
            let tag = usize::try_from(seen.day - begin).ok().and_then(|day| bucket_of.get(day)).copied();
            let tag = tag.unwrap_or(BEFORE);
            if steps & FIRST != 0 && q.period.contains(seen.day) {
                steps |= INSIDE;
            }
            // a first event outside the period keeps its person out of every cohort
            Ok((steps & FIRST != 0 || (steps != 0 && tag != BEFORE)).then_some((steps, tag)))
        },
        |()| Vec::new(),
        |deeds| count(q, rows, deeds),
    )?;
    let empty = |bucket: &i32| CohortRow { bucket: *bucket, persons: 0, returned: vec![0; q.periods + 1] };
    let mut all: Vec<CohortRow> = buckets.iter().take(rows).map(empty).collect();
    for part in counts {
        for (row, (persons, returned)) in all.iter_mut().zip(part) {
            row.persons += persons;
            row.returned.iter_mut().zip(returned).for_each(|(n, more)| *n += more);
        }
    }
    Ok(Cohorts { rows: all, provenance: happened.provenance.clone() })
}

fn count(q: &CohortQuestion, rows: usize, deeds: &[Deed]) -> Vec<(u64, Vec<u64>)> {
    let mut counts = vec![(0, vec![0; q.periods + 1]); rows];
    for own in deeds.chunk_by(|a, b| a.key == b.key) {
        let Some(first) = own.iter().position(|d| d.steps & FIRST != 0) else { continue };
        let bucket = own[first].tag;
        let Some((persons, returned)) = counts.get_mut(bucket as usize) else { continue };
        if own[first].steps & INSIDE == 0 {
            continue;
        }
        *persons += 1;
        // one bit for each bucket: there are at most 61
        let seen = own[first + 1..]
            .iter()
            .filter(|d| d.steps & RETURNING != 0)
            .map(|d| d.tag.wrapping_sub(bucket) as usize)
            .filter(|after| *after <= q.periods)
            .fold(0_u64, |seen, after| seen | 1 << after);
        for (after, n) in returned.iter_mut().enumerate() {
            *n += seen >> after & 1;
        }
    }
    counts
}
