//! The persons behind some voices who have the largest figure.
//!
//! The largest figures come first and are few: their owners are looked for among
//! the wanted voices, and only when too few of them are there, more figures are
//! taken. So one pass over the values and one over the voices usually suffice,
//! and what is held is small.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use peakend_query::{DayRange, WarehouseError};

use super::file::Lane;
use super::group::Numbering;
use super::lane::BLOCK;
use super::outcome::{OutcomeFile, blocks};
use super::scan::{Block, lanes};
use super::source::{Source, spans};
use super::test::Test;
use super::work::Work;

/// So many figures are looked at first, at least.
const FIRST: usize = 2_048;
/// Bits of a digest that tell most strangers from the persons looked for.
const SIFT: u32 = 20;

/// One row of outcomes that may be in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The figure.
    pub(crate) value: i64,
    /// Which of the files it is in; later ones win.
    pub(crate) file: usize,
    /// Its row there.
    pub(crate) row: usize,
    digest: u64,
    /// Wanted voices of its owner.
    pub(crate) voices: u64,
}

impl Candidate {
    fn place(&self) -> (Reverse<i64>, usize, usize) {
        (Reverse(self.value), self.file, self.row)
    }
}

/// Files in the order of loading, each with the rows of the wanted kind and month.
pub(crate) type Figures = Vec<(Arc<OutcomeFile>, Range<usize>)>;

/// Enough candidates to name the first `limit` persons: ordered by value, with all
/// of those that share the last value where several files hold figures (the order
/// of persons is then known only by name).
pub(crate) fn ranking(
    sources: &[Source],
    tests: &[Test],
    period: DayRange,
    figures: &Figures,
    limit: usize,
    work: Work<'_>,
) -> Result<Vec<Candidate>, WarehouseError> {
    let mut looked = Looked::first(limit);
    loop {
        looked.look(figures, work)?;
        looked.add(&voices_of(sources, tests, period, &looked.owners(), work)?);
        if let Some(found) = looked.decided(figures, limit) {
            return Ok(found);
        }
    }
}

/// The largest figures, as far as they were looked at.
#[derive(Debug)]
pub(crate) struct Looked {
    candidates: Vec<Candidate>,
    /// How many figures are taken next.
    wanted: usize,
    /// The least figure taken.
    last: Option<i64>,
    /// Whether these are all.
    whole: bool,
}

impl Looked {
    /// Nothing yet.
    pub(crate) fn first(limit: usize) -> Self {
        let wanted = FIRST.max(limit.saturating_mul(64));
        Self { candidates: Vec::new(), wanted, last: None, whole: false }
    }

    /// Take figures, each time more.
    pub(crate) fn look(&mut self, figures: &Figures, work: Work<'_>) -> Result<(), WarehouseError> {
        let all: usize = figures.iter().map(|(_, rows)| rows.len()).sum();
        self.candidates = largest(figures, self.wanted, work)?;
        self.wanted = self.wanted.saturating_mul(8);
        self.last = self.candidates.last().map(|c| c.value);
        self.whole = self.candidates.len() >= all;
        if figures.len() > 1 {
            drop_replaced(figures, &mut self.candidates, work)?;
        }
        Ok(())
    }

    /// The owners of the figures by digest: their voices are to be counted.
    pub(crate) fn owners(&self) -> Vec<u64> {
        self.candidates.iter().map(|c| c.digest).collect()
    }

    /// Add voices of the owners, in their order.
    pub(crate) fn add(&mut self, voices: &[u64]) {
        self.candidates.iter_mut().zip(voices).for_each(|(c, n)| c.voices += n);
    }

    /// The answer, when these figures suffice for it.
    pub(crate) fn decided(&mut self, figures: &Figures, limit: usize) -> Option<Vec<Candidate>> {
        self.candidates.retain(|c| c.voices > 0);
        let end = self.candidates.get(limit.wrapping_sub(1)).map(|c| c.value);
        let decided = end.is_some() && (figures.len() == 1 || end != self.last);
        if !self.whole && !decided {
            return None;
        }
        match end {
            Some(end) if figures.len() > 1 => self.candidates.retain(|c| c.value >= end),
            _ => self.candidates.truncate(limit),
        }
        Some(std::mem::take(&mut self.candidates))
    }
}

/// The largest figures in order; without their owners' voices.
fn largest(figures: &Figures, wanted: usize, work: Work<'_>) -> Result<Vec<Candidate>, WarehouseError> {
    let units: Vec<(usize, usize)> =
        figures.iter().enumerate().flat_map(|(file, (_, rows))| blocks(rows).map(move |block| (file, block))).collect();
    let start = || (Vec::new(), Vec::new(), i64::MIN);
    let found =
        work.each(&units, start, |(best, bytes, least): &mut (Vec<Candidate>, Vec<u8>, i64), &(file, block)| {
            let (values, rows) = &figures[file];
            values.values(block, rows, bytes, |row, value| {
                if value >= *least {
                    best.push(Candidate { value, file, row, digest: 0, voices: 0 });
                }
            })?;
            if best.len() > wanted.saturating_mul(2) {
                best.select_nth_unstable_by_key(wanted, Candidate::place);
                best.truncate(wanted);
                *least = best.iter().map(|c| c.value).min().unwrap_or(i64::MIN);
            }
            Ok(())
        })?;
    let mut all: Vec<Candidate> = found.into_iter().flat_map(|(best, _, _)| best).collect();
    all.sort_unstable_by_key(Candidate::place);
    all.truncate(wanted);
    name(figures, &mut all)?;
    Ok(all)
}

/// Give each candidate its owner's digest.
fn name(figures: &Figures, candidates: &mut [Candidate]) -> Result<(), WarehouseError> {
    let mut by_block: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (i, c) in candidates.iter().enumerate() {
        by_block.entry((c.file, c.row / BLOCK)).or_default().push(i);
    }
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    for ((file, block), places) in by_block {
        let start = block * BLOCK;
        digests.clear();
        let whole = start..start + BLOCK;
        figures[file].0.persons(block, &whole, &mut bytes, |_, digest| digests.push(digest))?;
        for place in places {
            let c = &mut candidates[place];
            c.digest = digests.get(c.row - start).copied().unwrap_or(0);
        }
    }
    Ok(())
}

/// A figure that a later file gives again no longer holds.
fn drop_replaced(figures: &Figures, candidates: &mut Vec<Candidate>, work: Work<'_>) -> Result<(), WarehouseError> {
    let owners: HashSet<u64> = candidates.iter().map(|c| c.digest).collect();
    // digests are evenly spread: their first bits rule nearly everybody out
    let mut sieve = vec![0_u64; 1 << (SIFT - 6)];
    let bit = |digest: u64| ((digest >> (64 - SIFT + 6)) as usize, (digest >> (64 - SIFT)) & 63);
    for (word, at) in owners.iter().map(|d| bit(*d)) {
        sieve[word] |= 1 << at;
    }
    let units: Vec<(usize, usize)> =
        figures.iter().enumerate().flat_map(|(file, (_, rows))| blocks(rows).map(move |block| (file, block))).collect();
    let start = || (HashMap::new(), Vec::new());
    let found = work.each(&units, start, |(last, bytes): &mut (HashMap<u64, usize>, Vec<u8>), &(file, block)| {
        let (values, rows) = &figures[file];
        values.persons(block, rows, bytes, |_, digest| {
            let (word, at) = bit(digest);
            if sieve[word] >> at & 1 != 0 && owners.contains(&digest) {
                let known = last.entry(digest).or_insert(file);
                *known = file.max(*known);
            }
        })
    })?;
    let mut last: HashMap<u64, usize> = HashMap::new();
    for (digest, file) in found.into_iter().flat_map(|(last, _)| last) {
        let known = last.entry(digest).or_insert(file);
        *known = file.max(*known);
    }
    candidates.retain(|c| last.get(&c.digest) == Some(&c.file));
    Ok(())
}

/// How many wanted voices each of these persons has, in the order of the persons.
pub(crate) fn voices_of(
    sources: &[Source],
    tests: &[Test],
    period: DayRange,
    persons: &[u64],
    work: Work<'_>,
) -> Result<Vec<u64>, WarehouseError> {
    let mut owners: Vec<(u64, u32)> = persons.iter().copied().zip(0..).collect();
    owners.retain(|(digest, _)| *digest != 0);
    owners.sort_unstable();
    let numbers: Vec<usize> = (0..sources.len()).collect();
    let start = || vec![0_u64; persons.len()];
    let counted = work.each(&numbers, start, |counts, &number| {
        let (source, test) = (&sources[number], &tests[number]);
        let units = spans(std::slice::from_ref(source), period);
        if units.is_empty() || *test == Test::Always(false) {
            return Ok(());
        }
        let Some(owner_of) = owners_here(source, &owners)? else { return Ok(()) };
        let numbering = Numbering::of(&[], std::slice::from_ref(source));
        let lanes = lanes(test, &numbering, &[Lane::Person]);
        let (mut block, mut mask) = (Block::default(), Vec::new());
        for span in &units {
            block.load(source, span, &lanes)?;
            test.mask(&block, span.rows.clone(), &mut mask);
            block.persons.each(span.rows.clone(), |row, person| {
                let owner = owner_of[person as usize];
                if owner != 0 && mask[row] != 0 {
                    counts[owner as usize - 1] += 1;
                }
            });
        }
        Ok(())
    })?;
    let mut voices = vec![0; persons.len()];
    for counts in counted {
        voices.iter_mut().zip(counts).for_each(|(all, n)| *all += n);
    }
    Ok(voices)
}

/// For each person of a source, one more than the place of the candidate that is
/// theirs, 0 for none; `None` when none of them is here.
fn owners_here(source: &Source, owners: &[(u64, u32)]) -> Result<Option<Vec<u32>>, WarehouseError> {
    let digests = source.digests()?;
    let mut owner_of = vec![0; digests.len() + 1];
    let mut any = false;
    let mut from = 0;
    for (digest, candidate) in owners {
        from += digests[from..].partition_point(|d| d < digest);
        if digests.get(from) == Some(digest) {
            owner_of[from + 1] = candidate + 1;
            any = true;
        }
    }
    Ok(any.then_some(owner_of))
}
