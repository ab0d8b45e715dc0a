//! Sense routes.

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
}
