//! Touchpoints and their owners.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::touchpoint::{self, TouchpointDraft};
use peakend_domain::TouchpointId;
use peakend_domain::sense::touchpoint::{Touchpoint, TouchpointOwner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{Name, given, pillar, user};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(touchpoints, add)).routes(routes!(change)).routes(routes!(assign))
}

/// A touchpoint with its owners.
#[derive(Debug, Serialize, ToSchema)]
struct TouchpointView {
    id: String,
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
    pillar: String,
    journey: Option<String>,
    stage: Option<String>,
    line: Option<String>,
    position: i64,
    owners: Vec<OwnerView>,
}

/// Who answers for it where.
#[derive(Debug, Serialize, ToSchema)]
struct OwnerView {
    /// Unit code; absent means everywhere.
    unit: Option<String>,
    /// User id.
    user: String,
}

/// All touchpoints in their order.
#[derive(Debug, Serialize, ToSchema)]
struct TouchpointPage {
    items: Vec<TouchpointView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A touchpoint to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewTouchpoint {
    code: String,
    pillar: String,
    #[serde(flatten)]
    body: TouchpointBody,
}

/// What may be changed.
#[derive(Debug, Deserialize, ToSchema)]
struct TouchpointBody {
    name: Name,
    journey: Option<String>,
    stage: Option<String>,
    line: Option<String>,
    position: Option<i64>,
}

/// An owner to set.
#[derive(Debug, Deserialize, ToSchema)]
struct OwnerBody {
    /// Unit code; absent means everywhere.
    unit: Option<String>,
    /// User id; absent takes the owner away.
    user: Option<String>,
}

/// Touchpoints.
#[utoipa::path(get, path = "/api/v1/touchpoints", tag = "sense",
    responses((status = 200, body = TouchpointPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn touchpoints(caller: Caller, State(app): State<ServerState>) -> Result<Json<TouchpointPage>, Problem> {
    let ctx = caller.ctx(&app);
    let owners = touchpoint::owners(&ctx).await?;
    let items: Vec<TouchpointView> = touchpoint::list(&ctx).await?.into_iter().map(|t| view(t, &owners)).collect();
    Ok(Json(TouchpointPage { total: items.len(), items, next_cursor: None }))
}

/// Add a touchpoint.
#[utoipa::path(post, path = "/api/v1/touchpoints", tag = "sense", request_body = NewTouchpoint,
    responses((status = 201, body = TouchpointView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewTouchpoint>,
) -> Result<(StatusCode, Json<TouchpointView>), Problem> {
    let pillar = pillar("pillar", &new.pillar)?;
    let created = touchpoint::create(&caller.ctx(&app), &new.code, pillar, draft(new.body)?).await?;
    Ok((StatusCode::CREATED, Json(view(created, &[]))))
}

/// Change everything but code and pillar.
#[utoipa::path(put, path = "/api/v1/touchpoints/{id}", tag = "sense", request_body = TouchpointBody,
    params(("id" = String, Path)),
    responses((status = 200, body = TouchpointView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<TouchpointBody>,
) -> Result<Json<TouchpointView>, Problem> {
    let ctx = caller.ctx(&app);
    let changed = touchpoint::update(&ctx, &parse(&id)?, draft(body)?).await?;
    Ok(Json(view(changed, &touchpoint::owners(&ctx).await?)))
}

/// Set who owns the touchpoint in a unit and below it, or everywhere.
#[utoipa::path(put, path = "/api/v1/touchpoints/{id}/owners", tag = "sense", request_body = OwnerBody,
    params(("id" = String, Path)),
    responses((status = 200, body = Vec<OwnerView>), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn assign(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<OwnerBody>,
) -> Result<Json<Vec<OwnerView>>, Problem> {
    let unit = given(body.unit);
    let owner = user("user", body.user.as_deref())?;
    let owners = touchpoint::assign(&caller.ctx(&app), &parse(&id)?, unit.as_deref(), owner.as_ref()).await?;
    Ok(Json(owners.iter().map(owner_view).collect()))
}

fn parse(id: &str) -> Result<TouchpointId, Error> {
    TouchpointId::parse(id).map_err(|_| Error::NotFound("touchpoint"))
}

fn draft(body: TouchpointBody) -> Result<TouchpointDraft, Error> {
    Ok(TouchpointDraft {
        name: body.name.local("name")?,
        journey: given(body.journey),
        stage: given(body.stage),
        line: given(body.line),
        position: body.position,
    })
}

fn owner_view(o: &TouchpointOwner) -> OwnerView {
    OwnerView { unit: o.unit.clone(), user: o.user.to_string() }
}

fn view(t: Touchpoint, owners: &[TouchpointOwner]) -> TouchpointView {
    TouchpointView {
        owners: owners.iter().filter(|o| o.touchpoint == t.code).map(owner_view).collect(),
        id: t.id.to_string(),
        code: t.code,
        name: t.name.0,
        pillar: t.pillar.name().to_owned(),
        journey: t.journey,
        stage: t.stage,
        line: t.line,
        position: t.position,
    }
}
