//! `peakend rebuild`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use peakend_warehouse::{SegmentWarehouse, Settings};

use super::say;
use crate::config::DataOptions;

/// Write the warehouse's segments anew with their coded columns and stored counts:
/// after an upgrade that keeps more of them. Stop the server first; no figure changes.
/// A damaged file is not mended by it: restore a backup.
#[derive(Debug, clap::Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    data: DataOptions,
}

impl Rebuild {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let warehouse = SegmentWarehouse::open(&self.data.warehouse(), Settings::default())?;
        let all = warehouse.organisations();
        let (started, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let watch = watch(all.iter().map(|(_, rows)| rows).sum(), Arc::clone(&done));
        for (org, _) in &all {
            warehouse.rebuild(org, Arc::clone(&done)).await?;
        }
        watch.abort();
        let (rows, took) = (done.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
        say(&format!("{rows} rows of {} organisations written anew, {took:.1} s", all.len()));
        Ok(())
    }
}

/// Rows, rate and time left, on a terminal.
fn watch(rows: u64, done: Arc<AtomicU64>) -> tokio::task::JoinHandle<()> {
    let bar = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    tokio::spawn(async move {
        loop {
            bar.set_position(done.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
}
