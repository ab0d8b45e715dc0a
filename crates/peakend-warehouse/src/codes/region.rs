//! Numbers on disk: blocks with checksums, then a header that says where they are.
//!
//! Layout: every region's blocks one after another, the header as JSON, its
//! length (u64), its CRC-32 (u32), eight bytes of magic; numbers little end
//! first. Every block read is compared with its checksum, so a flipped bit is an
//! error and never a figure.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use peakend_query::WarehouseError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::lane::{BLOCK, Codes};
use super::part::{Part, Stored};
use crate::fault::{damaged, storage};
use crate::sum::{Sum, crc32};

const TAIL: usize = 8 + 4 + 8;

/// Where numbers of one kind are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Region {
    offset: u64,
    /// Bytes per entry.
    width: usize,
    /// So many numbers.
    pub(crate) entries: usize,
    /// CRC-32 of each block.
    blocks: Vec<u32>,
}

impl Region {
    /// Its bytes in the file.
    pub(crate) fn span(&self) -> Range<u64> {
        self.offset..self.offset + (self.entries * self.width) as u64
    }
}

/// Neighbouring regions read by one call.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    start: u64,
    bytes: Vec<u8>,
}

impl Ahead {
    /// Forget what was read.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    fn slice(&self, at: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(length)?)
    }
}

/// A file being written.
pub(crate) struct Outlet {
    out: BufWriter<File>,
    path: PathBuf,
    file: String,
    stored: Stored,
    sum: Sum,
    at: u64,
}

impl Outlet {
    /// Begin the companion of segment `number`.
    pub(crate) fn create(folder: &Path, stored: Stored, number: u64) -> Result<Self, WarehouseError> {
        let file = format!("{}-{number:08}.bin", stored.name());
        let path = folder.join(&file);
        let out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(storage("create", &path))?);
        Ok(Self { out, path, file, stored, sum: Sum::new(), at: 0 })
    }

    /// Where the next byte goes.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Write bytes as they are; who writes them keeps their checksum.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        self.out.write_all(bytes).map_err(storage("write", &self.path))
    }

    /// Write entries of some width; `bytes` gives those of a range.
    pub(crate) fn region(
        &mut self,
        width: usize,
        entries: usize,
        bytes: impl Fn(Range<usize>, &mut Vec<u8>),
    ) -> Result<Region, WarehouseError> {
        let (mut buffer, mut blocks, offset) = (Vec::new(), Vec::new(), self.at);
        if width > 0 {
            for start in (0..entries).step_by(BLOCK) {
                bytes(start..(start + BLOCK).min(entries), &mut buffer);
                blocks.push(crc32(&buffer));
                self.put(&buffer)?;
            }
        }
        Ok(Region { offset, width, entries, blocks })
    }

    /// Write a column of numbers.
    pub(crate) fn lane(&mut self, codes: &Codes) -> Result<Region, WarehouseError> {
        self.region(codes.width(), codes.len(), |range, into| codes.bytes(range, into))
    }

    /// Write the header and make the file durable (its name becomes so with the folder).
    pub(crate) fn finish<H: Serialize>(mut self, header: &H, magic: &[u8; 8]) -> Result<Part, WarehouseError> {
        let header = serde_json::to_vec(header).map_err(storage("encode", &self.path))?;
        self.put(&header)?;
        self.put(&(header.len() as u64).to_le_bytes())?;
        self.put(&crc32(&header).to_le_bytes())?;
        self.put(magic)?;
        self.out.flush().map_err(storage("write", &self.path))?;
        self.out.get_ref().sync_all().map_err(storage("sync", &self.path))?;
        Ok(Part { stored: self.stored, file: self.file, bytes: self.at, crc32: self.sum.finish() })
    }
}

/// A file open for reading.
#[derive(Debug)]
pub(crate) struct Inlet {
    /// Where it is.
    pub(crate) path: PathBuf,
    file: File,
    size: u64,
}

impl Inlet {
    /// Open a file that a manifest names.
    pub(crate) fn open(folder: &Path, part: &Part) -> Result<Self, WarehouseError> {
        let path = folder.join(&part.file);
        let file = File::open(&path).map_err(|e| damaged(&path, format!("it cannot be opened ({e})")))?;
        let size = file.metadata().map_err(storage("read", &path))?.len();
        if size != part.bytes {
            return Err(damaged(&path, format!("it has {size} bytes, declared {}", part.bytes)));
        }
        Ok(Self { path, file, size })
    }

    /// Read the header.
    pub(crate) fn header<H: DeserializeOwned>(&self, magic: &[u8; 8]) -> Result<H, WarehouseError> {
        let wrong = |reason: String| damaged(&self.path, reason);
        let end = self.size.checked_sub(TAIL as u64).ok_or_else(|| wrong("it is too short".to_owned()))?;
        let mut tail = [0; TAIL];
        self.file.read_exact_at(&mut tail, end).map_err(storage("read", &self.path))?;
        let length = tail.first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
        let sum = tail[8..].first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
        if &tail[12..] != magic || length > end {
            return Err(wrong("it does not end as it should".to_owned()));
        }
        let mut header = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(&mut header, end - length).map_err(storage("read", &self.path))?;
        if crc32(&header) != sum {
            return Err(wrong("the checksum of its header differs".to_owned()));
        }
        serde_json::from_slice(&header).map_err(|e| wrong(format!("its header is not one ({e})")))
    }

    /// Read bytes that [`Outlet::put`] wrote; who reads them knows their checksum.
    pub(crate) fn read_at(&self, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        self.file.read_exact_at(bytes, at)
    }

    /// Read these bytes, to be looked at later.
    pub(crate) fn ahead(&self, span: Range<u64>, into: &mut Ahead) -> Result<(), WarehouseError> {
        into.start = span.start;
        into.bytes.resize(usize::try_from(span.end - span.start).unwrap_or(0), 0);
        self.file.read_exact_at(&mut into.bytes, span.start).map_err(storage("read", &self.path))
    }

    /// Read one block as numbers, from what was read ahead where it is there.
    pub(crate) fn read_with(
        &self,
        ahead: &Ahead,
        region: &Region,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        let entries = region.entries.saturating_sub(block * BLOCK).min(BLOCK);
        let at = region.offset + (block * BLOCK * region.width) as u64;
        let Some(here) = ahead.slice(at, entries * region.width).filter(|here| !here.is_empty()) else {
            return self.read(region, block, into, bytes);
        };
        self.check(region, block, at, here)?;
        into.fill(region.width, entries, here);
        Ok(())
    }

    fn check(&self, region: &Region, block: usize, at: u64, bytes: &[u8]) -> Result<(), WarehouseError> {
        if region.blocks.get(block) == Some(&crc32(bytes)) {
            return Ok(());
        }
        Err(damaged(&self.path, format!("the checksum of the block at byte {at} differs")))
    }

    /// Read the bytes of one block; returns how many entries they are.
    pub(crate) fn block(&self, region: &Region, block: usize, bytes: &mut Vec<u8>) -> Result<usize, WarehouseError> {
        let entries = region.entries.saturating_sub(block * BLOCK).min(BLOCK);
        bytes.resize(entries * region.width, 0);
        if region.width > 0 {
            let at = region.offset + (block * BLOCK * region.width) as u64;
            self.file.read_exact_at(bytes, at).map_err(storage("read", &self.path))?;
            self.check(region, block, at, bytes)?;
        }
        Ok(entries)
    }

    /// Read one block as numbers.
    pub(crate) fn read(
        &self,
        region: &Region,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        let entries = self.block(region, block, bytes)?;
        into.fill(region.width, entries, bytes);
        Ok(())
    }
}
