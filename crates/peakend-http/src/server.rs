//! Assembles the router and the OpenAPI document.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use futures::FutureExt as _;
use peakend_app::App;
use tower::ServiceBuilder;
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
    Shapes::keep(&document);
    let routes = router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let document = Arc::clone(&document);
                async move { axum::Json((*document).clone()) }
            }),
        )
        .fallback(embed::serve)
        .with_state(app);
    around(routes)
}

/// What every answer gets, around the routes as one: layers of a router are laid
/// on each of its routes, and cloned and boxed for every request.
fn around(routes: Router) -> Router {
    Router::new().fallback_service(
        ServiceBuilder::new()
            .layer(header(header::REFERRER_POLICY, "same-origin"))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(CompressionLayer::new().gzip(true))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .service_fn(move |request| answer(routes.clone(), request)),
    )
}

/// What the routes answer; a panic in them is a problem like others.
async fn answer(routes: Router, request: Request) -> Result<Response, Infallible> {
    let answering = AssertUnwindSafe(problem::with_request_id(routes, request));
    Ok(answering.catch_unwind().await.unwrap_or_else(problem::from_panic))
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_answers_with_a_problem_and_the_server_goes_on() {
        let routes = Router::new().route("/broken", get(|| async { "x".parse::<u8>().unwrap().to_string() }));
        let server = around(routes.route("/sound", get(|| async { "sound" })));
        let ask = |path: &str| server.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
        let broken = ask("/broken").await.unwrap();
        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(broken.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(broken.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(ask("/sound").await.unwrap().status(), StatusCode::OK);
    }
}
