//! Imports: preview, start, follow, and the faulty rows as a file.

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::Error;
use peakend_app::sense::import::{self, ImportRequest, Preview, Progress};
use peakend_domain::ImportId;
use peakend_domain::sense::import::{ImportKind, ImportReport, RowFault};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::word;
use crate::problem::Fault;
use crate::query::{Path, Query};
use crate::server::ServerState;

/// Largest upload in bytes; larger files go through the command line.
const UPLOAD_LIMIT: usize = 256 * 1024 * 1024;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(imports, start))
        .routes(routes!(previews))
        .routes(routes!(one))
        .routes(routes!(faults))
        .layer(DefaultBodyLimit::max(UPLOAD_LIMIT))
}

/// A file with its map.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form; the fields are read one by one")]
struct ImportForm {
    /// `responses`, `signals`, `people`, `events` or `outcomes`
    kind: String,
    /// YAML; a preview guesses one when it is absent.
    map: Option<String>,
    /// CSV in UTF-8 or GB18030.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `true` writes the good rows although others are faulty.
    skip_faulty: Option<String>,
}

/// An import and how far it is.
#[derive(Debug, Serialize, ToSchema)]
struct ImportView {
    id: String,
    kind: String,
    file_name: String,
    /// `reading`, `writing`, `done`, `refused` or `failed`
    state: String,
    /// Rows done in this state, while it runs.
    rows_done: u64,
    /// Rows of the file; estimated while it is read.
    rows_total: u64,
    rows_added: u64,
    rows_same: u64,
    rows_faulty: u64,
    /// Encoding the file was read in.
    encoding: String,
    /// The first faults, at most 1,000; lists leave them out.
    faults: Vec<RowFaultView>,
    created_at: String,
    finished_at: Option<String>,
}

/// What is wrong with a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowFaultView {
    /// As a spreadsheet counts: the header is row 1; 0 means the whole file.
    row: u64,
    column: String,
    code: String,
    message: String,
}

/// A page of imports, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct ImportPage {
    items: Vec<ImportView>,
    next_cursor: Option<String>,
    total: i64,
}

/// The first rows of a file through a map.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewView {
    columns: Vec<String>,
    encoding: String,
    rows_estimated: u64,
    /// The map that was used: yours, or a guess.
    map: String,
    map_faults: Vec<Fault>,
    rows: Vec<PreviewRowView>,
}

/// One row as it is and as it would be written.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewRowView {
    number: u64,
    cells: Vec<String>,
    /// What would be written; absent when the row is faulty.
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
    faults: Vec<RowFaultView>,
}

/// How to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// From the page before.
    #[serde(default)]
    cursor: String,
    /// At most 200; 50 when absent.
    limit: Option<i64>,
}

/// Imports, newest first.
#[utoipa::path(get, path = "/api/v1/imports", tag = "sense", params(ImportQuery),
    responses((status = 200, body = ImportPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn imports(
    caller: Caller,
    State(app): State<ServerState>,
    Query(query): Query<ImportQuery>,
) -> Result<Json<ImportPage>, Problem> {
    let (items, next_cursor, total) = import::list(&caller.ctx(&app), &query.cursor, query.limit.unwrap_or(50)).await?;
    let items = items
        .into_iter()
        .map(|mut i| {
            i.report.faults.clear();
            view(i, None)
        })
        .collect();
    Ok(Json(ImportPage { items, next_cursor, total }))
}

/// Start an import; follow it at its own address.
#[utoipa::path(post, path = "/api/v1/imports", tag = "sense",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 202, body = ImportView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn start(caller: Caller, State(app): State<ServerState>, request: Request) -> Result<Response, Problem> {
    caller.ctx(&app).require(peakend_domain::Permission::Ask)?;
    let form = Form::read(request).await?;
    let map = form.map.ok_or_else(|| Error::field("map", "required", "say which column is which: give a map"))?;
    let request = ImportRequest {
        kind: form.kind,
        file_name: form.file_name,
        file: form.file,
        map,
        skip_faulty: form.skip_faulty,
    };
    let started = import::start(&app, &caller.actor, request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(started, None))).into_response())
}

/// Look at the first rows of a file through a map; nothing is written.
#[utoipa::path(post, path = "/api/v1/imports/previews", tag = "sense",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 200, body = PreviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn previews(
    caller: Caller,
    State(app): State<ServerState>,
    request: Request,
) -> Result<Json<PreviewView>, Problem> {
    caller.ctx(&app).require(peakend_domain::Permission::Ask)?;
    let form = Form::read(request).await?;
    Ok(Json(preview_view(import::preview(&caller.ctx(&app), form.kind, &form.file, form.map.as_deref()).await?)))
}

/// An import: progress while it runs, then its report.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = ImportView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<ImportView>, Problem> {
    let (found, progress) = import::find(&caller.ctx(&app), &parse(&id)?).await?;
    Ok(Json(view(found, progress)))
}

/// The faults of an import as CSV: row, column, code, what to do.
#[utoipa::path(get, path = "/api/v1/imports/{id}/faults.csv", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn faults(caller: Caller, State(app): State<ServerState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let (found, _) = import::find(&caller.ctx(&app), &parse(&id)?).await?;
    // the byte order mark makes spreadsheets read UTF-8
    let mut text = "\u{feff}row,column,code,message\r\n".to_owned();
    for f in &found.report.faults {
        text.push_str(&[f.row.to_string(), cell(&f.column), cell(&f.code), cell(&f.message)].join(","));
        text.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"faults.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// The fields of a form, read.
struct Form {
    kind: ImportKind,
    map: Option<String>,
    file_name: String,
    file: Vec<u8>,
    skip_faulty: bool,
}

impl Form {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(no_form)?;
        let (mut kind, mut map, mut file, mut skip_faulty) = (None, None, None, false);
        let broken = |e: axum::extract::multipart::MultipartError| Problem::new(e.status(), "malformed", e.body_text());
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            match part.name().unwrap_or_default() {
                "kind" => kind = Some(part.text().await.map_err(broken)?),
                "map" => map = Some(part.text().await.map_err(broken)?),
                "skip_faulty" => skip_faulty = part.text().await.map_err(broken)? == "true",
                "file" => {
                    let name = part.file_name().unwrap_or("file.csv").to_owned();
                    file = Some((name, part.bytes().await.map_err(broken)?.to_vec()));
                }
                other => {
                    let message = "there is no such field: use kind, map, file and skip_faulty";
                    return Err(Error::field(other, "unknown_field", message).into());
                }
            }
        }
        let known = "responses, signals, people, events, outcomes";
        let kind = kind.ok_or_else(|| Error::field("kind", "required", format!("say what the rows are: {known}")))?;
        let (file_name, file) =
            file.ok_or_else(|| Error::field("file", "required", "send the file in the field `file`"))?;
        let map = map.filter(|m| !m.trim().is_empty());
        Ok(Self { kind: word("kind", &kind, ImportKind::parse, known)?, map, file_name, file, skip_faulty })
    }
}

fn no_form(rejection: MultipartRejection) -> Problem {
    Problem::new(rejection.status(), "not_a_form", rejection.body_text())
}

fn parse(id: &str) -> Result<ImportId, Error> {
    ImportId::parse(id).map_err(|_| Error::NotFound("import"))
}

fn fault_view(f: RowFault) -> RowFaultView {
    RowFaultView { row: f.row, column: f.column, code: f.code, message: f.message }
}

fn view(i: peakend_app::sense::import::Import, progress: Option<Progress>) -> ImportView {
    let ImportReport { rows_total, rows_added, rows_same, rows_faulty, encoding, faults, .. } = i.report;
    ImportView {
        id: i.id.to_string(),
        kind: i.kind.name().to_owned(),
        file_name: i.file_name,
        state: progress.map_or(i.state, |p| p.state).name().to_owned(),
        rows_done: progress.map_or(rows_total, |p| p.done),
        rows_total: progress.map_or(rows_total, |p| p.total),
        rows_added,
        rows_same,
        rows_faulty,
        encoding,
        faults: faults.into_iter().map(fault_view).collect(),
        created_at: i.created_at.to_string(),
        finished_at: i.finished_at.map(|at| at.to_string()),
    }
}

fn preview_view(p: Preview) -> PreviewView {
    PreviewView {
        columns: p.columns,
        encoding: p.encoding.to_owned(),
        rows_estimated: p.rows_estimated,
        map: p.map,
        map_faults: p.map_faults.into_iter().map(Fault::from).collect(),
        rows: p
            .rows
            .into_iter()
            .map(|r| PreviewRowView {
                number: r.number,
                cells: r.cells,
                result: r.result,
                faults: r.faults.into_iter().map(fault_view).collect(),
            })
            .collect(),
    }
}
