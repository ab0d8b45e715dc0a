//! `peakend verify-store`: whether what is stored is what was written.

use std::process::ExitCode;

use peakend_app::admin::backup::{self, Soundness};

use super::backup::mb;
use super::say;
use crate::config::DataOptions;

/// Every file of a data folder or of a backup, checked; a running server is not disturbed.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyStore {
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

impl VerifyStore {
    /// Exit status 1 when something is damaged.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let database = self.data.embedded();
        let found = backup::verify(&self.data.data, database.as_deref()).await?;
        if self.json {
            say(&serde_json::to_string_pretty(&found)?);
        } else {
            table(&found);
            if database.is_none() {
                eprintln!("the database is PostgreSQL and was not checked: its own pg_amcheck does that");
            }
        }
        Ok(if found.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn table(found: &Soundness) {
    for file in &found.files {
        let state = if file.faults.is_empty() { "ok      " } else { "DAMAGED " };
        say(&format!("{state} {:9} {:>10.2} MB  {}", file.kind, mb(file.bytes), file.path));
        for fault in &file.faults {
            say(&format!("         {fault}"));
        }
        for note in &file.notes {
            say(&format!("         ({note})"));
        }
    }
    let damaged = found.files.iter().filter(|f| !f.faults.is_empty()).count();
    say(&format!("{} files, {damaged} damaged", found.files.len()));
}
