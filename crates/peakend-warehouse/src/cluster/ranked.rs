//! Persons by their operating figure: the largest figures are looked up here, and
//! the voices of their owners counted from coded columns where those are.

use std::sync::Arc;

use futures::future::try_join;
use peakend_query::{Ranked, RankingQuestion, WarehouseError};

use super::counted::{Counted, ask, hot};
use super::planned::Elsewhere;
use super::tally::{Asked, Owners};
use crate::codes::{self, Looked, Test, testable};
use crate::engine::Engine;
use crate::org::Snapshot;
use crate::ranking::Figured;

/// Whether sealed voices can be counted elsewhere from their coded columns.
pub(super) fn able(engine: &Engine, snapshot: &Snapshot, q: &RankingQuestion) -> bool {
    !snapshot.segments.is_empty() && engine.coded() && testable(&q.filter) && snapshot.sources().is_some()
}

/// The persons of a snapshot's voices with the largest figure.
pub(super) async fn ranking(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    figures: Figured,
    q: &RankingQuestion,
) -> Result<Vec<Ranked>, WarehouseError> {
    if figures.are_none() || q.limit == 0 {
        return Ok(Vec::new());
    }
    let limit = usize::try_from(q.limit).unwrap_or(usize::MAX);
    let (figures, mut looked) = (Arc::new(figures), Looked::first(limit));
    loop {
        let all = Arc::clone(&figures);
        looked = engine.count("rank persons", move |work| looked.look(&all.rows, work).map(|()| looked)).await?;
        for voices in voices(engine, on, snapshot, q, looked.owners()).await? {
            looked.add(&voices);
        }
        if let Some(found) = looked.decided(&figures.rows, limit) {
            return engine.count("rank persons", move |_| figures.ranked(&found, limit)).await;
        }
    }
}

/// The voices of some persons, by the parts that counted them.
async fn voices(
    engine: &Engine,
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &RankingQuestion,
    persons: Vec<u64>,
) -> Result<Vec<Vec<u64>>, WarehouseError> {
    let (hot, filter, period, owners) = (hot(snapshot), q.filter.clone(), q.period, persons.clone());
    let here = engine.count("rank persons", move |work| {
        let tests: Vec<Test> = hot.iter().map(|s| Test::of(&filter, s)).collect();
        codes::voices_of(&hot, &tests, period, &owners, work)
    });
    let asked = Asked::Voices(Owners { persons, period: q.period, filter: q.filter.clone() });
    let (sealed, here) = try_join(ask(on, snapshot, asked), here).await?;
    let sealed = sealed.into_iter().filter_map(|part| match part {
        Counted::Voices(voices) => Some(voices),
        _ => None,
    });
    Ok(sealed.chain([here]).collect())
}
