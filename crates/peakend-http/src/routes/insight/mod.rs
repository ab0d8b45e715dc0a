//! Insight routes.
mod behaviour;
pub(super) mod figure;
mod finding;
mod home;
mod metric;
mod rereading;
mod short_board;
mod theme;
pub(super) mod voice_list;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(metric::router())
        .merge(figure::router())
        .merge(short_board::router())
        .merge(behaviour::router())
        .merge(finding::router())
        .merge(voice_list::router())
        .merge(home::router())
        .merge(theme::router())
        .merge(rereading::router())
}
