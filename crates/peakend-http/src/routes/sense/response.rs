//! Responses: by API, and from the respondent's page.

use axum::Json;
use axum::body::Body as RawBody;
use axum::extract::{Form, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::sense::link::{self, Followed, OpenLink};
use peakend_app::sense::response;
use peakend_app::{App, Error, sha256_hex};
use peakend_domain::sense::link::LinkState;
use peakend_domain::sense::question::QuestionKind;
use peakend_domain::sense::survey::Survey;
use peakend_domain::{FieldFault, Lang};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::page::{self, SurveyPage, words};
use crate::query::{Body, JsonBody, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(show, answer))
}

/// What became of a response or signal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TakenView {
    /// Its id.
    pub(super) id: String,
    /// `accepted`, or `replayed` when the same id and body had come before.
    pub(super) status: &'static str,
}

pub(super) fn taken(t: response::Taken) -> TakenView {
    TakenView { status: if t.replayed { "replayed" } else { "accepted" }, id: t.id }
}

/// A response: `id` (yours, unique for ever), `survey`, `answers`, `person`, `context`, `at`, `language`.
#[utoipa::path(post, path = "/api/v1/responses", tag = "sense", request_body = Object,
    responses((status = 201, body = TakenView, description = "on stable storage"),
              (status = 200, body = TakenView, description = "had come before"),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(caller: Caller, State(app): State<ServerState>, JsonBody(sent): JsonBody) -> Result<Response, Problem> {
    let t = response::submit(&caller.ctx(&app), &sent).await?;
    let status = if t.replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(taken(t))).into_response())
}

/// How the page is asked for.
#[derive(Debug, Deserialize)]
struct PageQuery {
    lang: Option<String>,
    embed: Option<String>,
}

/// What came with an answer.
struct Sent {
    id: String,
    lang: Option<String>,
    answers: Map<String, Value>,
    json: bool,
}

/// The survey behind a link.
#[utoipa::path(get, path = "/s/{token}", tag = "sense",
    params(("token" = String, Path), ("lang" = Option<String>, Query), ("embed" = Option<String>, Query)),
    responses((status = 200, description = "HTML"), (status = 404, description = "HTML: no such link"),
              (status = 410, description = "HTML: answered or ended"), (status = 500, body = Problem)))]
async fn show(
    State(app): State<ServerState>,
    Path(token): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let wished = page::wished(query.lang.as_deref(), &headers);
    let open = match followed(&app, &token, wished).await {
        Ok(open) => open,
        Err(response) => return response,
    };
    let random = sha256_hex(&app.entropy.bytes());
    let id = open.response_id().unwrap_or_else(|| format!("page-{}", random.get(..32).unwrap_or_default()));
    let action = format!("/s/{token}{}", if query.embed.is_some() { "?embed=1" } else { "" });
    let survey = &open.published.survey;
    let html = SurveyPage {
        lang: survey.language(wished),
        survey,
        context: &Value::Object(open.link.context.clone()),
        action: Some(&action),
        response_id: &id,
        answers: &Map::new(),
        faults: &[],
        embedded: query.embed.is_some(),
    }
    .html();
    page::answer(StatusCode::OK, html)
}

/// Answer the survey behind a link, by form or as JSON `{id, lang, answers}`.
#[utoipa::path(post, path = "/s/{token}", tag = "sense",
    params(("token" = String, Path), ("lang" = Option<String>, Query), ("embed" = Option<String>, Query)),
    responses((status = 200, description = "on stable storage; HTML or JSON as asked for"),
              (status = 404, description = "no such link"), (status = 409, description = "another answer came before"),
              (status = 410, description = "answered or ended"), (status = 422, body = Problem)))]
async fn answer(
    State(app): State<ServerState>,
    Path(token): Path<String>,
    Query(query): Query<PageQuery>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let wished = page::wished(query.lang.as_deref(), &headers);
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let found = link::follow(&app, &token).await;
    let open = match found {
        Ok(Followed::Open(open)) => *open,
        // the same answer sent again meets a link that is used by now
        Ok(Followed::Gone(LinkState::Used)) if json => return gone_json(LinkState::Used),
        Ok(other) if json => return not_open_json(&other),
        Ok(other) => return not_open(&other, wished),
        Err(e) if json => return Problem::from(e).into_response(),
        Err(e) => return broken(&e, wished),
    };
    let sent = match read(request, &open.published.survey, json).await {
        Ok(sent) => sent,
        Err(problem) => return problem.into_response(),
    };
    let lang = open.published.survey.language(sent.lang.as_deref().and_then(Lang::parse).or(wished));
    let result = response::submit_page(&app, &open, &sent.id, &sent.answers, lang.tag()).await;
    if sent.json {
        return match result {
            Ok(t) => Json(taken(t)).into_response(),
            Err(e) => Problem::from(e).into_response(),
        };
    }
    let embedded = query.embed.is_some();
    match result {
        Ok(_) => thanked(&open, lang),
        Err(Error::Invalid(faults)) => again(&open, &token, &sent, lang, &faults, embedded),
        Err(Error::Conflict { .. }) => not_open(&Followed::Gone(LinkState::Used), Some(lang)),
        Err(e) => broken(&e, Some(lang)),
    }
}

fn thanked(open: &OpenLink, lang: Lang) -> Response {
    let page = SurveyPage {
        survey: &open.published.survey,
        context: &Value::Object(open.link.context.clone()),
        lang,
        action: None,
        response_id: "",
        answers: &Map::new(),
        faults: &[],
        embedded: false,
    };
    page::answer(StatusCode::OK, page::message(lang, &page.thanks(), words(lang).thanks_more, true))
}

/// The form once more, with what was answered and what is wrong.
fn again(open: &OpenLink, token: &str, sent: &Sent, lang: Lang, faults: &[FieldFault], embedded: bool) -> Response {
    let html = SurveyPage {
        survey: &open.published.survey,
        context: &Value::Object(open.link.context.clone()),
        lang,
        action: Some(&format!("/s/{token}{}", if embedded { "?embed=1" } else { "" })),
        response_id: &sent.id,
        answers: &sent.answers,
        faults,
        embedded,
    }
    .html();
    page::answer(StatusCode::UNPROCESSABLE_ENTITY, html)
}

async fn followed(app: &App, token: &str, wished: Option<Lang>) -> Result<OpenLink, Response> {
    match link::follow(app, token).await {
        Ok(Followed::Open(open)) => Ok(*open),
        Ok(other) => Err(not_open(&other, wished)),
        Err(e) => Err(broken(&e, wished)),
    }
}

fn not_open(found: &Followed, wished: Option<Lang>) -> Response {
    let lang = wished.unwrap_or(Lang::En);
    let w = words(lang);
    let (status, title, more) = match found {
        Followed::Gone(LinkState::Used) => (StatusCode::GONE, w.used, w.used_more),
        Followed::Gone(_) => (StatusCode::GONE, w.expired, w.expired_more),
        _ => (StatusCode::NOT_FOUND, w.unknown, w.unknown_more),
    };
    page::answer(status, page::message(lang, title, more, false))
}

fn not_open_json(found: &Followed) -> Response {
    match found {
        Followed::Gone(state) => gone_json(*state),
        _ => Problem::from(Error::NotFound("link")).into_response(),
    }
}

fn gone_json(state: LinkState) -> Response {
    let (code, detail) = match state {
        LinkState::Used => ("link_used", "this link has been answered"),
        _ => ("link_expired", "this link has ended"),
    };
    Problem::new(StatusCode::GONE, code, detail).into_response()
}

fn broken(e: &Error, wished: Option<Lang>) -> Response {
    tracing::error!(reason = %e, "a respondent's request failed");
    let lang = wished.unwrap_or(Lang::En);
    let w = words(lang);
    page::answer(StatusCode::SERVICE_UNAVAILABLE, page::message(lang, w.broken, w.broken_more, false))
}

/// An answer as the page's script sends it.
#[derive(Debug, Deserialize)]
struct ScriptBody {
    id: String,
    lang: Option<String>,
    answers: Map<String, Value>,
}

async fn read(request: Request<RawBody>, survey: &Survey, json: bool) -> Result<Sent, Problem> {
    if json {
        let Body(body) = Body::<ScriptBody>::from_request(request, &()).await?;
        return Ok(Sent { id: body.id, lang: body.lang, answers: body.answers, json: true });
    }
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|e| Problem::new(e.status(), "malformed", e.body_text()))?;
    let one = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let mut answers = Map::new();
    for question in &survey.questions {
        let given: Vec<&str> = pairs.iter().filter(|(n, _)| *n == question.id).map(|(_, v)| v.as_str()).collect();
        let Some(first) = given.first() else { continue };
        let value = match &question.kind {
            QuestionKind::Multiple { .. } => Value::from(given),
            QuestionKind::Single(_) => Value::from(*first),
            // browsers send line ends as two characters
            QuestionKind::Text { .. } => Value::from(first.replace("\r\n", "\n")),
            _ => first.parse::<i64>().map_or_else(|_| Value::from(*first), Value::from),
        };
        answers.insert(question.id.clone(), value);
    }
    Ok(Sent { id: one("_id").unwrap_or_default(), lang: one("_lang"), answers, json: false })
}
