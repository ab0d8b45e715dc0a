//! Which of somebody's many voices a list begins with, told from companions alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use peakend_query::{Dimension, Filter, VoiceList, VoiceOrder, WarehouseError};

use crate::codes::{BLOCK, Block, CodeFile, Lane, Source, Test, Work, digest, spans_of, testable};
use crate::segment::Segment;

/// Whoever has no more voices than this, or than the page, is read whole.
const FEW: usize = 16;
/// Of two voices the one whose day is more than this later is the newer one, wherever their days were counted.
const ZONES: i32 = 2;
/// Longer lists are read whole.
const PAGE: u64 = 1_000;

/// A list of the newest voices of one person, perhaps under conditions that coded columns can test.
#[derive(Debug)]
pub(crate) struct Newest {
    person: String,
    rest: Filter,
    keep: usize,
}

/// The rows that the list may begin with, per segment, and how many more are wanted.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) rows: Vec<Vec<usize>>,
    pub(crate) others: u64,
}

impl Newest {
    /// What a list asks for, when it is such a list.
    pub(crate) fn of(list: &VoiceList) -> Option<Self> {
        let one = |filter: &Filter| match filter {
            Filter::In(Dimension::Person, persons) => match persons.as_slice() {
                [person] if !person.is_empty() => Some(person.clone()),
                _ => None,
            },
            _ => None,
        };
        let conditions = match &list.filter {
            Filter::And(all) => all.as_slice(),
            filter => std::slice::from_ref(filter),
        };
        let (mut persons, mut rest) = (Vec::new(), Vec::new());
        for condition in conditions {
            match one(condition) {
                Some(person) => persons.push(person),
                None if testable(condition) && !scored(condition) => rest.push(condition.clone()),
                None => return None,
            }
        }
        let end = list.offset.saturating_add(list.limit);
        let short = list.order == VoiceOrder::Newest && end <= PAGE;
        let keep = usize::try_from(end).ok().filter(|_| short)?;
        let person = persons.pop().filter(|_| persons.is_empty())?;
        Some(Self { person, rest: Filter::And(rest), keep })
    }

    /// Of the rows that may be the person's, ascending, those to read; `None` where all must be read to tell.
    pub(crate) fn choose(
        &self,
        segments: &[Arc<Segment>],
        rows: &[Vec<usize>],
        work: Work<'_>,
    ) -> Result<Option<Chosen>, WarehouseError> {
        if rows.iter().map(Vec::len).sum::<usize>() <= FEW.max(self.keep) {
            return Ok(None);
        }
        let units: Vec<usize> = (0..segments.len()).filter(|at| !rows[*at].is_empty()).collect();
        let parts = work.each(
            &units,
            || Some(Vec::new()),
            |found: &mut Option<Vec<(usize, Vec<usize>)>>, &at| {
                let wanted = match &segments[at].codes {
                    Some(codes) => self.wanted(codes, &rows[at])?,
                    None => None,
                };
                match (wanted, &mut *found) {
                    (Some(wanted), Some(found)) => found.push((at, wanted)),
                    _ => *found = None,
                }
                Ok(())
            },
        )?;
        let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut chosen = Chosen { rows: vec![Vec::new(); segments.len()], others: 0 };
        let mut newest: Vec<(i32, usize, usize)> = Vec::new();
        for (at, wanted) in parts.into_iter().flatten() {
            if let Some(codes) = &segments[at].codes {
                newest.extend(wanted.iter().map(|row| (day(codes, *row), at, *row)));
            }
        }
        newest.sort_unstable_by_key(|(day, _, _)| std::cmp::Reverse(*day));
        let least = newest.get(self.keep.saturating_sub(1)).map_or(i32::MIN, |(day, _, _)| day.saturating_sub(ZONES));
        let read = newest.partition_point(|(day, _, _)| *day >= least);
        chosen.others = (newest.len() - read) as u64;
        newest.truncate(read);
        newest.into_iter().for_each(|(_, at, row)| chosen.rows[at].push(row));
        chosen.rows.iter_mut().for_each(|rows| rows.sort_unstable());
        Ok(Some(chosen))
    }

    /// The rows that are the person's and meet the other conditions.
    fn wanted(&self, codes: &Arc<CodeFile>, rows: &[usize]) -> Result<Option<Vec<usize>>, WarehouseError> {
        let digest = digest(&self.person);
        let Some(only) = codes.only(digest)? else { return Ok(Some(Vec::new())) };
        let source = Source::Sealed(Arc::clone(codes));
        let test = Test::of(&self.rest, &source);
        let mut lanes = BTreeSet::new();
        test.lanes(&mut lanes);
        // where somebody else may have the same key, each row's person is looked at
        let number = match only {
            true => None,
            false => match codes.numbers_of(&[digest])?.first() {
                Some(number) => Some(*number),
                None => return Ok(Some(Vec::new())),
            },
        };
        match (&test, number) {
            (Test::Always(false), _) => return Ok(Some(Vec::new())),
            (Test::Always(true), None) => return Ok(Some(rows.to_vec())),
            (_, None) => {}
            (_, Some(_)) => {
                lanes.insert(Lane::Person);
            }
        }
        let (mut block, mut mask, mut wanted) = (Block::default(), Vec::new(), Vec::new());
        let all = rows.first().map_or(0, |row| *row)..rows.last().map_or(0, |row| *row + 1);
        let mut rest = rows;
        for span in spans_of(0, all) {
            let start = span.block * BLOCK;
            let here = rest.partition_point(|row| *row < start + span.rows.end);
            let (these, others) = rest.split_at(here);
            rest = others;
            if these.is_empty() {
                continue;
            }
            block.load(&source, &span, &lanes)?;
            test.mask(&block, span.rows.clone(), &mut mask);
            let ours = |row: usize| number.is_none_or(|number| block.persons.get(row - start) == number);
            let tested = |row: usize| mask[row - start - span.rows.start] != 0;
            wanted.extend(these.iter().filter(|row| tested(**row) && ours(**row)));
        }
        Ok(Some(wanted))
    }
}

/// The day of a row.
fn day(codes: &CodeFile, row: usize) -> i32 {
    let days = codes.days();
    let at = days.partition_point(|(_, first)| *first as usize <= row);
    at.checked_sub(1).and_then(|at| days.get(at)).map_or(i32::MIN, |(day, _)| *day)
}

/// Whether it asks about a score: coded columns do not keep those off the scale.
fn scored(filter: &Filter) -> bool {
    match filter {
        Filter::Band(_) => true,
        Filter::And(all) | Filter::Or(all) => all.iter().any(scored),
        Filter::Not(inner) => scored(inner),
        _ => false,
    }
}
