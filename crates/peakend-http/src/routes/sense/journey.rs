//! Journeys with their stages.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::journey::{self, JourneyDraft};
use peakend_domain::JourneyId;
use peakend_domain::sense::journey::Journey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{Name, given, pillar};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(journeys, add)).routes(routes!(change))
}

/// A journey with its stages in order.
#[derive(Debug, Serialize, ToSchema)]
struct JourneyView {
    id: String,
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
    pillar: String,
    /// Business line code.
    line: Option<String>,
    position: i64,
    stages: Vec<StageView>,
}

/// A stage.
#[derive(Debug, Serialize, ToSchema)]
struct StageView {
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
}

/// All journeys in their order.
#[derive(Debug, Serialize, ToSchema)]
struct JourneyPage {
    items: Vec<JourneyView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A journey to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewJourney {
    code: String,
    pillar: String,
    #[serde(flatten)]
    body: JourneyBody,
}

/// What may be changed.
#[derive(Debug, Deserialize, ToSchema)]
struct JourneyBody {
    name: Name,
    line: Option<String>,
    position: Option<i64>,
    #[serde(default)]
    stages: Vec<StageBody>,
}

/// A stage.
#[derive(Debug, Deserialize, ToSchema)]
struct StageBody {
    code: String,
    name: Name,
}

/// Journeys.
#[utoipa::path(get, path = "/api/v1/journeys", tag = "sense",
    responses((status = 200, body = JourneyPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn journeys(caller: Caller, State(app): State<ServerState>) -> Result<Json<JourneyPage>, Problem> {
    let items: Vec<JourneyView> = journey::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(JourneyPage { total: items.len(), items, next_cursor: None }))
}

/// Add a journey.
#[utoipa::path(post, path = "/api/v1/journeys", tag = "sense", request_body = NewJourney,
    responses((status = 201, body = JourneyView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewJourney>,
) -> Result<(StatusCode, Json<JourneyView>), Problem> {
    let pillar = pillar("pillar", &new.pillar)?;
    let created = journey::create(&caller.ctx(&app), &new.code, pillar, draft(new.body)?).await?;
    Ok((StatusCode::CREATED, Json(view(created))))
}

/// Change name, line, position and stages.
#[utoipa::path(put, path = "/api/v1/journeys/{id}", tag = "sense", request_body = JourneyBody,
    params(("id" = String, Path)),
    responses((status = 200, body = JourneyView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<JourneyBody>,
) -> Result<Json<JourneyView>, Problem> {
    let id = JourneyId::parse(&id).map_err(|_| Error::NotFound("journey"))?;
    Ok(Json(view(journey::update(&caller.ctx(&app), &id, draft(body)?).await?)))
}

fn draft(body: JourneyBody) -> Result<JourneyDraft, Error> {
    let stages: Result<Vec<_>, Error> = (0..)
        .zip(body.stages)
        .map(|(i, s): (usize, StageBody)| Ok((s.code, s.name.local(&format!("stages[{i}].name"))?)))
        .collect();
    Ok(JourneyDraft {
        name: body.name.local("name")?,
        line: given(body.line),
        position: body.position,
        stages: stages?,
    })
}

fn view(j: Journey) -> JourneyView {
    JourneyView {
        id: j.id.to_string(),
        code: j.code,
        name: j.name.0,
        pillar: j.pillar.name().to_owned(),
        line: j.line,
        position: j.position,
        stages: j.stages.into_iter().map(|s| StageView { code: s.code, name: s.name.0 }).collect(),
    }
}
