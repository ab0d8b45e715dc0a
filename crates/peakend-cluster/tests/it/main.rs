//! A scheduler, executors and an S3-compatible store as they would run on several
//! machines, and the questions of the warehouse's own suite asked of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that should not fail")]
#![expect(
    clippy::disallowed_methods,
    reason = "real processes are waited for, and the database is named by the environment"
)]

mod answers;
mod bucket;
mod deploy;
mod kept;
mod lost;
mod processes;
#[path = "../../../peakend-warehouse/tests/it/rows.rs"]
mod rows;
mod servers;
#[path = "../../../../xtask/src/wire.rs"]
mod wire;
