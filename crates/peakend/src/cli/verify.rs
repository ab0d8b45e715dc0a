//! `peakend verify DIR`

use std::path::PathBuf;
use std::process::ExitCode;

/// One case folder, or a folder of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Folder with `expected.json` and its data, or a folder of such folders.
    dir: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Exit status 0 only when every check passes.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let passed = crate::verify::run(&self.dir, self.json, &mut std::io::stdout().lock())?;
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
