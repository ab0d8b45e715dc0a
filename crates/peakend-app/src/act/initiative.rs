//! Initiatives: plan one, freeze its baseline, put it into effect, complete it.
mod baseline;

pub use baseline::freeze;

use std::collections::BTreeMap;

use peakend_domain::act::initiative::{Initiative, InitiativeRefusal, InitiativeState, Target, Task};
use peakend_domain::insight::metric;
use peakend_domain::{Day, FieldFault, FindingId, InitiativeId, Permission, Pillar, TaskId, UserId};
use peakend_query::Dimension;
use peakend_store::Tx;
use peakend_store::act::initiative as store;
use peakend_store::admin::{audit, user};
use serde_json::json;

use crate::insight::finding::become_initiative_in;
use crate::{Ctx, Error};

/// An initiative as somebody plans it.
#[derive(Debug, Clone)]
pub struct InitiativeDraft {
    /// Name.
    pub name: String,
    /// Pillar.
    pub pillar: Pillar,
    /// The finding it comes from; empty when by hand.
    pub finding: String,
    /// Touchpoint code; empty for many.
    pub touchpoint: String,
    /// Business line code; empty for many.
    pub line: String,
    /// Who answers for it; the planner when absent.
    pub owner: Option<UserId>,
    /// Departments that take part.
    pub departments: Vec<String>,
    /// The figure that shall move. Touchpoint and line join its filter.
    pub target: Target,
}

/// A step to add.
#[derive(Debug, Clone)]
pub struct TaskDraft {
    /// What to do.
    pub title: String,
    /// Department.
    pub department: String,
    /// Who.
    pub owner: Option<UserId>,
    /// By when.
    pub due_on: Option<Day>,
}

/// An initiative with its tasks and the names it mentions.
#[derive(Debug, Clone)]
pub struct InitiativeReading {
    /// The initiative.
    pub initiative: Initiative,
    /// Its tasks in order.
    pub tasks: Vec<Task>,
    /// Names of members of staff by id.
    pub names: BTreeMap<String, String>,
}

/// Which initiative, and the revision the caller saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The initiative.
    pub id: InitiativeId,
    /// Revision the caller decided on.
    pub revision: Option<i64>,
}

/// A page of initiatives, newest first.
pub async fn list(
    ctx: &Ctx<'_>,
    phase: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<(Vec<InitiativeReading>, i64), Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let names = names(&mut tx, ctx).await?;
    let (found, total) = store::page(&mut tx, ctx.org(), phase, before, limit.clamp(1, 200)).await?;
    let mut items = Vec::with_capacity(found.len());
    for initiative in found {
        let tasks = store::tasks(&mut tx, ctx.org(), &initiative.id).await?;
        items.push(InitiativeReading { initiative, tasks, names: names.clone() });
    }
    Ok((items, total))
}

/// One initiative.
pub async fn read(ctx: &Ctx<'_>, id: &InitiativeId) -> Result<InitiativeReading, Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let initiative = find(&mut tx, ctx, id).await?;
    let tasks = store::tasks(&mut tx, ctx.org(), id).await?;
    Ok(InitiativeReading { initiative, tasks, names: names(&mut tx, ctx).await? })
}

/// Plan an initiative.
pub async fn create(ctx: &Ctx<'_>, draft: InitiativeDraft) -> Result<Initiative, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let initiative = create_in(&mut tx, ctx, draft).await?;
    tx.commit().await?;
    Ok(initiative)
}

/// [`create`] within the caller's transaction.
pub async fn create_in(tx: &mut Tx, ctx: &Ctx<'_>, draft: InitiativeDraft) -> Result<Initiative, Error> {
    ctx.require(Permission::Improve)?;
    let owner = draft.owner.clone().or_else(|| ctx.actor.user().cloned());
    let mut faults = faults(&draft);
    let known = match &owner {
        Some(id) => user::find(tx, ctx.org(), id).await?.is_some_and(|u| u.disabled_at.is_none()),
        None => false,
    };
    if !known {
        faults.push(FieldFault::new("owner", "owner_unknown", "choose somebody of the staff"));
    }
    let (true, Some(owner)) = (faults.is_empty(), owner) else { return Err(Error::Invalid(faults)) };
    let mut target = draft.target;
    for (name, code) in [("touchpoint", &draft.touchpoint), ("line", &draft.line)] {
        if !code.is_empty() {
            target.filter.entry(name.to_owned()).or_insert_with(|| code.clone());
        }
    }
    let initiative = Initiative {
        org: ctx.org().clone(),
        id: InitiativeId::new(ctx.now(), &*ctx.app.entropy),
        number: store::next_number(tx, ctx.org()).await?,
        name: draft.name.trim().to_owned(),
        pillar: draft.pillar,
        finding: draft.finding,
        touchpoint_code: draft.touchpoint,
        line_code: draft.line,
        owner,
        departments: draft.departments.into_iter().map(|d| d.trim().to_owned()).filter(|d| !d.is_empty()).collect(),
        target,
        state: InitiativeState::Draft,
        created_at: ctx.now(),
        revision: 0,
    };
    store::insert(tx, &initiative).await?;
    if !initiative.finding.is_empty() {
        let finding = FindingId::parse(&initiative.finding).map_err(|_| Error::NotFound("finding"))?;
        become_initiative_in(ctx, tx, &finding, initiative.id.clone()).await?;
    }
    let detail = json!({"number": initiative.number, "finding": initiative.finding});
    audit::record(tx, ctx.actor, ctx.now(), "initiative.created", initiative.id.as_str(), &detail).await?;
    Ok(initiative)
}

fn faults(draft: &InitiativeDraft) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let letters = draft.name.trim().chars().count();
    if letters == 0 || letters > 120 {
        faults.push(FieldFault::new("name", "name_length", "a name has 1 to 120 letters"));
    }
    if draft.departments.len() > 30 || draft.departments.iter().any(|d| d.chars().count() > 80) {
        faults.push(FieldFault::new("departments", "too_many", "at most 30 departments of 80 letters"));
    }
    let known = metric::find(&draft.target.metric);
    if known.is_none_or(|m| m.measure.is_count()) {
        let what = "choose a metric that can be better or worse: nps, csat, ces or net_sentiment";
        faults.push(FieldFault::new("target.metric", "metric_unknown", what));
    }
    if !draft.target.value.is_finite() || draft.target.value.abs() > 100.0 {
        faults.push(FieldFault::new("target.value", "value_out_of_range", "a target lies between -100 and 100"));
    }
    for name in draft.target.filter.keys() {
        let usable = Dimension::parse(name).is_some_and(|d| !matches!(d, Dimension::Person | Dimension::Pillar));
        if !usable {
            let what = format!("`{name}` is no filter of figures");
            faults.push(FieldFault::new(format!("target.filter.{name}"), "filter_unknown", what));
        }
    }
    faults
}

/// Add a step.
pub async fn add_task(ctx: &Ctx<'_>, id: &InitiativeId, draft: TaskDraft) -> Result<Task, Error> {
    ctx.require(Permission::Improve)?;
    let mut tx = ctx.app.store.begin().await?;
    let initiative = find(&mut tx, ctx, id).await?;
    let letters = draft.title.trim().chars().count();
    if letters == 0 || letters > 200 {
        return Err(Error::field("title", "name_length", "a task has 1 to 200 letters"));
    }
    let tasks = store::tasks(&mut tx, ctx.org(), id).await?;
    if tasks.len() >= 200 {
        return Err(Error::refused("too_many_tasks", "an initiative has at most 200 tasks: plan another one"));
    }
    let task = Task {
        id: TaskId::new(ctx.now(), &*ctx.app.entropy),
        title: draft.title.trim().to_owned(),
        department: draft.department.trim().to_owned(),
        owner: draft.owner,
        due_on: draft.due_on,
        done_at: None,
        position: tasks.last().map_or(1, |t| t.position + 1),
    };
    store::put_task(&mut tx, ctx.org(), &initiative.id, &task).await?;
    let detail = json!({"task": task.id, "title": task.title});
    audit::record(&mut tx, ctx.actor, ctx.now(), "initiative.task_added", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(task)
}

/// Mark a step done, or open again.
pub async fn mark_task(ctx: &Ctx<'_>, id: &InitiativeId, task: &TaskId, done: bool) -> Result<Task, Error> {
    ctx.require(Permission::Improve)?;
    let mut tx = ctx.app.store.begin().await?;
    find(&mut tx, ctx, id).await?;
    let tasks = store::tasks(&mut tx, ctx.org(), id).await?;
    let found = tasks.into_iter().find(|t| t.id == *task).ok_or(Error::NotFound("task"))?;
    let task = Task { done_at: done.then(|| found.done_at.unwrap_or(ctx.now())), ..found };
    store::put_task(&mut tx, ctx.org(), id, &task).await?;
    let detail = json!({"task": task.id, "done": done});
    audit::record(&mut tx, ctx.actor, ctx.now(), "initiative.task_marked", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(task)
}

/// Put it into effect from a day on.
pub async fn launch(ctx: &Ctx<'_>, seen: &Seen, on: Day) -> Result<Initiative, Error> {
    change(ctx, seen, "initiative.launched", |initiative| initiative.launch(on)).await
}

/// Declare it done.
pub async fn complete(ctx: &Ctx<'_>, seen: &Seen, note: &str) -> Result<Initiative, Error> {
    if note.chars().count() > 4000 {
        return Err(Error::field("note", "text_too_long", "at most 4000 letters"));
    }
    let (note, now) = (note.trim().to_owned(), ctx.now());
    change(ctx, seen, "initiative.completed", |initiative| initiative.complete(note, now)).await
}

async fn change(
    ctx: &Ctx<'_>,
    seen: &Seen,
    action: &str,
    verb: impl FnOnce(Initiative) -> Result<Initiative, InitiativeRefusal>,
) -> Result<Initiative, Error> {
    ctx.require(Permission::Improve)?;
    let mut tx = ctx.app.store.begin().await?;
    let before = find(&mut tx, ctx, &seen.id).await?;
    let after = save_in(&mut tx, ctx, seen, before, action, verb).await?;
    tx.commit().await?;
    Ok(after)
}

/// Apply a verb to what the caller has just read, and save it with its audit line.
async fn save_in(
    tx: &mut Tx,
    ctx: &Ctx<'_>,
    seen: &Seen,
    before: Initiative,
    action: &str,
    verb: impl FnOnce(Initiative) -> Result<Initiative, InitiativeRefusal>,
) -> Result<Initiative, Error> {
    let revision = before.revision;
    if seen.revision.is_some_and(|r| r != revision) {
        return Err(changed());
    }
    let after = verb(before).map_err(|refusal| Error::refused(refusal.code(), refusal.to_string()))?;
    if !store::save(tx, &after, revision).await? {
        return Err(changed());
    }
    let detail = json!({"number": after.number, "phase": after.phase(), "live_on": after.live_on()});
    audit::record(tx, ctx.actor, ctx.now(), action, after.id.as_str(), &detail).await?;
    Ok(after)
}

async fn find(tx: &mut Tx, ctx: &Ctx<'_>, id: &InitiativeId) -> Result<Initiative, Error> {
    store::find(tx, ctx.org(), id).await?.ok_or(Error::NotFound("initiative"))
}

async fn names(tx: &mut Tx, ctx: &Ctx<'_>) -> Result<BTreeMap<String, String>, Error> {
    Ok(user::list(tx, ctx.org()).await?.into_iter().map(|u| (u.id.to_string(), u.name)).collect())
}

fn changed() -> Error {
    Error::conflict("initiative_changed", "somebody else has changed the initiative meanwhile: look at it again")
}
