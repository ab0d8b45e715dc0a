//! What persons did: how far along some steps, and who came back.
//!
//! Employees are left out before anything is counted: what they do is no way
//! round the release of what they answer.

mod follow;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use peakend_domain::insight::behaviour::{COHORT, EventStep, FUNNEL};
use peakend_domain::{Day, Permission, UnitScope, day_of};
use peakend_query::{
    CohortQuestion, CohortRow, DayRange, FunnelQuestion, FunnelRow, Grain, Persons, Provenance, Step, WarehouseError,
};
use peakend_stats::figure::SHOWN_FROM;
use peakend_stats::insight::proportion::share;
use peakend_store::sense::person;

use super::metric::{Answer, shown, withheld};
use crate::sense::place::zone;
use crate::{Ctx, Error};

pub(crate) use follow::{Followed, fact};

/// A funnel that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelWanted {
    /// Steps in order.
    pub steps: Vec<EventStep>,
    /// Longest time from first to last step, in seconds.
    pub within: i64,
    /// First day of the first step.
    pub from: Day,
    /// Last day of the first step.
    pub to: Day,
    /// Property of the first step's event to count apart by.
    pub split: Option<String>,
}

/// Persons at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// So many.
    pub persons: u64,
    /// Of those who began, in percent; none at the first step.
    pub of_first: Option<Answer>,
    /// Of those at the step before, in percent; none at the first step.
    pub of_previous: Option<Answer>,
    /// Median time from the step before, in seconds.
    pub median_seconds: Option<u64>,
}

/// One row of a funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Value of the property; empty when the first event has none, and for all.
    pub key: String,
    /// One per step.
    pub steps: Vec<Reached>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelTable {
    /// Everybody.
    pub total: Way,
    /// By value of the property, most persons first.
    pub rows: Vec<Way>,
    /// Where the counts came from.
    pub provenance: Provenance,
}

/// Cohorts that are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortWanted {
    /// What makes a person belong.
    pub first: EventStep,
    /// What counts as having returned.
    pub returning: EventStep,
    /// Width of cohorts and periods.
    pub grain: Grain,
    /// First day of the first event.
    pub from: Day,
    /// Last day of the first event.
    pub to: Day,
    /// Periods looked at after a cohort's own.
    pub periods: usize,
}

/// Who came back in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    /// Persons who did.
    pub persons: u64,
    /// Of so many.
    pub of: u64,
    /// In percent.
    pub share: Answer,
}

/// One cohort, or all.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// First and last day; none for all.
    pub days: Option<(Day, Day)>,
    /// Persons in it.
    pub persons: u64,
    /// By period, its own first; none where the period has not ended yet.
    pub returned: Vec<Option<Returned>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortTable {
    /// All cohorts whose period has ended, taken together.
    pub total: Cohort,
    /// Earliest first.
    pub rows: Vec<Cohort>,
    /// Where the counts came from.
    pub provenance: Provenance,
}

/// Count how far persons went along some steps.
pub async fn funnel(ctx: &Ctx<'_>, wanted: &FunnelWanted) -> Result<FunnelTable, Error> {
    days_in_order(wanted.from, wanted.to)?;
    let question = FunnelQuestion {
        org: ctx.org().as_str().to_owned(),
        steps: wanted.steps.iter().map(step).collect(),
        within: wanted.within,
        period: DayRange { from: wanted.from.0, to: wanted.to.0 },
        split: wanted.split.clone(),
        persons: counted(ctx).await?,
    };
    question.check().map_err(|e| refused("steps", e))?;
    let found = ctx.app.warehouse.funnel(&question).await.map_err(|e| refused("funnel", e))?;
    let mut rows: Vec<Way> = found.rows.iter().map(way).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.steps.first().map_or(0, |s| s.persons)));
    Ok(FunnelTable { total: way(&found.total), rows, provenance: found.provenance })
}

/// Count who came back.
pub async fn cohorts(ctx: &Ctx<'_>, wanted: &CohortWanted) -> Result<CohortTable, Error> {
    days_in_order(wanted.from, wanted.to)?;
    let question = CohortQuestion {
        org: ctx.org().as_str().to_owned(),
        first: step(&wanted.first),
        returning: step(&wanted.returning),
        grain: wanted.grain,
        period: DayRange { from: wanted.from.0, to: wanted.to.0 },
        periods: wanted.periods,
        persons: counted(ctx).await?,
    };
    question.cohorts().map_err(|e| refused("periods", e))?;
    let mut tx = ctx.app.store.read().await?;
    let today = day_of(ctx.now(), &zone(&mut tx, ctx.org()).await?);
    drop(tx);
    let found = ctx.app.warehouse.cohorts(&question).await.map_err(|e| refused("cohorts", e))?;
    let rows: Vec<Cohort> = found.rows.iter().map(|row| cohort(&question, row, today)).collect();
    Ok(CohortTable { total: together(&rows), rows, provenance: found.provenance })
}

/// Whose events count, with everything that came in until now handed to the warehouse.
async fn counted(ctx: &Ctx<'_>) -> Result<Persons, Error> {
    ctx.require(Permission::SeeFigures)?;
    if ctx.scope().units != UnitScope::All {
        let message = "what persons did is counted over all units: your scope is one of them";
        return Err(Error::refused("whole_organisation", message));
    }
    ctx.app.follow_soon(ctx.org()).await?;
    let mut tx = ctx.app.store.read().await?;
    let merged = person::merged(&mut tx, ctx.org()).await?;
    let employees = person::employees(&mut tx, ctx.org()).await?;
    let merged: HashMap<String, String> =
        merged.into_iter().map(|(from, into)| (from.to_string(), into.to_string())).collect();
    let without: HashSet<String> = employees.into_iter().map(|id| id.to_string()).collect();
    Ok(Persons { merged: Arc::new(merged), without: Arc::new(without) })
}

fn days_in_order(from: Day, to: Day) -> Result<(), Error> {
    if from > to {
        return Err(Error::field("from", "not_in_order", "the first day comes after the last"));
    }
    Ok(())
}

/// What the warehouse says of a question is the caller's to mend.
fn refused(path: &str, e: WarehouseError) -> Error {
    match e {
        WarehouseError::Question(reason) => Error::field(path, "not_answerable", reason),
        other => other.into(),
    }
}

fn step(asked: &EventStep) -> Step {
    Step { event: asked.event.clone(), having: asked.property.clone() }
}

fn percent(definition: &'static str, k: u64, n: u64) -> Answer {
    share(definition, k, n, SHOWN_FROM).map(|s| shown(s.figure)).map_err(withheld)
}

fn way(row: &FunnelRow) -> Way {
    let began = row.persons.first().copied().unwrap_or(0);
    let reached = |at: usize| {
        let persons = row.persons[at];
        let before = at.checked_sub(1).map(|b| row.persons[b]);
        Reached {
            persons,
            of_first: before.map(|_| percent(FUNNEL, persons, began)),
            of_previous: before.map(|before| percent(FUNNEL, persons, before)),
            median_seconds: row.medians.get(at).copied().flatten(),
        }
    };
    Way { key: row.key.clone(), steps: (0..row.persons.len()).map(reached).collect() }
}

fn cohort(q: &CohortQuestion, row: &CohortRow, today: Day) -> Cohort {
    let mut start = row.bucket;
    let mut returned = Vec::with_capacity(row.returned.len());
    for persons in &row.returned {
        start = q.grain.next(start);
        // the period must be over: who may still come back has not stayed away
        let over = start <= today.0;
        let share = || percent(COHORT, *persons, row.persons);
        returned.push(over.then(|| Returned { persons: *persons, of: row.persons, share: share() }));
    }
    let last = (q.grain.next(row.bucket) - 1).min(q.period.to);
    Cohort { days: Some((Day(row.bucket.max(q.period.from)), Day(last))), persons: row.persons, returned }
}

/// Persons of all cohorts, each period over those cohorts for which it has ended.
fn together(rows: &[Cohort]) -> Cohort {
    let periods = rows.first().map_or(0, |row| row.returned.len());
    let of_period = |at: usize| {
        let ended: Vec<&Returned> = rows.iter().filter_map(|row| row.returned[at].as_ref()).collect();
        let (persons, of) = (ended.iter().map(|r| r.persons).sum(), ended.iter().map(|r| r.of).sum());
        (!ended.is_empty()).then(|| Returned { persons, of, share: percent(COHORT, persons, of) })
    };
    let persons = rows.iter().map(|row| row.persons).sum();
    Cohort { days: None, persons, returned: (0..periods).map(of_period).collect() }
}
