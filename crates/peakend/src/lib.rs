//! The `peakend` program: one verb per file in `cli`, wiring in `wiring`.
//!
//! This is the only crate that reads the environment, the wall clock and the
//! operating system's randomness. `peakend-cluster` serves the same application
//! over a warehouse of several machines.
mod cli;
mod config;
mod demo;
mod log;
mod verify;
mod wiring;

pub use cli::run;
pub use cli::serve::Serve;
pub use log::start_log;
