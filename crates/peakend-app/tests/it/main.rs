//! Use cases against a real store, a frozen clock and the naive warehouse.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod act;
mod backup;
mod deploy;
mod import;
mod insight;
mod mask;
mod place;
mod pump;
mod real_data;
mod retention;
mod signal;
mod value;
