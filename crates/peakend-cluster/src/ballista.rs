//! Plans sent to a Ballista scheduler.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use ballista::prelude::SessionContextExt as _;
use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::SessionConfigExt as _;
use ballista_core::serde::protobuf::CancelJobParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::collect;
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion_proto::protobuf::LogicalPlanNode;
use peakend_warehouse::Elsewhere;

use crate::codec::AskedPlans;
use crate::session;

/// A scheduler and what it needs to know of us.
pub struct Ballista {
    context: SessionContext,
    scheduler: String,
    patience: Duration,
}

impl std::fmt::Debug for Ballista {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ballista").field("scheduler", &self.scheduler).finish_non_exhaustive()
    }
}

impl Ballista {
    /// A scheduler at `host:port`; a scan is cut into `partitions` pieces, best as
    /// many as the executors have cores together. A question that has no answer
    /// after `patience` has failed: a job whose executor was lost may never end.
    ///
    /// # Errors
    /// When the address is none.
    pub async fn at(scheduler: &str, partitions: usize, patience: Duration) -> anyhow::Result<Self> {
        let state = SessionStateBuilder::new().with_default_features().with_config(session::config(partitions)).build();
        let url = format!("df://{scheduler}");
        let context = SessionContext::remote_with_state(&url, state)
            .await
            .with_context(|| format!("use scheduler {scheduler}"))?;
        // functions in the state do not survive its upgrade
        for ours in peakend_warehouse::aggregates() {
            context.register_udaf(ours.as_ref().clone());
        }
        Ok(Self { context, scheduler: format!("http://{scheduler}"), patience })
    }
}

#[async_trait]
impl Elsewhere for Ballista {
    fn context(&self) -> &SessionContext {
        &self.context
    }

    async fn collect(&self, plan: DataFrame) -> Result<Vec<RecordBatch>> {
        let task = Arc::new(plan.task_ctx());
        // as it was asked: an empty relation that the optimiser puts in loses its columns on the way
        let asked = Arc::new(DistributedQueryExec::with_extension(
            self.scheduler.clone(),
            task.session_config().ballista_config(),
            plan.into_unoptimized_plan(),
            Arc::new(AskedPlans::default()),
            task.session_id(),
        ));
        let mut job = Job { scheduler: self.scheduler.clone(), asked: Some(Arc::clone(&asked)) };
        let Ok(rows) = tokio::time::timeout(self.patience, collect(asked, task)).await else {
            // dropping the job cancels it
            let reason = format!("no answer within {} s: an executor may have been lost", self.patience.as_secs());
            return Err(DataFusionError::Execution(reason));
        };
        job.asked = None;
        rows
    }
}

/// A job whose caller may go away before it ends.
struct Job {
    scheduler: String,
    /// None once it has ended.
    asked: Option<Arc<DistributedQueryExec<LogicalPlanNode>>>,
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(job) = self.asked.take().and_then(|asked| asked.job_id()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let scheduler = self.scheduler.clone();
        runtime.spawn(async move {
            let cancelled = async {
                let mut client = SchedulerGrpcClient::connect(scheduler).await?;
                client.cancel_job(CancelJobParams { job_id: job.to_string() }).await?;
                anyhow::Ok(())
            };
            if let Err(error) = cancelled.await {
                tracing::warn!(%error, "a question nobody waits for could not be cancelled");
            }
        });
    }
}
