//! Lists of voices: the places of a page, then its rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, UInt64Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, cast};
use datafusion::prelude::{ident, lit};
use peakend_query::{DayRange, Filter, VoiceFact, VoiceList, VoiceOrder, VoicePage, WarehouseError};

use super::answer::run;
use super::planned::{Elsewhere, wanted};
use crate::among::{Members, among};
use crate::columns::{VOICES, numbers, voices_of};
use crate::fault::{engine as fault, missing};
use crate::org::Snapshot;

/// List the voices of a snapshot.
pub(super) async fn list(on: &dyn Elsewhere, snapshot: &Snapshot, q: &VoiceList) -> Result<VoicePage, WarehouseError> {
    let mut page = VoicePage { total: 0, voices: Vec::new(), provenance: snapshot.provenance.clone() };
    if snapshot.is_empty() {
        return Ok(page);
    }
    let plan = || {
        wanted(on, snapshot, q.period, &q.filter, false)?.aggregate(Vec::new(), vec![count(lit(1_i64)).alias("voices")])
    };
    for batch in run(on, "count the voices", plan()).await? {
        let voices = numbers::<Int64Type>(&batch, "voices").map_err(fault("count the voices"))?;
        page.total += voices.values().iter().map(|n| u64::try_from(*n).unwrap_or(0)).sum::<u64>();
    }
    if q.limit > 0 && q.offset < page.total {
        let places = places(on, snapshot, q).await?;
        let mut found = fetch(on, snapshot, &places).await?;
        page.voices = places.iter().filter_map(|(seq, _)| found.remove(seq)).collect();
    }
    Ok(page)
}

/// Position and day of each voice of the page, in order.
async fn places(on: &dyn Elsewhere, snapshot: &Snapshot, q: &VoiceList) -> Result<Vec<(u64, i32)>, WarehouseError> {
    let newest = [ident("at").sort(false, false), ident("seq").sort(false, false)];
    let order: Vec<_> = match q.order {
        VoiceOrder::Newest => newest.to_vec(),
        VoiceOrder::LowestNps => [ident("nps").sort(true, false)].into_iter().chain(newest).collect(),
    };
    let skip = usize::try_from(q.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(q.limit).unwrap_or(usize::MAX);
    let plan = || {
        wanted(on, snapshot, q.period, &q.filter, false)?
            .select(["seq", "at", "day", "nps"].map(ident).to_vec())?
            .sort(order)?
            .limit(skip, Some(take))
    };
    let batches = run(on, "find the voices", plan()).await?;
    let mut places = Vec::new();
    for batch in &batches {
        let seq = numbers::<UInt64Type>(batch, "seq").map_err(fault("find the voices"))?;
        let day = numbers::<Int32Type>(batch, "day").map_err(fault("find the voices"))?;
        places.extend(seq.values().iter().copied().zip(day.values().iter().copied()));
    }
    Ok(places)
}

/// The whole rows of these places, by log position.
async fn fetch(
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    places: &[(u64, i32)],
) -> Result<HashMap<u64, VoiceFact>, WarehouseError> {
    let days = || places.iter().map(|(_, day)| *day);
    let (Some(from), Some(to)) = (days().min(), days().max()) else { return Ok(HashMap::new()) };
    let seqs: HashSet<u64> = places.iter().map(|(seq, _)| *seq).collect();
    let low = seqs.iter().copied().min().unwrap_or(0);
    let high = seqs.iter().copied().max().unwrap_or(u64::MAX);
    let mut part = snapshot.clone();
    part.segments.retain(|s| s.overlaps(from, to) && s.entry.first_seq <= high && s.entry.last_seq >= low);
    part.hot.retain(|c| c.first <= to && c.last >= from);
    part.inside = false;
    if part.is_empty() {
        return Ok(HashMap::new());
    }
    let plan = || {
        wanted(on, &part, DayRange { from, to }, &Filter::All, true)?
            .filter(ident("seq").gt_eq(lit(low)).and(ident("seq").lt_eq(lit(high))))?
            .filter(among("seq", Members::Seqs(seqs)))?
            .select(sent())
    };
    let batches = run(on, "fetch the voices", plan()).await?;
    let mut found = HashMap::new();
    for batch in &batches {
        let voices = as_stored(batch).and_then(|b| voices_of(&b)).map_err(fault("read the voices"))?;
        found.extend(voices.into_iter().map(|v| (v.seq, v)));
    }
    Ok(found)
}

/// Every column, texts as plain texts: views and dictionaries drag along the
/// whole pages they point into when rows are sent.
fn sent() -> Vec<Expr> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| match field.data_type() {
        DataType::Utf8View | DataType::Dictionary(..) => cast(ident(field.name()), DataType::Utf8).alias(field.name()),
        _ => ident(field.name()),
    };
    VOICES.fields().iter().map(column).collect()
}

fn as_stored(batch: &RecordBatch) -> Result<RecordBatch> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| -> Result<ArrayRef> {
        let sent = batch.column_by_name(field.name()).ok_or_else(|| missing(field.name()))?;
        Ok(cast_array(sent, field.data_type())?)
    };
    let columns = VOICES.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(Arc::clone(&VOICES), columns)?)
}
