//! Adding up stored counts.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use peakend_query::{Counting, Question, Score, WarehouseError};

use super::file::{BINS, Bucket, RollupFile};
use super::plan::{Cover, Plan};
use super::set::SETS;
use crate::codes::{Ahead, Block, Codes, Lane, Numbered, Numbering, Source, Span, Test, Work, cell, place, wide};

/// Bins as `codes::cell` reads them.
const STRIDE: usize = 32;
/// Groups per block, as of coded columns.
const GROUPS: usize = 65_536;

/// Which bins a question adds.
fn bins(counting: Counting) -> Range<usize> {
    match counting {
        Counting::Everything => 0..BINS,
        Counting::Answers(Score::Nps) => 0..11,
        Counting::Answers(Score::Csat) => 12..17,
        Counting::Answers(Score::Ces) => 17..24,
        Counting::Tones => 24..27,
    }
}

/// Where a stored bin goes in the bins of a narrow question.
fn goes(counting: Counting, bin: usize) -> usize {
    match counting {
        Counting::Everything | Counting::Answers(Score::Nps) => bin,
        Counting::Answers(Score::Csat) => bin - 12 + 1,
        Counting::Answers(Score::Ces) => bin - 17 + 1,
        Counting::Tones => bin - 24,
    }
}

#[derive(Debug, Default)]
struct Sums {
    block: Block,
    mask: Vec<u8>,
    groups: Vec<u64>,
    bytes: Vec<u8>,
    ahead: Ahead,
    counts: Codes,
    places: HashMap<(Option<i32>, u64), usize>,
    sums: Vec<u32>,
    /// The wanted groups, and where the sums of each are.
    wanted: Vec<u32>,
    at: Vec<usize>,
}

/// The groups of everything a plan covers.
pub(crate) fn cells(
    plan: &Plan,
    sources: &[Source],
    tests: &[Test],
    numbering: &Numbering,
    q: &Question,
    work: Work<'_>,
) -> Result<Numbered, WarehouseError> {
    let units: Vec<(&Cover, &Bucket)> = plan
        .covers
        .iter()
        .filter(|cover| tests[cover.source] != Test::Always(false))
        .flat_map(|cover| {
            let buckets = cover.file.buckets(cover.set).unwrap_or_default();
            cover.buckets.iter().filter_map(move |place| buckets.get(*place)).map(move |bucket| (cover, bucket))
        })
        .collect();
    debug_assert!(plan.covers.iter().all(|c| c.source < sources.len()), "covers are of these sources");
    let found = work.each(&units, Sums::default, |sums, (cover, bucket)| {
        cover.file.fetch(bucket, &mut sums.ahead)?;
        for block in 0..bucket.groups.div_ceil(GROUPS) {
            sums.add(cover, bucket, block, &tests[cover.source], numbering, q)?;
        }
        Ok(())
    })?;
    let mut cells = Numbered::new();
    for thread in found {
        for (key, at) in &thread.places {
            if let Some(found) = cell(q.counting, &thread.sums[at * STRIDE..][..STRIDE]) {
                cells.entry(*key).or_default().merge(&found);
            }
        }
    }
    Ok(cells)
}

impl Sums {
    fn add(
        &mut self,
        cover: &Cover,
        bucket: &Bucket,
        block: usize,
        test: &Test,
        numbering: &Numbering,
        q: &Question,
    ) -> Result<(), WarehouseError> {
        let rows = 0..(bucket.groups - block * GROUPS).min(GROUPS);
        let span = Span { source: cover.source, block, rows: rows.clone() };
        self.load(&cover.file, bucket, &span, cover.set, test, numbering)?;
        test.mask(&self.block, rows.clone(), &mut self.mask);
        wide(numbering, &self.block, &span, &mut self.groups);
        let when = q.grain.map(|grain| grain.bucket(bucket.first));
        self.at.clear();
        self.wanted.clear();
        let mut last = (u64::MAX, 0);
        for (row, (group, wanted)) in (0..).zip(self.groups.iter().zip(&self.mask)) {
            if *wanted == 0 {
                continue;
            }
            if last.0 != *group {
                let next = self.places.len();
                let at = *self.places.entry((when, *group)).or_insert(next);
                if at == next {
                    self.sums.resize((at + 1) * STRIDE, 0);
                }
                last = (*group, at);
            }
            self.wanted.push(row);
            self.at.push(last.1 * STRIDE);
        }
        if self.wanted.is_empty() {
            return Ok(());
        }
        let first = SETS[cover.set].by.len() + 1;
        for bin in bins(q.counting) {
            cover.file.read(&self.ahead, bucket, first + bin, block, &mut self.counts, &mut self.bytes)?;
            let (to, sums, at) = (goes(q.counting, bin), &mut self.sums, &self.at);
            self.counts.pick(&self.wanted, |i, count| sums[at[i] + to] += count);
        }
        Ok(())
    }

    /// Read the groups' codes that the question looks at.
    fn load(
        &mut self,
        file: &RollupFile,
        bucket: &Bucket,
        span: &Span,
        set: usize,
        test: &Test,
        numbering: &Numbering,
    ) -> Result<(), WarehouseError> {
        let mut lanes: BTreeSet<Lane> = numbering.lanes.iter().map(|l| Lane::Dimension(*l)).collect();
        test.lanes(&mut lanes);
        let by = SETS[set].by;
        for lane in lanes {
            match lane {
                Lane::Dimension(at) => {
                    let region = by.iter().position(|d| place(*d) == Some(at)).unwrap_or(usize::MAX);
                    let into = self.block.dimension(at);
                    file.read(&self.ahead, bucket, region, span.block, into, &mut self.bytes)?;
                }
                Lane::Fact => {
                    let into = &mut self.block.facts;
                    file.read(&self.ahead, bucket, by.len(), span.block, into, &mut self.bytes)?;
                }
                Lane::Person => {}
            }
        }
        Ok(())
    }
}
