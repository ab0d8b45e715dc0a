//! Reading all voices again with the themes in use.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::insight::rereading::{LastRereading, latest, start, stop};
use peakend_domain::insight::rereading::Rereading;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(show_rereading, start_rereading, stop_rereading))
}

/// Voices that went from one main theme to another.
#[derive(Debug, Serialize, ToSchema)]
struct ThemeMoveView {
    /// Before; empty for no theme.
    from: String,
    /// After; empty for no theme.
    to: String,
    voices: u64,
}

/// How far it is and what has come of it.
#[derive(Debug, Serialize, ToSchema)]
struct RereadingView {
    id: String,
    /// Version of the themes it reads with.
    version: u32,
    /// `running`, `stopping`, `done` or `stopped`
    state: String,
    /// Voices with words when it began.
    total: u64,
    /// Voices read so far.
    read: u64,
    /// Voices whose theme, tone or language is another one now.
    changed: u64,
    /// From which theme to which; largest first once it is over.
    moves: Vec<ThemeMoveView>,
    started_by: String,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// Why its job was given up, while it is not over; it goes on when the job is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<String>,
}

fn view(r: Rereading) -> RereadingView {
    let moves = r.moves.into_iter().map(|m| ThemeMoveView { from: m.from, to: m.to, voices: m.voices });
    RereadingView {
        id: r.id.to_string(),
        version: r.version,
        state: r.state.name().to_owned(),
        total: r.total,
        read: r.read,
        changed: r.changed,
        moves: moves.collect(),
        started_by: r.started_by,
        started_at: r.started_at.to_string(),
        finished_at: r.finished_at.map(|at| at.to_string()),
        given_up: None,
    }
}

fn last(l: LastRereading) -> RereadingView {
    RereadingView { given_up: l.given_up, ..view(l.rereading) }
}

/// The last rereading.
#[derive(Debug, Serialize, ToSchema)]
struct LatestRereading {
    /// Absent when there has been none.
    #[serde(skip_serializing_if = "Option::is_none")]
    rereading: Option<RereadingView>,
}

/// How far the last rereading is.
#[utoipa::path(get, path = "/api/v1/themes/rerun", tag = "insight",
    responses((status = 200, body = LatestRereading), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_rereading(caller: Caller, State(app): State<ServerState>) -> Result<Json<LatestRereading>, Problem> {
    Ok(Json(LatestRereading { rereading: latest(&caller.ctx(&app)).await?.map(last) }))
}

/// Read all voices again with the themes in use, as a job.
#[utoipa::path(post, path = "/api/v1/themes/rerun", tag = "insight",
    responses((status = 202, body = RereadingView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem)))]
async fn start_rereading(
    caller: Caller,
    State(app): State<ServerState>,
) -> Result<(StatusCode, Json<RereadingView>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(view(start(&caller.ctx(&app)).await?))))
}

/// Stop it. Voices read so far keep what was read.
#[utoipa::path(delete, path = "/api/v1/themes/rerun", tag = "insight",
    responses((status = 200, body = RereadingView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn stop_rereading(caller: Caller, State(app): State<ServerState>) -> Result<Json<RereadingView>, Problem> {
    Ok(Json(view(stop(&caller.ctx(&app)).await?)))
}
