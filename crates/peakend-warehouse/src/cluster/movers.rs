//! Who moved from band to band, counted from coded columns: each part of the plan
//! says what it knows of every person who answered, and they meet here.

use std::collections::BTreeMap;

use datafusion::error::{DataFusionError, Result};
use futures::future::try_join;
use peakend_query::{Migration, MigrationQuestion, WarehouseError};

use super::counted::{Counted, Piece, ask, hot};
use super::planned::Elsewhere;
use super::tally::Asked;
use crate::codes::{self, Movers, Test};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::Snapshot;

/// Persons in one row: about a megabyte.
const PERSONS: usize = 65_536;

/// What a part of the plan knows, as rows.
pub(super) fn rows(part: u64, known: &[Movers]) -> Vec<Counted> {
    let pieces = Movers::together(known).pieces(PERSONS);
    (0..).zip(pieces).map(|(place, persons)| Counted::Movers(Piece { part, place, persons })).collect()
}

/// Persons by band before and after.
pub(super) async fn migration(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &MigrationQuestion,
) -> Result<Migration, WarehouseError> {
    let (hot, question) = (hot(snapshot), q.clone());
    let here = engine.count("count who moved", move |work| {
        let tests: Vec<Test> = hot.iter().map(|s| Test::of(&question.filter, s)).collect();
        codes::movers(&hot, &tests, &question, work)
    });
    let (sealed, mut known) = try_join(ask(on, snapshot, Asked::Moved(q.clone())), here).await?;
    let question = q.clone();
    engine
        .count("count who moved", move |work| {
            known.extend(sorted(sealed).map_err(fault("read the answer"))?);
            codes::moved(&known, &question, work)
        })
        .await
}

/// The persons of each part, its pieces in their order.
fn sorted(rows: Vec<Counted>) -> Result<Vec<Movers>> {
    let mut parts: BTreeMap<u64, BTreeMap<u32, Vec<u8>>> = BTreeMap::new();
    for row in rows {
        if let Counted::Movers(piece) = row {
            parts.entry(piece.part).or_default().insert(piece.place, piece.persons);
        }
    }
    let whole = |pieces: BTreeMap<u32, Vec<u8>>| {
        let pieces: Vec<Vec<u8>> = pieces.into_values().collect();
        Movers::of(&pieces).ok_or_else(|| DataFusionError::Internal("persons arrived incomplete".to_owned()))
    };
    parts.into_values().map(whole).collect()
}
