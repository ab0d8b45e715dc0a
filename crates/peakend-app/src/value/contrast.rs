//! Those marked in a month, such as who left, against all others: what they
//! were worth, and how they had answered in the twelve months before.

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::insight::metric::{Metric, find};
use peakend_domain::value::contrast::{DEFINITION, MONTHS_BEFORE, is_marked};
use peakend_domain::value::outcome::{Absent, OutcomeKind, OutcomeUnit};
use peakend_domain::{Month, Permission, Pillar, UnitScope};
use peakend_query::{Cell, Counting, DayRange, Dimension, Filter, OutcomeQuestion, Question};
use peakend_stats::figure::SHOWN_FROM;
use peakend_stats::insight::family::adjust;
use peakend_stats::insight::mean::mean;
use peakend_stats::value::contrast::contrast;

use super::evaluation::{Merged, merged, now_called};
use super::outcome;
use crate::insight::metric::{Answer, Change, point, shown, withheld};
use crate::{Ctx, Error};

/// What is contrasted.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// A metric of what persons answered, by its code; one mean per person.
    Metric(&'static str),
    /// Another outcome of the month, in its smallest unit.
    Outcome(OutcomeKind),
}

/// One quantity in both groups.
#[derive(Debug, Clone, PartialEq)]
pub struct ContrastRow {
    /// Which.
    pub of: Of,
    /// Mean of the persons marked.
    pub marked: Answer,
    /// Mean of the others.
    pub others: Answer,
    /// Marked minus others, corrected for all rows; absent where a group is too small.
    pub change: Option<Change>,
}

/// The whole table.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrasts {
    /// The mark.
    pub kind: OutcomeKind,
    /// Its month.
    pub month: Month,
    /// Persons with the mark.
    pub marked: u64,
    /// Persons known in that month without it.
    pub others: u64,
    /// Metrics first, then outcomes.
    pub rows: Vec<ContrastRow>,
}

/// Contrast the persons marked by a flag in a month with the others known in it.
/// A person without a value of the flag counts as unmarked only when the kind
/// says that an absent value is zero.
pub async fn read(ctx: &Ctx<'_>, flag: &str, month: Month) -> Result<Contrasts, Error> {
    ctx.require(Permission::SeeValue)?;
    if ctx.scope().units != UnitScope::All {
        return Err(Error::refused("whole_organisation", "this table is of all units: your scope is one of them"));
    }
    let mut tx = ctx.app.store.read().await?;
    let kind = outcome::kind(&mut tx, ctx.org(), flag).await?;
    let merged = merged(&mut tx, ctx.org()).await?;
    drop(tx);
    if kind.unit != OutcomeUnit::Flag {
        let message = format!("`{flag}` is counted, not yes or no: choose a kind such as churn");
        return Err(Error::field("kind", "not_a_flag", message));
    }
    let kinds = outcome::kinds(ctx).await?;
    let mut values = BTreeMap::new();
    for known in &kinds {
        values.insert(known.code.clone(), of_month(ctx, known, month, &merged).await?);
    }
    let groups = Groups::of(&kind, &values);
    let mut rows = metrics(ctx, &groups, month, &merged).await?;
    for other in kinds.iter().filter(|k| k.code != kind.code && k.unit != OutcomeUnit::Flag) {
        let of = values.get(&other.code).cloned().unwrap_or_default();
        let zero = (other.absent == Absent::Zero && !of.is_empty()).then_some(0.0);
        let side = |persons: &BTreeSet<String>| -> Vec<f64> {
            persons.iter().filter_map(|p| of.get(p).map(|v| *v as f64).or(zero)).collect()
        };
        rows.push(row(Of::Outcome(other.clone()), &side(&groups.marked), &side(&groups.others)));
    }
    judge(&mut rows);
    let (marked, others) = (groups.marked.len() as u64, groups.others.len() as u64);
    Ok(Contrasts { kind, month, marked, others, rows })
}

/// Values of a kind in the month by person, by the id a person has now: what
/// came in under two ids of one person adds up.
async fn of_month(
    ctx: &Ctx<'_>,
    kind: &OutcomeKind,
    month: Month,
    merged: &Merged,
) -> Result<BTreeMap<String, i64>, Error> {
    let question = OutcomeQuestion {
        org: ctx.org().as_str().to_owned(),
        kind: kind.code.clone(),
        from: month.0,
        to: month.0,
        persons: None,
    };
    let mut values: BTreeMap<String, i64> = BTreeMap::new();
    for fact in ctx.app.warehouse.outcomes(&question).await? {
        let value = values.entry(now_called(fact.person, merged)).or_default();
        *value = value.saturating_add(fact.value);
    }
    Ok(values)
}

/// Who is marked, and who is not.
struct Groups {
    marked: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Groups {
    fn of(kind: &OutcomeKind, values: &BTreeMap<String, BTreeMap<String, i64>>) -> Self {
        let none = BTreeMap::new();
        let flags = values.get(&kind.code).unwrap_or(&none);
        let mut groups = Self { marked: BTreeSet::new(), others: BTreeSet::new() };
        for person in values.values().flat_map(BTreeMap::keys) {
            match is_marked(kind, flags.get(person).copied()) {
                Some(true) => groups.marked.insert(person.clone()),
                Some(false) => groups.others.insert(person.clone()),
                None => false,
            };
        }
        groups
    }
}

/// Metrics of which each person has a score of their own.
const METRICS: [&str; 3] = ["nps", "csat", "ces"];

/// Answers of the twelve months before, one mean per person.
async fn metrics(ctx: &Ctx<'_>, groups: &Groups, month: Month, merged: &Merged) -> Result<Vec<ContrastRow>, Error> {
    let table = ctx
        .app
        .warehouse
        .answer(&Question {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: Month(month.0 - MONTHS_BEFORE).first().0, to: month.first().0 - 1 },
            filter: Filter::In(Dimension::Pillar, vec![Pillar::Customer.name().to_owned()]),
            by: vec![Dimension::Person],
            grain: None,
            persons: false,
            counting: Counting::Everything,
        })
        .await?;
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    for row in table.rows {
        if let Some(person) = row.keys.into_iter().next().filter(|p| !p.is_empty()) {
            cells.entry(now_called(person, merged)).or_default().merge(&row.cell);
        }
    }
    Ok(METRICS.iter().filter_map(|id| find(id)).map(|metric| of_metric(metric, groups, &cells)).collect())
}

fn of_metric(metric: &Metric, groups: &Groups, cells: &BTreeMap<String, Cell>) -> ContrastRow {
    let side = |persons: &BTreeSet<String>| -> Vec<f64> {
        persons.iter().filter_map(|p| cells.get(p)).filter_map(|cell| point(metric, cell)).collect()
    };
    row(Of::Metric(metric.id), &side(&groups.marked), &side(&groups.others))
}

fn row(of: Of, marked: &[f64], others: &[f64]) -> ContrastRow {
    let side = |values: &[f64]| mean(DEFINITION, values, SHOWN_FROM).map(shown).map_err(withheld);
    let change = contrast(DEFINITION, marked, others).ok().map(|c| Change::of(c.difference));
    ContrastRow { of, marked: side(marked), others: side(others), change }
}

/// All rows are one family.
fn judge(rows: &mut [ContrastRow]) {
    let mut changes: Vec<&mut Change> = rows.iter_mut().filter_map(|row| row.change.as_mut()).collect();
    let adjusted = adjust(&changes.iter().map(|c| c.p).collect::<Vec<_>>());
    for (change, value) in changes.iter_mut().zip(adjusted.values) {
        change.judge(value);
    }
}
