//! What a request is called: its id with method and path, for answers, problems and the log.

use std::fmt::{self, Display};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri};

/// Carries the id of a request, in both directions.
pub(crate) const ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static PRESENT: Named;
}

/// A request's name, written as `request{id="req-1f-7" method=POST path="/v1/track"}`.
#[derive(Debug, Clone)]
pub struct Named {
    id: HeaderValue,
    method: Method,
    uri: Uri,
}

impl Named {
    /// By the id that the caller sends, else by one of our own.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let sign = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let given = request.headers().get(ID);
        let given = given.filter(|v| v.len() <= 64 && v.as_bytes().iter().all(|b| sign(*b)));
        let id = given.cloned().unwrap_or_else(next_id);
        Self { id, method: request.method().clone(), uri: request.uri().clone() }
    }

    /// Its id, which is visible ASCII.
    pub(crate) fn id(&self) -> &HeaderValue {
        &self.id
    }

    /// Do something as part of the request.
    pub async fn within<F: Future>(self, doing: F) -> F::Output {
        PRESENT.scope(self, doing).await
    }

    /// Look at the name of the request that is being answered here; none outside of requests.
    pub fn present<T>(look: impl FnOnce(&Self) -> T) -> Option<T> {
        PRESENT.try_with(look).ok()
    }
}

impl Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request{{id={:?} method={} path={:?}}}", self.id, self.method, self.uri.path())
    }
}

/// Unique within this process, which is what a log search needs.
fn next_id() -> HeaderValue {
    static PROCESS: LazyLock<String> = LazyLock::new(|| format!("req-{:x}-", std::process::id()));
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // letters, digits and hyphens are always a header's value
    HeaderValue::try_from(format!("{}{number}", *PROCESS)).unwrap_or_else(|_| number.into())
}
