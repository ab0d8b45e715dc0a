//! Questions answered from coded columns.

use std::collections::HashMap;
use std::sync::Arc;

use peakend_query::{
    Cell, Counting, DayRange, JointRow, Migration, MigrationQuestion, Question, Route, WarehouseError,
};

use crate::codes::{self, Key, Numbered, Numbering, Scan, Source, Test, Work, place, testable};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::Snapshot;
use crate::rollup::{self, RollupFile};

/// The coded columns that answer a question; `None` when only rows can.
pub(crate) fn sources(engine: &Engine, snapshot: &Snapshot, q: &Question) -> Option<Vec<Source>> {
    let able = engine.coded() && testable(&q.filter) && q.by.iter().all(|d| place(*d).is_some());
    able.then(|| snapshot.sources()).flatten()
}

/// Group and count, with distinct persons when they are asked for.
pub(crate) async fn cells(
    engine: &Engine,
    sources: Vec<Source>,
    rollups: Vec<Option<Arc<RollupFile>>>,
    q: &Question,
) -> Result<(HashMap<Key, Cell>, Route), WarehouseError> {
    let q = q.clone();
    engine.count("answer the question", move |work| count(&sources, &rollups, &q, work)).await
}

/// The same on the thread that calls. Blocking.
pub(crate) fn count(
    sources: &[Source],
    rollups: &[Option<Arc<RollupFile>>],
    q: &Question,
    work: Work<'_>,
) -> Result<(HashMap<Key, Cell>, Route), WarehouseError> {
    let (tests, numbering) = prepared(sources, q)?;
    let mut found = Numbered::new();
    let plan = rollup::plan(sources, rollups, q);
    if !plan.covers.is_empty() {
        found = rollup::cells(&plan, sources, &tests, &numbering, q, work)?;
    }
    let route = if plan.covers.is_empty() { Route::Coded } else { Route::Rollup };
    let mut scan = scan(sources, &tests, &numbering, q);
    scan.spans = plan.rest;
    for (key, cell) in codes::cells(&scan, work)? {
        found.entry(key).or_default().merge(&cell);
    }
    let name = |((bucket, group), cell)| ((bucket, numbering.codes(group)), cell);
    let mut cells: HashMap<Key, Cell> = found.into_iter().map(name).collect();
    if q.persons {
        scan.spans = codes::spans(sources, q.period);
        let persons = codes::persons(&scan, work)?;
        for (key, cell) in &mut cells {
            cell.persons = Some(persons.get(key).copied().unwrap_or(0));
        }
    }
    Ok((cells, route))
}

/// Scores given together.
pub(crate) async fn joint(
    engine: &Engine,
    sources: Vec<Source>,
    q: &Question,
) -> Result<Vec<JointRow>, WarehouseError> {
    let q = q.clone();
    engine.count("count scores given together", move |work| together(&sources, &q, work)).await
}

/// The same on the thread that calls. Blocking.
pub(crate) fn together(sources: &[Source], q: &Question, work: Work<'_>) -> Result<Vec<JointRow>, WarehouseError> {
    let (tests, numbering) = prepared(sources, q)?;
    codes::joint(&scan(sources, &tests, &numbering, q), work)
}

/// Persons by band in two periods.
pub(crate) async fn migration(
    engine: &Engine,
    sources: Vec<Source>,
    q: &MigrationQuestion,
) -> Result<Migration, WarehouseError> {
    let q = q.clone();
    engine
        .count("count who moved", move |work| {
            let tests: Vec<Test> = sources.iter().map(|s| Test::of(&q.filter, s)).collect();
            codes::migration(&sources, &tests, &q, work)
        })
        .await
}

/// The question behind a migration: which voices, of both periods and between them.
pub(crate) fn whole(q: &MigrationQuestion) -> Question {
    let both = DayRange { from: q.before.from.min(q.after.from), to: q.before.to.max(q.after.to) };
    Question {
        org: q.org.clone(),
        period: both,
        filter: q.filter.clone(),
        by: Vec::new(),
        grain: None,
        persons: true,
        counting: Counting::Answers(q.score),
    }
}

fn prepared(sources: &[Source], q: &Question) -> Result<(Vec<Test>, Numbering), WarehouseError> {
    let numbering = Numbering::of(&q.by, sources);
    if numbering.groups.is_none() {
        return Err(fault("answer the question")(
            "its dimensions have more groups than can be numbered; ask for fewer",
        ));
    }
    Ok((sources.iter().map(|s| Test::of(&q.filter, s)).collect(), numbering))
}

fn scan<'a>(sources: &'a [Source], tests: &'a [Test], numbering: &'a Numbering, q: &Question) -> Scan<'a> {
    let spans = codes::spans(sources, q.period);
    Scan { sources, tests, spans, grain: q.grain, counting: q.counting, numbering }
}
