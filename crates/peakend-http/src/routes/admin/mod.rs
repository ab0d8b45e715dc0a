//! Setting up, signing in, staff, keys, health.
mod api_key;
mod health;
mod session;
mod setup;
mod user;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(health::router())
        .merge(setup::router())
        .merge(session::router())
        .merge(user::router())
        .merge(api_key::router())
}
