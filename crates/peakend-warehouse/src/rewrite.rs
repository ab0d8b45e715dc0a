//! Writing a segment anew, in its place in the manifest.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peakend_query::WarehouseError;
use tokio::sync::OwnedMutexGuard;

use crate::engine::Engine;
use crate::fault::storage;
use crate::manifest::Manifest;
use crate::org::Org;
use crate::segment::{Segment, SegmentWriter, columns_of};

/// Rows read at one time.
const PIECE: usize = 65_536;

/// Write each of these segments anew, one after another; returns how many rows are
/// new or gone. `change` gets each piece of a segment in its order and returns what
/// stays, in the same order, and how many of its rows are new. Where no row is new
/// and none is missing, the segment stays as it is; else its files go when the last
/// answer that reads them is done. `writing` goes along to where the manifest
/// changes, so that a caller who goes away cannot free it too soon.
pub(crate) async fn rewrite(
    engine: &Engine,
    operation: &'static str,
    org: &Arc<Org>,
    segments: Vec<Arc<Segment>>,
    change: impl Fn(RecordBatch) -> Result<(RecordBatch, u64), WarehouseError> + Send + Sync + 'static,
    mut writing: OwnedMutexGuard<()>,
) -> Result<(u64, OwnedMutexGuard<()>), WarehouseError> {
    let (change, mut changed) = (Arc::new(change), 0);
    for segment in segments {
        let (org, change) = (Arc::clone(org), Arc::clone(&change));
        let (more, held) = engine.write(operation, move || Ok((replace(&org, &segment, &*change)?, writing))).await?;
        (changed, writing) = (changed + more, held);
    }
    Ok((changed, writing))
}

fn replace(
    org: &Org,
    segment: &Segment,
    change: &(impl Fn(RecordBatch) -> Result<(RecordBatch, u64), WarehouseError> + ?Sized),
) -> Result<u64, WarehouseError> {
    let read = || storage("read", &segment.path);
    let file = File::open(&segment.path).map_err(storage("open", &segment.path))?;
    let rows = ParquetRecordBatchReaderBuilder::try_new(file).map_err(read())?.with_batch_size(PIECE).build();
    let mut next = Manifest::clone(&org.manifest());
    let contents = segment.entry.contents;
    let create = |columns| SegmentWriter::create(org, contents, next.next, columns);
    let (mut changed, mut writer) = (0, None);
    for piece in rows.map_err(read())? {
        let (piece, new) = change(piece.map_err(storage("read", &segment.path))?)?;
        changed += new;
        // every piece comes back with the same columns
        match &mut writer {
            None => writer.insert(create(piece.schema())?).push(&piece)?,
            Some(writer) => writer.push(&piece)?,
        }
    }
    let writer = match writer {
        Some(writer) => writer,
        None => create(columns_of(contents))?,
    };
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
    } else {
        entry.discard(&org.inside())?;
    }
    next.next += 1;
    org.publish(next, 0)?;
    Ok(changed)
}
