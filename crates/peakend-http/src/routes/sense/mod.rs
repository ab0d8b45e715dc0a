//! Sense routes.
mod ask;
mod attribute;
mod channel;
mod erasure;
mod event;
mod event_rule;
mod import;
mod journey;
mod line;
mod link;
mod person;
pub(super) mod reading;
mod response;
mod retention;
mod signal;
mod survey;
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
        .merge(erasure::router())
        .merge(retention::router())
        .merge(survey::router())
        .merge(signal::router())
        .merge(response::router())
        .merge(link::router())
        .merge(event_rule::router())
        .merge(event::router())
        .merge(ask::router())
        .merge(attribute::router())
}
