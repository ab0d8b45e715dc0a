//! Who calls: session cookie or API key, proven before a handler runs.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use peakend_app::admin::session;
use peakend_app::{App, Ctx, Error};
use peakend_domain::Actor;

use crate::server::ServerState;
use crate::shape::Shapes;
use crate::{Problem, cookie, gate};

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
        let caller = proven(parts, app).await?;
        // the role comes before the input: who may not act learns nothing from its faults
        let route = parts.extensions.get::<MatchedPath>();
        if route.is_some_and(|route| !gate::hears(caller.actor.role, &parts.method, route.as_str())) {
            return Err(Error::Forbidden.into());
        }
        if parts.uri.path().contains("%00") {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed_path", "the path contains a NUL character"));
        }
        if let (Some(query), Some(shape)) = (parts.uri.query(), Shapes::find(&parts.extensions, &parts.method)) {
            let faults = shape.query_faults(query);
            if !faults.is_empty() {
                return Err(Error::Invalid(faults).into());
            }
        }
        Ok(caller)
    }
}

async fn proven(parts: &Parts, app: &ServerState) -> Result<Caller, Problem> {
    if let Some(secret) = key(&parts.headers) {
        let actor = session::by_key(app, &secret).await?;
        return Ok(Caller { actor, csrf: None });
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
    Ok(Caller { actor, csrf: Some(session.csrf) })
}

/// `Authorization: Bearer pk_…`, or Basic with the key as user name (Segment clients).
fn key(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    if let Some(secret) = value.strip_prefix("Bearer ") {
        return Some(Cow::Borrowed(secret.trim()));
    }
    let encoded = value.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    Some(Cow::Owned(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned()))
}
