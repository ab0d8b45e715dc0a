//! Whether the server can do its work.

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(health))
}

/// Health of the server.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok` when it can be answered.
    status: String,
    /// Release.
    version: String,
}

/// Answers when the store can be read.
#[utoipa::path(get, path = "/api/v1/health", tag = "admin", responses((status = 200, body = Health), (status = 500, body = Problem)))]
async fn health(State(app): State<ServerState>) -> Result<Json<Health>, Problem> {
    let _view = app.store.read().await.map_err(Error::from)?;
    Ok(Json(Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }))
}
