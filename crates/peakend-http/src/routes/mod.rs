//! All routes, by step of the loop.
mod act;
mod admin;
mod insight;
mod sense;
mod value;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(admin::router())
        .merge(sense::router())
        .merge(insight::router())
        .merge(act::router())
        .merge(value::router())
}
