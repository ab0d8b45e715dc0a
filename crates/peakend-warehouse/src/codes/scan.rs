//! Counting: one pass over the wanted blocks, every histogram at once.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use peakend_query::{Cell, Counting, Grain, WarehouseError};

use super::fact::{self, Bins};
use super::file::Lane;
use super::group::Numbering;
use super::lane::Codes;
use super::source::{Source, Span};
use super::test::Test;
use super::work::Work;
use crate::fault::engine;

/// Counts of all groups that a thread may hold as one table per bucket, in bytes.
const DENSE: u64 = 64 << 20;
/// More groups than this are no answer anybody reads.
const GROUPS: usize = 4_000_000;

/// A question over coded columns.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    /// Where the rows are.
    pub(crate) sources: &'a [Source],
    /// Which rows, per source.
    pub(crate) tests: &'a [Test],
    /// Which rows may be wanted.
    pub(crate) spans: Vec<Span>,
    /// Time buckets.
    pub(crate) grain: Option<Grain>,
    /// What is counted.
    pub(crate) counting: Counting,
    /// Groups.
    pub(crate) numbering: &'a Numbering,
}

impl Scan<'_> {
    /// The spans in which a row may be wanted.
    pub(crate) fn units(&self) -> Vec<Span> {
        self.spans.iter().filter(|s| self.tests[s.source] != Test::Always(false)).cloned().collect()
    }
}

/// Counted groups, by bucket and number.
pub(crate) type Numbered = HashMap<(Option<i32>, u64), Cell>;

/// The lanes of one block that a question looks at.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// One per coded dimension; those not looked at are empty.
    pub(crate) dimensions: [Codes; 11],
    /// Facts.
    pub(crate) facts: Codes,
    /// Persons.
    pub(crate) persons: Codes,
    bytes: Vec<u8>,
}

impl Block {
    /// Read these lanes of the span's block.
    pub(crate) fn load(&mut self, source: &Source, span: &Span, lanes: &BTreeSet<Lane>) -> Result<(), WarehouseError> {
        for &lane in lanes {
            let into = match lane {
                Lane::Dimension(i) => self.dimensions.get_mut(i),
                Lane::Fact => Some(&mut self.facts),
                Lane::Person => Some(&mut self.persons),
            };
            if let Some(into) = into {
                source.read(lane, span.block, into, &mut self.bytes)?;
            }
        }
        Ok(())
    }

    /// The lane of a dimension, to be filled.
    pub(crate) fn dimension(&mut self, place: usize) -> &mut Codes {
        &mut self.dimensions[place]
    }
}

/// The lanes a test and a numbering need, with these besides.
pub(crate) fn lanes(test: &Test, numbering: &Numbering, besides: &[Lane]) -> BTreeSet<Lane> {
    let mut lanes: BTreeSet<Lane> = numbering.lanes.iter().map(|l| Lane::Dimension(*l)).collect();
    lanes.extend(besides);
    test.lanes(&mut lanes);
    lanes
}

/// What one thread has counted.
#[derive(Debug, Default)]
struct Counts {
    block: Block,
    mask: Vec<u8>,
    groups: Vec<u32>,
    wide: Vec<u64>,
    /// By bucket, then by group; the last group takes what is not wanted.
    dense: HashMap<Option<i32>, Vec<u32>>,
    /// Bucket and group, and where its counts are.
    places: HashMap<(Option<i32>, u64), usize>,
    sparse: Vec<u32>,
}

/// Group and count.
pub(crate) fn cells(scan: &Scan<'_>, work: Work<'_>) -> Result<Numbered, WarehouseError> {
    match scan.counting {
        Counting::Everything => run(scan, work, &fact::everything()),
        one => run(scan, work, &fact::one(one)),
    }
}

fn run<const N: usize>(scan: &Scan<'_>, work: Work<'_>, bins: &Bins<N>) -> Result<Numbered, WarehouseError> {
    let units = scan.units();
    let buckets = scan.grain.map_or(1, |g| buckets(g, scan, &units));
    let dense = scan.numbering.groups.filter(|g| (g + 1).saturating_mul(buckets * bins.stride as u64 * 4) <= DENSE);
    let counts = work.each(&units, Counts::default, |counts, span| count(scan, bins, dense, counts, span))?;
    let mut found = Numbered::new();
    let mut add = |key, bins: &[u32]| {
        if let Some(cell) = fact::cell(scan.counting, bins) {
            found.entry(key).or_default().merge(&cell);
        }
    };
    for thread in counts {
        for (bucket, table) in &thread.dense {
            let groups = table.chunks_exact(bins.stride).take(table.len() / bins.stride - 1);
            (0..).zip(groups).for_each(|(group, bins)| add((*bucket, group), bins));
        }
        for (key, at) in &thread.places {
            add(*key, &thread.sparse[at * bins.stride..][..bins.stride]);
        }
    }
    Ok(found)
}

/// At most so many buckets the rows lie in.
fn buckets(grain: Grain, scan: &Scan<'_>, units: &[Span]) -> u64 {
    let mut all = BTreeSet::new();
    for span in units {
        all.extend(scan.sources[span.source].buckets(Some(grain), span).into_iter().map(|(bucket, _)| bucket));
    }
    all.len() as u64
}

fn count<const N: usize>(
    scan: &Scan<'_>,
    bins: &Bins<N>,
    dense: Option<u64>,
    counts: &mut Counts,
    span: &Span,
) -> Result<(), WarehouseError> {
    let (source, test) = (&scan.sources[span.source], &scan.tests[span.source]);
    counts.block.load(source, span, &lanes(test, scan.numbering, &[Lane::Fact]))?;
    if *test != Test::Always(true) {
        test.mask(&counts.block, span.rows.clone(), &mut counts.mask);
        if !counts.mask.contains(&1) {
            return Ok(());
        }
    }
    let masked = *test != Test::Always(true);
    let pieces = source.buckets(scan.grain, span);
    if masked && dense.is_some() && counts.mask.iter().map(|m| usize::from(*m)).sum::<usize>() * 8 < span.rows.len() {
        counts.tally_few(scan, bins, span, dense.unwrap_or(0), pieces);
        return Ok(());
    }
    match dense {
        Some(groups) => {
            counts.number(scan, span, masked.then_some(groups as u32));
            for (bucket, rows) in pieces {
                let Counts { block, groups: numbers, dense, .. } = counts;
                let table = dense.entry(bucket).or_insert_with(|| vec![0; (groups as usize + 1) * bins.stride]);
                let numbers = &numbers[rows.start - span.rows.start..];
                tally(&block.facts, rows, numbers, bins, table);
            }
            Ok(())
        }
        None => counts.tally_sparse(scan, bins, span, masked, pieces),
    }
}

impl Counts {
    /// The group of each row; unwanted rows belong to the last.
    fn number(&mut self, scan: &Scan<'_>, span: &Span, last: Option<u32>) {
        self.groups.clear();
        self.groups.resize(span.rows.len(), 0);
        for (i, lane) in scan.numbering.lanes.iter().enumerate() {
            let adds: Vec<u32> = scan.numbering.adds(span.source, i).iter().map(|n| *n as u32).collect();
            let groups = &mut self.groups;
            self.block.dimensions[*lane].each(span.rows.clone(), |row, code| groups[row] += adds[code as usize]);
        }
        if let Some(last) = last {
            self.groups.iter_mut().zip(&self.mask).for_each(|(g, m)| *g = if *m == 0 { last } else { *g });
        }
    }

    /// Where few rows are wanted, look at those alone.
    fn tally_few<const N: usize>(
        &mut self,
        scan: &Scan<'_>,
        bins: &Bins<N>,
        span: &Span,
        groups: u64,
        pieces: Vec<(Option<i32>, Range<usize>)>,
    ) {
        let Self { block, mask, dense, .. } = self;
        let lanes = &scan.numbering.lanes;
        for (bucket, rows) in pieces {
            let table = dense.entry(bucket).or_insert_with(|| vec![0; (groups as usize + 1) * bins.stride]);
            for row in rows.filter(|row| mask[row - span.rows.start] != 0) {
                let add = |(i, lane): (usize, &usize)| {
                    scan.numbering.adds(span.source, i)[block.dimensions[*lane].get(row) as usize]
                };
                let start = lanes.iter().enumerate().map(add).sum::<u64>() as usize * bins.stride;
                for slot in bins.slots[block.facts.get(row) as usize] {
                    table[start + usize::from(slot)] += 1;
                }
            }
        }
    }

    fn tally_sparse<const N: usize>(
        &mut self,
        scan: &Scan<'_>,
        bins: &Bins<N>,
        span: &Span,
        masked: bool,
        pieces: Vec<(Option<i32>, Range<usize>)>,
    ) -> Result<(), WarehouseError> {
        wide(scan.numbering, &self.block, span, &mut self.wide);
        let Self { block, mask, wide, places, sparse, .. } = self;
        for (bucket, rows) in pieces {
            let skip = rows.start - span.rows.start;
            block.facts.each(rows, |row, fact| {
                if masked && mask[skip + row] == 0 {
                    return;
                }
                let next = places.len();
                let at = *places.entry((bucket, wide[skip + row])).or_insert(next);
                if at == next {
                    sparse.resize((at + 1) * bins.stride, 0);
                }
                for slot in bins.slots[fact as usize] {
                    sparse[at * bins.stride + usize::from(slot)] += 1;
                }
            });
            if places.len() > GROUPS {
                let reason =
                    format!("it has more than {GROUPS} groups; ask for fewer dimensions or a wider time grain");
                return Err(engine("answer the question")(reason));
            }
        }
        Ok(())
    }
}

/// The group of each row as a wide number.
pub(crate) fn wide(numbering: &Numbering, block: &Block, span: &Span, into: &mut Vec<u64>) {
    into.clear();
    into.resize(span.rows.len(), 0);
    for (i, lane) in numbering.lanes.iter().enumerate() {
        let adds = numbering.adds(span.source, i);
        block.dimensions[*lane].each(span.rows.clone(), |row, code| into[row] += adds[code as usize]);
    }
}

#[inline]
fn tally<const N: usize>(facts: &Codes, rows: Range<usize>, groups: &[u32], bins: &Bins<N>, table: &mut [u32]) {
    facts.each(rows, |row, fact| {
        let start = groups[row] as usize * bins.stride;
        for slot in bins.slots[fact as usize] {
            table[start + usize::from(slot)] += 1;
        }
    });
}
