//! Assembles the router and the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use peakend_app::App;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::{Content, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::shape::Shapes;
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
    described(registered().split_for_parts().1)
}

/// Every operation gets an id of its own, from method and path, and says that
/// its errors are problems.
fn described(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let problem = ResponseBuilder::new()
        .description("Any error, as an RFC 9457 problem document")
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
        .build();
    for (path, item) in &mut document.paths.paths {
        let words: Vec<&str> = path.split(['/', '{', '}', '.', '-']).filter(|w| !w.is_empty()).collect();
        let words = words.join("_");
        let words = words.strip_prefix("api_v1_").unwrap_or(&words);
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.operation_id = Some(format!("{method}_{words}"));
            operation.responses.responses.entry("default".to_owned()).or_insert_with(|| problem.clone().into());
        }
    }
    document
}

/// The whole server over an application.
pub fn router(app: ServerState) -> Router {
    let (router, document) = registered().split_for_parts();
    let document = Arc::new(serde_json::to_value(described(document)).unwrap_or_default());
    let shapes = Arc::new(Shapes::of(&document));
    router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let document = Arc::clone(&document);
                async move { axum::Json((*document).clone()) }
            }),
        )
        .fallback(embed::serve)
        // one layer, outermost first: each that is laid on a router by itself is boxed and cloned per request
        .layer(
            ServiceBuilder::new()
                .layer(header(header::REFERRER_POLICY, "same-origin"))
                .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(CompressionLayer::new().gzip(true))
                .layer(DefaultBodyLimit::max(BODY_LIMIT))
                .layer(CatchPanicLayer::custom(problem::from_panic))
                .layer(axum::middleware::from_fn(problem::with_request_id))
                .layer(axum::Extension(shapes)),
        )
        .with_state(app)
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
