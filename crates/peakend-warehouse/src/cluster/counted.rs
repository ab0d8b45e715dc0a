//! Questions counted from coded columns elsewhere, the hot rows here, and added.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use futures::future::try_join;
use peakend_query::{Cell, Joint, JointRow, Provenance, Question, Route, Table, WarehouseError};
use serde::{Deserialize, Serialize};

use super::answer::run;
use super::planned::Elsewhere;
use super::tally::{Asked, COLUMN, Counts};
use crate::answer::table;
use crate::codes::{Key, Source};
use crate::counted;
use crate::engine::Engine;
use crate::fault::{engine as fault, missing};
use crate::org::Snapshot;

/// What one part of a plan has counted: a row of its answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counted {
    Cells(Route, Vec<(Key, Cell)>),
    Joint(Vec<JointRow>),
}

/// Whether sealed voices can be counted elsewhere from their coded columns.
pub(super) fn able(engine: &Engine, snapshot: &Snapshot, q: &Question) -> bool {
    !snapshot.segments.is_empty() && counted::sources(engine, snapshot, q).is_some()
}

/// Answer a question over a snapshot.
pub(super) async fn answer(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &Question,
) -> Result<Table, WarehouseError> {
    let hot = hot(snapshot);
    let here = async {
        match hot.is_empty() {
            true => Ok((HashMap::new(), Route::Coded)),
            false => {
                let none = hot.iter().map(|_| None).collect();
                counted::cells(engine, hot, none, q).await
            }
        }
    };
    let (sealed, (mut groups, mut route)) = try_join(ask(on, snapshot, Asked::Cells(q.clone())), here).await?;
    for part in sealed {
        let Counted::Cells(way, cells) = part else { continue };
        if way == Route::Rollup {
            route = way;
        }
        for (key, cell) in cells {
            groups.entry(key).or_default().merge(&cell);
        }
    }
    let provenance = Provenance { route, ..snapshot.provenance.clone() };
    Ok(table(groups, provenance, q))
}

/// Per group, how many voices gave each combination of scores.
pub(super) async fn joint(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &Question,
) -> Result<Vec<JointRow>, WarehouseError> {
    let hot = hot(snapshot);
    let here = async {
        match hot.is_empty() {
            true => Ok(Vec::new()),
            false => counted::joint(engine, hot, q).await,
        }
    };
    let (sealed, here) = try_join(ask(on, snapshot, Asked::Joint(q.clone())), here).await?;
    let mut groups: BTreeMap<Vec<String>, BTreeMap<[Option<u8>; 3], u64>> = BTreeMap::new();
    let sealed = sealed.into_iter().filter_map(|part| match part {
        Counted::Joint(rows) => Some(rows),
        Counted::Cells(..) => None,
    });
    for row in sealed.chain([here]).flatten() {
        let group = groups.entry(row.keys).or_default();
        for c in row.counts {
            *group.entry([c.nps, c.csat, c.ces]).or_default() += c.voices;
        }
    }
    let joint = |([nps, csat, ces], voices): ([Option<u8>; 3], u64)| Joint { nps, csat, ces, voices };
    let row = |(keys, counts): (Vec<String>, BTreeMap<[Option<u8>; 3], u64>)| JointRow {
        keys,
        counts: counts.into_iter().map(joint).collect(),
    };
    Ok(groups.into_iter().map(row).collect())
}

fn hot(snapshot: &Snapshot) -> Vec<Source> {
    snapshot.hot.iter().map(|c| Source::Hot(Arc::clone(&c.codes))).collect()
}

async fn ask(on: &dyn Elsewhere, snapshot: &Snapshot, asked: Asked) -> Result<Vec<Counted>, WarehouseError> {
    let plan = Counts::of(&snapshot.segments, asked).and_then(|counts| on.context().read_table(Arc::new(counts)));
    let batches = run(on, "answer the question", plan).await?;
    let mut parts = Vec::new();
    for batch in &batches {
        read(batch, &mut parts)?;
    }
    Ok(parts)
}

fn read(batch: &RecordBatch, parts: &mut Vec<Counted>) -> Result<(), WarehouseError> {
    let column = batch.column_by_name(COLUMN).and_then(|c| c.as_binary_opt::<i32>());
    let column = column.ok_or_else(|| missing(COLUMN)).map_err(fault("read the answer"))?;
    for part in column.iter().flatten() {
        parts.push(serde_json::from_slice(part).map_err(fault("read the answer"))?);
    }
    Ok(())
}
