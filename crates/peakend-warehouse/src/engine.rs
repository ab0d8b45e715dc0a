//! The engine and its bounds: threads of its own, a memory pool, a spill folder.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use peakend_query::WarehouseError;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::codes::Work;
use crate::fault::{engine, storage};
use crate::scan::Voices;

/// Questions computed at one time; others wait. Each holds decode buffers the
/// memory pool does not see.
const QUESTIONS_AT_ONCE: usize = 4;

/// Bounds of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bytes that groupings and sorts may hold before they spill to disk.
    pub memory_bytes: usize,
    /// Threads and partitions per question.
    pub partitions: usize,
    /// Answer from coded columns and stored counts where they suffice; otherwise
    /// every question reads the rows.
    pub coded: bool,
    /// Which segments have stored counts.
    pub rollup: RollupRule,
}

/// When counts are stored beside a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollupRule {
    /// The segment has at least so many rows: fewer are counted as fast as they are looked up.
    pub rows: usize,
    /// So many rows fall into one group of a set: fewer save nothing.
    pub rows_per_group: usize,
}

impl Default for RollupRule {
    fn default() -> Self {
        Self { rows: 50_000, rows_per_group: 6 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, partitions: 2, coded: true, rollup: RollupRule::default() }
    }
}

/// Runs plans apart from the threads that serve requests.
pub(crate) struct Engine {
    runtime: Option<Runtime>,
    context: SessionContext,
    turns: Arc<Semaphore>,
    settings: Settings,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Start the engine; `spill` is emptied and used for what does not fit in memory.
    pub(crate) fn start(spill: &Path, settings: Settings) -> Result<Self, WarehouseError> {
        if spill.exists() {
            fs::remove_dir_all(spill).map_err(storage("empty", spill))?;
        }
        fs::create_dir_all(spill).map_err(storage("create", spill))?;
        let partitions = settings.partitions.max(1);
        let runtime = Builder::new_multi_thread()
            .worker_threads(partitions)
            .thread_name("warehouse")
            .enable_all()
            .build()
            .map_err(engine("start its threads"))?;
        let bounds = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(settings.memory_bytes)))
            .with_disk_manager_builder(
                DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill.to_owned()])),
            )
            .build_arc()
            .map_err(engine("set its memory bound"))?;
        let config = SessionConfig::new()
            .with_target_partitions(partitions)
            .with_repartition_file_min_size(1 << 20)
            .with_collect_statistics(false);
        let context = SessionContext::new_with_config_rt(config, bounds);
        Ok(Self { runtime: Some(runtime), context, turns: Arc::new(Semaphore::new(QUESTIONS_AT_ONCE)), settings })
    }

    /// The table of a snapshot's voices.
    pub(crate) fn read(&self, table: Voices) -> Result<DataFrame> {
        self.context.read_table(Arc::new(table))
    }

    /// Compute on the engine's threads; stops when the caller goes away.
    pub(crate) async fn compute<T, F>(&self, operation: &'static str, work: F) -> Result<T, WarehouseError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(engine(operation))?;
        let Some(runtime) = &self.runtime else {
            return Err(engine(operation)("the engine has stopped"));
        };
        // dropping the set aborts the task
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, runtime.handle());
        match tasks.join_next().await {
            Some(Ok(done)) => done.map_err(engine(operation)),
            Some(Err(failed)) => Err(engine(operation)(failed)),
            None => Err(engine(operation)("the engine has stopped")),
        }
    }

    /// Whether coded columns may answer.
    pub(crate) fn coded(&self) -> bool {
        self.settings.coded
    }

    /// Which segments have stored counts.
    pub(crate) fn rollup(&self) -> RollupRule {
        self.settings.rollup
    }

    /// Threads per question.
    pub(crate) fn threads(&self) -> usize {
        self.settings.partitions.max(1)
    }

    /// How many events a question sorts at one time: half of a question's share of the
    /// memory, each 32 bytes and as many again while they are put together.
    pub(crate) fn events_at_once(&self) -> usize {
        (self.settings.memory_bytes / (2 * 64)).max(1 << 16)
    }

    /// Work on coded columns; stops when the caller goes away.
    pub(crate) async fn count<T, F>(&self, operation: &'static str, work: F) -> Result<T, WarehouseError>
    where
        T: Send + 'static,
        F: FnOnce(Work<'_>) -> Result<T, WarehouseError> + Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(engine(operation))?;
        let Some(runtime) = &self.runtime else {
            return Err(engine(operation)("the engine has stopped"));
        };
        let gone = Gone::default();
        let (stop, threads) = (Arc::clone(&gone.0), self.threads());
        runtime.spawn_blocking(move || work(Work { threads, stop: &stop })).await.map_err(engine(operation))?
    }

    /// Run blocking work that must not stop half-way, whether or not the caller waits.
    pub(crate) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, WarehouseError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, WarehouseError> + Send + 'static,
    {
        let Some(runtime) = &self.runtime else {
            return Err(engine(operation)("the engine has stopped"));
        };
        runtime.spawn_blocking(work).await.map_err(engine(operation))?
    }
}

/// Tells the work that nobody waits for it any more.
#[derive(Debug, Default)]
pub(crate) struct Gone(pub(crate) Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // a runtime must not wait for its threads on a thread of another runtime
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
