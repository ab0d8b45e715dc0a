//! Puts the real parts together: store, warehouse, clock, randomness.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use peakend_app::{App, Settings};
use peakend_channel::act::mail::Mailer;
use peakend_domain::{Clock, Entropy};
use peakend_query::Warehouse;
use peakend_store::Store;
use peakend_warehouse::SegmentWarehouse;

use crate::config::DataOptions;

/// The machine's clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&self) -> [u8; 32] {
        rand::random()
    }
}

/// Open the data and wire the application over it.
pub(crate) async fn open(
    data: &DataOptions,
    public_url: String,
    clock: Arc<dyn Clock>,
    mailer: Option<Mailer>,
) -> anyhow::Result<Arc<App>> {
    let warehouse = async |folder: PathBuf, settings| Ok(Arc::new(SegmentWarehouse::open(&folder, settings)?) as _);
    open_over(data, public_url, clock, mailer, warehouse).await
}

/// Open the data and wire the application over it and a warehouse that is opened in
/// a folder, within bounds.
pub(crate) async fn open_over(
    data: &DataOptions,
    public_url: String,
    clock: Arc<dyn Clock>,
    mailer: Option<Mailer>,
    warehouse: impl AsyncFnOnce(PathBuf, peakend_warehouse::Settings) -> anyhow::Result<Arc<dyn Warehouse>>,
) -> anyhow::Result<Arc<App>> {
    std::fs::create_dir_all(&data.data).with_context(|| format!("create the data folder {}", data.data.display()))?;
    let store = Store::open(&data.address()).await?;
    let settings = peakend_warehouse::Settings {
        memory_bytes: data.query_memory_mib.saturating_mul(1024 * 1024),
        ..peakend_warehouse::Settings::default()
    };
    let warehouse = warehouse(data.warehouse(), settings).await?;
    let app = App::new(store, warehouse, clock, Arc::new(SystemEntropy), Settings { public_url });
    let app = Arc::new(app.with_mailer(mailer));
    app.refill().await?;
    peakend_app::sense::import::abandon(&app).await?;
    Ok(app)
}

/// Wire an application that never asks the warehouse (which a running server may hold).
pub(crate) async fn open_store(
    data: &DataOptions,
    public_url: String,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<App>> {
    let store = Store::open(&data.address()).await?;
    let none = Arc::new(peakend_query::NaiveWarehouse::default());
    Ok(Arc::new(App::new(store, none, clock, Arc::new(SystemEntropy), Settings { public_url })))
}

/// A clock that a demo sets to moments of its history, and lets go at the end.
#[derive(Debug, Default)]
pub(crate) struct StagedClock(std::sync::Mutex<Option<Timestamp>>);

impl StagedClock {
    /// Stand at an instant of history.
    pub(crate) fn stage(&self, at: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(at);
    }

    /// Follow the machine's clock from now on.
    pub(crate) fn release(&self) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

impl Clock for StagedClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).unwrap_or_else(Timestamp::now)
    }
}
