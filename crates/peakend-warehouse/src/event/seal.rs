//! Sealing hot events into a segment, and finding whose are in one.

use std::collections::HashSet;
use std::fs::File;

use datafusion::arrow::datatypes::UInt64Type;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peakend_query::{EventFact, WarehouseError};

use super::rows::{batch, sort};
use crate::columns::numbers;
use crate::fault::{engine as fault, storage};
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::segment::{Segment, SegmentWriter, columns_of};

/// Rows handed to the writer at one time.
const PIECE: usize = 65_536;

/// Write the hot events of this moment as a segment; returns how many. Blocking.
pub(crate) fn seal(org: &Org) -> Result<u64, WarehouseError> {
    let (pieces, head) = org.hot_events();
    let mut rows: Vec<EventFact> = pieces.iter().flat_map(|p| p.iter().cloned()).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    sort(&mut rows);
    org.settle()?;
    let mut next = Manifest::clone(&org.manifest());
    let mut writer = SegmentWriter::create(org, Contents::Events, next.next, columns_of(Contents::Events))?;
    for piece in rows.chunks(PIECE) {
        writer.push(&batch(piece).map_err(fault("encode events"))?)?;
    }
    next.segments.push(writer.finish()?);
    next.next += 1;
    next.seal_events(head);
    org.publish(next, 0)?;
    Ok(rows.len() as u64)
}

/// Whether any row is of a person with one of these numbers. Reads one column.
pub(crate) fn holds(segment: &Segment, digests: &HashSet<u64>) -> Result<bool, WarehouseError> {
    let read = || storage("read", &segment.path);
    let file = File::open(&segment.path).map_err(storage("open", &segment.path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(read())?;
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["key"]);
    for piece in builder.with_projection(columns).with_batch_size(PIECE).build().map_err(read())? {
        let piece = piece.map_err(storage("read", &segment.path))?;
        let keys = numbers::<UInt64Type>(&piece, "key").map_err(fault("read the persons of events"))?;
        if keys.values().iter().any(|key| digests.contains(key)) {
            return Ok(true);
        }
    }
    Ok(false)
}
