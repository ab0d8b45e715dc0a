//! The staff UI, embedded at build time.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::Problem;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct Files;

/// A built text file, such as the respondent's script; none when the UI is not built.
pub(crate) fn text(path: &str) -> Option<String> {
    Files::get(path).and_then(|file| String::from_utf8(file.data.into_owned()).ok())
}

/// A file of the UI, else the UI itself (its router reads the path), else a problem.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("v1/") {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "no_such_route",
            "there is no such route: see /api/v1/openapi.json",
        )
        .into_response();
    }
    if let Some(file) = Files::get(path) {
        let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
        if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        // hashed names never change their content
        let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        let kind = file.metadata.mimetype().to_owned();
        return (
            [(header::CONTENT_TYPE, kind), (header::ETAG, etag), (header::CACHE_CONTROL, cache.to_owned())],
            file.data,
        )
            .into_response();
    }
    match Files::get("index.html") {
        Some(page) => {
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
            (headers, page.data).into_response()
        }
        None => (StatusCode::NOT_FOUND, "the UI is not built into this binary: run cargo xtask demo").into_response(),
    }
}
