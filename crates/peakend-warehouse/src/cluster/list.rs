//! Lists of voices: the places of a page there, its rows here.

use datafusion::arrow::datatypes::{Int32Type, Int64Type, UInt64Type};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{ident, lit};
use peakend_query::{VoiceList, VoiceOrder, VoicePage, WarehouseError};

use super::answer::run;
use super::planned::{Elsewhere, wanted};
use crate::columns::numbers;
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::list::fetch;
use crate::org::Snapshot;

/// List the voices of a snapshot.
pub(super) async fn list(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &VoiceList,
) -> Result<VoicePage, WarehouseError> {
    let mut page = VoicePage { total: 0, voices: Vec::new(), provenance: snapshot.provenance.clone() };
    if snapshot.is_empty() {
        return Ok(page);
    }
    let plan =
        || wanted(on, snapshot, q.period, &q.filter)?.aggregate(Vec::new(), vec![count(lit(1_i64)).alias("voices")]);
    for batch in run(on, "count the voices", plan()).await? {
        let voices = numbers::<Int64Type>(&batch, "voices").map_err(fault("count the voices"))?;
        page.total += voices.values().iter().map(|n| u64::try_from(*n).unwrap_or(0)).sum::<u64>();
    }
    if q.limit > 0 && q.offset < page.total {
        // the few rows of a page are here as well
        page.voices = fetch(engine, snapshot, &places(on, snapshot, q).await?).await?;
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
        wanted(on, snapshot, q.period, &q.filter)?
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
