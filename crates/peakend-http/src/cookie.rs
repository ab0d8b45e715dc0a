//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// Over https the `__Host-` prefix binds the cookie to this host and path.
fn name(public_url: &str) -> &'static str {
    if public_url.starts_with("https://") { "__Host-peakend" } else { "peakend" }
}

/// The session token in the request, if any.
pub(crate) fn read(headers: &HeaderMap, public_url: &str) -> Option<String> {
    let wanted = name(public_url);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == wanted)
        .map(|(_, v)| v.to_owned())
}

/// The header that sets (or, with an empty token, clears) the cookie.
pub(crate) fn set(token: &str, public_url: &str) -> Option<HeaderValue> {
    let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    HeaderValue::from_str(&format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", name(public_url))).ok()
}
