//! Signals: one, or many at once with a result each.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use peakend_app::sense::signal;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::{TakenView, taken};
use crate::Problem;
use crate::caller::Caller;
use crate::query::JsonBody;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(add))
}

/// One of many: taken in, or why not.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Outcome {
    /// Taken in.
    Taken(TakenView),
    /// Not taken in.
    Refused(Problem),
}

/// Results in the order of the signals.
#[derive(Debug, Serialize, ToSchema)]
struct Outcomes {
    items: Vec<Outcome>,
    /// How many are on stable storage now.
    accepted: usize,
    /// How many had come before.
    replayed: usize,
    /// How many were not taken in.
    refused: usize,
}

/// A signal (`id`, `channel`, `pillar`, `text`, `author`, `url`, `at`, `touchpoint`, `unit`, `line`, `rating`, `nps`,
/// `csat`, `ces`, `person`, `language`), or an array of at most 1000; an array is answered item by item.
#[utoipa::path(post, path = "/api/v1/signals", tag = "sense", request_body = Object,
    responses((status = 201, body = TakenView), (status = 200, body = Outcomes, description = "an array, or a replay"),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(caller: Caller, State(app): State<ServerState>, JsonBody(sent): JsonBody) -> Result<Response, Problem> {
    let ctx = caller.ctx(&app);
    let Value::Array(all) = sent else {
        let t = signal::submit(&ctx, &sent).await?;
        let status = if t.replayed { StatusCode::OK } else { StatusCode::CREATED };
        return Ok((status, Json(taken(t))).into_response());
    };
    let results = signal::submit_many(&ctx, &all).await?;
    let mut sum = Outcomes { items: Vec::with_capacity(results.len()), accepted: 0, replayed: 0, refused: 0 };
    for result in results {
        sum.items.push(match result {
            Ok(t) => {
                *(if t.replayed { &mut sum.replayed } else { &mut sum.accepted }) += 1;
                Outcome::Taken(taken(t))
            }
            Err(e) => {
                sum.refused += 1;
                Outcome::Refused(Problem::from(e))
            }
        });
    }
    Ok(Json(sum).into_response())
}
