//! Scores answered together: what correlations and drivers are computed from.

use std::collections::HashMap;

use peakend_query::{Joint, JointRow, WarehouseError};

use super::fact::{FACTS, Fact};
use super::file::Lane;
use super::scan::{Block, Scan, lanes, wide};
use super::work::Work;

/// NPS, CSAT and CES with their unanswered places.
const PLACES: usize = 12 * 6 * 8;

/// So many groups are found by their number alone.
const DIRECT: u64 = 1 << 20;

#[derive(Debug, Default)]
struct Counts {
    block: Block,
    mask: Vec<u8>,
    groups: Vec<u64>,
    /// Group to table, counted from 1; 0 for none yet.
    direct: Vec<u32>,
    /// The same where there are too many groups.
    others: HashMap<u64, u32>,
    /// The group of each table.
    known: Vec<u64>,
    tables: Vec<u32>,
}

impl Counts {
    fn table(&mut self, group: u64) -> usize {
        let place = match usize::try_from(group).ok().and_then(|g| self.direct.get_mut(g)) {
            Some(place) => place,
            None => self.others.entry(group).or_default(),
        };
        if *place == 0 {
            self.known.push(group);
            self.tables.resize(self.known.len() * PLACES, 0);
            *place = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        }
        *place as usize - 1
    }
}

/// Per group, how many voices gave each combination of scores.
pub(crate) fn joint(scan: &Scan<'_>, work: Work<'_>) -> Result<Vec<JointRow>, WarehouseError> {
    let units = scan.units();
    let counts: Vec<bool> = Fact::all().map(|f| scan.counting.matches(&f.voice())).collect();
    let direct = scan.numbering.groups.filter(|g| *g <= DIRECT).and_then(|g| usize::try_from(g).ok()).unwrap_or(0);
    let start = || Counts { direct: vec![0; direct], ..Counts::default() };
    let found = work.each(&units, start, |state, span| {
        let (source, test) = (&scan.sources[span.source], &scan.tests[span.source]);
        let mut block = std::mem::take(&mut state.block);
        block.load(source, span, &lanes(test, scan.numbering, &[Lane::Fact]))?;
        test.mask(&block, span.rows.clone(), &mut state.mask);
        wide(scan.numbering, &block, span, &mut state.groups);
        block.facts.each(span.rows.clone(), |row, fact| {
            if state.mask[row] != 0 && counts[fact as usize] {
                let table = state.table(state.groups[row]);
                // the scores are the lowest places of a fact
                state.tables[table * PLACES + fact as usize % PLACES] += 1;
            }
        });
        state.block = block;
        Ok(())
    })?;
    let mut all: HashMap<u64, Vec<u64>> = HashMap::new();
    for thread in &found {
        for (group, table) in thread.known.iter().zip(thread.tables.chunks_exact(PLACES)) {
            let into = all.entry(*group).or_insert_with(|| vec![0; PLACES]);
            into.iter_mut().zip(table).for_each(|(to, n)| *to += u64::from(*n));
        }
    }
    let mut rows: Vec<JointRow> = all
        .into_iter()
        .map(|(group, table)| JointRow { keys: scan.numbering.codes(group), counts: together(&table) })
        .collect();
    rows.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
    Ok(rows)
}

fn together(table: &[u64]) -> Vec<Joint> {
    debug_assert_eq!(FACTS % PLACES, 0);
    let some = table.iter().enumerate().filter(|(_, n)| **n > 0);
    let mut counts: Vec<Joint> = some
        .map(|(place, n)| {
            let fact = Fact::of(u16::try_from(place).unwrap_or(0));
            Joint { nps: fact.nps, csat: fact.csat, ces: fact.ces, voices: *n }
        })
        .collect();
    counts.sort_unstable();
    counts
}
