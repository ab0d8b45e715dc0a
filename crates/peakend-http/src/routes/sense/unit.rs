//! Units of the organisation's tree.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::unit::{self, NewUnit, PlacedUnit};
use peakend_domain::sense::unit::{ALWAYS, Placement, UnitKind};
use peakend_domain::{UnitId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{Name, day, given, user, word};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(units, add)).routes(routes!(change)).routes(routes!(relocate))
}

const KINDS: &str = "head_office, region, branch, department, team";

/// A unit with its places in the tree.
#[derive(Debug, Serialize, ToSchema)]
struct TreeUnit {
    id: String,
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
    /// `head_office`, `region`, `branch`, `department` or `team`
    kind: String,
    /// User id of whoever answers for it.
    owner: Option<String>,
    /// Code of the unit above, as the tree will stand last.
    parent: Option<String>,
    /// Path of codes, as the tree will stand last.
    path: String,
    /// Where it stood when, oldest first.
    placements: Vec<PlacementView>,
}

/// Where a unit stood from a day until a day.
#[derive(Debug, Serialize, ToSchema)]
struct PlacementView {
    parent: Option<String>,
    path: String,
    /// First day; absent means always.
    from: Option<String>,
    /// First day no more; absent means open.
    to: Option<String>,
}

/// All units of the scope.
#[derive(Debug, Serialize, ToSchema)]
struct UnitPage {
    items: Vec<TreeUnit>,
    next_cursor: Option<String>,
    total: usize,
}

/// A unit to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewUnitBody {
    code: String,
    name: Name,
    /// `head_office`, `region`, `branch`, `department` or `team`
    kind: String,
    /// Code of the unit above; absent for a root.
    parent: Option<String>,
    /// First day, `YYYY-MM-DD`; absent: as early as the unit above.
    since: Option<String>,
    /// User id.
    owner: Option<String>,
}

/// What may be changed without moving the unit.
#[derive(Debug, Deserialize, ToSchema)]
struct UnitBody {
    name: Name,
    kind: String,
    owner: Option<String>,
}

/// A move.
#[derive(Debug, Deserialize, ToSchema)]
struct UnitMove {
    /// Code of the new unit above; absent makes it a root.
    parent: Option<String>,
    /// From this day on, `YYYY-MM-DD`.
    on: String,
}

/// Units within the caller's scope.
#[utoipa::path(get, path = "/api/v1/units", tag = "sense",
    responses((status = 200, body = UnitPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn units(caller: Caller, State(app): State<ServerState>) -> Result<Json<UnitPage>, Problem> {
    let items: Vec<TreeUnit> = unit::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(UnitPage { total: items.len(), items, next_cursor: None }))
}

/// Add a unit.
#[utoipa::path(post, path = "/api/v1/units", tag = "sense", request_body = NewUnitBody,
    responses((status = 201, body = TreeUnit), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewUnitBody>,
) -> Result<(StatusCode, Json<TreeUnit>), Problem> {
    let new = NewUnit {
        code: new.code,
        name: new.name.local("name")?,
        kind: word("kind", &new.kind, UnitKind::parse, KINDS)?,
        parent: given(new.parent),
        since: given(new.since).map(|text| day("since", &text)).transpose()?,
        owner: user("owner", new.owner.as_deref())?,
    };
    Ok((StatusCode::CREATED, Json(view(unit::create(&caller.ctx(&app), new).await?))))
}

/// Change name, kind and owner.
#[utoipa::path(put, path = "/api/v1/units/{id}", tag = "sense", request_body = UnitBody,
    params(("id" = String, Path)),
    responses((status = 200, body = TreeUnit), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<UnitBody>,
) -> Result<Json<TreeUnit>, Problem> {
    let kind = word("kind", &body.kind, UnitKind::parse, KINDS)?;
    let owner = user("owner", body.owner.as_deref())?;
    let name = body.name.local("name")?;
    Ok(Json(view(unit::update(&caller.ctx(&app), &parse(&id)?, name, kind, owner).await?)))
}

/// Move a unit and everything below it from a day on.
#[utoipa::path(post, path = "/api/v1/units/{id}/moves", tag = "sense", request_body = UnitMove,
    params(("id" = String, Path)),
    responses((status = 200, body = TreeUnit), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn relocate(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<UnitMove>,
) -> Result<Json<TreeUnit>, Problem> {
    let parent = given(body.parent);
    let moved = unit::relocate(&caller.ctx(&app), &parse(&id)?, parent.as_deref(), day("on", &body.on)?).await?;
    Ok(Json(view(moved)))
}

fn parse(id: &str) -> Result<UnitId, Error> {
    UnitId::parse(id).map_err(|_| Error::NotFound("unit"))
}

fn view(placed: PlacedUnit) -> TreeUnit {
    let last = placed.placements.last();
    TreeUnit {
        id: placed.unit.id.to_string(),
        code: placed.unit.code,
        name: placed.unit.name.0,
        kind: placed.unit.kind.name().to_owned(),
        owner: placed.unit.owner.as_ref().map(UserId::to_string),
        parent: last.and_then(|p| p.parent.clone()),
        path: last.map(|p| p.path.clone()).unwrap_or_default(),
        placements: placed.placements.into_iter().map(placement).collect(),
    }
}

fn placement(p: Placement) -> PlacementView {
    PlacementView {
        parent: p.parent,
        path: p.path,
        from: (p.from != ALWAYS).then(|| p.from.to_string()),
        to: p.to.map(|d| d.to_string()),
    }
}
