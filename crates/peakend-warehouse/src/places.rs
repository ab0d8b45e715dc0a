//! Where the rows of a person or of a voice lie: a companion of a segment.
//!
//! Two trees, one over persons and one over ids. Entries are a key (the upper half
//! of the digest of the name) and a row, in the order of keys, [`PAGE`] to a page;
//! every page has a fence (its first key, its checksum), [`FENCES`] of them to a
//! run, and the header has the first key and the checksum of every run. A look-up
//! reads one run of fences and one page: two small reads, each compared with its
//! checksum. Strangers may share a key, so whoever asks compares names.

use std::collections::HashSet;
use std::path::Path;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::error::Result;
use peakend_query::WarehouseError;
use serde::{Deserialize, Serialize};

use crate::codes::{Inlet, Outlet, Part, Stored, digest, sorted};
use crate::columns::strings;
use crate::fault::{damaged, storage};
use crate::sum::crc32;

const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"PKPLACE1";

/// Entries to a page: fewer cost fences, more let strangers share what is kept of a key.
const PAGE: usize = 128;
/// Pages to a run of fences.
const FENCES: usize = 128;
/// Bytes of a fence: first key, checksum, shift.
const FENCE: usize = 4 + 4 + 1;
/// Bytes of what is kept of a key within its page.
const REST: usize = 2;

/// Which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Of persons.
    Persons,
    /// Ids of voices.
    Ids,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    rows: u64,
    persons: Tree,
    ids: Tree,
}

#[derive(Debug, Serialize, Deserialize)]
struct Tree {
    entries: usize,
    /// Bytes of a row's number.
    width: usize,
    /// Where the pages begin.
    pages: u64,
    /// Where the fences begin.
    fences: u64,
    /// First key and checksum of each run of fences.
    runs: Vec<(u32, u32)>,
}

/// The first page key, its checksum, and by how much keys are cut within the page.
#[derive(Debug, Clone, Copy)]
struct Fence {
    key: u32,
    sum: u32,
    shift: u8,
}

fn key(name: &str) -> u32 {
    (digest(name) >> 32) as u32
}

fn entry(key: u32, row: usize) -> u64 {
    (u64::from(key) << 32) | (row as u64 & 0xFFFF_FFFF)
}

/// Takes the ids of a segment's rows, in their order.
#[derive(Debug, Default)]
pub(crate) struct PlaceBuilder {
    ids: Vec<u64>,
}

impl PlaceBuilder {
    /// Take the rows of a batch of voices.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let (ids, first) = (strings(batch, "id")?, self.ids.len());
        self.ids.extend((0..ids.len()).map(|i| entry(key(ids.value(i)), first + i)));
        Ok(())
    }

    /// Write them and the rows of persons, in the order of their keys, beside their
    /// segment, durably. Blocking.
    pub(crate) fn write(self, persons: Vec<u64>, folder: &Path, number: u64) -> Result<Part, WarehouseError> {
        let mut out = Outlet::create(folder, Stored::Places, number)?;
        let rows = self.ids.len();
        let persons = tree(&mut out, &persons, rows)?;
        let ids = tree(&mut out, &sorted(self.ids.iter().copied(), |entry| *entry), rows)?;
        out.finish(&Header { format: FORMAT, rows: rows as u64, persons, ids }, MAGIC)
    }
}

/// Write entries in the order of their keys.
fn tree(out: &mut Outlet, entries: &[u64], rows: usize) -> Result<Tree, WarehouseError> {
    let width = if rows <= 1 << 24 { 3 } else { 4 };
    let (pages, mut page, mut fences) = (out.at(), Vec::new(), Vec::new());
    for some in entries.chunks(PAGE) {
        let keys = || some.iter().map(|e| (e >> 32) as u32);
        let first = keys().next().unwrap_or(0);
        let span = keys().next_back().unwrap_or(first) - first;
        let shift = (u32::BITS - span.leading_zeros()).saturating_sub(8 * REST as u32);
        page.clear();
        keys().for_each(|key| page.extend_from_slice(&(((key - first) >> shift) as u16).to_le_bytes()));
        some.iter().for_each(|e| page.extend_from_slice(&e.to_le_bytes()[..width]));
        out.put(&page)?;
        fences.push(Fence { key: first, sum: crc32(&page), shift: shift as u8 });
    }
    let (at, mut runs) = (out.at(), Vec::new());
    for run in fences.chunks(FENCES) {
        page.clear();
        for fence in run {
            page.extend_from_slice(&fence.key.to_le_bytes());
            page.extend_from_slice(&fence.sum.to_le_bytes());
            page.push(fence.shift);
        }
        out.put(&page)?;
        runs.push((run.first().map_or(0, |f| f.key), crc32(&page)));
    }
    Ok(Tree { entries: entries.len(), width, pages, fences: at, runs })
}

/// The places of one segment, open for reading.
#[derive(Debug)]
pub(crate) struct PlaceFile {
    inlet: Inlet,
    header: Header,
}

impl PlaceFile {
    /// Open a file that a manifest names; reads its header only.
    pub(crate) fn open(folder: &Path, part: &Part, rows: u64) -> Result<Self, WarehouseError> {
        let inlet = Inlet::open(folder, part)?;
        let header: Header = inlet.header(MAGIC)?;
        if header.format > FORMAT {
            return Err(damaged(&inlet.path, format!("format {} is newer than {FORMAT}", header.format)));
        }
        let runs = |t: &Tree| t.entries.div_ceil(PAGE).div_ceil(FENCES) == t.runs.len() && (3..=4).contains(&t.width);
        if header.rows != rows || header.ids.entries as u64 != rows || !runs(&header.ids) || !runs(&header.persons) {
            return Err(damaged(&inlet.path, format!("it places {} rows, its segment has {rows}", header.rows)));
        }
        Ok(Self { inlet, header })
    }

    /// The rows that may be of one of these, ascending; `None` when there are more than `most`.
    pub(crate) fn find(
        &self,
        names: Names,
        wanted: &[String],
        most: usize,
    ) -> Result<Option<Vec<usize>>, WarehouseError> {
        let tree = match names {
            Names::Persons => &self.header.persons,
            Names::Ids => &self.header.ids,
        };
        let keys: HashSet<u32> = wanted.iter().filter(|name| !name.is_empty()).map(|name| key(name)).collect();
        let (mut rows, mut bytes) = (Vec::new(), Vec::new());
        for key in keys {
            self.find_key(tree, key, &mut rows, &mut bytes, most)?;
            if rows.len() > most {
                return Ok(None);
            }
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(Some(rows))
    }

    fn find_key(
        &self,
        tree: &Tree,
        key: u32,
        rows: &mut Vec<usize>,
        bytes: &mut Vec<u8>,
        most: usize,
    ) -> Result<(), WarehouseError> {
        // a key may begin at the end of the run, and of the page, before the first that begins with it
        let from = tree.runs.partition_point(|(first, _)| *first < key).saturating_sub(1);
        for run in (from..tree.runs.len()).take_while(|run| tree.runs[*run].0 <= key) {
            let fences = self.fences(tree, run, bytes)?;
            let from = fences.partition_point(|fence| fence.key < key).saturating_sub(1);
            for (at, fence) in fences.iter().enumerate().skip(from).take_while(|(_, fence)| fence.key <= key) {
                let rest = (key - fence.key) >> fence.shift;
                if let Ok(rest) = u16::try_from(rest) {
                    self.page(tree, run * FENCES + at, *fence, bytes)?;
                    look(bytes, tree.width, rest, rows);
                }
                if rows.len() > most {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn fences(&self, tree: &Tree, run: usize, bytes: &mut Vec<u8>) -> Result<Vec<Fence>, WarehouseError> {
        let pages = (tree.entries.div_ceil(PAGE) - run * FENCES).min(FENCES);
        let at = tree.fences + (run * FENCES * FENCE) as u64;
        self.read(at, pages * FENCE, tree.runs[run].1, bytes)?;
        let number = |b: &[u8]| b.first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
        let fence = |b: &[u8; FENCE]| Fence { key: number(&b[..4]), sum: number(&b[4..8]), shift: b[8].min(31) };
        Ok(bytes.as_chunks::<FENCE>().0.iter().map(fence).collect())
    }

    fn page(&self, tree: &Tree, page: usize, fence: Fence, bytes: &mut Vec<u8>) -> Result<(), WarehouseError> {
        let entries = (tree.entries - page * PAGE).min(PAGE);
        let at = tree.pages + (page * PAGE * (REST + tree.width)) as u64;
        self.read(at, entries * (REST + tree.width), fence.sum, bytes)
    }

    fn read(&self, at: u64, length: usize, sum: u32, bytes: &mut Vec<u8>) -> Result<(), WarehouseError> {
        bytes.resize(length, 0);
        self.inlet.read_at(at, bytes).map_err(storage("read", &self.inlet.path))?;
        if crc32(bytes) == sum {
            return Ok(());
        }
        Err(damaged(&self.inlet.path, format!("the checksum of the {length} bytes at {at} differs")))
    }
}

/// The rows of a page whose key has this rest.
fn look(page: &[u8], width: usize, rest: u16, rows: &mut Vec<usize>) {
    let entries = page.len() / (REST + width);
    let (rests, numbers) = page.split_at(entries * REST);
    for (at, stored) in rests.as_chunks::<REST>().0.iter().enumerate() {
        if u16::from_le_bytes(*stored) == rest {
            let mut row = [0; 8];
            row[..width].copy_from_slice(&numbers[at * width..][..width]);
            rows.push(usize::from_le_bytes(row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these persons, one row each, and as many ids.
    fn placed(folder: &Path, persons: &[u64]) -> PlaceFile {
        let known = persons.iter().enumerate().filter(|(_, digest)| **digest != 0);
        let mut placed: Vec<u64> = known.map(|(row, digest)| entry((digest >> 32) as u32, row)).collect();
        placed.sort_unstable();
        let ids = (0..persons.len()).map(|row| entry(key(&format!("id-{row}")), row)).collect();
        let part = PlaceBuilder { ids }.write(placed, folder, 7).unwrap();
        PlaceFile::open(folder, &part, persons.len() as u64).unwrap()
    }

    #[test]
    fn every_row_is_found_by_its_id_and_few_others_are() {
        let dir = tempfile::tempdir().unwrap();
        let file = placed(dir.path(), &vec![0; 100_000]);
        let mut strangers = 0;
        for row in (0..100_000).step_by(37) {
            let found = file.find(Names::Ids, &[format!("id-{row}")], 10).unwrap().unwrap();
            assert!(found.contains(&row), "row {row} is not among {found:?}");
            strangers += found.len() - 1;
        }
        // three of a thousand are expected
        assert!(strangers < 40, "{strangers} strangers");
        assert_eq!(file.find(Names::Persons, &["somebody".to_owned()], 10).unwrap(), Some(Vec::new()));
    }

    #[test]
    fn a_person_whose_rows_fill_many_pages_is_found_whole() {
        let dir = tempfile::tempdir().unwrap();
        let often = digest("often");
        // neighbours on both sides, so that the person begins and ends within pages
        let persons: Vec<u64> = (0..60_000_u64)
            .map(|row| match row % 3 {
                0 => often,
                1 => often.wrapping_sub(row << 32),
                _ => often.wrapping_add(row << 32),
            })
            .collect();
        let file = placed(dir.path(), &persons);
        let wanted: Vec<usize> = (0..60_000).step_by(3).collect();
        assert_eq!(file.find(Names::Persons, &["often".to_owned()], 30_000).unwrap(), Some(wanted));
        assert_eq!(file.find(Names::Persons, &["often".to_owned()], 4_096).unwrap(), None);
    }
}
