//! `peakend backup --to DIR`: a copy of everything, while the server runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use peakend_app::admin::backup;

use super::say;
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// Where the backup goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// Folder of the new backup; it must not exist or be empty.
    #[arg(long)]
    to: PathBuf,
    #[command(flatten)]
    data: DataOptions,
}

impl Backup {
    /// Exit status 1 when a part was left to somebody else (PostgreSQL).
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let app = wiring::open_store(&self.data, String::new(), Arc::new(SystemClock)).await?;
        let warehouse = self.data.warehouse();
        let note = backup::take(&app.store, &warehouse, &self.to, env!("CARGO_PKG_VERSION"), &SystemClock).await?;
        app.store.close().await;
        say(&format!(
            "{}: {} files, {:.1} MB, everything acknowledged before {}",
            self.to.display(),
            note.files.len(),
            mb(note.bytes()),
            note.begun_at
        ));
        if note.has_database() {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!(
            "the warehouse is copied; the database is PostgreSQL and is NOT in this backup. Now run, in this order:"
        );
        say(&self.data.dump_command(&self.to));
        Ok(ExitCode::FAILURE)
    }
}

/// Megabytes for people.
pub(super) fn mb(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let bytes = bytes as f64;
    bytes / 1e6
}
