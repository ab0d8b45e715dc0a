//! `peakend import KIND FILE --map MAP.yaml`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use peakend_app::sense::import::{self, ImportRequest, Watch};
use peakend_app::{App, Ctx, Error};
use peakend_domain::sense::import::{ImportKind, ImportReport};

use super::{say, system};
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// A file of rows and the map that explains its columns.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// What the rows are: responses, signals, people, events or outcomes.
    #[arg(value_parser = kind)]
    kind: ImportKind,
    /// The file, CSV in UTF-8 or GB18030.
    file: PathBuf,
    /// Which column is which field, as YAML.
    #[arg(long)]
    map: PathBuf,
    /// Write the good rows although others are faulty; without it one faulty row stops everything.
    #[arg(long)]
    skip_faulty: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

fn kind(text: &str) -> Result<ImportKind, String> {
    ImportKind::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| {
        let known: Vec<_> = ImportKind::ALL.iter().map(|k| k.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

impl Import {
    /// Exit status 1 when rows were faulty.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let request = ImportRequest {
            kind: self.kind,
            file_name: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            file: std::fs::read(&self.file).with_context(|| format!("read {}", self.file.display()))?,
            map: std::fs::read_to_string(&self.map).with_context(|| format!("read {}", self.map.display()))?,
            skip_faulty: self.skip_faulty,
        };
        let (app, alone) = self.open().await?;
        let actor = system(&app).await?;
        let report = match import::run(&Ctx::new(&app, &actor), request, watch()).await {
            Ok(report) => report,
            Err(Error::Invalid(faults)) => {
                for f in &faults {
                    eprintln!("{}: {}", f.path, f.message);
                }
                bail!("the map has {} fault(s): nothing was written", faults.len());
            }
            Err(e) => return Err(e.into()),
        };
        if alone {
            app.pump().await?;
            app.seal().await?;
        }
        app.store.close().await;
        self.show(&report)?;
        Ok(if report.rows_faulty == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The whole application; beside a running server only its store, which is
    /// enough for everything but outcomes.
    async fn open(&self) -> anyhow::Result<(Arc<App>, bool)> {
        let url = String::new();
        match wiring::open(&self.data, url.clone(), Arc::new(SystemClock), None).await {
            Ok(app) => Ok((app, true)),
            Err(e) if self.kind == ImportKind::Outcomes => {
                Err(e.context("outcomes need the warehouse: stop the server, or import in its UI or API"))
            }
            Err(_) => Ok((wiring::open_store(&self.data, url, Arc::new(SystemClock)).await?, false)),
        }
    }

    fn show(&self, report: &ImportReport) -> anyhow::Result<()> {
        if self.json {
            say(&serde_json::to_string_pretty(report)?);
            return Ok(());
        }
        for fault in &report.faults {
            let column = if fault.column.is_empty() { String::new() } else { format!(", column {}", fault.column) };
            eprintln!("row {}{column}: {}", fault.row, fault.message);
        }
        let outcome = if report.written { "written" } else { "nothing was written" };
        say(&format!(
            "{} rows ({}): {} added, {} there already, {} faulty; {outcome}",
            report.rows_total, report.encoding, report.rows_added, report.rows_same, report.rows_faulty
        ));
        Ok(())
    }
}

fn watch() -> Watch {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:10} {bar:30} {pos}/{len}  {per_sec}  eta {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    Arc::new(move |progress: import::Progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_message(progress.state.name());
    })
}
