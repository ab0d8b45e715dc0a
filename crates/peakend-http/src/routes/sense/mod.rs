//! Sense routes.
mod channel;
mod import;
mod journey;
mod line;
mod person;
mod touchpoint;
mod unit;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(unit::router())
        .merge(line::router())
        .merge(channel::router())
        .merge(journey::router())
        .merge(import::router())
        .merge(touchpoint::router())
        .merge(person::router())
}
