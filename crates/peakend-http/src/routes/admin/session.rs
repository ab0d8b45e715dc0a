//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::admin::profile::{self, Profile};
use peakend_app::admin::session::{self, SignedIn};
use peakend_app::{App, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::caller::Caller;
use crate::query::Body;
use crate::server::ServerState;
use crate::{Problem, cookie};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(current, sign_in, sign_out)).routes(routes!(by_link))
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    user: UserView,
    organisation: OrganisationView,
    /// Repeat it in `X-CSRF-Token` on unsafe requests.
    csrf: String,
    /// The unit that bounds the scope.
    unit: Option<UnitView>,
}

/// The signed-in member of staff.
#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    id: String,
    name: String,
    email: String,
    role: String,
    locale: String,
}

/// The tenant.
#[derive(Debug, Serialize, ToSchema)]
struct OrganisationView {
    id: String,
    name: String,
    time_zone: String,
    currency: String,
    locale: String,
}

/// A unit by code and name.
#[derive(Debug, Serialize, ToSchema)]
struct UnitView {
    code: String,
    name: String,
}

/// E-mail and password.
#[derive(Debug, Deserialize, ToSchema)]
struct Credentials {
    email: String,
    password: String,
}

/// A one-time link's token.
#[derive(Debug, Deserialize, ToSchema)]
struct LinkToken {
    token: String,
}

fn view(p: Profile, csrf: String) -> SessionView {
    SessionView {
        user: UserView {
            id: p.user.id.to_string(),
            name: p.user.name,
            email: p.user.email,
            role: p.user.role.name().to_owned(),
            locale: p.user.locale,
        },
        organisation: OrganisationView {
            id: p.org.id.to_string(),
            name: p.org.name,
            time_zone: p.org.time_zone,
            currency: p.org.currency,
            locale: p.org.locale,
        },
        csrf,
        unit: p.unit.map(|(code, name)| UnitView { code, name }),
    }
}

/// The answer to any way of signing in: the session and its cookie.
pub(super) async fn signed_in(app: &App, new: SignedIn) -> Result<Response, Problem> {
    let (actor, session) = session::by_cookie(app, new.token.reveal()).await?;
    let profile = profile::read(&Ctx::new(app, &actor)).await?;
    let mut response = Json(view(profile, session.csrf)).into_response();
    if let Some(value) = cookie::set(new.token.reveal(), &app.settings.public_url) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/session", tag = "admin",
    responses((status = 200, body = SessionView), (status = 401, body = Problem)))]
async fn current(caller: Caller, State(app): State<ServerState>) -> Result<Json<SessionView>, Problem> {
    let profile = profile::read(&caller.ctx(&app)).await?;
    Ok(Json(view(profile, caller.csrf.clone().unwrap_or_default())))
}

/// Sign in with e-mail and password.
#[utoipa::path(post, path = "/api/v1/session", tag = "admin", request_body = Credentials,
    responses((status = 200, body = SessionView), (status = 422, body = Problem)))]
async fn sign_in(State(app): State<ServerState>, Body(given): Body<Credentials>) -> Result<Response, Problem> {
    signed_in(&app, session::sign_in(&app, &given.email, &given.password).await?).await
}

/// Sign in with a one-time link.
#[utoipa::path(post, path = "/api/v1/session/link", tag = "admin", request_body = LinkToken,
    responses((status = 200, body = SessionView), (status = 422, body = Problem)))]
async fn by_link(State(app): State<ServerState>, Body(given): Body<LinkToken>) -> Result<Response, Problem> {
    signed_in(&app, session::sign_in_by_link(&app, &given.token).await?).await
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "admin",
    responses((status = 204), (status = 401, body = Problem)))]
async fn sign_out(_caller: Caller, State(app): State<ServerState>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = cookie::read(&headers, &app.settings.public_url) {
        session::sign_out(&app, &token).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(value) = cookie::set("", &app.settings.public_url) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
