//! Business lines.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::line;
use peakend_domain::LineId;
use peakend_domain::sense::line::Line;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::Name;
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(lines, add)).routes(routes!(change))
}

/// A business line.
#[derive(Debug, Serialize, ToSchema)]
struct LineView {
    id: String,
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
    position: i64,
}

/// All lines in their order.
#[derive(Debug, Serialize, ToSchema)]
struct LinePage {
    items: Vec<LineView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A line to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewLine {
    code: String,
    name: Name,
}

/// What may be changed.
#[derive(Debug, Deserialize, ToSchema)]
struct LineBody {
    name: Name,
    position: Option<i64>,
}

/// Business lines.
#[utoipa::path(get, path = "/api/v1/lines", tag = "sense",
    responses((status = 200, body = LinePage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn lines(caller: Caller, State(app): State<ServerState>) -> Result<Json<LinePage>, Problem> {
    let items: Vec<LineView> = line::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(LinePage { total: items.len(), items, next_cursor: None }))
}

/// Add a line.
#[utoipa::path(post, path = "/api/v1/lines", tag = "sense", request_body = NewLine,
    responses((status = 201, body = LineView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewLine>,
) -> Result<(StatusCode, Json<LineView>), Problem> {
    let created = line::create(&caller.ctx(&app), &new.code, new.name.local("name")?).await?;
    Ok((StatusCode::CREATED, Json(view(created))))
}

/// Change name and position.
#[utoipa::path(put, path = "/api/v1/lines/{id}", tag = "sense", request_body = LineBody,
    params(("id" = String, Path)),
    responses((status = 200, body = LineView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<LineBody>,
) -> Result<Json<LineView>, Problem> {
    let id = LineId::parse(&id).map_err(|_| Error::NotFound("line"))?;
    let changed = line::update(&caller.ctx(&app), &id, body.name.local("name")?, body.position).await?;
    Ok(Json(view(changed)))
}

fn view(line: Line) -> LineView {
    LineView { id: line.id.to_string(), code: line.code, name: line.name.0, position: line.position }
}
