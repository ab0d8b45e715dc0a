//! Questions: group, count every histogram in one pass, sort the groups.

use std::collections::{BTreeSet, HashMap};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Int64Type, UInt64Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{DataFrame, ident, lit};
use peakend_query::{
    AttributeName, Band, Cell, Counting, Dimension, Filter, Provenance, Question, Row, Table, Tone, WarehouseError,
};

use crate::cell;
use crate::coded::{Part, packed, unpacked};
use crate::codes::Key;
use crate::columns::{numbers, strings};
use crate::counted;
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::org::Snapshot;
use crate::predicate::{predicate, text, within};
use crate::scan::Voices;

/// Answer a question over a snapshot of its organisation.
pub(crate) async fn answer(engine: &Engine, snapshot: Snapshot, q: &Question) -> Result<Table, WarehouseError> {
    let (groups, provenance) = match counted::sources(engine, &snapshot, q) {
        Some(sources) => {
            let (groups, route) = counted::cells(engine, sources, snapshot.rollups(), q).await?;
            (groups, Provenance { route, ..snapshot.provenance.clone() })
        }
        None => (scanned(engine, &snapshot, q).await?, snapshot.provenance.clone()),
    };
    Ok(table(groups, provenance, q))
}

/// The answer's rows in order; without groups there is one, also when it is empty.
pub(crate) fn table(mut groups: HashMap<Key, Cell>, provenance: Provenance, q: &Question) -> Table {
    if q.by.is_empty() && q.grain.is_none() {
        let whole = groups.entry((None, Vec::new())).or_default();
        whole.persons = q.persons.then_some(whole.persons.unwrap_or(0));
    }
    let mut rows: Vec<Row> = groups.into_iter().map(|((bucket, keys), cell)| Row { keys, bucket, cell }).collect();
    rows.sort_unstable_by(|a, b| (a.bucket, &a.keys).cmp(&(b.bucket, &b.keys)));
    Table { rows, provenance }
}

/// Groups from the rows themselves.
async fn scanned(engine: &Engine, snapshot: &Snapshot, q: &Question) -> Result<HashMap<Key, Cell>, WarehouseError> {
    let grouping = Grouping::of(q);
    if snapshot.is_empty() {
        return Ok(HashMap::new());
    }
    let mut groups = grouping.cells(engine, snapshot, q).await?;
    if q.persons {
        let persons = match grouping.person {
            Some(_) => HashMap::new(),
            None => grouping.persons(engine, snapshot, q).await?,
        };
        for (key, cell) in &mut groups {
            cell.persons = Some(match grouping.person {
                Some(at) => u64::from(!key.1[at].is_empty()),
                None => persons.get(key).copied().unwrap_or(0),
            });
        }
    }
    groups.values_mut().for_each(|cell| *cell = q.counting.narrow(std::mem::take(cell)));
    Ok(groups)
}

/// The question's filter, and that a voice counts.
pub(crate) fn counting(q: &Question) -> Filter {
    let counts = match q.counting {
        Counting::Everything => Filter::All,
        Counting::Answers(score) => {
            let (low, high) = score.range();
            Filter::Band(Band { score, low, high })
        }
        Counting::Tones => Filter::Or([Tone::Negative, Tone::Neutral, Tone::Positive].map(Filter::Tone).to_vec()),
    };
    q.filter.clone().and(counts)
}

/// The voices of a snapshot that a question or list is about.
pub(crate) fn wanted(
    engine: &Engine,
    snapshot: &Snapshot,
    period: peakend_query::DayRange,
    filter: &Filter,
    by: &[Dimension],
) -> Result<DataFrame> {
    let mut attributes = BTreeSet::new();
    by.iter().for_each(|d| note(*d, &mut attributes));
    filter.each_dimension(&mut |d| note(d, &mut attributes));
    let mut voices = engine.read(Voices::of(snapshot).knowing(attributes))?;
    if !snapshot.inside {
        voices = voices.filter(within(period))?;
    }
    match predicate(filter) {
        Some(condition) => voices.filter(condition),
        None => Ok(voices),
    }
}

fn note(dimension: Dimension, into: &mut BTreeSet<AttributeName>) {
    into.extend(dimension.attribute());
}

/// How a question's groups are computed: parts packed in pairs into integer
/// keys, beside them the person when it is asked for.
struct Grouping {
    by: Vec<Dimension>,
    /// Each coded dimension once, then the bucket.
    parts: Vec<Part>,
    /// Where the person is among the keys: then a group has one person or none.
    person: Option<usize>,
}

impl Grouping {
    fn of(q: &Question) -> Self {
        let person = q.by.iter().position(|d| *d == Dimension::Person);
        let attributes: BTreeSet<AttributeName> = q.by.iter().filter_map(|d| d.attribute()).collect();
        let coded = Dimension::ALL.into_iter().filter(|d| *d != Dimension::Person && q.by.contains(d));
        let coded = coded.chain(attributes.into_iter().map(Dimension::Attribute));
        let parts = coded.map(Part::code).chain(q.grain.map(Part::Bucket)).collect();
        Self { by: q.by.clone(), parts, person }
    }

    fn pairs(&self) -> impl Iterator<Item = (String, &[Part])> {
        self.parts.chunks(2).enumerate().map(|(i, pair)| (format!("key{i}"), pair))
    }

    fn expressions(&self) -> Vec<Expr> {
        let mut expressions: Vec<Expr> = self.pairs().map(|(name, pair)| packed(pair).alias(name)).collect();
        if self.person.is_some() {
            expressions.push(ident("person"));
        }
        expressions
    }

    async fn cells(
        &self,
        engine: &Engine,
        snapshot: &Snapshot,
        q: &Question,
    ) -> Result<HashMap<Key, Cell>, WarehouseError> {
        let plan = || -> Result<DataFrame> {
            wanted(engine, snapshot, q.period, &counting(q), &q.by)?
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
            let groups = self.pairs().map(|(name, _)| ident(name)).collect();
            wanted(engine, snapshot, q.period, &counting(q), &q.by)?
                .filter(ident("person").not_eq(text("")))?
                .aggregate(pairs, Vec::new())?
                .aggregate(groups, vec![count(lit(1_i64)).alias("persons")])
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
        let names: Vec<Vec<String>> = self.parts.iter().map(Part::names).collect();
        let coded = |d: &Dimension| self.parts.iter().position(|p| matches!(p, Part::Code(of, _) if of == d));
        let columns: Vec<Option<usize>> = self.by.iter().map(coded).collect();
        let mut groups = HashMap::new();
        for batch in batches {
            let keys = self.pairs().map(|(name, pair)| Ok((numbers::<UInt64Type>(batch, &name)?, pair.len())));
            let keys = keys.collect::<Result<Vec<_>>>()?;
            let person = self.person.map(|_| strings(batch, "person")).transpose()?;
            for row in 0..batch.num_rows() {
                let parts: Vec<u32> = keys.iter().flat_map(|(key, n)| unpacked(key.value(row), *n)).collect();
                let name = |column: &Option<usize>| match column {
                    Some(part) => names[*part][parts[*part] as usize].clone(),
                    None => person.map(|p| p.value(row).to_owned()).unwrap_or_default(),
                };
                let bucket = match self.parts.last() {
                    Some(Part::Bucket(_)) => parts.last().map(|b| b.cast_signed()),
                    _ => None,
                };
                groups.insert((bucket, columns.iter().map(name).collect()), read(batch, row)?);
            }
        }
        Ok(groups)
    }
}
