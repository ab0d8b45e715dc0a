//! Lists of voices: find the page by narrow columns, then fetch its rows.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type, UInt8Type, UInt64Type};
use datafusion::error::Result;
use datafusion::prelude::{DataFrame, ident, lit};
use futures::TryStreamExt;
use peakend_query::{DayRange, Filter, Provenance, VoiceFact, VoiceList, VoiceOrder, VoicePage, WarehouseError};

use crate::among::{Members, among};
use crate::answer::wanted;
use crate::columns::{numbers, voices_of};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::look_up::{LookedUp, look_up};
use crate::org::Snapshot;
use crate::predicate::within;
use crate::scan::Voices;

/// A voice's place in the list; smaller comes first. The day only finds the row.
type Place = (u8, Reverse<(i64, u64)>, i32);

/// List the voices of a snapshot.
pub(crate) async fn list(engine: &Engine, snapshot: Snapshot, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
    let provenance = snapshot.provenance.clone();
    if snapshot.is_empty() {
        return Ok(VoicePage { total: 0, voices: Vec::new(), provenance });
    }
    if let Some(page) = looked_up(engine, &snapshot, list).await? {
        return Ok(page);
    }
    let plan = wanted(engine, &snapshot, list.period, &list.filter, &[])
        .and_then(|voices| voices.select(["seq", "at", "day", "nps"].map(ident).to_vec()))
        .map_err(fault("plan the list"))?;
    let keep = usize::try_from(list.offset.saturating_add(list.limit)).unwrap_or(usize::MAX);
    let (order, offset) = (list.order, usize::try_from(list.offset).unwrap_or(usize::MAX));
    let (total, mut places) = engine.compute("find the voices", first(plan, order, keep)).await?;
    let page: Vec<Place> = if offset < places.len() { places.split_off(offset) } else { Vec::new() };
    let places: Vec<(u64, i32)> = page.iter().map(|(_, Reverse((_, seq)), day)| (*seq, *day)).collect();
    Ok(VoicePage { total, voices: fetch(engine, &snapshot, &places).await?, provenance })
}

/// The same for a list of a few persons or ids, when the segments can tell.
pub(crate) async fn looked_up(
    engine: &Engine,
    snapshot: &Snapshot,
    list: &VoiceList,
) -> Result<Option<VoicePage>, WarehouseError> {
    if !engine.coded() {
        return Ok(None);
    }
    let found = look_up(engine, snapshot, list).await?;
    Ok(found.map(|found| page(found, list, snapshot.provenance.clone())))
}

/// The page of voices that a list asks for, out of at least all of them.
fn page(LookedUp { voices: mut found, others }: LookedUp, list: &VoiceList, provenance: Provenance) -> VoicePage {
    found.retain(|v| list.period.contains(v.day) && list.filter.matches(v));
    found.sort_by_key(|v| {
        let rank = match list.order {
            VoiceOrder::Newest => 0,
            VoiceOrder::LowestNps => v.nps.unwrap_or(u8::MAX),
        };
        (rank, Reverse((v.at, v.seq)))
    });
    let (skip, take) = (usize::try_from(list.offset), usize::try_from(list.limit));
    VoicePage {
        total: found.len() as u64 + others,
        voices: found.into_iter().skip(skip.unwrap_or(usize::MAX)).take(take.unwrap_or(usize::MAX)).collect(),
        provenance,
    }
}

/// Every voice of a snapshot that a filter keeps, in no order.
pub(crate) async fn every(
    engine: &Engine,
    snapshot: Snapshot,
    period: DayRange,
    filter: &Filter,
) -> Result<Vec<VoiceFact>, WarehouseError> {
    if snapshot.is_empty() {
        return Ok(Vec::new());
    }
    let plan = wanted(engine, &snapshot, period, filter, &[]).map_err(fault("plan the list"))?;
    let batches = engine.compute("read the voices", plan.collect()).await?;
    let mut all = Vec::new();
    for batch in &batches {
        all.extend(voices_of(batch).map_err(fault("read the voices"))?);
    }
    Ok(all)
}

/// How many rows there are, and the first `keep` places in order.
async fn first(plan: DataFrame, order: VoiceOrder, keep: usize) -> Result<(u64, Vec<Place>)> {
    let mut rows = plan.execute_stream().await?;
    let mut total = 0;
    let mut places: BinaryHeap<Place> = BinaryHeap::new();
    while let Some(batch) = rows.try_next().await? {
        total += batch.num_rows() as u64;
        place(&batch, order, keep, &mut places)?;
    }
    Ok((total, places.into_sorted_vec()))
}

fn place(batch: &RecordBatch, order: VoiceOrder, keep: usize, places: &mut BinaryHeap<Place>) -> Result<()> {
    let seq = numbers::<UInt64Type>(batch, "seq")?;
    let at = numbers::<Int64Type>(batch, "at")?;
    let day = numbers::<Int32Type>(batch, "day")?;
    let nps = numbers::<UInt8Type>(batch, "nps")?;
    for row in 0..batch.num_rows() {
        let rank = match order {
            VoiceOrder::Newest => 0,
            VoiceOrder::LowestNps if nps.is_valid(row) => nps.value(row),
            VoiceOrder::LowestNps => u8::MAX,
        };
        let place = (rank, Reverse((at.value(row), seq.value(row))), day.value(row));
        if places.len() < keep {
            places.push(place);
        } else if let Some(mut last) = places.peek_mut()
            && place < *last
        {
            *last = place;
        }
    }
    Ok(())
}

/// The whole voices of these log positions, each with its day, in their order.
pub(crate) async fn fetch(
    engine: &Engine,
    snapshot: &Snapshot,
    places: &[(u64, i32)],
) -> Result<Vec<VoiceFact>, WarehouseError> {
    let days = || places.iter().map(|(_, day)| *day);
    let (Some(from), Some(to)) = (days().min(), days().max()) else { return Ok(Vec::new()) };
    let seqs: HashSet<u64> = places.iter().map(|(seq, _)| *seq).collect();
    let low = seqs.iter().copied().min().unwrap_or(0);
    let high = seqs.iter().copied().max().unwrap_or(u64::MAX);
    let mut part = snapshot.clone();
    part.segments.retain(|s| s.overlaps(from, to) && s.entry.first_seq <= high && s.entry.last_seq >= low);
    part.hot.retain(|c| c.first <= to && c.last >= from);
    if part.is_empty() {
        return Ok(Vec::new());
    }
    let plan = engine
        .read(Voices::of(&part).late())
        .and_then(|voices| voices.filter(within(DayRange { from, to })))
        .and_then(|voices| voices.filter(ident("seq").gt_eq(lit(low)).and(ident("seq").lt_eq(lit(high)))))
        .and_then(|voices| voices.filter(among("seq", Members::Seqs(seqs))))
        .map_err(fault("plan the list"))?;
    let batches = engine.compute("fetch the voices", plan.collect()).await?;
    let mut found = HashMap::new();
    for batch in &batches {
        found.extend(voices_of(batch).map_err(fault("read the voices"))?.into_iter().map(|v| (v.seq, v)));
    }
    Ok(places.iter().filter_map(|(seq, _)| found.remove(seq)).collect())
}
