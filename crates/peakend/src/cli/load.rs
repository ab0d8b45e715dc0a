//! `peakend load FILES --map MAP.yaml`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use peakend_domain::Pillar;
use peakend_query::Dimension;
use peakend_warehouse::{Bulk, BulkFormat, BulkMap, BulkOutcome, BulkRefusal, SegmentWarehouse, Settings};

use super::say;
use crate::config::DataOptions;

/// Past voices, millions of them: scores, places and persons straight into the
/// warehouse, without texts, alerts or asks. All files or none of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Load {
    /// Parquet, CSV (UTF-8) or JSON Lines files, all of one kind and with the same columns.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which column is which field, as YAML; fields not named come from columns of their own name.
    #[arg(long)]
    map: Option<PathBuf>,
    /// Whose they are, where there is more than one organisation.
    #[arg(long)]
    org: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

impl Load {
    /// Exit status 1 when rows were faulty; nothing is loaded then.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let format = self.format()?;
        let map: BulkMap = match &self.map {
            None => BulkMap::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
                serde_yaml_ng::from_str(&text).with_context(|| format!("read the map {}", path.display()))?
            }
        };
        let org = self.org().await?;
        let settings =
            Settings { memory_bytes: self.data.query_memory_mib.saturating_mul(1024 * 1024), ..Settings::default() };
        let warehouse = SegmentWarehouse::open(&self.data.warehouse(), settings)?;
        let progress = Arc::new(AtomicU64::new(0));
        // employees' answers leave through the release gate only, which counts persons of the log
        let refused = vec![(Dimension::Pillar, Pillar::Employee.name().to_owned())];
        let bulk = Bulk { org, paths: self.files.clone(), format, map, refused, progress: Arc::clone(&progress) };
        let started = Instant::now();
        let watch = watch(progress);
        let outcome = warehouse.load(bulk).await;
        watch.abort();
        self.show(outcome, started.elapsed())
    }

    fn format(&self) -> anyhow::Result<BulkFormat> {
        let mut formats = self.files.iter().map(|f| BulkFormat::of(f));
        let first = formats.next().flatten();
        match first {
            Some(format) if formats.all(|f| f == Some(format)) => Ok(format),
            _ => bail!("the files must all end in .parquet, all in .csv, or all in .jsonl"),
        }
    }

    async fn org(&self) -> anyhow::Result<String> {
        let store = peakend_store::Store::open(&self.data.address()).await?;
        let mut tx = store.read().await?;
        let orgs = peakend_store::admin::org::all(&mut tx).await?;
        drop(tx);
        store.close().await;
        let known: Vec<String> = orgs.iter().map(|o| o.id.to_string()).collect();
        match (&self.org, known.as_slice()) {
            (Some(wanted), _) if known.contains(wanted) => Ok(wanted.clone()),
            (Some(wanted), _) => bail!("there is no organisation `{wanted}`; there are {}", known.join(", ")),
            (None, [one]) => Ok(one.clone()),
            (None, []) => bail!("there is no organisation yet: start peakend serve and create the owner first"),
            (None, _) => bail!("name one organisation with --org: {}", known.join(", ")),
        }
    }

    fn show(&self, outcome: Result<BulkOutcome, BulkRefusal>, took: Duration) -> anyhow::Result<ExitCode> {
        let (report, status) = match outcome {
            Ok(BulkOutcome::AlreadyThere) => (serde_json::json!({ "already_there": true }), ExitCode::SUCCESS),
            Ok(BulkOutcome::Loaded(report)) => {
                let mut shown = serde_json::to_value(&report)?;
                shown["seconds"] = took.as_secs_f64().into();
                shown["rows_per_second"] = (report.rows as f64 / took.as_secs_f64()).round().into();
                (shown, ExitCode::SUCCESS)
            }
            Err(BulkRefusal::Rows { count, first }) => {
                first.iter().for_each(|f| eprintln!("row {}, {}: {}", f.row, f.field, f.reason));
                (serde_json::json!({ "faults": count, "first": first }), ExitCode::FAILURE)
            }
            Err(other) => return Err(other.into()),
        };
        if self.json {
            say(&serde_json::to_string_pretty(&report)?);
        } else if report.get("already_there").is_some() {
            say("these files were loaded before with the same map; nothing changed");
        } else if let Some(count) = report.get("faults") {
            say(&format!("{count} faults; nothing was loaded"));
        } else {
            let text = |name: &str| report[name].to_string();
            say(&format!(
                "{} voices in {} segments, {:.1} s, {} a second",
                text("rows"),
                text("segments"),
                took.as_secs_f64(),
                text("rows_per_second")
            ));
        }
        Ok(status)
    }
}

/// Rows and rate, on a terminal.
fn watch(progress: Arc<AtomicU64>) -> tokio::task::JoinHandle<()> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows  {per_sec}  {elapsed}") {
        bar.set_style(style);
    }
    tokio::spawn(async move {
        loop {
            bar.set_position(progress.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
}
