//! Coded columns on disk.

use std::path::Path;

use peakend_query::WarehouseError;
use serde::{Deserialize, Serialize};

use super::builder::{CodeTable, Column};
use super::lane::{BLOCK, Codes};
use super::part::{Part, Stored};
use super::region::{Inlet, Outlet, Region};
use crate::fault::damaged;

const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"PKCODES1";

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    rows: usize,
    days: Vec<(i32, u32)>,
    names: Vec<Vec<String>>,
    /// Dimensions, then facts, persons and digests.
    regions: Vec<Region>,
    /// The first digest of each block; files of earlier versions have none.
    #[serde(default)]
    fences: Vec<u64>,
}

/// Which numbers of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// The dimension at this place among the coded ones.
    Dimension(usize),
    /// The fact.
    Fact,
    /// The person.
    Person,
}

/// Coded columns of one segment, open for reading.
#[derive(Debug)]
pub(crate) struct CodeFile {
    inlet: Inlet,
    header: Header,
}

/// Write a table beside its segment, durably. Blocking.
pub(crate) fn write(table: &CodeTable, folder: &Path, number: u64) -> Result<Part, WarehouseError> {
    let mut out = Outlet::create(folder, Stored::Codes, number)?;
    let rows = table.rows();
    let mut regions = Vec::with_capacity(table.columns.len() + 3);
    for lane in table.columns.iter().map(|c| &c.codes).chain([&table.facts, &table.persons]) {
        regions.push(out.lane(lane)?);
    }
    regions.push(out.region(8, table.digests.len(), |range, into| {
        into.clear();
        table.digests[range].iter().for_each(|d| into.extend_from_slice(&d.to_le_bytes()));
    })?);
    let names = table.columns.iter().map(|c: &Column| c.names.clone()).collect();
    let fences = table.digests.iter().step_by(BLOCK).copied().collect();
    out.finish(&Header { format: FORMAT, rows, days: table.days.clone(), names, regions, fences }, MAGIC)
}

impl CodeFile {
    /// Open a file that a manifest names; reads its header only.
    pub(crate) fn open(folder: &Path, part: &Part, rows: u64) -> Result<Self, WarehouseError> {
        let inlet = Inlet::open(folder, part)?;
        let header: Header = inlet.header(MAGIC)?;
        let path = &inlet.path;
        if header.format > FORMAT {
            return Err(damaged(path, format!("format {} is newer than {FORMAT}", header.format)));
        }
        if header.rows as u64 != rows || header.regions.len() != header.names.len() + 3 {
            return Err(damaged(path, format!("it describes {} rows, its segment has {rows}", header.rows)));
        }
        Ok(Self { inlet, header })
    }

    /// Rows.
    pub(crate) fn rows(&self) -> usize {
        self.header.rows
    }

    /// Each day with its first row.
    pub(crate) fn days(&self) -> &[(i32, u32)] {
        &self.header.days
    }

    /// The codes of a dimension by number.
    pub(crate) fn names(&self, dimension: usize) -> &[String] {
        &self.header.names[dimension]
    }

    /// Known persons.
    pub(crate) fn persons(&self) -> usize {
        self.digest_region().entries
    }

    fn digest_region(&self) -> &Region {
        &self.header.regions[self.header.names.len() + 2]
    }

    fn region(&self, lane: Lane) -> &Region {
        let dimensions = self.header.names.len();
        &self.header.regions[match lane {
            Lane::Dimension(i) => i,
            Lane::Fact => dimensions,
            Lane::Person => dimensions + 1,
        }]
    }

    /// Read one block of a lane.
    pub(crate) fn read(
        &self,
        lane: Lane,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        self.inlet.read(self.region(lane), block, into, bytes)
    }

    /// The numbers of those of some persons who are here: one more than their place among the digests.
    pub(crate) fn numbers_of(&self, digests: &[u64]) -> Result<Vec<u32>, WarehouseError> {
        let (blocks, fences) = (self.persons().div_ceil(BLOCK), &self.header.fences);
        let (mut some, mut bytes, mut loaded, mut found) = (Vec::new(), Vec::new(), usize::MAX, Vec::new());
        for digest in digests {
            let candidates = match fences.partition_point(|first| first <= digest) {
                _ if fences.len() != blocks => 0..blocks,
                0 => 0..0,
                after => after - 1..after,
            };
            for block in candidates {
                if loaded != block {
                    self.digests(block, &mut some, &mut bytes)?;
                    loaded = block;
                }
                if let Ok(place) = some.binary_search(digest) {
                    found.push(u32::try_from(block * BLOCK + place + 1).unwrap_or(u32::MAX));
                }
            }
        }
        Ok(found)
    }

    /// Whether a person who is here is the only one with the upper half of the
    /// digest, as far as one block tells; `None` when the person is not here.
    pub(crate) fn only(&self, digest: u64) -> Result<Option<bool>, WarehouseError> {
        let (blocks, fences) = (self.persons().div_ceil(BLOCK), &self.header.fences);
        if fences.len() != blocks {
            return Ok(Some(false));
        }
        let Some(block) = fences.partition_point(|first| *first <= digest).checked_sub(1) else { return Ok(None) };
        let (mut some, mut bytes) = (Vec::new(), Vec::new());
        self.digests(block, &mut some, &mut bytes)?;
        let Ok(place) = some.binary_search(&digest) else { return Ok(None) };
        let other = |at: Option<usize>, end: bool| match at.and_then(|at| some.get(at)) {
            Some(neighbour) => neighbour >> 32 != digest >> 32,
            None => end,
        };
        Ok(Some(other(place.checked_sub(1), block == 0) && other(Some(place + 1), block + 1 == blocks)))
    }

    /// One block of the persons' digests, ascending.
    pub(crate) fn digests(&self, block: usize, into: &mut Vec<u64>, bytes: &mut Vec<u8>) -> Result<(), WarehouseError> {
        self.inlet.block(self.digest_region(), block, bytes)?;
        into.clear();
        into.extend(bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)));
        Ok(())
    }
}
