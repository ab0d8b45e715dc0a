//! Prints the OpenAPI document; `cargo xtask codegen` calls it, so that nobody links the engine for it.
#![expect(clippy::print_stdout, reason = "the document is what this program is for")]

fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(&peakend_http::openapi())?);
    Ok(())
}
