//! Setting up, signing in, staff, keys, health.
mod health;
mod session;
mod setup;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().merge(health::router()).merge(setup::router()).merge(session::router())
}
