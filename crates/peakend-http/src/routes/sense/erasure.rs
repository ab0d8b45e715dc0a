//! Erasure: asking for a person to be erased, and the list of who was.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::sense::erasure;
use peakend_domain::PersonId;
use peakend_domain::sense::erasure::{Erasure, ErasureReason, ErasureState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::word;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(erase)).routes(routes!(erasures))
}

/// A line on the list of erased persons. Their names are on it as hashes only, which are not shown.
#[derive(Debug, Serialize, ToSchema)]
struct ErasureView {
    id: String,
    /// The id the person had; it leads nowhere.
    person: String,
    /// `asked`, `withdrawn`, `unneeded` or `unlawful`
    reason: String,
    /// `requested` (nobody sees the person, files are being rewritten) or `done` (nothing is left but the ids that senders gave)
    state: String,
    /// Id of the user or key, or `system`.
    requested_by: String,
    requested_at: String,
    done_at: Option<String>,
    removed: RemovedCounts,
}

/// How much went.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedCounts {
    aliases: u64,
    voices: u64,
    events: u64,
    asks: u64,
    links: u64,
    /// Cases that lost person and words, and stay as numbers.
    cases: u64,
    /// Entries of the intake log that hold only id and kind now.
    log_entries: u64,
    /// Import reports whose messages are blank now.
    imports: u64,
    /// Rows of the warehouse.
    warehouse_rows: u64,
}

/// A page of the list, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct ErasurePage {
    items: Vec<ErasureView>,
    next_cursor: Option<String>,
    total: i64,
}

/// Why to erase.
#[derive(Debug, Deserialize, ToSchema)]
struct NewErasure {
    /// `asked`, `withdrawn`, `unneeded` or `unlawful`
    reason: String,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ErasureParams {
    #[serde(default)]
    cursor: String,
    /// At most 200; 50 when absent.
    limit: Option<i64>,
}

/// Erase a person for good: nobody sees them from this answer on, and a job rewrites every file that held them.
#[utoipa::path(post, path = "/api/v1/people/{id}/erasures", tag = "sense", params(("id" = String, Path)),
    request_body = NewErasure,
    responses((status = 202, body = ErasureView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn erase(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(new): Body<NewErasure>,
) -> Result<(StatusCode, Json<ErasureView>), Problem> {
    let reason = word("reason", &new.reason, ErasureReason::parse, "asked, withdrawn, unneeded, unlawful")?;
    let id = PersonId::parse(&id).map_err(|_| Error::NotFound("person"))?;
    let erasure = erasure::erase(&caller.ctx(&app), &id, reason).await?;
    Ok((StatusCode::ACCEPTED, Json(view(erasure))))
}

/// Who was erased, when, by whom, and how much went.
#[utoipa::path(get, path = "/api/v1/erasures", tag = "sense", params(ErasureParams),
    responses((status = 200, body = ErasurePage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn erasures(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<ErasureParams>,
) -> Result<Json<ErasurePage>, Problem> {
    let page = erasure::list(&caller.ctx(&app), &params.cursor, params.limit.unwrap_or(50)).await?;
    Ok(Json(ErasurePage {
        items: page.items.into_iter().map(view).collect(),
        next_cursor: page.next_cursor,
        total: page.total,
    }))
}

fn view(erasure: Erasure) -> ErasureView {
    let c = erasure.counts;
    ErasureView {
        id: erasure.id.to_string(),
        person: erasure.person.to_string(),
        reason: erasure.reason.name().to_owned(),
        state: erasure.state.name().to_owned(),
        requested_by: erasure.requested_by,
        requested_at: erasure.requested_at.to_string(),
        done_at: match erasure.state {
            ErasureState::Requested => None,
            ErasureState::Done { at } => Some(at.to_string()),
        },
        removed: RemovedCounts {
            aliases: c.aliases,
            voices: c.voices,
            events: c.events,
            asks: c.asks,
            links: c.links,
            cases: c.cases,
            log_entries: c.log_entries,
            imports: c.imports,
            warehouse_rows: c.warehouse_rows,
        },
    }
}
