//! Writing a segment anew, in its place in the manifest.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{DataFrame, ident};
use futures::TryStreamExt;
use peakend_query::WarehouseError;

use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::scan::Voices;
use crate::segment::{Segment, SegmentWriter};

/// The rows of one segment.
pub(crate) fn rows(engine: &Engine, segment: &Arc<Segment>) -> Result<DataFrame> {
    let one = vec![Arc::clone(segment)];
    engine.read(match segment.entry.contents {
        Contents::Voices => Voices::sealed_only(one),
        Contents::Outcomes => Voices::outcomes(one),
    })
}

/// The same rows in the order in which a segment keeps them.
pub(crate) fn in_order(contents: Contents, rows: DataFrame) -> Result<DataFrame> {
    let order = match contents {
        Contents::Voices => ["day", "at", "seq"],
        Contents::Outcomes => ["kind", "month", "person"],
    };
    rows.sort(order.map(|name| ident(name).sort(true, false)).to_vec())
}

/// Put what `rows` gives, each piece through `change`, in the place of a segment.
/// `change` returns the piece and how many of its rows are new; where no row is
/// new and none is missing, the segment stays as it is. Returns how many rows are
/// new or gone. The old file goes when the last answer that reads it is done.
/// Blocking: call it on the engine's writing thread.
pub(crate) fn replace(
    org: &Org,
    segment: &Segment,
    mut rows: SendableRecordBatchStream,
    mut change: impl FnMut(RecordBatch) -> Result<(RecordBatch, u64), WarehouseError>,
) -> Result<u64, WarehouseError> {
    let mut next = Manifest::clone(&org.manifest());
    let mut writer = SegmentWriter::create(org, segment.entry.contents, next.next)?;
    let mut changed = 0;
    while let Some(batch) =
        tokio::runtime::Handle::current().block_on(rows.try_next()).map_err(fault("write a segment anew"))?
    {
        let (batch, new) = change(batch)?;
        changed += new;
        writer.push(&batch)?;
    }
    let mut entry = writer.finish()?;
    changed += segment.entry.rows - entry.rows;
    if changed == 0 {
        entry.discard(&org.inside())?;
        return Ok(0);
    }
    entry.batch.clone_from(&segment.entry.batch);
    entry.first_seq = segment.entry.first_seq;
    entry.last_seq = segment.entry.last_seq;
    let at = next.segments.iter().position(|e| e.file == segment.entry.file);
    let place = at.unwrap_or(next.segments.len());
    next.segments.retain(|e| e.file != segment.entry.file);
    if entry.rows > 0 {
        // the place matters: of two outcome batches the later wins
        next.segments.insert(place, entry);
    }
    next.next += 1;
    org.publish(next, 0)?;
    Ok(changed)
}
