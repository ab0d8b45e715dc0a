//! Removing what an organisation no longer keeps: voices and events before a day, outcomes before a month.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::Int32Type;
use peakend_query::{Retention, WarehouseError};
use tokio::sync::OwnedMutexGuard;

use crate::columns::numbers;
use crate::engine::Engine;
use crate::fault::engine as fault;
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
    let hot = org.expire_hot(keep)?;
    let dropping = Arc::clone(org);
    let (mut gone, mut writing) =
        engine.write("drop old segments", move || Ok((drop_whole(&dropping, keep)?, writing))).await?;
    for contents in [Contents::Voices, Contents::Outcomes, Contents::Events] {
        let (column, first) = time(contents, keep);
        let mut segments = org.segments();
        segments.retain(|s| s.entry.contents == contents && s.entry.first < first);
        let later = move |piece: RecordBatch| {
            let times = numbers::<Int32Type>(&piece, column).map_err(fault("read the period of rows"))?;
            let stay: BooleanArray = times.values().iter().map(|t| Some(*t >= first)).collect();
            Ok((filter_record_batch(&piece, &stay).map_err(fault("leave out old rows"))?, 0))
        };
        let (more, held) = rewrite(engine, "remove old rows", org, segments, later, writing).await?;
        (gone, writing) = (gone + more, held);
    }
    drop(writing);
    Ok(hot + gone)
}

/// The column that tells when, and the first day or month that stays.
fn time(contents: Contents, keep: Retention) -> (&'static str, i32) {
    match contents {
        Contents::Voices => ("day", keep.first_day),
        Contents::Outcomes => ("month", keep.first_month),
        Contents::Events => ("day", keep.first_event_day),
    }
}

fn drop_whole(org: &Org, keep: Retention) -> Result<u64, WarehouseError> {
    let old = |s: &Arc<Segment>| s.entry.last < time(s.entry.contents, keep).1;
    let old: Vec<_> = org.segments().into_iter().filter(old).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let mut next = Manifest::clone(&org.manifest());
    next.segments.retain(|entry| !old.iter().any(|s| s.entry.file == entry.file));
    org.publish(next, 0)?;
    Ok(old.iter().map(|s| s.entry.rows).sum())
}
