//! Events and identities in the Segment HTTP format; public clients work unmodified.
//!
//! The write key is an API key that may send: as user of Basic authentication,
//! as Bearer, or as `writeKey` in the body (browsers). Bodies are JSON whatever
//! their content type says, because beacons can only send plain text.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::admin::session;
use peakend_app::sense::event::{self, Message};
use peakend_app::{Ctx, Error};
use peakend_domain::{Actor, Permission, read_json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(track))
        .routes(routes!(identify))
        .routes(routes!(page))
        .routes(routes!(screen))
        .routes(routes!(group))
        .routes(routes!(alias))
        .routes(routes!(batch))
        .routes(routes!(short_track))
        .routes(routes!(short_identify))
        .routes(routes!(short_page))
        .routes(routes!(short_batch))
}

/// Largest body of one request, in bytes.
const LIMIT: usize = 512 * 1024;

/// What became of the messages.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// Whether every message was taken in or needs none.
    success: bool,
    /// On stable storage now.
    accepted: usize,
    /// Had come before.
    replayed: usize,
    /// Understood, and nothing to keep (`group`).
    ignored: usize,
    /// Not taken in; sending them again is of no use.
    refused: Vec<Refusal>,
}

/// A message that was not taken in.
#[derive(Debug, Serialize, ToSchema)]
struct Refusal {
    /// Position in the batch, from 0.
    index: usize,
    #[serde(flatten)]
    problem: Problem,
}

/// Lets pages of other hosts read the answer; the key in their source may only send.
pub(super) fn anywhere(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// A JSON body whatever its content type, and who sent it.
pub(super) async fn read(app: &ServerState, request: Request, key_field: &str) -> Result<(Actor, Value), Problem> {
    let (mut parts, body) = request.into_parts();
    let proven = Caller::from_request_parts(&mut parts, app).await;
    let request = Request::from_parts(parts, body);
    let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, &()).await;
    let bytes = bytes.map_err(|e| Problem::new(e.status(), "too_large", e.body_text()))?;
    if bytes.len() > LIMIT {
        let detail = format!("the body has {} bytes, at most {LIMIT} are read: send smaller batches", bytes.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let value = read_json(&bytes);
    let actor = match proven {
        Ok(caller) => caller.actor,
        Err(refused) => {
            // only a body that reads can carry a key
            let key = value.as_ref().ok().and_then(|v| v.get(key_field)?.as_str());
            match key {
                Some(key) => session::by_key(app, key).await?,
                None => return Err(refused),
            }
        }
    };
    // who may not send learns nothing from faults of the body
    if !actor.role.may(Permission::Ingest) {
        return Err(Error::Forbidden.into());
    }
    let value = value
        .map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "malformed", format!("the body is no JSON we read: {e}")))?;
    Ok((actor, value))
}

async fn one(app: ServerState, kind: &str, request: Request) -> Response {
    let result = async {
        let (actor, sent) = read(&app, request, "writeKey").await?;
        Ok::<_, Problem>(event::submit(&Ctx::new(&app, &actor), kind, &sent).await?)
    };
    anywhere(match result.await {
        Ok(message) => Json(sum(vec![Ok(message)])).into_response(),
        Err(problem) => problem.into_response(),
    })
}

fn sum(results: Vec<Result<Message, Error>>) -> Answer {
    let mut answer = Answer { success: true, accepted: 0, replayed: 0, ignored: 0, refused: Vec::new() };
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(Message::Taken(t)) if t.replayed => answer.replayed += 1,
            Ok(Message::Taken(_)) => answer.accepted += 1,
            Ok(Message::Ignored) => answer.ignored += 1,
            Err(e) => answer.refused.push(Refusal { index, problem: Problem::from(e) }),
        }
    }
    answer.success = answer.refused.is_empty();
    answer
}

async fn many(app: ServerState, request: Request) -> Response {
    let result = async {
        let (actor, sent) = read(&app, request, "writeKey").await?;
        let results = event::submit_batch(&Ctx::new(&app, &actor), &sent).await?;
        // what could not be written now must be sent again, so the whole batch is refused
        match results.into_iter().map(now_or_never).collect::<Result<Vec<_>, Error>>() {
            Ok(results) => Ok(sum(results)),
            Err(e) => Err(Problem::from(e)),
        }
    };
    anywhere(match result.await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => problem.into_response(),
    })
}

fn now_or_never(result: Result<Message, Error>) -> Result<Result<Message, Error>, Error> {
    match result {
        Err(e @ (Error::Busy { .. } | Error::Full { .. } | Error::Store(_) | Error::Fault(_) | Error::Forbidden)) => {
            Err(e)
        }
        other => Ok(other),
    }
}

macro_rules! message_routes {
    ($($(#[$doc:meta])* $name:ident $path:literal $kind:literal;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "sense", request_body = Object,
            responses((status = 200, body = Answer), (status = 400, body = Problem), (status = 401, body = Problem),
                      (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
        async fn $name(State(app): State<ServerState>, request: Request) -> Response {
            one(app, $kind, request).await
        }
    )*};
}

message_routes! {
    /// Something a person did: `event`, `userId` or `anonymousId`, `properties`, `messageId`, `timestamp`.
    track "/v1/track" "track";
    /// What is known of a person: `userId`, `anonymousId`, `traits`.
    identify "/v1/identify" "identify";
    /// A page that was viewed; kept as the event `Page Viewed`.
    page "/v1/page" "page";
    /// A screen that was viewed; kept as the event `Screen Viewed`.
    screen "/v1/screen" "screen";
    /// Accepted and not kept: persons belong to units here, not to groups.
    group "/v1/group" "group";
    /// Two names of one person: `userId` and `previousId`.
    alias "/v1/alias" "alias";
    /// `/v1/track` under the name that browsers' clients use.
    short_track "/v1/t" "track";
    /// `/v1/identify` under the name that browsers' clients use.
    short_identify "/v1/i" "identify";
    /// `/v1/page` under the name that browsers' clients use.
    short_page "/v1/p" "page";
}

/// Up to 1000 messages, each with its `type`; answered with 200 and a list of what was not taken in.
#[utoipa::path(post, path = "/v1/batch", tag = "sense", request_body = Object,
    responses((status = 200, body = Answer), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn batch(State(app): State<ServerState>, request: Request) -> Response {
    many(app, request).await
}

/// `/v1/batch` under the name that browsers' clients use.
#[utoipa::path(post, path = "/v1/b", tag = "sense", request_body = Object,
    responses((status = 200, body = Answer), (status = 401, body = Problem)))]
async fn short_batch(State(app): State<ServerState>, request: Request) -> Response {
    many(app, request).await
}
