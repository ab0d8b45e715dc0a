//! First run.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use peakend_app::admin::{session, setup};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::signed_in;
use crate::Problem;
use crate::query::Body;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(needed, run))
}

/// Whether the first-run page is to be shown.
#[derive(Debug, Serialize, ToSchema)]
struct SetupState {
    /// True until an owner exists.
    needed: bool,
}

/// What the first-run page sends.
#[derive(Debug, Deserialize, ToSchema)]
struct NewSetup {
    organisation: String,
    name: String,
    email: String,
    password: String,
    /// `en`, `zh-Hans` or `zh-Hant`
    locale: String,
    /// IANA name
    time_zone: String,
    /// ISO 4217; CNY when absent
    currency: Option<String>,
}

/// Is this the first run?
#[utoipa::path(get, path = "/api/v1/setup", tag = "admin", responses((status = 200, body = SetupState)))]
async fn needed(State(app): State<ServerState>) -> Result<Json<SetupState>, Problem> {
    Ok(Json(SetupState { needed: setup::needed(&app).await? }))
}

/// Create the organisation and its owner, and sign the owner in.
#[utoipa::path(post, path = "/api/v1/setup", tag = "admin", request_body = NewSetup,
    responses((status = 200, body = super::session::SessionView), (status = 422, body = Problem)))]
async fn run(State(app): State<ServerState>, Body(new): Body<NewSetup>) -> Result<Response, Problem> {
    let (org, owner) = setup::run(
        &app,
        &setup::Setup {
            organisation: new.organisation,
            name: new.name,
            email: new.email,
            password: Some(new.password),
            locale: new.locale,
            time_zone: new.time_zone,
            currency: new.currency.unwrap_or_else(|| "CNY".to_owned()),
        },
    )
    .await?;
    signed_in(&app, session::open(&app, org, owner).await?).await
}
