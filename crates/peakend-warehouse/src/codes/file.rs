//! Coded columns on disk: blocks of numbers, then a header that describes them.
//!
//! Layout: every lane's blocks one after another, the header as JSON, its length
//! (u64), its CRC-32 (u32), eight bytes of magic. Every block read is compared
//! with its checksum, so a flipped bit is an error and never a figure.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use peakend_query::WarehouseError;
use serde::{Deserialize, Serialize};

use super::builder::{CodeTable, Column};
use super::lane::{BLOCK, Codes};
use super::part::{Part, Stored};
use crate::fault::{damaged, storage};

const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"PKCODES1";
const TAIL: u64 = 8 + 4 + 8;

/// One lane's blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Region {
    offset: u64,
    /// Bytes per entry.
    width: usize,
    entries: usize,
    /// CRC-32 of each block.
    blocks: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    rows: usize,
    days: Vec<(i32, u32)>,
    names: Vec<Vec<String>>,
    /// Dimensions, then facts, persons and digests.
    regions: Vec<Region>,
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
    path: PathBuf,
    file: File,
    header: Header,
}

/// Blocks on their way to a file.
struct Lanes {
    out: BufWriter<File>,
    path: PathBuf,
    sum: Hasher,
    at: u64,
    regions: Vec<Region>,
}

impl Lanes {
    fn put(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        self.out.write_all(bytes).map_err(storage("write", &self.path))
    }

    fn lane(
        &mut self,
        width: usize,
        entries: usize,
        bytes: impl Fn(std::ops::Range<usize>, &mut Vec<u8>),
    ) -> Result<(), WarehouseError> {
        let (mut buffer, mut blocks, offset) = (Vec::new(), Vec::new(), self.at);
        if width > 0 {
            for start in (0..entries).step_by(BLOCK) {
                bytes(start..(start + BLOCK).min(entries), &mut buffer);
                blocks.push(crc32fast::hash(&buffer));
                self.put(&buffer)?;
            }
        }
        self.regions.push(Region { offset, width, entries, blocks });
        Ok(())
    }
}

/// Write a table beside its segment, durably. Blocking.
pub(crate) fn write(table: &CodeTable, folder: &Path, number: u64) -> Result<Part, WarehouseError> {
    let file = format!("{}-{number:08}.bin", Stored::Codes.name());
    let path = folder.join(&file);
    let out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(storage("create", &path))?);
    let mut lanes = Lanes { out, path, sum: Hasher::new(), at: 0, regions: Vec::new() };
    let rows = table.rows();
    let codes = table.columns.iter().map(|c| &c.codes).chain([&table.facts, &table.persons]);
    for lane in codes {
        lanes.lane(lane.width(), rows, |range, into| lane.bytes(range, into))?;
    }
    lanes.lane(8, table.digests.len(), |range, into| {
        into.clear();
        table.digests[range].iter().for_each(|d| into.extend_from_slice(&d.to_le_bytes()));
    })?;
    let header = Header {
        format: FORMAT,
        rows,
        days: table.days.clone(),
        names: table.columns.iter().map(|c: &Column| c.names.clone()).collect(),
        regions: std::mem::take(&mut lanes.regions),
    };
    let header = serde_json::to_vec(&header).map_err(storage("encode", &lanes.path))?;
    lanes.put(&header)?;
    lanes.put(&(header.len() as u64).to_le_bytes())?;
    lanes.put(&crc32fast::hash(&header).to_le_bytes())?;
    lanes.put(MAGIC)?;
    lanes.out.flush().map_err(storage("write", &lanes.path))?;
    lanes.out.get_ref().sync_all().map_err(storage("sync", &lanes.path))?;
    Ok(Part { stored: Stored::Codes, file, bytes: lanes.at, crc32: lanes.sum.finalize() })
}

impl CodeFile {
    /// Open a file that a manifest names; reads its header only.
    pub(crate) fn open(folder: &Path, part: &Part, rows: u64) -> Result<Self, WarehouseError> {
        let path = folder.join(&part.file);
        let file = File::open(&path).map_err(|e| damaged(&path, format!("it cannot be opened ({e})")))?;
        let size = file.metadata().map_err(storage("read", &path))?.len();
        if size != part.bytes || size < TAIL {
            return Err(damaged(&path, format!("it has {size} bytes, declared {}", part.bytes)));
        }
        let mut tail = [0; TAIL as usize];
        file.read_exact_at(&mut tail, size - TAIL).map_err(storage("read", &path))?;
        let word = |from: usize| tail[from..].first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
        let crc = tail[8..].first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
        let length = word(0);
        if &tail[12..] != MAGIC || length > size - TAIL {
            return Err(damaged(&path, "it does not end as a file of coded columns"));
        }
        let mut header = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut header, size - TAIL - length).map_err(storage("read", &path))?;
        if crc32fast::hash(&header) != crc {
            return Err(damaged(&path, "the checksum of its header differs"));
        }
        let header: Header =
            serde_json::from_slice(&header).map_err(|e| damaged(&path, format!("its header is not one ({e})")))?;
        if header.format > FORMAT {
            return Err(damaged(&path, format!("format {} is newer than {FORMAT}", header.format)));
        }
        if header.rows as u64 != rows || header.regions.len() != header.names.len() + 3 {
            return Err(damaged(&path, format!("it describes {} rows, its segment has {rows}", header.rows)));
        }
        Ok(Self { path, file, header })
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

    fn block(&self, region: &Region, block: usize, bytes: &mut Vec<u8>) -> Result<usize, WarehouseError> {
        let entries = region.entries.saturating_sub(block * BLOCK).min(BLOCK);
        bytes.resize(entries * region.width, 0);
        if region.width > 0 {
            let at = region.offset + (block * BLOCK * region.width) as u64;
            self.file.read_exact_at(bytes, at).map_err(storage("read", &self.path))?;
            if region.blocks.get(block) != Some(&crc32fast::hash(bytes)) {
                return Err(damaged(&self.path, format!("the checksum of the block at byte {at} differs")));
            }
        }
        Ok(entries)
    }

    /// Read one block of a lane.
    pub(crate) fn read(
        &self,
        lane: Lane,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        let region = self.region(lane);
        let rows = self.block(region, block, bytes)?;
        into.fill(region.width, rows, bytes);
        Ok(())
    }

    /// One block of the persons' digests, ascending.
    pub(crate) fn digests(&self, block: usize, into: &mut Vec<u64>, bytes: &mut Vec<u8>) -> Result<(), WarehouseError> {
        self.block(self.digest_region(), block, bytes)?;
        into.clear();
        into.extend(bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)));
        Ok(())
    }
}
