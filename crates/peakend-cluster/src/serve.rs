//! `peakend-cluster serve`: the application over shared segments and Ballista.

use std::sync::Arc;
use std::time::Duration;

use peakend_query::Warehouse;
use peakend_warehouse::SharedWarehouse;

use crate::ballista::Ballista;
use crate::options::StoreOptions;
use crate::warehouse::ClusterWarehouse;

/// Serve beside other servers of the same PostgreSQL and bucket.
// the flattened verb has a group of this name
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Serve {
    /// Scheduler that takes the questions, `host:port`; without one they are answered here, from the shared segments.
    #[arg(long, env = "PEAKEND_SCHEDULER")]
    scheduler: Option<String>,
    /// Pieces a question is cut into: as many as the executors have cores together.
    #[arg(long, env = "PEAKEND_PARTITIONS", default_value_t = 4)]
    partitions: usize,
    /// Seconds after which a question without an answer is cancelled and asked once more.
    #[arg(long, env = "PEAKEND_QUESTION_PATIENCE_S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    question_patience_s: u64,
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    serve: peakend::Serve,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self { scheduler, partitions, question_patience_s, store, serve } = self;
        let patience = Duration::from_secs(question_patience_s);
        serve
            .over(async move |folder, settings| {
                let bucket = store.open(number())?;
                let shared = SharedWarehouse::open(&folder, settings, bucket).await?;
                let warehouse: Arc<dyn Warehouse> = match scheduler {
                    Some(at) => Arc::new(ClusterWarehouse::new(shared, Ballista::at(&at, partitions, patience).await?)),
                    None => Arc::new(shared),
                };
                Ok(warehouse)
            })
            .await
    }
}

/// A number that no other server is likely to have.
#[expect(clippy::disallowed_methods, reason = "servers must differ; nothing is computed from it")]
fn number() -> u32 {
    rand::random()
}
