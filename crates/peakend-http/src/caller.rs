//! Who calls: session cookie or API key, proven before a handler runs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use peakend_app::admin::session;
use peakend_app::{App, Ctx, Error};
use peakend_domain::Actor;

use crate::server::ServerState;
use crate::{Problem, cookie};

/// A proven caller. Its absence is a 401 problem before the handler runs.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who acts, with role and scope.
    pub(crate) actor: Actor,
    /// CSRF token of the session; `None` for API keys.
    pub(crate) csrf: Option<String>,
}

impl Caller {
    /// The context for a use case.
    pub(crate) fn ctx<'a>(&'a self, app: &'a App) -> Ctx<'a> {
        Ctx::new(app, &self.actor)
    }
}

impl FromRequestParts<ServerState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &ServerState) -> Result<Self, Problem> {
        if let Some(secret) = key(&parts.headers) {
            let actor = session::by_key(app, &secret).await?;
            return Ok(Self { actor, csrf: None });
        }
        let token = cookie::read(&parts.headers, &app.settings.public_url).ok_or(Error::Unauthenticated)?;
        let (actor, session) = session::by_cookie(app, &token).await?;
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let repeated = parts.headers.get("x-csrf-token").and_then(|v| v.to_str().ok());
        if !safe && repeated != Some(session.csrf.as_str()) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "the X-CSRF-Token header is missing or wrong: reload the page and try again",
            ));
        }
        Ok(Self { actor, csrf: Some(session.csrf) })
    }
}

/// `Authorization: Bearer pk_…`, or Basic with the key as user name (Segment clients).
fn key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    if let Some(secret) = value.strip_prefix("Bearer ") {
        return Some(secret.trim().to_owned());
    }
    let encoded = value.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    Some(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned())
}
