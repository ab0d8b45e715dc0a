//! API keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::admin::api_key::{self, ScopedKey};
use peakend_domain::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::user::ROLES;
use crate::Problem;
use crate::caller::Caller;
use crate::name::{given, word};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(keys, add)).routes(routes!(revoke))
}

/// A key without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeyView {
    id: String,
    name: String,
    /// Last four characters of the secret.
    hint: String,
    role: String,
    /// Code of the unit that bounds the scope.
    unit: Option<String>,
    created_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

/// All keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct KeyPage {
    items: Vec<ApiKeyView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
struct NewKey {
    /// What it is for.
    name: String,
    /// `ingest` for a public write key; else a staff role.
    role: String,
    unit: Option<String>,
}

/// A new key; the secret is never shown again.
#[derive(Debug, Serialize, ToSchema)]
struct MadeKey {
    key: ApiKeyView,
    /// Begins with `pk_`.
    secret: String,
}

/// API keys.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "admin",
    responses((status = 200, body = KeyPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn keys(caller: Caller, State(app): State<ServerState>) -> Result<Json<KeyPage>, Problem> {
    let items: Vec<ApiKeyView> = api_key::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(KeyPage { total: items.len(), items, next_cursor: None }))
}

/// Make a key.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "admin", request_body = NewKey,
    responses((status = 201, body = MadeKey), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let role = word("role", &new.role, Role::parse, ROLES)?;
    let unit = given(new.unit);
    let (made, token) = api_key::create(&caller.ctx(&app), &new.name, role, unit.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { key: view(made), secret: token.reveal().to_owned() })))
}

/// Revoke a key at once.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "admin", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke(caller: Caller, State(app): State<ServerState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    api_key::revoke(&caller.ctx(&app), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(scoped: ScopedKey) -> ApiKeyView {
    let k = scoped.key;
    ApiKeyView {
        id: k.id,
        name: k.name,
        hint: k.hint,
        role: k.role.name().to_owned(),
        unit: scoped.unit,
        created_at: k.created_at.to_string(),
        last_used_at: k.last_used_at.map(|at| at.to_string()),
        revoked_at: k.revoked_at.map(|at| at.to_string()),
    }
}
