//! Operating figures of several segments in one plan; the later batch wins.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::cast;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{OutcomeFact, OutcomeQuestion, WarehouseError};

use super::answer::run;
use super::planned::Elsewhere;
use super::table::Spread;
use crate::among::{Members, among};
use crate::columns::numbers;
use crate::fault::{engine as fault, missing};
use crate::predicate::text;
use crate::segment::Segment;

/// Figures of one kind, one per (person, month), sorted by person then month.
pub(super) async fn outcomes(
    on: &dyn Elsewhere,
    segments: &[Arc<Segment>],
    q: &OutcomeQuestion,
) -> Result<Vec<OutcomeFact>, WarehouseError> {
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let batches = run(on, "read outcomes", plan(on, segments, q)).await?;
    let mut found = Vec::new();
    for batch in &batches {
        read(batch, q, &mut found).map_err(fault("read outcomes"))?;
    }
    found.sort_unstable_by(|(a, x), (b, y): &(OutcomeFact, i64)| (&a.person, a.month, y).cmp(&(&b.person, b.month, x)));
    found.dedup_by(|(later, _), (kept, _)| (&later.person, later.month) == (&kept.person, kept.month));
    Ok(found.into_iter().map(|(fact, _)| fact).collect())
}

/// The rows of one kind with the order of their loading.
pub(super) fn plan(on: &dyn Elsewhere, segments: &[Arc<Segment>], q: &OutcomeQuestion) -> Result<DataFrame> {
    let wanted: Option<HashSet<String>> = q.persons.as_ref().map(|p| p.iter().cloned().collect());
    let mut all: Option<DataFrame> = None;
    for (order, segment) in (0_i64..).zip(segments) {
        let mut rows = on
            .context()
            .read_table(Arc::new(Spread::outcomes(segment)?))?
            .filter(ident("kind").eq(text(&q.kind)))?
            .filter(ident("month").gt_eq(lit(q.from)).and(ident("month").lt_eq(lit(q.to))))?;
        if let Some(persons) = &wanted {
            rows = rows.filter(among("person", Members::Names(persons.clone())))?;
        }
        let person = cast(ident("person"), DataType::Utf8).alias("known_person");
        let rows = rows.select(vec![person, ident("month"), ident("value"), lit(order).alias("loaded")])?;
        all = Some(match all {
            None => rows,
            Some(others) => others.union(rows)?,
        });
    }
    all.ok_or_else(|| missing("loaded"))
}

fn read(batch: &RecordBatch, q: &OutcomeQuestion, found: &mut Vec<(OutcomeFact, i64)>) -> Result<()> {
    let person = batch.column_by_name("known_person").and_then(|c| c.as_string_opt::<i32>());
    let person = person.ok_or_else(|| missing("known_person"))?;
    let month = numbers::<Int32Type>(batch, "month")?;
    let value = numbers::<Int64Type>(batch, "value")?;
    let loaded = numbers::<Int64Type>(batch, "loaded")?;
    for row in 0..batch.num_rows() {
        let fact = OutcomeFact {
            person: person.value(row).to_owned(),
            kind: q.kind.clone(),
            month: month.value(row),
            value: value.value(row),
        };
        found.push((fact, loaded.value(row)));
    }
    Ok(())
}
