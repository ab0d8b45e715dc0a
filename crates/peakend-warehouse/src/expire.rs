//! Removing what an organisation no longer keeps: voices and events before a day, outcomes before a month.
//!
//! A survey may have a day of its own. Between the earliest and the latest of these
//! days old and kept voices lie side by side; a segment there is looked through before
//! it is written anew, so that what is kept longer is not copied every day for nothing.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::error::Result as Computed;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peakend_query::{Retention, WarehouseError};
use tokio::sync::OwnedMutexGuard;

use crate::columns::{numbers, projected, texts};
use crate::engine::Engine;
use crate::fault::{engine as fault, storage};
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::rewrite::rewrite;
use crate::segment::Segment;

/// Remove every older row; returns how many. A segment whose rows are all older
/// goes whole, without being read.
pub(crate) async fn expire(
    engine: &Engine,
    org: &Arc<Org>,
    keep: Retention,
    writing: OwnedMutexGuard<()>,
) -> Result<u64, WarehouseError> {
    let hot = org.expire_hot(&keep)?;
    let keep = Arc::new(keep);
    let (dropping, limits) = (Arc::clone(org), Arc::clone(&keep));
    let (mut gone, mut writing) =
        engine.write("drop old segments", move || Ok((drop_whole(&dropping, &limits)?, writing))).await?;
    for contents in [Contents::Voices, Contents::Outcomes, Contents::Events] {
        let (looking, limits) = (Arc::clone(org), Arc::clone(&keep));
        let look = move || Ok((with_old_rows(&looking, contents, &limits)?, writing));
        let (segments, held) = engine.write("look for old rows", look).await?;
        let limits = Arc::clone(&keep);
        let later = move |piece: RecordBatch| {
            let stay = staying(&piece, contents, &limits).map_err(fault("read the period of rows"))?;
            Ok((filter_record_batch(&piece, &stay).map_err(fault("leave out old rows"))?, 0))
        };
        let (more, held) = rewrite(engine, "remove old rows", org, segments, later, held).await?;
        (gone, writing) = (gone + more, held);
    }
    drop(writing);
    Ok(hot + gone)
}

/// Days or months: no row before the first stays, every row from the second on does.
fn limits(contents: Contents, keep: &Retention) -> (i32, i32) {
    match contents {
        Contents::Voices => (keep.earliest_day(), keep.latest_day()),
        Contents::Outcomes => (keep.first_month, keep.first_month),
        Contents::Events => (keep.first_event_day, keep.first_event_day),
    }
}

/// Which rows stay.
fn staying(piece: &RecordBatch, contents: Contents, keep: &Retention) -> Computed<BooleanArray> {
    let times = numbers::<Int32Type>(piece, if contents == Contents::Outcomes { "month" } else { "day" })?.values();
    let (earliest, latest) = limits(contents, keep);
    if earliest == latest {
        return Ok(times.iter().map(|time| Some(*time >= latest)).collect());
    }
    let surveys = texts(piece, "survey")?;
    let stays = |(row, time): (usize, &i32)| *time >= latest || *time >= keep.first_day_of(surveys.value(row));
    Ok(times.iter().enumerate().map(stays).map(Some).collect())
}

/// The segments that have rows to remove. Blocking.
fn with_old_rows(org: &Org, contents: Contents, keep: &Retention) -> Result<Vec<Arc<Segment>>, WarehouseError> {
    let (earliest, latest) = limits(contents, keep);
    let mut found = Vec::new();
    for segment in org.segments() {
        let may = segment.entry.contents == contents && segment.entry.first < latest;
        if may && (segment.entry.first < earliest || has_old_rows(&segment, keep)?) {
            found.push(segment);
        }
    }
    Ok(found)
}

/// Look through the days and surveys of a segment of voices, as far as old ones may lie.
fn has_old_rows(segment: &Segment, keep: &Retention) -> Result<bool, WarehouseError> {
    let file = File::open(&segment.path).map_err(storage("open", &segment.path))?;
    let rows = ParquetRecordBatchReaderBuilder::try_new(file).map_err(storage("read", &segment.path))?;
    let columns = projected(rows.parquet_schema(), &["day", "survey"]);
    for piece in rows.with_projection(columns).build().map_err(storage("read", &segment.path))? {
        let piece = piece.map_err(storage("read", &segment.path))?;
        let stay = staying(&piece, Contents::Voices, keep).map_err(fault("read the period of rows"))?;
        if stay.false_count() > 0 {
            return Ok(true);
        }
        // by day: the rest is younger
        let last = numbers::<Int32Type>(&piece, "day").map_err(fault("read the period of rows"))?.values().last();
        if last.is_some_and(|day| *day >= keep.latest_day()) {
            break;
        }
    }
    Ok(false)
}

fn drop_whole(org: &Org, keep: &Retention) -> Result<u64, WarehouseError> {
    let old = |s: &Arc<Segment>| s.entry.last < limits(s.entry.contents, keep).0;
    let old: Vec<_> = org.segments().into_iter().filter(old).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let mut next = Manifest::clone(&org.manifest());
    next.segments.retain(|entry| !old.iter().any(|s| s.entry.file == entry.file));
    org.publish(next, 0)?;
    Ok(old.iter().map(|s| s.entry.rows).sum())
}
