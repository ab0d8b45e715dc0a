//! Counts per group, and scores given together, grouped by the codes themselves.

use std::collections::{BTreeMap, HashMap};

use datafusion::arrow::array::{AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt8Type, UInt64Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, cast, when};
use datafusion::prelude::{DataFrame, ident, lit};
use datafusion::scalar::ScalarValue;
use peakend_query::{Cell, Dimension, Joint, JointRow, Question, Score, Table, WarehouseError};

use super::planned::{Elsewhere, wanted};
use crate::answer::{counting, table};
use crate::cell;
use crate::coded::bucketing;
use crate::codes::Key;
use crate::columns::{known, numbers};
use crate::fault::{engine as fault, missing};
use crate::org::Snapshot;
use crate::predicate::text;

/// Answer a question over a snapshot.
pub(super) async fn answer(on: &dyn Elsewhere, snapshot: &Snapshot, q: &Question) -> Result<Table, WarehouseError> {
    let mut groups: HashMap<Key, Cell> = HashMap::new();
    if !snapshot.is_empty() {
        groups = cells(on, snapshot, q).await?;
    }
    if q.persons && !groups.is_empty() {
        let persons = match q.by.iter().position(|d| *d == Dimension::Person) {
            Some(at) => groups.keys().map(|key| (key.clone(), u64::from(!key.1[at].is_empty()))).collect(),
            None => persons(on, snapshot, q).await?,
        };
        for (key, cell) in &mut groups {
            cell.persons = Some(persons.get(key).copied().unwrap_or(0));
        }
    }
    groups.values_mut().for_each(|cell| *cell = q.counting.narrow(std::mem::take(cell)));
    Ok(table(groups, snapshot.provenance.clone(), q))
}

async fn cells(on: &dyn Elsewhere, snapshot: &Snapshot, q: &Question) -> Result<HashMap<Key, Cell>, WarehouseError> {
    let plan = || wanted(on, snapshot, q.period, &counting(q))?.aggregate(keys(q), vec![cell::cell().alias("cell")]);
    let batches = run(on, "answer the question", plan()).await?;
    grouped(&batches, q, |batch, row| {
        let column = batch.column_by_name("cell").ok_or_else(|| missing("cell"))?;
        cell::read(column, row)
    })
    .map_err(fault("read the answer"))
}

/// Distinct known persons per group: first the distinct pairs, then their number.
async fn persons(on: &dyn Elsewhere, snapshot: &Snapshot, q: &Question) -> Result<HashMap<Key, u64>, WarehouseError> {
    let plan = || {
        let mut pairs = keys(q);
        pairs.push(cast(ident("person"), DataType::Utf8).alias("known_person"));
        let names = keys(q).iter().map(|key| ident(key.schema_name().to_string())).collect();
        wanted(on, snapshot, q.period, &counting(q))?
            .filter(ident("person").not_eq(text("")))?
            .aggregate(pairs, Vec::new())?
            .aggregate(names, vec![count(lit(1_i64)).alias("persons")])
    };
    let batches = run(on, "count persons", plan()).await?;
    grouped(
        &batches,
        q,
        |batch, row| Ok(u64::try_from(numbers::<Int64Type>(batch, "persons")?.value(row)).unwrap_or(0)),
    )
    .map_err(fault("read the number of persons"))
}

/// Per group, how many voices gave each combination of scores.
pub(super) async fn joint(
    on: &dyn Elsewhere,
    snapshot: &Snapshot,
    q: &Question,
) -> Result<Vec<JointRow>, WarehouseError> {
    if snapshot.is_empty() {
        return Ok(Vec::new());
    }
    let q = &Question { grain: None, ..q.clone() };
    let plan = || {
        let mut by = keys(q);
        for (name, score) in SCORES {
            by.push(within_range(name, score)?.alias(format!("score_{name}")));
        }
        wanted(on, snapshot, q.period, &counting(q))?.aggregate(by, vec![count(lit(1_i64)).alias("voices")])
    };
    let batches = run(on, "answer the question", plan()).await?;
    let mut groups: BTreeMap<Vec<String>, Vec<Joint>> = BTreeMap::new();
    for batch in &batches {
        add_joint(batch, q, &mut groups).map_err(fault("read the answer"))?;
    }
    groups.values_mut().for_each(|counts| counts.sort_unstable());
    Ok(groups.into_iter().map(|(keys, counts)| JointRow { keys, counts }).collect())
}

const SCORES: [(&str, Score); 3] = [("nps", Score::Nps), ("csat", Score::Csat), ("ces", Score::Ces)];

fn add_joint(batch: &RecordBatch, q: &Question, groups: &mut BTreeMap<Vec<String>, Vec<Joint>>) -> Result<()> {
    let codes = codes(batch, q)?;
    let score = |name: &str| numbers::<UInt8Type>(batch, &format!("score_{name}"));
    let (nps, csat, ces) = (score("nps")?, score("csat")?, score("ces")?);
    let voices = numbers::<Int64Type>(batch, "voices")?;
    for row in 0..batch.num_rows() {
        let keys = codes.iter().map(|column| column.value(row).to_owned()).collect();
        let voices = u64::try_from(voices.value(row)).unwrap_or(0);
        let joint = Joint { nps: known(nps, row), csat: known(csat, row), ces: known(ces, row), voices };
        groups.entry(keys).or_default().push(joint);
    }
    Ok(())
}

/// A score, or nothing where it lies outside its scale.
fn within_range(name: &str, score: Score) -> Result<Expr> {
    let (low, high) = score.range();
    when(ident(name).gt_eq(lit(low)).and(ident(name).lt_eq(lit(high))), ident(name))
        .otherwise(lit(ScalarValue::UInt8(None)))
}

fn name_of(dimension: Dimension) -> String {
    format!("by_{}", dimension.name())
}

/// Each dimension once, then the bucket.
fn keys(q: &Question) -> Vec<Expr> {
    let dimensions = Dimension::ALL.into_iter().filter(|d| q.by.contains(d));
    let mut keys: Vec<Expr> = dimensions.map(|d| cast(ident(d.name()), DataType::Utf8).alias(name_of(d))).collect();
    keys.extend(q.grain.map(|grain| bucketing(grain).call(vec![ident("day")]).alias("bucket")));
    keys
}

fn codes<'a>(batch: &'a RecordBatch, q: &Question) -> Result<Vec<&'a StringArray>> {
    let column = |d: &Dimension| {
        let name = name_of(*d);
        batch.column_by_name(&name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(|| missing(&name))
    };
    q.by.iter().map(column).collect()
}

fn grouped<T>(
    batches: &[RecordBatch],
    q: &Question,
    read: impl Fn(&RecordBatch, usize) -> Result<T>,
) -> Result<HashMap<Key, T>> {
    let mut groups = HashMap::new();
    for batch in batches {
        let codes = codes(batch, q)?;
        let buckets = q.grain.map(|_| numbers::<UInt64Type>(batch, "bucket")).transpose()?;
        for row in 0..batch.num_rows() {
            // a bucket is a day in the lower half of the number
            let bucket = buckets.map(|b| (b.value(row) as u32).cast_signed());
            let keys = codes.iter().map(|column| column.value(row).to_owned()).collect();
            groups.insert((bucket, keys), read(batch, row)?);
        }
    }
    Ok(groups)
}

/// Run a plan that could be made.
pub(super) async fn run(
    on: &dyn Elsewhere,
    operation: &'static str,
    plan: Result<DataFrame>,
) -> Result<Vec<RecordBatch>, WarehouseError> {
    let plan = plan.map_err(fault("plan the question"))?;
    on.collect(plan).await.map_err(fault(operation))
}
