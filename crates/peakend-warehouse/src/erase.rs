//! Removing persons: from the hot tail and, by rewriting, from segments.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::compute::filter_record_batch;
use peakend_query::WarehouseError;
use tokio::sync::OwnedMutexGuard;

use crate::codes::digest;
use crate::columns::strings;
use crate::engine::Engine;
use crate::event;
use crate::fault::engine as fault;
use crate::manifest::Contents;
use crate::org::Org;
use crate::rewrite::rewrite;
use crate::segment::Segment;

/// Remove every row of these persons; returns how many. Segments without any stay
/// as they are; the files of the others are gone when the last answer that reads
/// them is done.
pub(crate) async fn erase(
    engine: &Engine,
    org: &Arc<Org>,
    persons: &[String],
    writing: OwnedMutexGuard<()>,
) -> Result<u64, WarehouseError> {
    let wanted: HashSet<String> = persons.iter().filter(|p| !p.is_empty()).cloned().collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    let hot = org.erase_hot(&wanted.iter().map(String::as_str).collect())?;
    let mut segments = org.segments();
    let mut may = segments.iter().map(|s| may_hold(s, &wanted)).collect::<Result<Vec<_>, _>>()?.into_iter();
    segments.retain(|_| may.next() == Some(true));
    let others = move |piece| {
        let persons = strings(&piece, "person").map_err(fault("read the persons of rows"))?;
        let stay: BooleanArray = persons.iter().map(|p| Some(p.is_none_or(|p| !wanted.contains(p)))).collect();
        Ok((filter_record_batch(&piece, &stay).map_err(fault("leave out the rows of persons"))?, 0))
    };
    let (gone, _writing) = rewrite(engine, "erase persons", org, segments, others, writing).await?;
    Ok(hot + gone)
}

fn may_hold(segment: &Segment, persons: &HashSet<String>) -> Result<bool, WarehouseError> {
    let numbers = || persons.iter().map(|p| digest(p)).collect();
    if let Some(values) = &segment.values {
        return values.has_any(&numbers());
    }
    if segment.entry.contents == Contents::Events {
        return event::holds(segment, &numbers());
    }
    let Some(codes) = &segment.codes else { return Ok(true) };
    let digests: Vec<u64> = persons.iter().map(|p| digest(p)).collect();
    codes.numbers_of(&digests).map(|found| !found.is_empty())
}
