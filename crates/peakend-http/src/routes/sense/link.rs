//! Links to surveys: made, listed and ended by staff.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::link::{self, NewLink};
use peakend_domain::sense::link::Link;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(links, add)).routes(routes!(end))
}

/// A link; its address is shown only when it is made.
#[derive(Debug, Serialize, ToSchema)]
struct LinkView {
    /// Names the link when ending it; the token cannot be found from it.
    id: String,
    /// The address, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Whether one answer ends it.
    single_use: bool,
    #[schema(value_type = Object)]
    context: Map<String, Value>,
    /// RFC 3339
    created_at: String,
    /// RFC 3339
    expires_at: Option<String>,
    /// RFC 3339
    used_at: Option<String>,
}

/// Links for everybody, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct LinkList {
    items: Vec<LinkView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A link to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct LinkBody {
    /// Person id; anybody without.
    person: Option<String>,
    /// Place (`unit`, `channel`, `touchpoint`, …) and values for placeholders.
    #[schema(value_type = Object)]
    context: Map<String, Value>,
    /// Whether one answer ends it; always so with a person.
    single_use: bool,
    /// RFC 3339
    expires_at: Option<String>,
}

fn view(link: Link, url: Option<String>) -> LinkView {
    LinkView {
        id: link.token_hash,
        url,
        single_use: link.single_use,
        context: link.context,
        created_at: link.created_at.to_string(),
        expires_at: link.expires_at.map(|t| t.to_string()),
        used_at: link.used_at.map(|t| t.to_string()),
    }
}

/// Links of a survey that are for everybody.
#[utoipa::path(get, path = "/api/v1/surveys/{id}/links", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = LinkList), (status = 404, body = Problem)))]
async fn links(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<LinkList>, Problem> {
    let items: Vec<LinkView> = link::list(&caller.ctx(&app), &id).await?.into_iter().map(|l| view(l, None)).collect();
    Ok(Json(LinkList { total: items.len(), items, next_cursor: None }))
}

/// Make a link; the address is in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/surveys/{id}/links", tag = "sense", params(("id" = String, Path)),
    request_body = LinkBody,
    responses((status = 201, body = LinkView), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<LinkBody>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    let expires_at = body
        .expires_at
        .map(|t| {
            t.parse().map_err(|_| Error::field("expires_at", "bad_instant", format!("`{t}` is no RFC 3339 instant")))
        })
        .transpose()?;
    let new = NewLink {
        person: body.person,
        context: body.context,
        single_use: body.single_use,
        expires_at,
        ..NewLink::default()
    };
    let (url, made) = link::create(&caller.ctx(&app), &id, new).await?;
    Ok((StatusCode::CREATED, Json(view(made, Some(url)))))
}

/// End a link now.
#[utoipa::path(delete, path = "/api/v1/survey-links/{id}", tag = "sense", params(("id" = String, Path)),
    responses((status = 204, description = "ended"), (status = 404, body = Problem)))]
async fn end(caller: Caller, State(app): State<ServerState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    link::end(&caller.ctx(&app), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
