//! `peakend-cluster scheduler`: Ballista's scheduler with our functions.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use ballista_core::extension::SessionConfigExt as _;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;

use crate::codec::{AskedPlans, RunPlans};
use crate::options::StoreOptions;
use crate::session::{self, MESSAGE_BYTES};

/// Take questions and hand their parts to executors.
#[derive(Debug, clap::Args)]
pub(crate) struct Scheduler {
    /// Address to listen on. Anybody who reaches it can read every figure: keep it on a private network.
    #[arg(long, env = "PEAKEND_SCHEDULER_LISTEN", default_value = "127.0.0.1:50050")]
    listen: SocketAddr,
    /// Host name under which executors reach this scheduler.
    #[arg(long, env = "PEAKEND_SCHEDULER_HOST", default_value = "127.0.0.1")]
    host: String,
    /// Seconds without a sign after which an executor counts as lost.
    #[arg(long, default_value_t = 20)]
    lost_after_s: u64,
    #[command(flatten)]
    store: StoreOptions,
}

impl Scheduler {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let message = u32::try_from(MESSAGE_BYTES).context("size messages")?;
        let store = self.store.clone();
        let config = SchedulerConfig {
            bind_host: self.listen.ip().to_string(),
            bind_port: self.listen.port(),
            external_host: self.host,
            executor_timeout_seconds: self.lost_after_s,
            no_executors_grace_period_seconds: self.lost_after_s,
            expire_dead_executor_interval_seconds: 5,
            finished_job_data_clean_up_interval_seconds: 30,
            finished_job_state_clean_up_interval_seconds: 300,
            grpc_server_max_decoding_message_size: message,
            grpc_server_max_encoding_message_size: message,
            grpc_client_max_message_size: message,
            override_config_producer: Some(Arc::new(|| session::config(1))),
            override_session_builder: Some(Arc::new(move |config| state(config, &store))),
            override_logical_codec: Some(Arc::new(AskedPlans::default())),
            override_physical_codec: Some(Arc::new(RunPlans::default())),
            ..SchedulerConfig::default()
        };
        let cluster = BallistaCluster::new_from_config(&config).await.context("start the scheduler")?;
        crate::cli::say(&format!("scheduler listening on {}", self.listen));
        start_server(cluster, self.listen, Arc::new(config)).await.context("serve as scheduler")
    }
}

fn state(
    config: SessionConfig,
    store: &StoreOptions,
) -> datafusion::error::Result<datafusion::execution::SessionState> {
    let runtime = RuntimeEnvBuilder::new().build_arc()?;
    store.register(&runtime).map_err(|e| datafusion::error::DataFusionError::External(e.into()))?;
    let config = config
        .with_ballista_logical_extension_codec(Arc::new(AskedPlans::default()))
        .with_ballista_physical_extension_codec(Arc::new(RunPlans::default()));
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_aggregate_functions(session::functions().aggregate_functions.into_values().collect())
        .build();
    Ok(state)
}
