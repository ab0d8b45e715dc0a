//! Members of staff.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::admin::user::{self, INVITATION, ScopedUser, UserDraft};
use peakend_domain::{Role, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{given, word};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(users, add))
        .routes(routes!(change))
        .routes(routes!(disable))
        .routes(routes!(invite))
}

pub(super) const ROLES: &str = "owner, analyst, unit_manager, agent, viewer, ingest";

/// A member of staff.
#[derive(Debug, Serialize, ToSchema)]
struct StaffView {
    id: String,
    email: String,
    name: String,
    /// `owner`, `analyst`, `unit_manager`, `agent` or `viewer`
    role: String,
    /// Code of the unit that bounds the scope; absent for the whole organisation.
    unit: Option<String>,
    locale: String,
    created_at: String,
    disabled_at: Option<String>,
}

/// All members of staff by name.
#[derive(Debug, Serialize, ToSchema)]
struct StaffPage {
    items: Vec<StaffView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A user to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewStaff {
    /// Sign-in name.
    email: String,
    #[serde(flatten)]
    body: StaffBody,
}

/// What may be changed.
#[derive(Debug, Deserialize, ToSchema)]
struct StaffBody {
    name: String,
    role: String,
    unit: Option<String>,
    /// `en`, `zh-Hans` or `zh-Hant`; `en` when absent
    locale: Option<String>,
}

/// A user with the link at which they sign in.
#[derive(Debug, Serialize, ToSchema)]
struct Invitation {
    user: Option<StaffView>,
    /// Works once.
    sign_in_link: String,
    expires_at: String,
}

/// Members of staff.
#[utoipa::path(get, path = "/api/v1/users", tag = "admin",
    responses((status = 200, body = StaffPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn users(caller: Caller, State(app): State<ServerState>) -> Result<Json<StaffPage>, Problem> {
    let items: Vec<StaffView> = user::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(StaffPage { total: items.len(), items, next_cursor: None }))
}

/// Add a user; the answer holds the one-time sign-in link.
#[utoipa::path(post, path = "/api/v1/users", tag = "admin", request_body = NewStaff,
    responses((status = 201, body = Invitation), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewStaff>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let (created, sign_in_link) = user::create(&caller.ctx(&app), &new.email, draft(new.body)?).await?;
    let expires_at = (app.now() + INVITATION).to_string();
    Ok((StatusCode::CREATED, Json(Invitation { user: Some(view(created)), sign_in_link, expires_at })))
}

/// Change name, role, unit and language.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "admin", request_body = StaffBody,
    params(("id" = String, Path)),
    responses((status = 200, body = StaffView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<StaffBody>,
) -> Result<Json<StaffView>, Problem> {
    Ok(Json(view(user::update(&caller.ctx(&app), &parse(&id)?, draft(body)?).await?)))
}

/// Disable a user: their sessions end at once.
#[utoipa::path(post, path = "/api/v1/users/{id}/disablings", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = StaffView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn disable(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<StaffView>, Problem> {
    Ok(Json(view(user::disable(&caller.ctx(&app), &parse(&id)?).await?)))
}

/// A new one-time sign-in link for a user.
#[utoipa::path(post, path = "/api/v1/users/{id}/sign-in-links", tag = "admin", params(("id" = String, Path)),
    responses((status = 201, body = Invitation), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn invite(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let sign_in_link = user::invite(&caller.ctx(&app), &parse(&id)?).await?;
    let expires_at = (app.now() + INVITATION).to_string();
    Ok((StatusCode::CREATED, Json(Invitation { user: None, sign_in_link, expires_at })))
}

fn parse(id: &str) -> Result<UserId, Error> {
    UserId::parse(id).map_err(|_| Error::NotFound("user"))
}

fn draft(body: StaffBody) -> Result<UserDraft, Error> {
    Ok(UserDraft {
        name: body.name,
        role: word("role", &body.role, Role::parse, ROLES)?,
        unit: given(body.unit),
        locale: given(body.locale).unwrap_or_else(|| "en".to_owned()),
    })
}

fn view(scoped: ScopedUser) -> StaffView {
    let u = scoped.user;
    StaffView {
        id: u.id.to_string(),
        email: u.email,
        name: u.name,
        role: u.role.name().to_owned(),
        unit: scoped.unit,
        locale: u.locale,
        created_at: u.created_at.to_string(),
        disabled_at: u.disabled_at.map(|at| at.to_string()),
    }
}
