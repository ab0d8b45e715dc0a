//! Outcomes in numbers: each row's value and person, eight bytes each.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::error::Result;
use peakend_query::WarehouseError;
use serde::{Deserialize, Serialize};

use super::builder::digest;
use super::lane::BLOCK;
use super::part::{Part, Stored};
use super::region::{Inlet, Outlet, Region};
use crate::columns::{numbers, strings};
use crate::fault::damaged;

const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"PKVALUE1";

/// Rows of one kind and month stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    kind: String,
    month: i32,
    first: usize,
}

/// The person of every so many rows stands in the header.
const FENCE: usize = 4096;

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    rows: usize,
    runs: Vec<Run>,
    /// Rows, ascending, with their persons; every run begins with one.
    fences: Vec<(usize, String)>,
    values: Region,
    persons: Region,
}

/// Takes rows sorted by kind and month.
#[derive(Debug, Default)]
pub(crate) struct OutcomeBuilder {
    runs: Vec<Run>,
    fences: Vec<(usize, String)>,
    values: Vec<i64>,
    persons: Vec<u64>,
}

impl OutcomeBuilder {
    /// Take the rows of a batch of outcomes.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let kinds = strings(batch, "kind")?;
        let months = numbers::<Int32Type>(batch, "month")?;
        let persons = strings(batch, "person")?;
        for row in 0..kinds.len() {
            let (kind, month, at) = (kinds.value(row), months.value(row), self.persons.len());
            let new = self.runs.last().is_none_or(|run| run.month != month || run.kind != kind);
            if new {
                self.runs.push(Run { kind: kind.to_owned(), month, first: at });
            }
            if new || at.is_multiple_of(FENCE) {
                self.fences.push((at, persons.value(row).to_owned()));
            }
            self.persons.push(digest(persons.value(row)));
        }
        self.values.extend_from_slice(numbers::<Int64Type>(batch, "value")?.values());
        Ok(())
    }

    /// Write them beside their segment, durably. Blocking.
    pub(crate) fn write(self, folder: &Path, number: u64) -> Result<Part, WarehouseError> {
        let mut out = Outlet::create(folder, Stored::Outcomes, number)?;
        let rows = self.persons.len();
        let values = out.region(8, rows, |range, into| {
            into.clear();
            self.values[range].iter().for_each(|v| into.extend_from_slice(&v.to_le_bytes()));
        })?;
        let persons = out.region(8, rows, |range, into| {
            into.clear();
            self.persons[range].iter().for_each(|d| into.extend_from_slice(&d.to_le_bytes()));
        })?;
        let Self { runs, fences, .. } = self;
        out.finish(&Header { format: FORMAT, rows, runs, fences, values, persons }, MAGIC)
    }
}

/// The outcomes of one segment in numbers, open for reading.
#[derive(Debug)]
pub(crate) struct OutcomeFile {
    inlet: Inlet,
    header: Header,
}

impl OutcomeFile {
    /// Open a file that a manifest names; reads its header only.
    pub(crate) fn open(folder: &Path, part: &Part, rows: u64) -> Result<Self, WarehouseError> {
        let inlet = Inlet::open(folder, part)?;
        let header: Header = inlet.header(MAGIC)?;
        if header.format > FORMAT {
            return Err(damaged(&inlet.path, format!("format {} is newer than {FORMAT}", header.format)));
        }
        if header.rows as u64 != rows || [&header.values, &header.persons].iter().any(|r| r.entries != header.rows) {
            return Err(damaged(&inlet.path, format!("it describes {} rows, its segment has {rows}", header.rows)));
        }
        Ok(Self { inlet, header })
    }

    /// The rows of one kind and month.
    pub(crate) fn rows(&self, kind: &str, month: i32) -> Range<usize> {
        let runs = &self.header.runs;
        match runs.iter().position(|run| run.month == month && run.kind == kind) {
            Some(at) => runs[at].first..runs.get(at + 1).map_or(self.header.rows, |next| next.first),
            None => 0..0,
        }
    }

    /// Look at the values of some rows of one block, each with its row.
    pub(crate) fn values(
        &self,
        block: usize,
        rows: &Range<usize>,
        bytes: &mut Vec<u8>,
        mut look: impl FnMut(usize, i64),
    ) -> Result<(), WarehouseError> {
        self.inlet.block(&self.header.values, block, bytes)?;
        each(block, rows, bytes, |row, entry| look(row, i64::from_le_bytes(entry)));
        Ok(())
    }

    /// Look at the persons' digests of some rows of one block, each with its row.
    pub(crate) fn persons(
        &self,
        block: usize,
        rows: &Range<usize>,
        bytes: &mut Vec<u8>,
        mut look: impl FnMut(usize, u64),
    ) -> Result<(), WarehouseError> {
        self.inlet.block(&self.header.persons, block, bytes)?;
        each(block, rows, bytes, |row, entry| look(row, u64::from_le_bytes(entry)));
        Ok(())
    }

    /// The rows of these persons, of one kind and some months, ascending. Persons
    /// stand in order within a month, so few rows are looked at for each.
    pub(crate) fn find(
        &self,
        kind: &str,
        months: &RangeInclusive<i32>,
        persons: &[&str],
    ) -> Result<Vec<usize>, WarehouseError> {
        let Header { runs, fences, rows, .. } = &self.header;
        let (mut found, mut bytes, mut digests) = (Vec::new(), Vec::new(), Vec::new());
        let mut loaded = usize::MAX;
        for (at, run) in runs.iter().enumerate().filter(|(_, r)| r.kind == kind && months.contains(&r.month)) {
            let end = runs.get(at + 1).map_or(*rows, |next| next.first);
            let own =
                fences.partition_point(|(row, _)| *row < run.first)..fences.partition_point(|(row, _)| *row < end);
            for person in persons {
                let after = own.start + fences[own.clone()].partition_point(|(_, first)| first.as_str() <= *person);
                if after == own.start {
                    continue;
                }
                let from = fences[after - 1].0;
                let to = if after < own.end { fences[after].0 } else { end };
                let wanted = digest(person);
                for block in blocks(&(from..to)) {
                    if loaded != block {
                        digests.clear();
                        self.persons(block, &(0..*rows), &mut bytes, |_, digest| digests.push(digest))?;
                        loaded = block;
                    }
                    let start = block * BLOCK;
                    let here = from.max(start)..to.min(start + digests.len());
                    found.extend(here.filter(|row| digests[row - start] == wanted));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Whether any row is of one of these persons.
    pub(crate) fn has_any(&self, digests: &HashSet<u64>) -> Result<bool, WarehouseError> {
        let (all, mut bytes, mut found) = (0..self.header.rows, Vec::new(), false);
        for block in blocks(&all) {
            self.persons(block, &all, &mut bytes, |_, digest| found |= digests.contains(&digest))?;
            if found {
                break;
            }
        }
        Ok(found)
    }
}

/// The blocks in which some rows lie.
pub(crate) fn blocks(rows: &Range<usize>) -> Range<usize> {
    if rows.is_empty() { 0..0 } else { rows.start / BLOCK..rows.end.div_ceil(BLOCK) }
}

fn each(block: usize, rows: &Range<usize>, bytes: &[u8], mut look: impl FnMut(usize, [u8; 8])) {
    let start = block * BLOCK;
    let from = rows.start.max(start) - start;
    let entries = bytes.as_chunks::<8>().0;
    let to = (rows.end - start).min(entries.len());
    for (row, entry) in (start + from..).zip(&entries[from..to]) {
        look(row, *entry);
    }
}
