//! Integration tests of the HTTP floor: the real router over the real store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod asking;
mod coverage;
mod insight;
mod sign_in;
mod walk;
mod value;
