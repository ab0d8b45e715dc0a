//! Stored counts on disk: per set and bucket, the groups' codes and their bins.

use std::path::Path;

use peakend_query::WarehouseError;
use serde::{Deserialize, Serialize};

use crate::codes::{Ahead, Codes, Inlet, Part, Region};
use crate::fault::damaged;

pub(super) const FORMAT: u32 = 1;
pub(super) const MAGIC: &[u8; 8] = b"PKROLLU1";

/// Bins of a group; see `codes::everything`.
pub(super) const BINS: usize = 28;

/// A bucket of at most so many bytes is read by one call.
const WHOLE: u64 = 256 << 10;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    /// Rows counted in every set.
    pub(super) rows: u64,
    pub(super) sets: Vec<StoredSet>,
}

/// One set of a segment. Codes are those of the segment's coded columns.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredSet {
    /// Its number in `SETS`.
    pub(super) set: usize,
    pub(super) buckets: Vec<Bucket>,
}

/// Groups of one bucket; the large ones and the small ones may stand apart, one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// First day.
    pub(super) first: i32,
    pub(super) groups: usize,
    /// One per dimension of the set, one for the kind, then one per bin.
    pub(super) regions: Vec<Region>,
}

/// Stored counts of one segment, open for reading.
#[derive(Debug)]
pub(crate) struct RollupFile {
    inlet: Inlet,
    header: Header,
}

impl RollupFile {
    /// Open a file that a manifest names; reads its header only.
    pub(crate) fn open(folder: &Path, part: &Part, rows: u64) -> Result<Self, WarehouseError> {
        let inlet = Inlet::open(folder, part)?;
        let header: Header = inlet.header(MAGIC)?;
        if header.format > FORMAT {
            return Err(damaged(&inlet.path, format!("format {} is newer than {FORMAT}", header.format)));
        }
        if header.rows != rows {
            return Err(damaged(&inlet.path, format!("it counts {} rows, its segment has {rows}", header.rows)));
        }
        Ok(Self { inlet, header })
    }

    /// The buckets of a set, when this segment has it.
    pub(super) fn buckets(&self, set: usize) -> Option<&[Bucket]> {
        self.header.sets.iter().find(|s| s.set == set).map(|s| s.buckets.as_slice())
    }

    /// Read a small bucket whole: its many columns are a few bytes each.
    pub(super) fn fetch(&self, bucket: &Bucket, ahead: &mut Ahead) -> Result<(), WarehouseError> {
        ahead.clear();
        let (Some(first), Some(last)) = (bucket.regions.first(), bucket.regions.last()) else { return Ok(()) };
        let span = first.span().start..last.span().end;
        if span.end - span.start <= WHOLE { self.inlet.ahead(span, ahead) } else { Ok(()) }
    }

    /// Read one block of one region of a bucket.
    pub(super) fn read(
        &self,
        ahead: &Ahead,
        bucket: &Bucket,
        region: usize,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        let Some(region) = bucket.regions.get(region) else {
            return Err(damaged(&self.inlet.path, "a bucket lacks a column"));
        };
        self.inlet.read_with(ahead, region, block, into, bytes)
    }
}
