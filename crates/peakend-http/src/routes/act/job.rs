//! Jobs: what waits, what runs, what was given up.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::act::job;
use peakend_domain::JobId;
use peakend_domain::act::job::{Job, JobState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::word;
use crate::query::{Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(jobs)).routes(routes!(replay))
}

/// A job; its arguments are ids only.
#[derive(Debug, Serialize, ToSchema)]
struct JobView {
    id: String,
    kind: String,
    /// `waiting`, `running`, `done`, `dead`
    state: String,
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    run_at: String,
    attempts: i64,
    last_error: String,
    created_at: String,
    finished_at: Option<String>,
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct JobPage {
    items: Vec<JobView>,
    next_cursor: Option<String>,
    total: i64,
    /// How many there are per state, whatever the filter.
    counts: BTreeMap<String, i64>,
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobParams {
    /// `waiting`, `running`, `done`, `dead`; all when absent
    state: Option<String>,
    cursor: Option<String>,
    /// At most 200
    limit: Option<i64>,
}

/// Jobs of the organisation.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "act", params(JobParams),
    responses((status = 200, body = JobPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn jobs(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<JobParams>,
) -> Result<Json<JobPage>, Problem> {
    let state = params.state.filter(|s| !s.is_empty());
    let state = state.map(|s| word("state", &s, JobState::parse, "waiting, running, done, dead")).transpose()?;
    let cursor = params.cursor.unwrap_or_default();
    let page = job::list(&caller.ctx(&app), state, &cursor, params.limit.unwrap_or(50)).await?;
    let items = page.items.into_iter().map(view).collect();
    Ok(Json(JobPage { items, next_cursor: page.next, total: page.total, counts: page.counts }))
}

/// Let a job that was given up begin anew.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/replays", tag = "act", params(("id" = String, Path)),
    responses((status = 201, body = JobView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn replay(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let id = JobId::parse(&id).map_err(|_| Error::NotFound("job"))?;
    Ok((StatusCode::CREATED, Json(view(job::replay(&caller.ctx(&app), &id).await?))))
}

fn view(job: Job) -> JobView {
    JobView {
        id: job.id.to_string(),
        kind: job.request.kind,
        state: job.state.name().to_owned(),
        payload: job.request.payload,
        run_at: job.request.run_at.to_string(),
        attempts: job.attempts,
        last_error: job.last_error,
        created_at: job.created_at.to_string(),
        finished_at: job.finished_at.map(|at| at.to_string()),
    }
}
