//! The `peakend` binary: one verb per file in `cli`, wiring in `wiring`.
//!
//! This is the only crate that reads the environment, the wall clock and the
//! operating system's randomness.
mod cli;
mod config;
mod demo;
mod verify;
mod wiring;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
