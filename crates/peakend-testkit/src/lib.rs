//! World: a temporary store, a frozen clock, seeded randomness, the naive
//! warehouse and the real router, in one process.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code fails by panicking")]

mod fixed;
mod http;
mod smtp;
mod world;

pub use fixed::{FrozenClock, SeededEntropy};
pub use http::{Client, Reply};
pub use smtp::SmtpSink;
pub use world::World;
