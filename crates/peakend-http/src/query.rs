//! Extractors whose rejections are problems.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header};
use peakend_app::Error;
use peakend_domain::read_json;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problem;
use crate::shape::{Shape, Shapes};

/// JSON body; malformed input and unknown fields answer with a problem naming the place.
#[derive(Debug, Clone)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (shape, bytes) = json(request, state).await?;
        let axum::Json(body) = axum::Json::from_bytes(&bytes)?;
        if let Some(shape) = shape {
            sound(shape, &value(&bytes)?)?;
        }
        Ok(Self(body))
    }
}

/// JSON body as it came, refused like a [`Body`]; the use case reads it.
#[derive(Debug, Clone)]
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (shape, bytes) = json(request, state).await?;
        let value = value(&bytes)?;
        if let Some(shape) = shape {
            sound(shape, &value)?;
        }
        Ok(Self(value))
    }
}

/// The bytes of a JSON body, with the shape its route gives it.
async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<(Option<Shape<'static>>, Bytes), Problem> {
    if !is_json(request.headers()) {
        let detail = "the body must be JSON: send the header Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    let shape = Shapes::find(request.extensions(), request.method());
    Ok((shape, Bytes::from_request(request, state).await?))
}

/// Only what does not read is read again, by axum, which tells where the fault is.
fn value(bytes: &[u8]) -> Result<Value, JsonRejection> {
    match read_json(bytes) {
        Ok(value) => Ok(value),
        Err(_) => Ok(axum::Json::from_bytes(bytes)?.0),
    }
}

fn sound(shape: Shape<'_>, body: &Value) -> Result<(), Error> {
    let faults = shape.body_faults(body);
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// `application/json`, or any type that is written in JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || {
        let kind = kind.to_ascii_lowercase();
        kind.starts_with("application/") && kind.ends_with("+json")
    }
}

impl From<BytesRejection> for Problem {
    fn from(r: BytesRejection) -> Self {
        let code = if r.status() == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "malformed" };
        Self::new(r.status(), code, r.body_text())
    }
}

/// Query string.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(crate) struct Query<T>(pub(crate) T);

/// Path parameters.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);
