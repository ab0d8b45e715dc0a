//! Asks: the list of decisions, the one due in a page, the loader and the demo bank.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use peakend_app::Ctx;
use peakend_app::sense::ask::{self, AskedPerson};
use peakend_domain::PersonId;
use peakend_domain::sense::ask::{Ask, AskState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::event::{anywhere, read};
use crate::caller::Caller;
use crate::query::Query;
use crate::server::ServerState;
use crate::{Problem, embed};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(asks)).routes(routes!(due)).routes(routes!(loader)).routes(routes!(demo_bank))
}

/// One decision to ask, or not to.
#[derive(Debug, Serialize, ToSchema)]
struct AskView {
    id: String,
    /// Event rule id.
    rule: Option<String>,
    /// Survey id.
    survey: String,
    /// Person id.
    person: String,
    /// Who that is; absent when not known, or not in your units.
    asked: Option<AskedView>,
    /// `due`, `shown`, `answered` or `withheld`
    state: &'static str,
    /// Why nobody was asked: `asked_recently` or `survey_not_open`.
    reason: Option<&'static str>,
    /// When the person was last asked, if that is the reason (RFC 3339).
    last_asked_at: Option<String>,
    #[schema(value_type = Object)]
    context: Value,
    /// RFC 3339
    decided_at: String,
    /// RFC 3339
    show_at: String,
}

/// How somebody is called who was asked, or not.
#[derive(Debug, Serialize, ToSchema)]
struct AskedView {
    /// The id that leads to them now.
    id: String,
    /// Empty when not known.
    name: String,
    /// The strongest of their names: `user_id`, `customer_id`, `employee_id`, `email`, `phone` or `anonymous_id`.
    alias_kind: Option<&'static str>,
    alias: Option<String>,
}

/// Decisions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct AskList {
    items: Vec<AskView>,
    next_cursor: Option<String>,
    total: i64,
    /// How many there are per state.
    counts: BTreeMap<String, i64>,
}

/// Which decisions.
#[derive(Debug, Deserialize)]
struct AskQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
    limit: Option<i64>,
}

/// What a page is to show.
#[derive(Debug, Serialize, ToSchema)]
struct Due {
    /// Path of the survey, when one is due.
    survey: Option<String>,
}

fn asked(person: &AskedPerson) -> AskedView {
    AskedView {
        id: person.id.to_string(),
        name: person.name.clone(),
        alias_kind: person.alias.as_ref().map(|a| a.kind.name()),
        alias: person.alias.as_ref().map(|a| a.value.clone()),
    }
}

fn view(a: Ask, persons: &BTreeMap<PersonId, AskedPerson>) -> AskView {
    let (reason, last) = match &a.state {
        AskState::Withheld { reason, last } => (Some(reason.name()), *last),
        _ => (None, None),
    };
    AskView {
        id: a.id.to_string(),
        rule: a.rule.map(|r| r.to_string()),
        survey: a.survey.to_string(),
        asked: persons.get(&PersonId::stored(a.person.clone())).map(asked),
        person: a.person,
        state: a.state.name(),
        reason,
        last_asked_at: last.map(|t| t.to_string()),
        context: a.context,
        decided_at: a.decided_at.to_string(),
        show_at: a.show_at.to_string(),
    }
}

/// Decisions to ask people, or not to and why.
#[utoipa::path(get, path = "/api/v1/asks", tag = "sense",
    params(("state" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = AskList), (status = 403, body = Problem)))]
async fn asks(
    caller: Caller,
    State(app): State<ServerState>,
    Query(q): Query<AskQuery>,
) -> Result<Json<AskList>, Problem> {
    let list = ask::list(&caller.ctx(&app), &q.state, &q.cursor, q.limit.unwrap_or(50)).await?;
    let total = list.counts.iter().filter(|(state, _)| q.state.is_empty() || *state == q.state).map(|(_, n)| n).sum();
    Ok(Json(AskList {
        items: list.items.into_iter().map(|a| view(a, &list.persons)).collect(),
        next_cursor: list.next_cursor,
        total,
        counts: list.counts.into_iter().collect(),
    }))
}

/// The survey that is due for the browser of `anonymous_id`; asking marks it as shown. The key (of a role that may
/// send) stands in the body as `key`.
#[utoipa::path(post, path = "/w/ask", tag = "sense", request_body = Object,
    responses((status = 200, body = Due), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn due(State(app): State<ServerState>, request: Request) -> Response {
    let result = async {
        let (actor, sent) = read(&app, request, "key").await?;
        // only the browser's own random name is trusted: a page's word on who signed in is not proof
        let anonymous = sent.get("anonymous_id").and_then(Value::as_str);
        Ok::<_, Problem>(ask::due(&Ctx::new(&app, &actor), anonymous).await?)
    };
    anywhere(match result.await {
        Ok(survey) => Json(Due { survey }).into_response(),
        Err(problem) => problem.into_response(),
    })
}

/// The script for host pages: `<script async src="…/w/loader.js?key=…"></script>`.
#[utoipa::path(get, path = "/w/loader.js", tag = "sense", params(("key" = Option<String>, Query)),
    responses((status = 200, description = "JavaScript"), (status = 500, body = Problem)))]
async fn loader() -> Response {
    let text = embed::text("runtime/loader.js").unwrap_or_else(|| {
        "console.error('the loader is not built into this server: run cargo xtask demo')".to_owned()
    });
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, text).into_response()
}

/// A page of a bank that does not exist, with the loader in it: `/demo-bank?key=…`.
#[utoipa::path(get, path = "/demo-bank", tag = "sense", params(("key" = Option<String>, Query)),
    responses((status = 200, description = "HTML"), (status = 500, body = Problem)))]
async fn demo_bank() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("../../../../../ui/runtime/demo-bank.html")).into_response()
}
