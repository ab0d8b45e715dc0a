//! Removing what an organisation no longer keeps: voices before a day, outcomes before a month.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{Retention, WarehouseError};
use tokio::sync::OwnedMutexGuard;

use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::rewrite;
use crate::segment::Segment;

/// Remove every older row; returns how many. A segment whose rows are all older
/// goes whole, without being read.
pub(crate) async fn expire(
    engine: &Engine,
    org: &Arc<Org>,
    keep: Retention,
    mut writing: OwnedMutexGuard<()>,
) -> Result<u64, WarehouseError> {
    let mut gone = org.expire_hot(keep.first_day)?;
    let (dropping, held) = (Arc::clone(org), writing);
    let (dropped, held) = engine.write("drop old segments", move || Ok((drop_whole(&dropping, keep)?, held))).await?;
    (gone, writing) = (gone + dropped, held);
    for segment in org.segments().into_iter().filter(|s| s.entry.first < first(keep, s)) {
        let plan = kept(engine, &segment, keep).map_err(fault("plan the removal of old rows"))?;
        let rows = engine.compute("remove old rows", plan.execute_stream()).await?;
        let org = Arc::clone(org);
        let (removed, held) = engine
            .write("remove old rows", move || {
                Ok((rewrite::replace(&org, &segment, rows, |piece| Ok((piece, 0)))?, writing))
            })
            .await?;
        (gone, writing) = (gone + removed, held);
    }
    drop(writing);
    Ok(gone)
}

/// The first day or month of a segment's kind that stays.
fn first(keep: Retention, segment: &Segment) -> i32 {
    match segment.entry.contents {
        Contents::Voices => keep.first_day,
        Contents::Outcomes => keep.first_month,
    }
}

fn drop_whole(org: &Org, keep: Retention) -> Result<u64, WarehouseError> {
    let old: Vec<_> = org.segments().into_iter().filter(|s| s.entry.last < first(keep, s)).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let mut next = Manifest::clone(&org.manifest());
    next.segments.retain(|entry| !old.iter().any(|s| s.entry.file == entry.file));
    org.publish(next, 0)?;
    Ok(old.iter().map(|s| s.entry.rows).sum())
}

/// The rows that stay, in the segment's order.
fn kept(engine: &Engine, segment: &Arc<Segment>, keep: Retention) -> Result<DataFrame> {
    let time = match segment.entry.contents {
        Contents::Voices => "day",
        Contents::Outcomes => "month",
    };
    let rows = rewrite::rows(engine, segment)?.filter(ident(time).gt_eq(lit(first(keep, segment))))?;
    rewrite::in_order(segment.entry.contents, rows)
}
