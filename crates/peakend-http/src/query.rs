//! Extractors whose rejections are problems.

use std::any::Any;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header};
use peakend_app::Error;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problem;
use crate::shape::Shapes;

/// JSON body; malformed input and unknown fields answer with a problem naming the place.
#[derive(Debug, Clone)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "the body must be JSON: send the header Content-Type: application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let (method, extensions) = (request.method().clone(), request.extensions().clone());
        let bytes = Bytes::from_request(request, state).await?;
        let axum::Json(body) = axum::Json::<T>::from_bytes(&bytes)?;
        if let Some(shape) = Shapes::find(&extensions, &method) {
            let faults = match (&body as &dyn Any).downcast_ref::<Value>() {
                Some(value) => shape.body_faults(value),
                None => shape.body_faults(&axum::Json::<Value>::from_bytes(&bytes)?.0),
            };
            if !faults.is_empty() {
                return Err(Error::Invalid(faults).into());
            }
        }
        Ok(Self(body))
    }
}

/// `application/json`, or any type that is written in JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
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
