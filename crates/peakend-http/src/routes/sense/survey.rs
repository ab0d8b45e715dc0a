//! Surveys: drafts, versions, links, templates and the published schema.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::sense::survey::{self, DraftText};
use peakend_app::{App, Error};
use peakend_domain::FieldFault;
use peakend_domain::LocalText;
use peakend_domain::sense::survey::SCHEMA;
use peakend_domain::sense::survey::template::TEMPLATES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::page::{self, SurveyPage};
use crate::problem::Fault;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(surveys, add))
        .routes(routes!(check))
        .routes(routes!(one, save))
        .routes(routes!(versions, publish))
        .routes(routes!(close))
        .routes(routes!(templates))
        .routes(routes!(schema))
        .routes(routes!(preview))
}

/// A survey in the list.
#[derive(Debug, Serialize, ToSchema)]
struct SurveyLine {
    id: String,
    code: String,
    /// `brand`, `customer` or `employee`
    pillar: String,
    /// By language tag.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    title: LocalText,
    /// `draft`, `published` or `closed`
    status: &'static str,
    published_version: Option<i64>,
    /// Responses taken in; none for employee surveys, whose counts leave only through the release gate.
    responses: Option<i64>,
    /// RFC 3339
    last_response_at: Option<String>,
    /// RFC 3339
    updated_at: String,
}

/// All surveys, the last changed first.
#[derive(Debug, Serialize, ToSchema)]
struct SurveyList {
    items: Vec<SurveyLine>,
    next_cursor: Option<String>,
    total: usize,
}

/// A survey with its draft.
#[derive(Debug, Serialize, ToSchema)]
struct SurveyView {
    id: String,
    code: String,
    pillar: String,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    title: LocalText,
    /// `draft`, `published` or `closed`
    status: &'static str,
    published_version: Option<i64>,
    /// Send it back with the next save.
    revision: i64,
    /// Whether the draft says something else than the published version.
    changed: bool,
    /// The draft as YAML.
    yaml: String,
    /// The draft as a document; none while its YAML does not read.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// What keeps the draft from being published.
    faults: Vec<Fault>,
    /// RFC 3339
    updated_at: String,
}

/// A draft: its YAML, or the document.
#[derive(Debug, Deserialize, ToSchema)]
struct Draft {
    yaml: Option<String>,
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// The revision that was read (saving only); `If-Match` does as well.
    revision: Option<i64>,
}

/// What a draft says, and what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
struct Checked {
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// Empty when it could be published.
    faults: Vec<Fault>,
}

/// Which draft to publish.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct Publication {
    /// Refused when the draft has moved on.
    revision: Option<i64>,
}

/// A published version.
#[derive(Debug, Serialize, ToSchema)]
struct VersionView {
    version: i64,
    yaml: String,
    /// RFC 3339
    published_at: String,
    published_by: String,
}

/// Versions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct VersionList {
    items: Vec<VersionView>,
    next_cursor: Option<String>,
    total: usize,
}

/// A survey to begin from.
#[derive(Debug, Serialize, ToSchema)]
struct Template {
    name: &'static str,
    yaml: &'static str,
}

/// Surveys to begin from.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateList {
    items: Vec<Template>,
}

impl Draft {
    fn text(self) -> Result<DraftText, Error> {
        match (self.yaml, self.document) {
            (Some(yaml), None) => Ok(DraftText::Yaml(yaml)),
            (None, Some(document)) => Ok(DraftText::Document(document)),
            _ => Err(Error::field("yaml", "required", "give either yaml or document")),
        }
    }
}

fn faults(all: Vec<FieldFault>) -> Vec<Fault> {
    all.into_iter().map(Fault::from).collect()
}

fn status(row: &survey::SurveyRow) -> &'static str {
    match (row.published_version, row.closed_at) {
        (None, _) => "draft",
        (Some(_), None) => "published",
        (Some(_), Some(_)) => "closed",
    }
}

/// With the draft's revision as entity tag.
fn view(code: StatusCode, page: survey::SurveyPage) -> Response {
    let row = page.row;
    let tag = HeaderValue::from_str(&format!("\"{}\"", row.draft_revision));
    let body = SurveyView {
        id: row.id.to_string(),
        code: row.code.clone(),
        pillar: row.pillar.name().to_owned(),
        status: status(&row),
        title: row.title,
        published_version: row.published_version,
        revision: row.draft_revision,
        changed: page.changed,
        yaml: row.draft,
        document: page.document,
        faults: faults(page.faults),
        updated_at: row.updated_at.to_string(),
    };
    let mut response = (code, Json(body)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Surveys.
#[utoipa::path(get, path = "/api/v1/surveys", tag = "sense",
    responses((status = 200, body = SurveyList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn surveys(caller: Caller, State(app): State<ServerState>) -> Result<Json<SurveyList>, Problem> {
    let items: Vec<SurveyLine> = survey::list(&caller.ctx(&app))
        .await?
        .into_iter()
        .map(|line| SurveyLine {
            id: line.row.id.to_string(),
            code: line.row.code.clone(),
            pillar: line.row.pillar.name().to_owned(),
            status: status(&line.row),
            published_version: line.row.published_version,
            responses: line.count.as_ref().map(|c| c.responses),
            last_response_at: line.count.map(|c| c.last_at.to_string()),
            updated_at: line.row.updated_at.to_string(),
            title: line.row.title,
        })
        .collect();
    Ok(Json(SurveyList { total: items.len(), items, next_cursor: None }))
}

/// Add a survey from a draft with an unused code.
#[utoipa::path(post, path = "/api/v1/surveys", tag = "sense", request_body = Draft,
    responses((status = 201, body = SurveyView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(caller: Caller, State(app): State<ServerState>, Body(draft): Body<Draft>) -> Result<Response, Problem> {
    let made = survey::create(&caller.ctx(&app), &draft.text()?).await?;
    Ok(view(StatusCode::CREATED, made))
}

/// All faults of a draft, with path and line; nothing is stored.
#[utoipa::path(post, path = "/api/v1/surveys/check", tag = "sense", request_body = Draft,
    responses((status = 200, body = Checked), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn check(
    caller: Caller,
    State(app): State<ServerState>,
    Body(draft): Body<Draft>,
) -> Result<Json<Checked>, Problem> {
    caller.ctx(&app).require(peakend_domain::Permission::Ask)?;
    let (document, found) = survey::check(&draft.text()?);
    Ok(Json(Checked { document, faults: faults(found) }))
}

/// A survey by id or code.
#[utoipa::path(get, path = "/api/v1/surveys/{id}", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = SurveyView), (status = 404, body = Problem)))]
async fn one(caller: Caller, State(app): State<ServerState>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(view(StatusCode::OK, survey::page(&caller.ctx(&app), &id).await?))
}

/// Save the draft over the revision that was read; faults are kept, not refused.
#[utoipa::path(put, path = "/api/v1/surveys/{id}", tag = "sense", params(("id" = String, Path)), request_body = Draft,
    responses((status = 200, body = SurveyView), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn save(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(draft): Body<Draft>,
) -> Result<Response, Problem> {
    let matched =
        headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).and_then(|t| t.trim_matches('"').parse().ok());
    let revision = draft
        .revision
        .or(matched)
        .ok_or_else(|| Error::field("revision", "required", "send the revision that you read, here or in If-Match"))?;
    Ok(view(StatusCode::OK, survey::save(&caller.ctx(&app), &id, &draft.text()?, revision).await?))
}

/// Published versions.
#[utoipa::path(get, path = "/api/v1/surveys/{id}/versions", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = VersionList), (status = 404, body = Problem)))]
async fn versions(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<VersionList>, Problem> {
    let all = survey::versions(&caller.ctx(&app), &id).await?;
    let items: Vec<VersionView> = all
        .into_iter()
        .map(|v| VersionView {
            version: v.version,
            yaml: v.yaml,
            published_at: v.published_at.to_string(),
            published_by: v.published_by,
        })
        .collect();
    Ok(Json(VersionList { total: items.len(), items, next_cursor: None }))
}

/// Publish the draft as the next version, which never changes. Opens a closed survey again.
#[utoipa::path(post, path = "/api/v1/surveys/{id}/versions", tag = "sense", params(("id" = String, Path)),
    request_body = Publication,
    responses((status = 201, body = SurveyView), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn publish(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(which): Body<Publication>,
) -> Result<Response, Problem> {
    Ok(view(StatusCode::CREATED, survey::publish(&caller.ctx(&app), &id, which.revision).await?))
}

/// Close a survey to answers.
#[utoipa::path(post, path = "/api/v1/surveys/{id}/closings", tag = "sense", params(("id" = String, Path)),
    responses((status = 201, body = SurveyView), (status = 404, body = Problem)))]
async fn close(caller: Caller, State(app): State<ServerState>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(view(StatusCode::CREATED, survey::close(&caller.ctx(&app), &id).await?))
}

/// Surveys to begin from.
#[utoipa::path(get, path = "/api/v1/survey-templates", tag = "sense",
    responses((status = 200, body = TemplateList), (status = 401, body = Problem)))]
async fn templates(_caller: Caller) -> Json<TemplateList> {
    Json(TemplateList { items: TEMPLATES.iter().map(|(name, yaml)| Template { name, yaml }).collect() })
}

/// The JSON Schema of survey documents.
#[utoipa::path(get, path = "/api/v1/schemas/survey.json", tag = "sense",
    responses((status = 200, body = Object), (status = 500, body = Problem)))]
async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json"), (header::CACHE_CONTROL, "public, max-age=300")], SCHEMA)
}

/// How to show a preview.
#[derive(Debug, Deserialize)]
struct PreviewQuery {
    lang: Option<String>,
}

/// The real page for the draft; nothing can be sent from it.
#[utoipa::path(get, path = "/s/preview/{id}", tag = "sense",
    params(("id" = String, Path), ("lang" = Option<String>, Query)),
    responses((status = 200, description = "HTML"), (status = 404, body = Problem)))]
async fn preview(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Query(query): Query<PreviewQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(shown(&app, &caller, &id, page::wished(query.lang.as_deref(), &headers)).await?)
}

async fn shown(app: &App, caller: &Caller, id: &str, wished: Option<peakend_domain::Lang>) -> Result<Response, Error> {
    let found = survey::page(&caller.ctx(app), id).await?;
    let parsed = peakend_domain::sense::survey::Survey::parse(&found.row.draft);
    let html = match parsed {
        Ok(survey) => {
            let page = SurveyPage {
                lang: survey.language(wished),
                survey: &survey,
                context: &Value::Object(Map::new()),
                action: None,
                response_id: "preview",
                answers: &Map::new(),
                faults: &[],
                embedded: false,
            };
            page.html()
        }
        Err(faults) => {
            let lang = wished.unwrap_or(peakend_domain::Lang::En);
            let more = faults.first().map(|f| format!("{}: {}", f.path, f.message)).unwrap_or_default();
            page::message(lang, page::words(lang).draft, &more, false)
        }
    };
    Ok(page::answer(StatusCode::OK, html))
}
