//! `peakend openapi`

use std::io::Write as _;

/// Print the document as JSON.
pub(crate) fn run() -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&peakend_http::openapi())?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
