//! The names that voices have attributes by.

use axum::Json;
use axum::extract::State;
use peakend_app::sense::attribute;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// An attribute.
#[derive(Debug, Serialize, ToSchema)]
struct AttributeView {
    /// Its name; figures group by `attribute:NAME` and filter by `attribute=NAME:VALUE`.
    name: &'static str,
}

/// All attributes, by name.
#[derive(Debug, Serialize, ToSchema)]
struct AttributePage {
    items: Vec<AttributeView>,
    next_cursor: Option<String>,
    total: usize,
}

/// Names that the organisation's voices have attributes by.
#[utoipa::path(get, path = "/api/v1/attributes", tag = "sense",
    responses((status = 200, body = AttributePage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller, State(app): State<ServerState>) -> Result<Json<AttributePage>, Problem> {
    let names = attribute::names(&caller.ctx(&app)).await?;
    let items: Vec<AttributeView> = names.into_iter().map(|name| AttributeView { name }).collect();
    Ok(Json(AttributePage { total: items.len(), next_cursor: None, items }))
}
