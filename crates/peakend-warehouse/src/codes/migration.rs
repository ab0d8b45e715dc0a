//! From which band to which: the state of every person in two periods.
//!
//! The state is one number per person and source, filled row by row; persons of
//! all sources then meet in the order of their digests.

use std::ops::RangeInclusive;

use peakend_query::{Band, DayRange, Migration, MigrationQuestion, WarehouseError};

use super::fact::Fact;
use super::file::Lane;
use super::group::Numbering;
use super::scan::{Block, lanes};
use super::source::{Source, Span, spans};
use super::test::Test;
use super::work::Work;

/// Later days beat earlier ones, lower scores beat higher ones of the same day; 0 is no answer.
type State = u32;

/// No calendar of ours begins before this day; days after it fit a state.
const EARLIEST: i32 = -4_000_000;

fn state(day: i32, from: i32, score: u8) -> State {
    let days = u32::try_from(day.saturating_sub(from)).unwrap_or(0).min(0xFF_FFFE) + 1;
    (days << 8) | u32::from(u8::MAX - score)
}

fn score(state: State) -> Option<u8> {
    (state != 0).then(|| u8::MAX - (state & 0xFF) as u8)
}

/// Persons by state before and after.
pub(crate) fn migration(
    sources: &[Source],
    tests: &[Test],
    question: &MigrationQuestion,
    work: Work<'_>,
) -> Result<Migration, WarehouseError> {
    moved(&movers(sources, tests, question, work)?, question, work)
}

/// What each source knows of those who answered.
pub(crate) fn movers(
    sources: &[Source],
    tests: &[Test],
    question: &MigrationQuestion,
    work: Work<'_>,
) -> Result<Vec<Movers>, WarehouseError> {
    let numbers: Vec<usize> = (0..sources.len()).collect();
    let found = work.each(&numbers, Vec::new, |all: &mut Vec<Movers>, &number| {
        let mut one = Movers::default();
        for (period, states) in [(question.before, &mut one.before), (question.after, &mut one.after)] {
            *states = states_of(&sources[number], &tests[number], question, period)?;
        }
        if !one.before.is_empty() || !one.after.is_empty() {
            one.digests = sources[number].digests()?;
            all.push(one);
        }
        Ok(())
    })?;
    Ok(found.into_iter().flatten().filter(|one| !one.digests.is_empty()).collect())
}

/// Let the persons of all sources meet, and count them.
pub(crate) fn moved(
    known: &[Movers],
    question: &MigrationQuestion,
    work: Work<'_>,
) -> Result<Migration, WarehouseError> {
    // the range of digests is cut into pieces that meet on their own
    let pieces: Vec<u64> = (0..64).collect();
    let counted = work.each(
        &pieces,
        || Migration::empty(question),
        |migration, &piece| {
            count(known, piece << 58..=(piece << 58) | (u64::MAX >> 6), &question.bands, migration);
            Ok(())
        },
    )?;
    let mut whole = Migration::empty(question);
    counted.iter().for_each(|part| whole.merge(part));
    Ok(whole)
}

/// Persons in the order of their digests, with their states.
#[derive(Debug, Default)]
pub(crate) struct Movers {
    digests: Vec<u64>,
    /// One more than there are persons, the first for nobody; empty when nobody answered.
    before: Vec<State>,
    after: Vec<State>,
}

/// A person as bytes: digest, state before, state after.
const WIDTH: usize = 16;

impl Movers {
    /// Several as one, without those who answered in neither period.
    pub(crate) fn together(known: &[Self]) -> Self {
        let mut all = Self { digests: Vec::new(), before: vec![0], after: vec![0] };
        meet(known, 0..=u64::MAX, |digest, before, after| {
            if before != 0 || after != 0 {
                all.push(digest, before, after);
            }
        });
        all
    }

    fn push(&mut self, digest: u64, before: State, after: State) {
        self.digests.push(digest);
        self.before.push(before);
        self.after.push(after);
    }

    /// As bytes, so many persons in a piece.
    pub(crate) fn pieces(&self, persons: usize) -> Vec<Vec<u8>> {
        let all = self.digests.iter().zip(&self.before[1..]).zip(&self.after[1..]);
        let all: Vec<_> = all.map(|((digest, before), after)| (digest, before, after)).collect();
        let piece = |some: &[(&u64, &State, &State)]| {
            let mut bytes = Vec::with_capacity(some.len() * WIDTH);
            for (digest, before, after) in some {
                bytes.extend_from_slice(&digest.to_le_bytes());
                bytes.extend_from_slice(&before.to_le_bytes());
                bytes.extend_from_slice(&after.to_le_bytes());
            }
            bytes
        };
        all.chunks(persons.max(1)).map(piece).collect()
    }

    /// Put pieces together again, in their order; `None` when they are torn or out of order.
    pub(crate) fn of(pieces: &[Vec<u8>]) -> Option<Self> {
        let mut all = Self { digests: Vec::new(), before: vec![0], after: vec![0] };
        for piece in pieces {
            let (persons, rest) = piece.as_chunks::<WIDTH>();
            if !rest.is_empty() {
                return None;
            }
            for person in persons {
                let (digest, states) = person.split_first_chunk::<8>()?;
                let (before, after) = states.split_first_chunk::<4>()?;
                let digest = u64::from_le_bytes(*digest);
                if all.digests.last().is_some_and(|last| *last >= digest) {
                    return None;
                }
                all.push(digest, State::from_le_bytes(*before), State::from_le_bytes(*after.first_chunk()?));
            }
        }
        Some(all)
    }
}

fn states_of(
    source: &Source,
    test: &Test,
    question: &MigrationQuestion,
    period: DayRange,
) -> Result<Vec<State>, WarehouseError> {
    let one = std::slice::from_ref(source);
    let units: Vec<Span> = spans(one, period);
    if units.is_empty() || *test == Test::Always(false) {
        return Ok(Vec::new());
    }
    let from = period.from.max(EARLIEST);
    let scores: Vec<u8> = Fact::all().map(|f| f.score(question.score).unwrap_or(u8::MAX)).collect();
    let numbering = Numbering::of(&[], one);
    let mut states: Vec<State> = vec![0; source.persons() + 1];
    let (mut block, mut mask, mut persons) = (Block::default(), Vec::new(), Vec::new());
    for span in &units {
        block.load(source, span, &lanes(test, &numbering, &[Lane::Fact, Lane::Person]))?;
        test.mask(&block, span.rows.clone(), &mut mask);
        for (day, rows) in source.day_runs(span) {
            let day = day.unwrap_or(from);
            let skip = rows.start - span.rows.start;
            persons.clear();
            block.persons.each(rows.clone(), |_, person| persons.push(person));
            block.facts.each(rows, |row, fact| {
                let score = scores[fact as usize];
                if score != u8::MAX && mask[skip + row] != 0 {
                    let known = &mut states[persons[row] as usize];
                    *known = (*known).max(state(day, from, score));
                }
            });
        }
    }
    Ok(states)
}

/// Count the persons whose digests lie in this range.
fn count(known: &[Movers], range: RangeInclusive<u64>, bands: &[Band], migration: &mut Migration) {
    let mut to_band = [bands.len(); 256];
    for (value, band) in (0..=u8::MAX).zip(to_band.iter_mut()) {
        *band = bands.iter().position(|b| (b.low..=b.high).contains(&value)).unwrap_or(bands.len());
    }
    let band = |state: State| score(state).map_or(bands.len(), |s| to_band[usize::from(s)]);
    meet(known, range, |_, before, after| {
        let (from, to) = (band(before), band(after));
        if from < bands.len() || to < bands.len() {
            migration.persons[from][to] += 1;
        }
    });
}

/// Each person whose digest lies in this range once, with their states of all sources.
fn meet(known: &[Movers], range: RangeInclusive<u64>, mut met: impl FnMut(u64, State, State)) {
    let place = |p: &Movers| {
        (p.digests.partition_point(|d| d < range.start()), p.digests.partition_point(|d| d <= range.end()))
    };
    let mut heads: Vec<(usize, usize)> = known.iter().map(place).collect();
    let at = |states: &[State], place: usize| states.get(place + 1).copied().unwrap_or(0);
    loop {
        let next =
            known.iter().zip(&heads).filter(|(_, (head, end))| head < end).map(|(p, (head, _))| p.digests[*head]);
        let Some(person) = next.min() else { return };
        let (mut before, mut after) = (0, 0);
        for (p, (head, end)) in known.iter().zip(&mut heads) {
            if head < end && p.digests[*head] == person {
                before = before.max(at(&p.before, *head));
                after = after.max(at(&p.after, *head));
                *head += 1;
            }
        }
        met(person, before, after);
    }
}
