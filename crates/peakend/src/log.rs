//! The log: lines on standard error.

use std::fmt;

use peakend_http::Named;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

/// Write the log from now on; `PEAKEND_LOG` filters it (`info`, `peakend_app=debug`…),
/// `otherwise` when it is not set.
pub fn start_log(otherwise: &str) {
    let filter = EnvFilter::try_from_env("PEAKEND_LOG").unwrap_or_else(|_| EnvFilter::new(otherwise));
    tracing_subscriber::fmt().fmt_fields(Fields::default()).with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// What happened, after the name of the request in which it did. A span would say
/// the same, but is written for every request, and hardly any has a line in the log.
#[derive(Debug, Default)]
struct Fields(DefaultFields);

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        Named::present(|request| write!(writer, "{request}: ")).unwrap_or(Ok(()))?;
        self.0.format_fields(writer, fields)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps what is written.
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_tells_in_which_request_it_was_written() {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = tracing_subscriber::fmt().fmt_fields(Fields::default()).with_ansi(false).without_time();
        let _log = tracing::subscriber::set_default(lines.with_writer(move || writer.clone()).finish());
        let request = axum::http::Request::post("/api/v1/responses?x=1").header("x-request-id", "mine-1");
        let named = Named::of(&request.body(axum::body::Body::empty()).unwrap());
        named.within(async { tracing::warn!(n = 1, "inside") }).await;
        tracing::warn!("outside");
        let lines = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (first, second) = lines.split_once('\n').unwrap();
        assert!(
            first.ends_with(r#": request{id="mine-1" method=POST path="/api/v1/responses"}: inside n=1"#),
            "{first}"
        );
        assert!(second.ends_with("tests: outside\n"), "{second}");
    }
}
