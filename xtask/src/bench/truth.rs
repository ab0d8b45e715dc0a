//! `cargo xtask bench truth`: how often intervals cover what was planted. The work
//! is an example of the simulator, so that this program stays light.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{place, run};

/// Where the table goes, below the workspace.
const PAGE: &str = "docs/truth.md";

/// Options that ask for another number of worlds than the page shows.
const OTHER_WORLDS: [&str; 2] = ["--worlds", "--without"];

/// Builds and runs the example; fails when a bar is missed. The page is written only by
/// a run over all worlds: a look at fewer prints its tables.
pub(super) fn main(args: &[String]) -> Result<ExitCode> {
    let root = place::root();
    let mut command = run::cargo(&root);
    command.args(["run", "--quiet", "--release", "--locked", "-p", "peakend-sim", "--example", "truth", "--"]);
    command.args(args);
    if !args.iter().any(|arg| OTHER_WORLDS.contains(&arg.as_str())) {
        command.args(["--write", PAGE]);
    }
    let status = command.status().context("start the example `truth` of peakend-sim")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
