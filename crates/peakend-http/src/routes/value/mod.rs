//! Value routes: outcomes, evaluations, the ledger.
mod contrast;
mod evaluation;
mod ledger;
mod outcome;
mod ranking;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(outcome::router())
        .merge(contrast::router())
        .merge(ranking::router())
        .merge(evaluation::router())
        .merge(ledger::router())
}
