//! Persons behind some voices by their operating figure, joined where the rows are.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::JoinType;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{count, first_value};
use datafusion::logical_expr::cast;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{OutcomeQuestion, Ranked, RankingQuestion, WarehouseError};

use super::answer::run;
use super::outcome;
use super::planned::{Elsewhere, wanted};
use crate::columns::numbers;
use crate::fault::{engine as fault, missing};
use crate::org::Snapshot;
use crate::predicate::text;
use crate::segment::Segment;

/// The persons of a snapshot's voices with the largest figure.
pub(super) async fn ranking(
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    outcomes: &[Arc<Segment>],
    q: &RankingQuestion,
) -> Result<Vec<Ranked>, WarehouseError> {
    if snapshot.is_empty() || outcomes.is_empty() || q.limit == 0 {
        return Ok(Vec::new());
    }
    let mut ranked = Vec::new();
    for batch in &run(on, "rank persons", plan(on, snapshot, outcomes, q)).await? {
        read(batch, &mut ranked).map_err(fault("read the answer"))?;
    }
    Ranked::sort(&mut ranked);
    Ok(ranked)
}

fn plan(on: &dyn Elsewhere, snapshot: &Snapshot, outcomes: &[Arc<Segment>], q: &RankingQuestion) -> Result<DataFrame> {
    let person = cast(ident("person"), DataType::Utf8).alias("voice_person");
    let behind = wanted(on, snapshot, q.period, &q.filter)?
        .filter(ident("person").not_eq(text("")))?
        .aggregate(vec![person], vec![count(lit(1_i64)).alias("voices")])?;
    let whole = OutcomeQuestion { org: q.org.clone(), kind: q.kind.clone(), from: q.month, to: q.month, persons: None };
    // of two batches the later wins
    let latest = first_value(ident("value"), vec![ident("loaded").sort(false, false)]).alias("figure");
    let figures = outcome::plan(on, outcomes, &whole)?.aggregate(vec![ident("known_person")], vec![latest])?;
    behind
        .join(figures, JoinType::Inner, &["voice_person"], &["known_person"], None)?
        .select(["known_person", "figure", "voices"].map(ident).to_vec())?
        .sort(vec![ident("figure").sort(false, false), ident("known_person").sort(true, false)])?
        .limit(0, Some(usize::try_from(q.limit).unwrap_or(usize::MAX)))
}

fn read(batch: &RecordBatch, ranked: &mut Vec<Ranked>) -> Result<()> {
    let person = batch.column_by_name("known_person").and_then(|c| c.as_string_opt::<i32>());
    let person = person.ok_or_else(|| missing("known_person"))?;
    let figure = numbers::<Int64Type>(batch, "figure")?;
    let voices = numbers::<Int64Type>(batch, "voices")?;
    for row in 0..batch.num_rows() {
        let voices = u64::try_from(voices.value(row)).unwrap_or(0);
        ranked.push(Ranked { person: person.value(row).to_owned(), value: figure.value(row), voices });
    }
    Ok(())
}
