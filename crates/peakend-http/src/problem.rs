//! One mapping from errors to RFC 9457 problems.

use axum::Router;
use axum::extract::Request;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peakend_app::Error;
use peakend_domain::FieldFault;
use serde::Serialize;
use tower::Service as _;
use utoipa::ToSchema;

use crate::request::{self, Named};

/// An RFC 9457 problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, fixed text per code.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable machine code.
    pub code: String,
    /// What happened here and what to do.
    pub detail: String,
    /// Faulty fields, when the input is at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Quote it when you ask for help; the log has the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// One fault of one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fault {
    /// JSON path, column or line.
    pub path: String,
    /// Stable code.
    pub code: String,
    /// Values for a translated text.
    pub args: std::collections::BTreeMap<String, String>,
    /// English text.
    pub message: String,
}

impl From<FieldFault> for Fault {
    fn from(f: FieldFault) -> Self {
        Self { path: f.path, code: f.code, args: f.args, message: f.message }
    }
}

impl Problem {
    /// A problem of a status and code.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("https://peakend.dev/problems/{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            faults: Vec::new(),
            request_id: None,
            retry_after_s: None,
        }
    }

    /// With faulty fields.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<FieldFault>) -> Self {
        self.faults = faults.into_iter().map(Fault::from).collect();
        self
    }
}

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        match e {
            Error::Refused { code, message } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message),
            Error::NotFound(noun) => {
                Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {noun}, or you may not see it"))
            }
            Error::Forbidden => Self::new(StatusCode::FORBIDDEN, "forbidden", e.to_string()),
            Error::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", e.to_string()),
            Error::Invalid(faults) => {
                let detail = faults.first().map_or_else(
                    || "the input has faults".to_owned(),
                    |f| format!("{} fault(s); first: {}: {}", faults.len(), f.path, f.message),
                );
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).with_faults(faults)
            }
            Error::Conflict { code, message } => Self::new(StatusCode::CONFLICT, code, message),
            Error::Busy { retry_after_s } => {
                let mut p = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much at once: try again shortly");
                p.retry_after_s = Some(retry_after_s);
                p
            }
            Error::Full { retry_after_s } => {
                let detail = "the disk of the server is full; nothing was written: try again when there is room";
                let mut p = Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail);
                p.retry_after_s = Some(retry_after_s);
                p
            }
            Error::Store(_) | Error::Warehouse(_) | Error::Fault(_) => {
                let cause = chain(&e);
                tracing::error!(cause, "a request failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "fault",
                    "something broke on our side; nothing was half-written. Try again, and quote the request id if \
                     it persists",
                )
            }
        }
    }
}

fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl From<JsonRejection> for Problem {
    fn from(r: JsonRejection) -> Self {
        let code = match r.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not_json",
            _ => "malformed",
        };
        Self::new(r.status(), code, r.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(r: QueryRejection) -> Self {
        Self::new(r.status(), "malformed_query", r.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(r: PathRejection) -> Self {
        Self::new(r.status(), "malformed_path", r.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_s;
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every request an id (the caller's own when it sends one), repeats it
/// in the answer and writes it into problem documents.
pub(crate) async fn with_request_id(mut routes: Router, request: Request) -> Response {
    let named = Named::of(&request);
    let id = named.id().clone();
    let Ok(mut response) = named.within(async { routes.call(request).await }).await;
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = id.to_str().ok().map(ToOwned::to_owned);
        let kept = response.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        response = problem.into_response();
        if let Some(value) = kept {
            // pages of other hosts may read why the loader's call failed
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
        }
    }
    response.headers_mut().insert(request::ID, id);
    response
}

/// A panic is a bug: answer with a problem, keep serving.
pub(crate) fn from_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "something broke on our side").into_response()
}
