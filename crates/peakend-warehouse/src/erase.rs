//! Removing persons: from the hot tail and, by rewriting, from segments.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::error::Result;
use datafusion::prelude::DataFrame;
use peakend_query::WarehouseError;
use tokio::sync::OwnedMutexGuard;

use crate::among::{Members, among};
use crate::codes::{Source, digest};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::Org;
use crate::rewrite;
use crate::segment::Segment;

/// Remove every row of these persons; returns how many. Segments without any stay
/// as they are; the files of the others are gone when the last answer that reads
/// them is done.
pub(crate) async fn erase(
    engine: &Engine,
    org: &Arc<Org>,
    persons: &[String],
    mut writing: OwnedMutexGuard<()>,
) -> Result<u64, WarehouseError> {
    let wanted: HashSet<String> = persons.iter().filter(|p| !p.is_empty()).cloned().collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    let mut gone = org.erase_hot(&wanted.iter().map(String::as_str).collect())?;
    for segment in org.segments() {
        if !may_hold(&segment, &wanted)? {
            continue;
        }
        let plan = kept(engine, &segment, &wanted).map_err(fault("plan the erasure"))?;
        let rows = engine.compute("erase persons", plan.execute_stream()).await?;
        let org = Arc::clone(org);
        let (removed, held) = engine
            .write("erase persons", move || {
                Ok((rewrite::replace(&org, &segment, rows, |piece| Ok((piece, 0)))?, writing))
            })
            .await?;
        (gone, writing) = (gone + removed, held);
    }
    drop(writing);
    Ok(gone)
}

fn may_hold(segment: &Segment, persons: &HashSet<String>) -> Result<bool, WarehouseError> {
    if let Some(values) = &segment.values {
        return values.has_any(&persons.iter().map(|p| digest(p)).collect());
    }
    let Some(codes) = &segment.codes else { return Ok(true) };
    let known = Source::Sealed(Arc::clone(codes)).digests()?;
    Ok(persons.iter().any(|p| known.binary_search(&digest(p)).is_ok()))
}

/// The other rows, in the segment's order.
fn kept(engine: &Engine, segment: &Arc<Segment>, persons: &HashSet<String>) -> Result<DataFrame> {
    let others = rewrite::rows(engine, segment)?.filter(!among("person", Members::Persons(persons.clone())))?;
    rewrite::in_order(segment.entry.contents, others)
}
