//! The peers: Python packages in an environment of their own, asked by benches/warehouse/peers.py.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;

/// The engines that can be asked beside Peakend.
pub(super) const ENGINES: [&str; 3] = ["duckdb", "polars", "chdb"];

/// The Python of an environment that has the pinned peers; made when absent or changed.
pub(super) fn python(root: &Path, work: &Path) -> Result<PathBuf> {
    let wanted = root.join("benches/warehouse/requirements.txt");
    let venv = work.join("venv");
    let (python, held) = (venv.join("bin/python"), venv.join("requirements.txt"));
    let text = std::fs::read_to_string(&wanted).with_context(|| format!("read {}", wanted.display()))?;
    if python.is_file() && std::fs::read_to_string(&held).is_ok_and(|have| have == text) {
        return Ok(python);
    }
    let Some(system) = run::on_path(&["python3"]) else {
        bail!("python3 is missing; on Debian: apt-get install -y python3 python3-venv");
    };
    run::attended(Command::new(system).args(["-m", "venv"]).arg(&venv))
        .context("make an environment; on Debian it needs: apt-get install -y python3-venv")?;
    run::attended(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&wanted))
        .context("install the peers")?;
    // written last: an environment that broke half-way is filled again
    std::fs::write(&held, text).with_context(|| format!("write {}", held.display()))?;
    Ok(python)
}

/// Asks all questions of one engine, in a process of its own.
pub(super) fn ask(root: &Path, python: &Path, engine: &str, data: &Path, runs: u64, report: &Path) -> Result<()> {
    let mut command = Command::new(python);
    // -B: no compiled files beside the sources
    command.arg("-B").arg(root.join("benches/warehouse/peers.py")).arg(data);
    command.args(["--engine", engine, "--runs", &runs.to_string(), "--json"]).arg(report);
    run::attended(&mut command)
}
