//! How initiatives are shown.

use std::collections::BTreeMap;

use peakend_app::act::initiative::InitiativeReading;
use peakend_domain::act::initiative::{Baseline, FrozenFigure, InitiativeState, Task};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of initiatives, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InitiativePage {
    items: Vec<InitiativeView>,
    next_cursor: Option<String>,
    total: i64,
}

/// An initiative with its tasks and baseline.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InitiativeView {
    id: String,
    number: i64,
    name: String,
    pillar: String,
    /// `draft`, `baselined`, `live`, `completed`
    phase: String,
    /// Id of the finding it comes from.
    finding: Option<String>,
    touchpoint: String,
    line: String,
    owner: InitiativeStaff,
    departments: Vec<String>,
    target: TargetFigure,
    baseline: Option<BaselineView>,
    /// First day in effect.
    live_on: Option<String>,
    completed_at: Option<String>,
    completion_note: Option<String>,
    tasks: Vec<TaskView>,
    created_at: String,
    /// Send it back with every change.
    revision: i64,
}

/// A member of staff.
#[derive(Debug, Serialize, ToSchema)]
struct InitiativeStaff {
    id: String,
    name: String,
}

/// The figure that shall move.
#[derive(Debug, Serialize, ToSchema)]
struct TargetFigure {
    metric: String,
    filter: BTreeMap<String, String>,
    value: f64,
}

/// The frozen before.
#[derive(Debug, Serialize, ToSchema)]
struct BaselineView {
    metric: String,
    definition: String,
    filter: BTreeMap<String, String>,
    from: String,
    to: String,
    overall: FrozenFigureView,
    months: Vec<BaselineMonth>,
    frozen_at: String,
    frozen_by: InitiativeStaff,
}

/// A figure as it was when it was frozen; without a value it was withheld or too few answered.
#[derive(Debug, Serialize, ToSchema)]
struct FrozenFigureView {
    n: u64,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// One month of it.
#[derive(Debug, Serialize, ToSchema)]
struct BaselineMonth {
    /// First day counted.
    from: String,
    #[serde(flatten)]
    figure: FrozenFigureView,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
struct TaskView {
    id: String,
    title: String,
    department: String,
    owner: Option<InitiativeStaff>,
    due_on: Option<String>,
    done_at: Option<String>,
}

pub(super) fn page(items: Vec<InitiativeReading>, total: i64, limit: i64) -> InitiativePage {
    let full = i64::try_from(items.len()).is_ok_and(|n| n == limit);
    let next_cursor = items.last().filter(|_| full).map(|last| last.initiative.number.to_string());
    InitiativePage { items: items.into_iter().map(one).collect(), next_cursor, total }
}

pub(super) fn one(reading: InitiativeReading) -> InitiativeView {
    let InitiativeReading { initiative: i, tasks, names } = reading;
    let staff =
        |id: &str| InitiativeStaff { id: id.to_owned(), name: names.get(id).cloned().unwrap_or_else(|| id.to_owned()) };
    let (completed_at, completion_note) = match &i.state {
        InitiativeState::Completed { at, note, .. } => (Some(at.to_string()), Some(note.clone())),
        _ => (None, None),
    };
    InitiativeView {
        phase: i.phase().to_owned(),
        baseline: i.baseline().map(|b| baseline(b, staff(&b.frozen_by))),
        live_on: i.live_on().map(|d| d.to_string()),
        completed_at,
        completion_note,
        owner: staff(i.owner.as_str()),
        tasks: tasks.into_iter().map(|t| task(t, &staff)).collect(),
        id: i.id.to_string(),
        number: i.number,
        name: i.name,
        pillar: i.pillar.name().to_owned(),
        finding: Some(i.finding).filter(|f| !f.is_empty()),
        touchpoint: i.touchpoint_code,
        line: i.line_code,
        departments: i.departments,
        target: TargetFigure { metric: i.target.metric, filter: i.target.filter, value: i.target.value },
        created_at: i.created_at.to_string(),
        revision: i.revision,
    }
}

fn task(t: Task, staff: &dyn Fn(&str) -> InitiativeStaff) -> TaskView {
    TaskView {
        id: t.id.to_string(),
        owner: t.owner.map(|id| staff(id.as_str())),
        title: t.title,
        department: t.department,
        due_on: t.due_on.map(|d| d.to_string()),
        done_at: t.done_at.map(|at| at.to_string()),
    }
}

fn baseline(b: &Baseline, frozen_by: InitiativeStaff) -> BaselineView {
    let months = b.months.iter().map(|m| BaselineMonth { from: m.from.to_string(), figure: frozen(&m.figure) });
    BaselineView {
        metric: b.metric.clone(),
        definition: b.definition.clone(),
        filter: b.filter.clone(),
        from: b.from.to_string(),
        to: b.to.to_string(),
        overall: frozen(&b.overall),
        months: months.collect(),
        frozen_at: b.frozen_at.to_string(),
        frozen_by,
    }
}

fn frozen(f: &FrozenFigure) -> FrozenFigureView {
    FrozenFigureView { n: f.n, value: f.value, low: f.low, high: f.high }
}
