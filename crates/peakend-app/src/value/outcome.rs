//! Outcome kinds; outcomes sent in batches; a person's series and monthly totals.

mod batch;

use std::collections::BTreeMap;

use peakend_domain::sense::person::PersonKind;
use peakend_domain::value::outcome::OutcomeKind;
use peakend_domain::{Month, OrgId, Permission, PersonId, UnitScope};
use peakend_query::{OutcomeFact, OutcomeQuestion};
use peakend_store::Tx;
use peakend_store::admin::{audit, org};
use peakend_store::sense::person;
use peakend_store::value::outcome;

use crate::{Ctx, Error};

pub use batch::{BATCH_LIMIT, Batch, BatchRow, Sent, send};

/// Give an organisation the kinds to begin with; kinds it has stay as they are.
pub async fn seed_in(tx: &mut Tx, org: &OrgId) -> Result<(), Error> {
    for kind in OutcomeKind::defaults() {
        outcome::insert(tx, org, &kind).await?;
    }
    Ok(())
}

/// All kinds.
pub async fn kinds(ctx: &Ctx<'_>) -> Result<Vec<OutcomeKind>, Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(outcome::all(&mut tx, ctx.org()).await?)
}

/// In what values are written: the kinds by code, and the currency of money.
#[derive(Debug, Clone)]
pub struct Measures {
    /// Kinds by code.
    pub kinds: BTreeMap<String, OutcomeKind>,
    /// ISO 4217 code.
    pub currency: String,
}

/// The measures of the organisation.
pub async fn measures(ctx: &Ctx<'_>) -> Result<Measures, Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let kinds = outcome::all(&mut tx, ctx.org()).await?.into_iter().map(|k| (k.code.clone(), k)).collect();
    let org = org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    Ok(Measures { kinds, currency: org.currency })
}

/// The kind of that code.
pub(super) async fn kind(tx: &mut Tx, org: &OrgId, code: &str) -> Result<OutcomeKind, Error> {
    let known = outcome::all(tx, org).await?;
    known.into_iter().find(|k| k.code == code).ok_or_else(|| {
        Error::field("outcome_kind", "unknown", format!("there is no outcome kind `{code}`: see /api/v1/outcome-kinds"))
    })
}

/// Add a kind of the organisation's own. A kind never changes: its unit is in every value.
pub async fn add(ctx: &Ctx<'_>, kind: OutcomeKind) -> Result<OutcomeKind, Error> {
    ctx.require(Permission::Configure)?;
    let faults = kind.faults();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut tx = ctx.app.store.begin().await?;
    if !outcome::insert(&mut tx, ctx.org(), &kind).await? {
        return Err(Error::conflict("code_taken", format!("there is an outcome kind `{}` already", kind.code)));
    }
    let detail = serde_json::json!({ "unit": kind.unit, "better": kind.better, "nature": kind.nature });
    audit::record(&mut tx, ctx.actor, ctx.now(), "outcome_kind.added", &kind.code, &detail).await?;
    tx.commit().await?;
    Ok(kind)
}

/// First and last month, in order and at most ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthRange {
    /// First.
    pub from: Month,
    /// Last, inclusive.
    pub to: Month,
}

impl MonthRange {
    fn check(self) -> Result<(), Error> {
        if self.from > self.to || self.to.0 - self.from.0 >= 120 {
            return Err(Error::field("to", "out_of_range", "choose months in order, at most ten years"));
        }
        Ok(())
    }
}

/// One kind of a person, by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Kind.
    pub kind: OutcomeKind,
    /// Month and value, in order; months without a value are absent.
    pub months: Vec<(Month, i64)>,
}

/// The outcomes of one person. Employees have none here.
pub async fn of_person(ctx: &Ctx<'_>, id: &PersonId, range: MonthRange) -> Result<Vec<Series>, Error> {
    ctx.require(Permission::ReadVoices)?;
    range.check()?;
    let mut tx = ctx.app.store.read().await?;
    let person = person::find(&mut tx, ctx.scope(), id).await?.ok_or(Error::NotFound("person"))?;
    if person.kind == PersonKind::Employee {
        return Err(Error::refused("outcomes_of_employee", "outcomes of a single employee are not shown"));
    }
    let kinds = outcome::all(&mut tx, ctx.org()).await?;
    let former = person::merged(&mut tx, ctx.org()).await?.into_iter().filter(|(_, into)| into == id);
    let persons: Vec<String> = former.map(|(from, _)| from.to_string()).chain([id.to_string()]).collect();
    drop(tx);
    let mut all = Vec::new();
    for kind in kinds {
        let facts = ctx.app.warehouse.outcomes(&question(ctx.org(), &kind.code, range, Some(persons.clone()))).await?;
        let mut months: BTreeMap<Month, i64> = BTreeMap::new();
        for fact in facts {
            // two former persons of one: their values of a month add up
            let value = months.entry(Month(fact.month)).or_default();
            *value = value.saturating_add(fact.value);
        }
        if !months.is_empty() {
            all.push(Series { kind, months: months.into_iter().collect() });
        }
    }
    Ok(all)
}

/// All persons of one month, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthTotal {
    /// Month.
    pub month: Month,
    /// Persons with a value.
    pub persons: u64,
    /// Sum of their values.
    pub sum: i64,
}

/// Totals of a kind by month. Persons of all units are in them.
pub async fn totals(ctx: &Ctx<'_>, code: &str, range: MonthRange) -> Result<(OutcomeKind, Vec<MonthTotal>), Error> {
    ctx.require(Permission::SeeValue)?;
    range.check()?;
    if ctx.scope().units != UnitScope::All {
        return Err(Error::refused("whole_organisation", "these totals are of all units: your scope is one of them"));
    }
    let mut tx = ctx.app.store.read().await?;
    let kind = kind(&mut tx, ctx.org(), code).await?;
    drop(tx);
    let facts = ctx.app.warehouse.outcomes(&question(ctx.org(), code, range, None)).await?;
    let mut months: BTreeMap<i32, MonthTotal> = BTreeMap::new();
    for fact in facts {
        let total = months.entry(fact.month).or_insert(MonthTotal { month: Month(fact.month), persons: 0, sum: 0 });
        total.persons += 1;
        total.sum = total.sum.saturating_add(fact.value);
    }
    Ok((kind, months.into_values().collect()))
}

/// Facts of some persons by the ids they were stored under.
pub(super) async fn of_persons(
    ctx: &Ctx<'_>,
    kind: &str,
    range: MonthRange,
    persons: Vec<String>,
) -> Result<Vec<OutcomeFact>, Error> {
    Ok(ctx.app.warehouse.outcomes(&question(ctx.org(), kind, range, Some(persons))).await?)
}

fn question(org: &OrgId, kind: &str, range: MonthRange, persons: Option<Vec<String>>) -> OutcomeQuestion {
    OutcomeQuestion { org: org.as_str().to_owned(), kind: kind.to_owned(), from: range.from.0, to: range.to.0, persons }
}
