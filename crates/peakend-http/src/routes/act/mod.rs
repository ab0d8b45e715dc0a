//! Act routes: cases, alert rules, calendars, initiatives, jobs.
mod alert_rule;
mod calendar;
mod case;
mod initiative;
mod job;

use utoipa_axum::router::OpenApiRouter;

use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .merge(case::router())
        .merge(alert_rule::router())
        .merge(calendar::router())
        .merge(initiative::router())
        .merge(job::router())
}
