//! Questions counted from coded columns elsewhere, the hot rows here, and added.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::error::{DataFusionError, Result};
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
    /// Of each owner that was asked for.
    Voices(Vec<u64>),
    /// Not as text: there is one for every person.
    #[serde(skip)]
    Movers(Piece),
}

/// Some of the persons that one part of a plan knows.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    /// Which part.
    pub(super) part: u64,
    /// Its place among the pieces of this part.
    pub(super) place: u32,
    pub(super) persons: Vec<u8>,
}

/// What a row begins with that is not text.
const PIECE: u8 = 1;

impl Counted {
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        let Self::Movers(piece) = self else {
            return serde_json::to_vec(self).map_err(|e| DataFusionError::External(Box::new(e)));
        };
        let mut bytes = Vec::with_capacity(13 + piece.persons.len());
        bytes.push(PIECE);
        bytes.extend_from_slice(&piece.part.to_le_bytes());
        bytes.extend_from_slice(&piece.place.to_le_bytes());
        bytes.extend_from_slice(&piece.persons);
        Ok(bytes)
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let Some(piece) = bytes.strip_prefix(&[PIECE]) else {
            return serde_json::from_slice(bytes).map_err(|e| DataFusionError::External(Box::new(e)));
        };
        let torn = || DataFusionError::Internal("persons arrived incomplete".to_owned());
        let (part, piece) = piece.split_first_chunk::<8>().ok_or_else(torn)?;
        let (place, persons) = piece.split_first_chunk::<4>().ok_or_else(torn)?;
        Ok(Self::Movers(Piece {
            part: u64::from_le_bytes(*part),
            place: u32::from_le_bytes(*place),
            persons: persons.to_vec(),
        }))
    }
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
        _ => None,
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

/// The voices that are only here.
pub(super) fn hot(snapshot: &Snapshot) -> Vec<Source> {
    snapshot.hot.iter().map(|c| Source::Hot(Arc::clone(&c.codes))).collect()
}

/// Have the sealed voices of a snapshot counted.
pub(super) async fn ask(on: &dyn Elsewhere, snapshot: &Snapshot, asked: Asked) -> Result<Vec<Counted>, WarehouseError> {
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
        parts.push(Counted::read(part).map_err(fault("read the answer"))?);
    }
    Ok(())
}
