//! Questions: group, count every histogram in one pass, sort the groups.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{Cell, Dimension, Question, Row, Table, WarehouseError};

use crate::bucket::bucket;
use crate::cell;
use crate::columns::{numbers, strings};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::Snapshot;
use crate::predicate::{predicate, text, within};
use crate::scan::Voices;

/// Bucket and codes of a group: what rows are sorted by.
type Key = (Option<i32>, Vec<String>);

/// Answer a question over a snapshot of its organisation.
pub(crate) async fn answer(engine: &Engine, snapshot: Snapshot, q: &Question) -> Result<Table, WarehouseError> {
    let grouping = Grouping::of(q);
    let mut groups = if snapshot.is_empty() { HashMap::new() } else { grouping.cells(engine, &snapshot, q).await? };
    if q.by.is_empty() && q.grain.is_none() {
        groups.entry((None, Vec::new())).or_default();
    }
    if q.persons {
        let persons = if snapshot.is_empty() || grouping.person.is_some() {
            HashMap::new()
        } else {
            grouping.persons(engine, &snapshot, q).await?
        };
        for (key, cell) in &mut groups {
            cell.persons = Some(match grouping.person {
                Some(at) => u64::from(!key.1[at].is_empty()),
                None => persons.get(key).copied().unwrap_or(0),
            });
        }
    }
    let mut rows: Vec<Row> = groups.into_iter().map(|((bucket, keys), cell)| Row { keys, bucket, cell }).collect();
    rows.sort_unstable_by(|a, b| (a.bucket, &a.keys).cmp(&(b.bucket, &b.keys)));
    Ok(Table { rows, provenance: snapshot.provenance })
}

/// The voices of a snapshot that a question or list is about.
pub(crate) fn wanted(
    engine: &Engine,
    snapshot: &Snapshot,
    period: peakend_query::DayRange,
    filter: &peakend_query::Filter,
) -> Result<DataFrame> {
    let mut voices = engine.read(Voices::of(snapshot))?;
    if !snapshot.inside {
        voices = voices.filter(within(period))?;
    }
    match predicate(filter) {
        Some(condition) => voices.filter(condition),
        None => Ok(voices),
    }
}

struct Grouping {
    by: Vec<Dimension>,
    grain: Option<peakend_query::Grain>,
    /// Where the person is among the keys: then a group has one person or none.
    person: Option<usize>,
}

impl Grouping {
    fn of(q: &Question) -> Self {
        let person = q.by.iter().position(|d| *d == Dimension::Person);
        Self { by: q.by.clone(), grain: q.grain, person }
    }

    /// Group expressions; a dimension asked for twice is grouped by once.
    fn expressions(&self) -> Vec<Expr> {
        let mut seen: Vec<Dimension> = Vec::new();
        for d in &self.by {
            if !seen.contains(d) {
                seen.push(*d);
            }
        }
        let mut expressions: Vec<Expr> = seen.into_iter().map(|d| ident(d.name())).collect();
        expressions.extend(self.grain.map(|g| bucket(g).alias("bucket")));
        expressions
    }

    async fn cells(
        &self,
        engine: &Engine,
        snapshot: &Snapshot,
        q: &Question,
    ) -> Result<HashMap<Key, Cell>, WarehouseError> {
        let plan = || -> Result<DataFrame> {
            wanted(engine, snapshot, q.period, &q.filter)?
                .aggregate(self.expressions(), vec![cell::cell().alias("cell")])
        };
        let plan = plan().map_err(fault("plan the question"))?;
        let batches = engine.compute("answer the question", plan.collect()).await?;
        self.collect(&batches, |batch, row| {
            let column = batch.column_by_name("cell").ok_or_else(|| crate::fault::missing("cell"))?;
            cell::read(column, row)
        })
        .map_err(fault("read the answer"))
    }

    /// Distinct known persons per group: first the distinct pairs, then their number.
    async fn persons(
        &self,
        engine: &Engine,
        snapshot: &Snapshot,
        q: &Question,
    ) -> Result<HashMap<Key, u64>, WarehouseError> {
        let plan = || -> Result<DataFrame> {
            let mut pairs = self.expressions();
            pairs.push(ident("person"));
            let mut groups: Vec<Expr> = pairs.iter().take(pairs.len() - 1).map(|e| ident(name(e))).collect();
            wanted(engine, snapshot, q.period, &q.filter)?
                .filter(ident("person").not_eq(text("")))?
                .aggregate(pairs, Vec::new())?
                .aggregate(std::mem::take(&mut groups), vec![count(lit(1_i64)).alias("persons")])
        };
        let plan = plan().map_err(fault("plan the question"))?;
        let batches = engine.compute("count persons", plan.collect()).await?;
        self.collect(&batches, |batch, row| {
            Ok(u64::try_from(numbers::<Int64Type>(batch, "persons")?.value(row)).unwrap_or(0))
        })
        .map_err(fault("read the number of persons"))
    }

    fn collect<T>(
        &self,
        batches: &[RecordBatch],
        read: impl Fn(&RecordBatch, usize) -> Result<T>,
    ) -> Result<HashMap<Key, T>> {
        let mut groups = HashMap::new();
        for batch in batches {
            let codes = self.by.iter().map(|d| strings(batch, d.name())).collect::<Result<Vec<_>>>()?;
            let buckets = self.grain.map(|_| numbers::<Int32Type>(batch, "bucket")).transpose()?;
            for row in 0..batch.num_rows() {
                let keys = codes.iter().map(|c| c.value(row).to_owned()).collect();
                let bucket = buckets.filter(|b| b.is_valid(row)).map(|b| b.value(row));
                groups.insert((bucket, keys), read(batch, row)?);
            }
        }
        Ok(groups)
    }
}

fn name(expression: &Expr) -> String {
    expression.qualified_name().1
}
