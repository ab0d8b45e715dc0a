//! Removing persons: from the hot tail and, by rewriting, from segments.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::error::Result;
use datafusion::prelude::DataFrame;
use futures::TryStreamExt;
use peakend_query::WarehouseError;
use tokio::sync::OwnedMutexGuard;

use crate::among::{Members, among};
use crate::codes::{Source, digest};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::scan::Voices;
use crate::segment::{Segment, SegmentWriter};

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
        let mut rows = engine.compute("erase persons", plan.execute_stream()).await?;
        let org = Arc::clone(org);
        let (removed, held) = engine
            .write("erase persons", move || {
                let mut next = Manifest::clone(&org.manifest());
                let mut writer = SegmentWriter::create(&org, segment.entry.contents, next.next)?;
                while let Some(batch) =
                    tokio::runtime::Handle::current().block_on(rows.try_next()).map_err(fault("erase persons"))?
                {
                    writer.push(&batch)?;
                }
                let mut entry = writer.finish()?;
                let removed = segment.entry.rows - entry.rows;
                if removed > 0 {
                    entry.batch = segment.entry.batch.clone();
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
                } else {
                    entry.discard(&org.inside())?;
                }
                Ok((removed, writing))
            })
            .await?;
        (gone, writing) = (gone + removed, held);
    }
    drop(writing);
    Ok(gone)
}

fn may_hold(segment: &Segment, persons: &HashSet<String>) -> Result<bool, WarehouseError> {
    let Some(codes) = &segment.codes else { return Ok(true) };
    let known = Source::Sealed(Arc::clone(codes)).digests()?;
    Ok(persons.iter().any(|p| known.binary_search(&digest(p)).is_ok()))
}

/// The other rows, in the segment's order.
fn kept(engine: &Engine, segment: &Arc<Segment>, persons: &HashSet<String>) -> Result<DataFrame> {
    let one = vec![Arc::clone(segment)];
    let (table, order) = match segment.entry.contents {
        Contents::Voices => (Voices::sealed_only(one), ["day", "at", "seq"]),
        Contents::Outcomes => (Voices::outcomes(one), ["kind", "month", "person"]),
    };
    let rows = engine.read(table)?.filter(!among("person", Members::Persons(persons.clone())))?;
    rows.sort(order.map(|name| datafusion::prelude::ident(name).sort(true, false)).to_vec())
}
