//! `peakend-cluster executor`: Ballista's executor with our functions and bucket.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use peakend_warehouse::Companions;

use crate::codec::{AskedPlans, RunPlans};
use crate::options::StoreOptions;
use crate::session::{self, MESSAGE_BYTES};

/// Compute parts of questions for a scheduler.
#[derive(Debug, clap::Args)]
pub(crate) struct Executor {
    /// Host of the scheduler.
    #[arg(long, env = "PEAKEND_SCHEDULER_HOST", default_value = "127.0.0.1")]
    scheduler: String,
    /// Port of the scheduler.
    #[arg(long, env = "PEAKEND_SCHEDULER_PORT", default_value_t = 50050)]
    scheduler_port: u16,
    /// Address to listen on.
    #[arg(long, env = "PEAKEND_EXECUTOR_BIND", default_value = "127.0.0.1")]
    bind: String,
    /// Host name under which servers and other executors reach this one; the bound address when absent.
    #[arg(long, env = "PEAKEND_EXECUTOR_HOST")]
    host: Option<String>,
    /// Port for rows.
    #[arg(long, env = "PEAKEND_EXECUTOR_PORT", default_value_t = 50051)]
    port: u16,
    /// Port for tasks.
    #[arg(long, env = "PEAKEND_EXECUTOR_TASK_PORT", default_value_t = 50052)]
    task_port: u16,
    /// Tasks at one time; 0 for as many as there are cores.
    #[arg(long, env = "PEAKEND_EXECUTOR_CORES", default_value_t = 0)]
    cores: usize,
    /// Memory of all tasks together before they spill to disk, in MiB.
    #[arg(long, env = "PEAKEND_QUERY_MEMORY_MIB", default_value_t = 512)]
    memory_mib: u64,
    /// Folder for what passes between stages, for spilling, and for copies of coded columns.
    #[arg(long, env = "PEAKEND_EXECUTOR_WORK", default_value = "peakend-work")]
    work: PathBuf,
    /// Disk for copies of coded columns, in MiB; those not used for longest go first.
    #[arg(long, env = "PEAKEND_EXECUTOR_COPIES_MIB", default_value_t = 16_384)]
    copies_mib: u64,
    #[command(flatten)]
    store: StoreOptions,
}

impl Executor {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        // the engine cleans its folder by itself: the copies lie beside it
        let stages = self.work.join("stages");
        std::fs::create_dir_all(&stages).with_context(|| format!("create {}", stages.display()))?;
        let work = stages.canonicalize().with_context(|| format!("open {}", stages.display()))?;
        let room = self.copies_mib.saturating_mul(1 << 20);
        let companions = Arc::new(Companions::new(self.work.join("copies"), room).context("keep coded columns")?);
        let message = u32::try_from(MESSAGE_BYTES).context("size messages")?;
        let (store, spill) = (self.store, work.clone());
        let config = ExecutorProcessConfig {
            bind_host: self.bind.clone(),
            external_host: Some(self.host.unwrap_or(self.bind)),
            port: self.port,
            grpc_port: self.task_port,
            scheduler_host: self.scheduler,
            scheduler_port: self.scheduler_port,
            scheduler_connect_timeout_seconds: 30,
            vcores: self.cores,
            work_dir: Some(work.display().to_string()),
            job_data_ttl_seconds: 600,
            job_data_clean_up_interval_seconds: 60,
            grpc_max_decoding_message_size: message,
            grpc_max_encoding_message_size: message,
            executor_heartbeat_interval_seconds: 5,
            memory_pool_size: Some(self.memory_mib.saturating_mul(1 << 20)),
            override_function_registry: Some(Arc::new(session::functions())),
            override_config_producer: Some(Arc::new(move || {
                session::config(1).with_extension(Arc::clone(&companions))
            })),
            override_runtime_producer: Some(Arc::new(move |_| {
                let runtime = RuntimeEnvBuilder::new().with_temp_file_path(spill.clone()).build_arc()?;
                store.register(&runtime).map_err(|e| DataFusionError::External(e.into()))?;
                Ok(runtime)
            })),
            override_logical_codec: Some(Arc::new(AskedPlans::default())),
            override_physical_codec: Some(Arc::new(RunPlans::default())),
            ..ExecutorProcessConfig::default()
        };
        crate::cli::say(&format!("executor for rows on port {}", self.port));
        start_executor_process(Arc::new(config)).await.context("serve as executor")
    }
}
