//! Operating figures: loaded by batches, the later batch wins.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{Loaded, OutcomeFact, OutcomeQuestion, WarehouseError};

use crate::among::{Members, among};
use crate::columns::{OUTCOMES, numbers, outcome_batch, strings};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::predicate::text;
use crate::scan::Voices;
use crate::segment::{Segment, SegmentWriter};

/// Rows encoded at one time.
const PIECE: usize = 65_536;
/// So many persons are looked up one by one; for more the rows are read.
pub(crate) const FEW: usize = 1_000;

/// Write a batch as a segment, then name it in the manifest. Blocking.
pub(crate) fn load(org: &Org, batch: String, mut rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError> {
    let manifest = org.manifest();
    if manifest.batches.contains(&batch) {
        return Ok(Loaded::AlreadyThere);
    }
    org.settle()?;
    let added = rows.len() as u64;
    let mut next = Manifest::clone(&manifest);
    if added > 0 {
        keep_last(&mut rows);
        let mut writer = SegmentWriter::create(org, Contents::Outcomes, next.next, Arc::clone(&OUTCOMES))?;
        for piece in rows.chunks(PIECE) {
            writer.push(&outcome_batch(piece).map_err(fault("encode outcomes"))?)?;
        }
        let mut entry = writer.finish()?;
        entry.batch = Some(batch.clone());
        next.segments.push(entry);
        next.next += 1;
    }
    next.batches.push(batch);
    org.publish(next, 0)?;
    Ok(Loaded::Added(added))
}

/// Sort as segments are sorted; of equal (kind, month, person) the last row stays.
fn keep_last(rows: &mut Vec<OutcomeFact>) {
    rows.reverse();
    rows.sort_by(|a, b| (&a.kind, a.month, &a.person).cmp(&(&b.kind, b.month, &b.person)));
    rows.dedup_by(|later, kept| (&later.kind, later.month, &later.person) == (&kept.kind, kept.month, &kept.person));
}

/// Figures of one kind, one per (person, month), sorted by person then month.
pub(crate) async fn outcomes(
    engine: &Engine,
    org: &Org,
    q: &OutcomeQuestion,
) -> Result<Vec<OutcomeFact>, WarehouseError> {
    let segments = org.outcomes(q.from, q.to);
    let few = q.persons.as_ref().is_some_and(|persons| persons.len() <= FEW && engine.coded());
    let mut found: Vec<(OutcomeFact, usize)> = Vec::new();
    for (order, segment) in segments.iter().enumerate() {
        let batches = match few.then(|| segment.values.clone()).flatten() {
            Some(_) => {
                let (segment, q) = (Arc::clone(segment), q.clone());
                engine.count("look up outcomes", move |_| looked_up(&segment, &q)).await?
            }
            None => {
                let plan = scanned(engine, segment, q).map_err(fault("plan the outcomes"))?;
                engine.compute("read outcomes", plan.collect()).await?
            }
        };
        for batch in batches {
            let facts = facts(&batch, &q.kind).map_err(fault("read outcomes"))?;
            found.extend(facts.into_iter().map(|fact| (fact, order)));
        }
    }
    found.sort_unstable_by(|(a, x), (b, y)| (&a.person, a.month, y).cmp(&(&b.person, b.month, x)));
    found.dedup_by(|(later, _), (kept, _)| (&later.person, later.month) == (&kept.person, kept.month));
    Ok(found.into_iter().map(|(fact, _)| fact).collect())
}

/// The rows of a few persons, found by their place in the order.
fn looked_up(segment: &Segment, q: &OutcomeQuestion) -> Result<Vec<RecordBatch>, WarehouseError> {
    let Some(values) = &segment.values else { return Ok(Vec::new()) };
    let persons: Vec<&str> = q.persons.iter().flatten().map(String::as_str).collect();
    let rows = values.find(&q.kind, &(q.from..=q.to), &persons)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut batches = segment.read_rows(&rows, &["month", "person", "value"])?;
    let wanted: HashSet<&str> = persons.into_iter().collect();
    for batch in &mut batches {
        // two persons may share a number: the names decide
        let names = strings(batch, "person").map_err(fault("read outcomes"))?;
        let theirs: BooleanArray = names.iter().map(|name| Some(name.is_some_and(|n| wanted.contains(n)))).collect();
        *batch = filter_record_batch(batch, &theirs).map_err(fault("read outcomes"))?;
    }
    Ok(batches)
}

/// The rows of all, or of many persons.
fn scanned(engine: &Engine, segment: &Arc<Segment>, q: &OutcomeQuestion) -> Result<DataFrame> {
    let mut rows = engine
        .read(Voices::outcomes(vec![Arc::clone(segment)]))?
        .filter(ident("kind").eq(text(&q.kind)))?
        .filter(ident("month").gt_eq(lit(q.from)).and(ident("month").lt_eq(lit(q.to))))?;
    if let Some(persons) = &q.persons {
        rows = rows.filter(among("person", Members::Names(persons.iter().cloned().collect())))?;
    }
    rows.select(["person", "month", "value"].map(ident).to_vec())
}

fn facts(batch: &RecordBatch, kind: &str) -> Result<Vec<OutcomeFact>> {
    let person = strings(batch, "person")?;
    let month = numbers::<Int32Type>(batch, "month")?;
    let value = numbers::<Int64Type>(batch, "value")?;
    let fact = |row| OutcomeFact {
        person: person.value(row).to_owned(),
        kind: kind.to_owned(),
        month: month.value(row),
        value: value.value(row),
    };
    Ok((0..batch.num_rows()).map(fact).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_a_batch_the_last_row_of_a_person_and_month_stays() {
        let fact = |person: &str, value| OutcomeFact { person: person.into(), kind: "aum".into(), month: 1, value };
        let mut rows = vec![fact("b", 1), fact("a", 2), fact("b", 3), fact("b", 4)];
        keep_last(&mut rows);
        assert_eq!(rows, vec![fact("a", 2), fact("b", 4)]);
    }
}
