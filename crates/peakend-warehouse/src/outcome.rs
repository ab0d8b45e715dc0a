//! Operating figures: loaded by batches, the later batch wins.

use std::collections::HashSet;

use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{Loaded, OutcomeFact, OutcomeQuestion, WarehouseError};

use crate::among::{Members, among};
use crate::columns::{numbers, outcome_batch, strings};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::{Contents, Manifest};
use crate::org::Org;
use crate::predicate::text;
use crate::scan::Voices;
use crate::segment::SegmentWriter;

/// Rows encoded at one time.
const PIECE: usize = 65_536;

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
        let mut writer = SegmentWriter::create(org, Contents::Outcomes, next.next)?;
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
    let wanted: Option<HashSet<String>> = q.persons.as_ref().map(|p| p.iter().cloned().collect());
    let mut found: Vec<(OutcomeFact, usize)> = Vec::new();
    for (order, segment) in segments.iter().enumerate() {
        let plan = || -> Result<DataFrame> {
            let mut rows = engine
                .read(Voices::outcomes(vec![segment.clone()]))?
                .filter(ident("kind").eq(text(&q.kind)))?
                .filter(ident("month").gt_eq(lit(q.from)).and(ident("month").lt_eq(lit(q.to))))?;
            if let Some(persons) = &wanted {
                rows = rows.filter(among("person", Members::Persons(persons.clone())))?;
            }
            rows.select(["person", "month", "value"].map(ident).to_vec())
        };
        let plan = plan().map_err(fault("plan the outcomes"))?;
        for batch in engine.compute("read outcomes", plan.collect()).await? {
            let read = || -> Result<Vec<(OutcomeFact, usize)>> {
                let person = strings(&batch, "person")?;
                let month = numbers::<Int32Type>(&batch, "month")?;
                let value = numbers::<Int64Type>(&batch, "value")?;
                let fact = |row| OutcomeFact {
                    person: person.value(row).to_owned(),
                    kind: q.kind.clone(),
                    month: month.value(row),
                    value: value.value(row),
                };
                Ok((0..batch.num_rows()).map(|row| (fact(row), order)).collect())
            };
            found.extend(read().map_err(fault("read outcomes"))?);
        }
    }
    found.sort_unstable_by(|(a, x), (b, y)| (&a.person, a.month, y).cmp(&(&b.person, b.month, x)));
    found.dedup_by(|(later, _), (kept, _)| (&later.person, later.month) == (&kept.person, kept.month));
    Ok(found.into_iter().map(|(fact, _)| fact).collect())
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
