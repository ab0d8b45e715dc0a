//! Persons behind some voices by their operating figure.

use std::sync::Arc;

use datafusion::arrow::array::Array;
use peakend_query::{OutcomeQuestion, Ranked, RankingQuestion, WarehouseError};

use crate::codes::{self, Candidate, Test, testable};
use crate::columns::strings;
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::{Org, Snapshot};
use crate::segment::Segment;
use crate::{list, outcome};

/// The persons of a snapshot's voices with the largest figure.
pub(crate) async fn ranking(
    engine: &Engine,
    org: &Org,
    snapshot: Snapshot,
    q: &RankingQuestion,
) -> Result<Vec<Ranked>, WarehouseError> {
    let segments = org.outcomes(q.month, q.month);
    let sources = (engine.coded() && testable(&q.filter)).then(|| snapshot.sources()).flatten();
    let (Some(figures), Some(sources)) = (Figured::of(&segments, q), sources) else {
        let voices = list::every(engine, snapshot, q.period, &q.filter).await?;
        let whole =
            OutcomeQuestion { org: q.org.clone(), kind: q.kind.clone(), from: q.month, to: q.month, persons: None };
        let outcomes = outcome::outcomes(engine, org, &whole).await?;
        return Ok(Ranked::of(q, voices.iter(), outcomes.iter()));
    };
    if figures.are_none() || q.limit == 0 {
        return Ok(Vec::new());
    }
    let q = q.clone();
    engine
        .count("rank persons", move |work| {
            let tests: Vec<Test> = sources.iter().map(|s| Test::of(&q.filter, s)).collect();
            let limit = usize::try_from(q.limit).unwrap_or(usize::MAX);
            let found = codes::ranking(&sources, &tests, q.period, &figures.rows, limit, work)?;
            figures.ranked(&found, limit)
        })
        .await
}

/// Figures of the wanted kind and month, with the segments that name their owners.
#[derive(Debug)]
pub(crate) struct Figured {
    /// The figures.
    pub(crate) rows: codes::Figures,
    segments: Vec<Arc<Segment>>,
}

impl Figured {
    /// `None` when a segment has no figures in numbers.
    pub(crate) fn of(segments: &[Arc<Segment>], q: &RankingQuestion) -> Option<Self> {
        let mut figured = Self { rows: Vec::new(), segments: Vec::new() };
        for segment in segments {
            let values = segment.values.clone()?;
            let rows = values.rows(&q.kind, q.month);
            if !rows.is_empty() {
                figured.rows.push((values, rows));
                figured.segments.push(Arc::clone(segment));
            }
        }
        Some(figured)
    }

    /// Whether there is no such figure.
    pub(crate) fn are_none(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first persons by name. Blocking.
    pub(crate) fn ranked(&self, found: &[Candidate], limit: usize) -> Result<Vec<Ranked>, WarehouseError> {
        let mut ranked = Vec::with_capacity(found.len());
        for (file, segment) in self.segments.iter().enumerate() {
            let here: Vec<&Candidate> = found.iter().filter(|c| c.file == file).collect();
            named(segment, here, &mut ranked)?;
        }
        Ranked::sort(&mut ranked);
        ranked.truncate(limit);
        Ok(ranked)
    }
}

/// Read the persons of these rows of a segment.
fn named(segment: &Segment, mut rows: Vec<&Candidate>, into: &mut Vec<Ranked>) -> Result<(), WarehouseError> {
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable_by_key(|c| c.row);
    let places: Vec<usize> = rows.iter().map(|c| c.row).collect();
    let mut found = rows.iter();
    for batch in segment.read_rows(&places, &["person"])? {
        let persons = strings(&batch, "person").map_err(fault("read the persons of outcomes"))?;
        for (c, row) in found.by_ref().zip(0..persons.len()) {
            into.push(Ranked { person: persons.value(row).to_owned(), value: c.value, voices: c.voices });
        }
    }
    Ok(())
}
