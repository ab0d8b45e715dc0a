//! Initiatives: plan, tasks, baseline, launch, completion.
mod view;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::act::initiative::{self, InitiativeDraft, Seen, TaskDraft};
use peakend_app::{Ctx, Error};
use peakend_domain::act::initiative::Target;
use peakend_domain::{InitiativeId, TaskId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{day, given, pillar, user, word};
use crate::query::{Body, Path, Query};
use crate::server::ServerState;
use view::{InitiativePage, InitiativeView};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(initiatives, plan))
        .routes(routes!(one))
        .routes(routes!(add_task))
        .routes(routes!(mark_task))
        .routes(routes!(freeze))
        .routes(routes!(launch))
        .routes(routes!(complete))
}

/// Which initiatives.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InitiativeParams {
    /// `draft`, `baselined`, `live`, `completed`; all when absent
    phase: Option<String>,
    cursor: Option<String>,
    /// At most 200
    limit: Option<i64>,
}

/// An initiative to plan.
#[derive(Debug, Deserialize, ToSchema)]
struct NewInitiative {
    name: String,
    pillar: String,
    /// Id of the finding it comes from.
    finding: Option<String>,
    touchpoint: Option<String>,
    line: Option<String>,
    /// User id; the caller when absent.
    owner: Option<String>,
    #[serde(default)]
    departments: Vec<String>,
    target: TargetBody,
}

/// The figure that shall move.
#[derive(Debug, Deserialize, ToSchema)]
struct TargetBody {
    /// `nps`, `csat`, `ces`, `net_sentiment`
    metric: String,
    /// Filters by their public names.
    #[serde(default)]
    filter: BTreeMap<String, String>,
    /// The value to reach.
    value: f64,
}

/// A step to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewTask {
    title: String,
    #[serde(default)]
    department: String,
    /// User id
    owner: Option<String>,
    /// `YYYY-MM-DD`
    due_on: Option<String>,
}

/// Whether a step is done.
#[derive(Debug, Deserialize, ToSchema)]
struct TaskMark {
    done: bool,
}

/// The period of a baseline.
#[derive(Debug, Deserialize, ToSchema)]
struct BaselineBody {
    /// First day
    from: String,
    /// Last day
    to: String,
    /// Revision the caller saw.
    revision: Option<i64>,
}

/// The first day in effect.
#[derive(Debug, Deserialize, ToSchema)]
struct LaunchBody {
    on: String,
    /// Revision the caller saw.
    revision: Option<i64>,
}

/// What was learned.
#[derive(Debug, Deserialize, ToSchema)]
struct CompletionBody {
    #[serde(default)]
    note: String,
    /// Revision the caller saw.
    revision: Option<i64>,
}

/// Initiatives, newest first.
#[utoipa::path(get, path = "/api/v1/initiatives", tag = "act", params(InitiativeParams),
    responses((status = 200, body = InitiativePage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn initiatives(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<InitiativeParams>,
) -> Result<Json<InitiativePage>, Problem> {
    let before = params.cursor.filter(|c| !c.is_empty());
    let bad = |_| Error::field("cursor", "bad_cursor", "use the next_cursor of the page before");
    let before = before.map(|c| c.parse::<i64>().map_err(bad)).transpose()?;
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let phase = params.phase.unwrap_or_default();
    let phases = |p: &str| ["", "draft", "baselined", "live", "completed"].contains(&p).then_some(());
    word("phase", &phase, phases, "draft, baselined, live, completed")?;
    let (items, total) = initiative::list(&caller.ctx(&app), &phase, before, limit).await?;
    Ok(Json(view::page(items, total, limit)))
}

/// Plan an initiative, from a finding or by hand.
#[utoipa::path(post, path = "/api/v1/initiatives", tag = "act", request_body = NewInitiative,
    responses((status = 201, body = InitiativeView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn plan(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewInitiative>,
) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    let ctx = caller.ctx(&app);
    let draft = InitiativeDraft {
        name: new.name,
        pillar: pillar("pillar", &new.pillar)?,
        finding: given(new.finding).unwrap_or_default(),
        touchpoint: given(new.touchpoint).unwrap_or_default(),
        line: given(new.line).unwrap_or_default(),
        owner: user("owner", new.owner.as_deref())?,
        departments: new.departments,
        target: Target { metric: new.target.metric, filter: new.target.filter, value: new.target.value },
    };
    let made = initiative::create(&ctx, draft).await?;
    done(&ctx, &made.id).await
}

/// One initiative with its tasks and baseline.
#[utoipa::path(get, path = "/api/v1/initiatives/{id}", tag = "act", params(("id" = String, Path)),
    responses((status = 200, body = InitiativeView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<InitiativeView>, Problem> {
    Ok(Json(view::one(initiative::read(&caller.ctx(&app), &parse(&id)?).await?)))
}

/// Add a task.
#[utoipa::path(post, path = "/api/v1/initiatives/{id}/tasks", tag = "act", params(("id" = String, Path)),
    request_body = NewTask, responses((status = 201, body = InitiativeView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn add_task(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(new): Body<NewTask>,
) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    let (ctx, id) = (caller.ctx(&app), parse(&id)?);
    let draft = TaskDraft {
        title: new.title,
        department: new.department,
        owner: user("owner", new.owner.as_deref())?,
        due_on: given(new.due_on).map(|d| day("due_on", &d)).transpose()?,
    };
    initiative::add_task(&ctx, &id, draft).await?;
    done(&ctx, &id).await
}

/// Mark a task done, or open again.
#[utoipa::path(put, path = "/api/v1/initiatives/{id}/tasks/{task}", tag = "act",
    params(("id" = String, Path), ("task" = String, Path)), request_body = TaskMark,
    responses((status = 200, body = InitiativeView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn mark_task(
    caller: Caller,
    State(app): State<ServerState>,
    Path((id, task)): Path<(String, String)>,
    Body(mark): Body<TaskMark>,
) -> Result<Json<InitiativeView>, Problem> {
    let (ctx, id) = (caller.ctx(&app), parse(&id)?);
    let task = TaskId::parse(&task).map_err(|_| Error::NotFound("task"))?;
    initiative::mark_task(&ctx, &id, &task, mark.done).await?;
    Ok(Json(view::one(initiative::read(&ctx, &id).await?)))
}

/// Freeze the baseline: once, and for good.
#[utoipa::path(post, path = "/api/v1/initiatives/{id}/baselines", tag = "act", params(("id" = String, Path)),
    request_body = BaselineBody, responses((status = 201, body = InitiativeView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn freeze(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<BaselineBody>,
) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    let (ctx, seen) = (caller.ctx(&app), seen(&id, body.revision)?);
    initiative::freeze(&ctx, &seen, day("from", &body.from)?, day("to", &body.to)?).await?;
    done(&ctx, &seen.id).await
}

/// Put it into effect from a day on.
#[utoipa::path(post, path = "/api/v1/initiatives/{id}/launches", tag = "act", params(("id" = String, Path)),
    request_body = LaunchBody, responses((status = 201, body = InitiativeView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn launch(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<LaunchBody>,
) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    let (ctx, seen) = (caller.ctx(&app), seen(&id, body.revision)?);
    initiative::launch(&ctx, &seen, day("on", &body.on)?).await?;
    done(&ctx, &seen.id).await
}

/// Declare it done.
#[utoipa::path(post, path = "/api/v1/initiatives/{id}/completions", tag = "act", params(("id" = String, Path)),
    request_body = CompletionBody, responses((status = 201, body = InitiativeView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn complete(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<CompletionBody>,
) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    let (ctx, seen) = (caller.ctx(&app), seen(&id, body.revision)?);
    initiative::complete(&ctx, &seen, &body.note).await?;
    done(&ctx, &seen.id).await
}

async fn done(ctx: &Ctx<'_>, id: &InitiativeId) -> Result<(StatusCode, Json<InitiativeView>), Problem> {
    Ok((StatusCode::CREATED, Json(view::one(initiative::read(ctx, id).await?))))
}

fn parse(id: &str) -> Result<InitiativeId, Error> {
    InitiativeId::parse(id).map_err(|_| Error::NotFound("initiative"))
}

fn seen(id: &str, revision: Option<i64>) -> Result<Seen, Error> {
    Ok(Seen { id: parse(id)?, revision })
}
