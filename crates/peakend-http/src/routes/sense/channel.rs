//! Channels.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::channel;
use peakend_domain::ChannelId;
use peakend_domain::sense::channel::{Channel, ChannelKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{Name, word};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(channels, add)).routes(routes!(change))
}

const KINDS: &str = "branch, app, web, phone, message, platform";

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelView {
    id: String,
    code: String,
    /// By language tag.
    name: BTreeMap<String, String>,
    /// `branch`, `app`, `web`, `phone`, `message` or `platform`
    kind: String,
    position: i64,
}

/// All channels in their order.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelPage {
    items: Vec<ChannelView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A channel to add.
#[derive(Debug, Deserialize, ToSchema)]
struct NewChannel {
    code: String,
    name: Name,
    kind: String,
}

/// What may be changed.
#[derive(Debug, Deserialize, ToSchema)]
struct ChannelBody {
    name: Name,
    kind: String,
    position: Option<i64>,
}

/// Channels.
#[utoipa::path(get, path = "/api/v1/channels", tag = "sense",
    responses((status = 200, body = ChannelPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn channels(caller: Caller, State(app): State<ServerState>) -> Result<Json<ChannelPage>, Problem> {
    let items: Vec<ChannelView> = channel::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(ChannelPage { total: items.len(), items, next_cursor: None }))
}

/// Add a channel.
#[utoipa::path(post, path = "/api/v1/channels", tag = "sense", request_body = NewChannel,
    responses((status = 201, body = ChannelView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewChannel>,
) -> Result<(StatusCode, Json<ChannelView>), Problem> {
    let kind = word("kind", &new.kind, ChannelKind::parse, KINDS)?;
    let created = channel::create(&caller.ctx(&app), &new.code, new.name.local("name")?, kind).await?;
    Ok((StatusCode::CREATED, Json(view(created))))
}

/// Change name, kind and position.
#[utoipa::path(put, path = "/api/v1/channels/{id}", tag = "sense", request_body = ChannelBody,
    params(("id" = String, Path)),
    responses((status = 200, body = ChannelView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<ChannelBody>,
) -> Result<Json<ChannelView>, Problem> {
    let id = ChannelId::parse(&id).map_err(|_| Error::NotFound("channel"))?;
    let kind = word("kind", &body.kind, ChannelKind::parse, KINDS)?;
    let changed = channel::update(&caller.ctx(&app), &id, body.name.local("name")?, kind, body.position).await?;
    Ok(Json(view(changed)))
}

fn view(c: Channel) -> ChannelView {
    ChannelView {
        id: c.id.to_string(),
        code: c.code,
        name: c.name.0,
        kind: c.kind.name().to_owned(),
        position: c.position,
    }
}
