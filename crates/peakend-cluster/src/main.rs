//! The `peakend-cluster` binary: `scheduler`, `executor` and `serve`.

use std::process::ExitCode;

fn main() -> ExitCode {
    peakend_cluster::run()
}
