//! From which band to which: the last answer of every person in two periods.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{count, max};
use datafusion::logical_expr::{Expr, cast, when};
use datafusion::prelude::{ident, lit};
use datafusion::scalar::ScalarValue;
use peakend_query::{Band, DayRange, Filter, Migration, MigrationQuestion, Score, WarehouseError};

use super::answer::run;
use super::planned::{Elsewhere, wanted};
use crate::columns::known;
use crate::fault::{engine as fault, missing};
use crate::org::Snapshot;
use crate::predicate::{text, within};

/// Persons by band before and after.
pub(super) async fn migration(
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    both: DayRange,
    q: &MigrationQuestion,
) -> Result<Migration, WarehouseError> {
    let mut migration = Migration::empty(q);
    if snapshot.is_empty() {
        return Ok(migration);
    }
    let (low, high) = q.score.range();
    let answered = q.filter.clone().and(Filter::Band(Band { score: q.score, low, high }));
    let plan = || {
        let states = wanted(on, snapshot, both, &answered)?.filter(ident("person").not_eq(text("")))?.aggregate(
            vec![cast(ident("person"), DataType::Utf8).alias("known_person")],
            vec![max(state(q.score, q.before)?).alias("before"), max(state(q.score, q.after)?).alias("after")],
        )?;
        // of a state only its score remains
        let score = |name: &str| (lit(255_i64) - (ident(name) & lit(255_i64))).alias(format!("score_{name}"));
        states
            .select(vec![score("before"), score("after")])?
            .aggregate(vec![ident("score_before"), ident("score_after")], vec![count(lit(1_i64)).alias("persons")])
    };
    let batches = run(on, "follow persons", plan()).await?;
    for batch in &batches {
        add(batch, q, &mut migration).map_err(fault("read the answer"))?;
    }
    Ok(migration)
}

/// Later days beat earlier ones, lower scores beat higher ones of the same day.
fn state(score: Score, period: DayRange) -> Result<Expr> {
    let name = match score {
        Score::Nps => "nps",
        Score::Csat => "csat",
        Score::Ces => "ces",
    };
    let wide = |column: &str| cast(ident(column), DataType::Int64);
    let state = wide("day") * lit(256_i64) + (lit(255_i64) - wide(name));
    when(within(period), state).otherwise(lit(ScalarValue::Int64(None)))
}

fn add(batch: &RecordBatch, q: &MigrationQuestion, migration: &mut Migration) -> Result<()> {
    let numbers = |name: &str| {
        batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(|| missing(name))
    };
    let (before, after, persons) = (numbers("score_before")?, numbers("score_after")?, numbers("persons")?);
    let none = q.bands.len();
    let band = |score: Option<i64>| {
        let of = |s: i64| q.bands.iter().position(|b| (i64::from(b.low)..=i64::from(b.high)).contains(&s));
        score.and_then(of).unwrap_or(none)
    };
    for row in 0..batch.num_rows() {
        let (from, to) = (band(known(before, row)), band(known(after, row)));
        if from < none || to < none {
            migration.persons[from][to] += u64::try_from(persons.value(row)).unwrap_or(0);
        }
    }
    Ok(())
}
