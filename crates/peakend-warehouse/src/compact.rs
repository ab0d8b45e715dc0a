//! Sealing hot voices into a segment, and merging small segments into one.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{
    SortColumn, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{DataFrame, ident, lit};
use futures::TryStreamExt;
use peakend_query::WarehouseError;
use tokio::sync::OwnedMutexGuard;

use crate::columns::{aligned, attributes_of, numbers, strings, with_attributes};
use crate::engine::Engine;
use crate::event::ORDER;
use crate::fault::engine as fault;
use crate::hot::Chunk;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::scan::Voices;
use crate::segment::{Segment, SegmentWriter, columns_of};

/// A segment with fewer rows is small.
const SMALL: u64 = 1 << 20;
/// So many small segments may stand side by side.
const SMALL_SEGMENTS: usize = 16;
/// Rows handed to the writer at one time.
const PIECE: usize = 65_536;

/// Write the hot voices of this moment as a segment; returns how many. Blocking.
pub(crate) fn seal(org: &Org) -> Result<u64, WarehouseError> {
    let (chunks, last_seq) = org.freeze()?;
    if chunks.is_empty() {
        return Ok(0);
    }
    org.settle()?;
    let mut next = Manifest::clone(&org.manifest());
    let rows = sorted(&chunks).map_err(fault("sort hot voices"))?;
    let mut writer = SegmentWriter::create(org, Contents::Voices, next.next, rows.schema())?;
    for start in (0..rows.num_rows()).step_by(PIECE) {
        writer.push(&rows.slice(start, PIECE.min(rows.num_rows() - start)))?;
    }
    next.segments.push(writer.finish()?);
    next.next += 1;
    next.sealed = next.sealed.max(last_seq);
    org.publish(next, chunks.len())?;
    Ok(rows.num_rows() as u64)
}

fn sorted(chunks: &[Chunk]) -> Result<RecordBatch> {
    let attributes = chunks.iter().flat_map(|c| attributes_of(c.rows.schema_ref())).collect();
    let schema = with_attributes(&attributes);
    let rows = chunks.iter().map(|c| aligned(&c.rows, &schema)).collect::<Result<Vec<_>>>()?;
    let rows = concat_batches(&schema, &rows)?;
    let column = |name| rows.column_by_name(name).cloned().ok_or_else(|| crate::fault::missing(name));
    let by = ["day", "at", "seq"]
        .map(|name| Ok(SortColumn { values: column(name)?, options: None }))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let order: UInt32Array = lexsort_to_indices(&by, None)?;
    Ok(take_record_batch(&rows, &order)?)
}

/// Merge small segments when there are too many. `writing` goes along to where
/// the manifest changes, so that a caller who goes away cannot free it too soon.
pub(crate) async fn compact(
    engine: &Engine,
    org: &Arc<Org>,
    mut writing: OwnedMutexGuard<()>,
) -> Result<(), WarehouseError> {
    for contents in [Contents::Voices, Contents::Outcomes, Contents::Events] {
        for loaded in [false, true] {
            let run = small_run(&org.segments(), contents, loaded);
            if run.len() > SMALL_SEGMENTS {
                writing = merge(engine, org, contents, run, writing).await?;
            }
        }
    }
    Ok(())
}

/// The last small segments in a row: merging them keeps the order of loading.
/// Voices of the log and those loaded from files never share a segment, so that
/// the former can be counted against the operational store.
fn small_run(segments: &[Arc<Segment>], contents: Contents, loaded: bool) -> Vec<Arc<Segment>> {
    let of = |s: &&Arc<Segment>| s.entry.contents == contents && s.entry.is_loaded() == loaded;
    let ours = segments.iter().rev().filter(of);
    let mut run: Vec<_> = ours.take_while(|s| s.entry.rows < SMALL).cloned().collect();
    run.reverse();
    run
}

async fn merge(
    engine: &Engine,
    org: &Arc<Org>,
    contents: Contents,
    run: Vec<Arc<Segment>>,
    writing: OwnedMutexGuard<()>,
) -> Result<OwnedMutexGuard<()>, WarehouseError> {
    let plan = match contents {
        Contents::Voices => voices_in_order(engine, &run),
        Contents::Outcomes => outcomes_in_order(engine, &run),
        Contents::Events => events_in_order(engine, &run),
    };
    let plan = plan.map_err(fault("plan the merge of segments"))?;
    let rows = engine.compute("merge segments", plan.execute_stream()).await?;
    let org = Arc::clone(org);
    engine.write("merge segments", move || write_merged(&org, contents, &run, rows).map(|()| writing)).await
}

fn voices_in_order(engine: &Engine, run: &[Arc<Segment>]) -> Result<DataFrame> {
    engine
        .read(Voices::sealed_only(run.to_vec()))?
        .sort(["day", "at", "seq"].map(|name| ident(name).sort(true, false)).to_vec())
}

fn events_in_order(engine: &Engine, run: &[Arc<Segment>]) -> Result<DataFrame> {
    engine.read(Voices::events(run.to_vec()))?.sort(ORDER.map(|name| ident(name).sort(true, false)).to_vec())
}

/// Of equal keys the latest batch comes first, and stays.
fn outcomes_in_order(engine: &Engine, run: &[Arc<Segment>]) -> Result<DataFrame> {
    let mut all: Option<DataFrame> = None;
    for (order, segment) in (0_i64..).zip(run) {
        let mut columns = ["kind", "month", "person", "value"].map(ident).to_vec();
        columns.push(lit(order).alias("loaded"));
        let rows = engine.read(Voices::outcomes(vec![Arc::clone(segment)]))?.select(columns)?;
        all = Some(match all {
            None => rows,
            Some(others) => others.union(rows)?,
        });
    }
    let all = all.ok_or_else(|| crate::fault::missing("loaded"))?;
    let mut order = ["kind", "month", "person"].map(|name| ident(name).sort(true, false)).to_vec();
    order.push(ident("loaded").sort(false, false));
    all.sort(order)
}

/// Blocking: pulls sorted rows from the engine's threads and writes them here.
fn write_merged(
    org: &Org,
    contents: Contents,
    run: &[Arc<Segment>],
    mut rows: SendableRecordBatchStream,
) -> Result<(), WarehouseError> {
    let mut next = Manifest::clone(&org.manifest());
    // the loading order of outcomes is not kept
    let columns = if contents == Contents::Voices { rows.schema() } else { columns_of(contents) };
    let mut writer = SegmentWriter::create(org, contents, next.next, columns)?;
    let mut last = None;
    while let Some(batch) =
        tokio::runtime::Handle::current().block_on(rows.try_next()).map_err(fault("merge segments"))?
    {
        match contents {
            Contents::Voices | Contents::Events => writer.push(&batch)?,
            Contents::Outcomes => {
                writer.push(&distinct(&batch, &mut last).map_err(fault("merge outcomes"))?)?;
            }
        }
    }
    let merged = writer.finish()?;
    next.segments.retain(|entry| !run.iter().any(|s| s.entry.file == entry.file));
    next.segments.push(merged);
    next.next += 1;
    org.publish(next, 0)
}

/// Rows whose key differs from the row before, without the loading order.
fn distinct(batch: &RecordBatch, last: &mut Option<(String, i32, String)>) -> Result<RecordBatch> {
    let kind = strings(batch, "kind")?;
    let month = numbers::<Int32Type>(batch, "month")?;
    let person = strings(batch, "person")?;
    let new: BooleanArray = (0..batch.num_rows())
        .map(|row| {
            let key = (kind.value(row), month.value(row), person.value(row));
            let known = match row.checked_sub(1) {
                Some(before) => key == (kind.value(before), month.value(before), person.value(before)),
                None => last.as_ref().is_some_and(|(k, m, p)| key == (k.as_str(), *m, p.as_str())),
            };
            Some(!known)
        })
        .collect();
    if let Some(row) = batch.num_rows().checked_sub(1) {
        *last = Some((kind.value(row).to_owned(), month.value(row), person.value(row).to_owned()));
    }
    Ok(filter_record_batch(&batch.project(&[0, 1, 2, 3])?, &new)?)
}
