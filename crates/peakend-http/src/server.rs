//! Assembles the router and the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use peakend_app::App;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{embed, problem, routes};

/// What every handler reaches through `State`.
pub type ServerState = Arc<App>;

/// Largest JSON body; imports have their own, larger limit.
const BODY_LIMIT: usize = 1024 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Peakend API",
        version = "1",
        description = "Total experience management: sense, insight, act, value. Errors are RFC 9457 problems; \
                       lists page by cursor; every figure carries n, a 95 % interval and a definition id."
    ),
    tags(
        (name = "admin", description = "Setting up, signing in, staff, keys"),
        (name = "sense", description = "Places, people, surveys, rules, what comes in"),
        (name = "insight", description = "Figures, short boards, findings, voices"),
        (name = "act", description = "Alerts, cases, initiatives"),
        (name = "value", description = "Outcomes, evaluations, the ledger")
    )
)]
struct Document;

fn registered() -> OpenApiRouter<ServerState> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(routes::router())
}

/// The OpenAPI 3.1 document of every registered route.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    registered().split_for_parts().1
}

/// The whole server over an application.
pub fn router(app: ServerState) -> Router {
    let (router, document) = registered().split_for_parts();
    let document = Arc::new(serde_json::to_value(&document).unwrap_or_default());
    router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let document = Arc::clone(&document);
                async move { axum::Json((*document).clone()) }
            }),
        )
        .fallback(embed::serve)
        .layer(axum::middleware::from_fn(problem::with_request_id))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CompressionLayer::new().gzip(true))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .with_state(app)
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
