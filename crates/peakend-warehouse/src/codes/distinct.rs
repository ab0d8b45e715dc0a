//! Distinct known persons per group, in passes that bound the memory.

use std::collections::HashMap;

use peakend_query::{Counting, WarehouseError};

use super::fact::Fact;
use super::file::Lane;
use super::group::Key;
use super::scan::{Block, Scan, lanes, wide};
use super::source::Span;
use super::work::Work;

/// Pairs of group and person held at one time, about.
const PAIRS: usize = 8 << 20;

/// A bucket, a group, a person.
type Pair = (i32, u64, u64);

#[derive(Debug, Default)]
struct Pairs {
    block: Block,
    mask: Vec<u8>,
    groups: Vec<u64>,
    found: Vec<Pair>,
    /// After so many the repeated ones are dropped.
    limit: usize,
}

/// How many persons each group has; groups without one are absent.
pub(crate) fn persons(scan: &Scan<'_>, work: Work<'_>) -> Result<HashMap<Key, u64>, WarehouseError> {
    let units = scan.units();
    let counts: Vec<bool> = Fact::all().map(|f| scan.counting.matches(&f.voice())).collect();
    let rows: usize = units.iter().map(|u| u.rows.len()).sum();
    let passes = rows.div_ceil(PAIRS).max(1) as u64;
    let digests = work.each(&(0..scan.sources.len()).collect::<Vec<_>>(), Vec::new, |all, &source| {
        all.push((source, scan.sources[source].digests()?));
        Ok(())
    })?;
    let mut known: Vec<Vec<u64>> = vec![Vec::new(); scan.sources.len()];
    digests.into_iter().flatten().for_each(|(source, some)| known[source] = some);
    let mut persons: HashMap<(i32, u64), u64> = HashMap::new();
    for pass in 0..passes {
        // each pass takes the persons of one range of digests
        let low = u64::MAX / passes * pass;
        let high = if pass + 1 == passes { u64::MAX } else { u64::MAX / passes * (pass + 1) - 1 };
        let places = |digests: &Vec<u64>| {
            let from = digests.partition_point(|d| *d < low) as u32 + 1;
            (from, digests.partition_point(|d| *d <= high) as u32 + 1)
        };
        let ranges: Vec<(u32, u32)> = known.iter().map(places).collect();
        let found = work.each(&units, Pairs::default, |pairs, span| {
            pairs.take(scan, span, &counts, ranges[span.source], &known[span.source])
        })?;
        let mut all: Vec<Pair> = found.into_iter().flat_map(|p| p.found).collect();
        all.sort_unstable();
        all.dedup();
        for (bucket, group, _) in all {
            *persons.entry((bucket, group)).or_default() += 1;
        }
    }
    let named = |((bucket, group), n)| ((scan.grain.map(|_| bucket), scan.numbering.codes(group)), n);
    Ok(persons.into_iter().map(named).collect())
}

impl Pairs {
    fn take(
        &mut self,
        scan: &Scan<'_>,
        span: &Span,
        counts: &[bool],
        (from, to): (u32, u32),
        digests: &[u64],
    ) -> Result<(), WarehouseError> {
        let (source, test) = (&scan.sources[span.source], &scan.tests[span.source]);
        self.block.load(source, span, &lanes(test, scan.numbering, &[Lane::Fact, Lane::Person]))?;
        test.mask(&self.block, span.rows.clone(), &mut self.mask);
        if scan.counting != Counting::Everything {
            let mask = &mut self.mask;
            self.block.facts.each(span.rows.clone(), |row, fact| mask[row] &= u8::from(counts[fact as usize]));
        }
        wide(scan.numbering, &self.block, span, &mut self.groups);
        let Self { block, mask, groups, found, .. } = self;
        for (bucket, rows) in source.buckets(scan.grain, span) {
            let skip = rows.start - span.rows.start;
            block.persons.each(rows, |row, person| {
                if mask[skip + row] != 0 && (from..to).contains(&person) {
                    found.push((bucket.unwrap_or(0), groups[skip + row], digests[person as usize - 1]));
                }
            });
        }
        if self.found.len() > self.limit.max(PAIRS / 4) {
            self.found.sort_unstable();
            self.found.dedup();
            self.limit = self.found.len() * 2;
        }
        Ok(())
    }
}
