//! Integration tests of the HTTP floor: the real router over the real store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod act;
mod asking;
mod attribute;
mod bad_input;
mod behaviour;
mod coverage;
mod erasure;
mod insight;
mod intake;
mod place;
mod retention;
mod sign_in;
mod theme;
mod value;
mod walk;
