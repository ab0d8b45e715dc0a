//! The warehouse of a server in a cluster.

use std::collections::BTreeSet;

use async_trait::async_trait;
use peakend_query::{
    AttributeName, CohortQuestion, Cohorts, EventFact, Funnel, FunnelQuestion, JointRow, Loaded, Migration,
    MigrationQuestion, OutcomeFact, OutcomeQuestion, Question, Ranked, RankingQuestion, Retention, Table, VoiceFact,
    VoiceList, VoicePage, Warehouse, WarehouseError,
};
use peakend_warehouse::{Planned, SharedWarehouse};

use crate::ballista::Ballista;

/// Writes like every server over shared segments; questions go to Ballista.
#[derive(Debug)]
pub struct ClusterWarehouse {
    shared: SharedWarehouse,
    ballista: Ballista,
}

/// Ask; when the engine fails, look at the segments anew and ask once more. An
/// executor may have been lost, or a segment merged away under the question. The
/// whole question is asked again, so no part of the first answer remains.
macro_rules! asked {
    ($self:ident, $org:expr, $ask:ident, $question:expr) => {
        match $self.planned().$ask($question).await {
            Err(WarehouseError::Engine { operation, source }) => {
                tracing::warn!(operation, error = %source, "a question failed on the cluster; asking once more");
                if let Err(error) = $self.shared.catch_up($org).await {
                    tracing::warn!(%error, "the shared segments could not be looked at");
                }
                $self.planned().$ask($question).await
            }
            other => other,
        }
    };
}

impl ClusterWarehouse {
    /// Shared segments, and a scheduler that knows executors which read them.
    #[must_use]
    pub fn new(shared: SharedWarehouse, ballista: Ballista) -> Self {
        Self { shared, ballista }
    }

    /// The segments and hot rows of this server.
    #[must_use]
    pub fn shared(&self) -> &SharedWarehouse {
        &self.shared
    }

    /// The same without a scheduler.
    #[must_use]
    pub fn into_shared(self) -> SharedWarehouse {
        self.shared
    }

    fn planned(&self) -> Planned<'_> {
        Planned { warehouse: self.shared.local(), elsewhere: &self.ballista }
    }
}

#[async_trait]
impl Warehouse for ClusterWarehouse {
    fn is_shared(&self) -> bool {
        true
    }

    async fn answer(&self, question: &Question) -> Result<Table, WarehouseError> {
        asked!(self, &question.org, answer, question)
    }

    async fn joint(&self, question: &Question) -> Result<Vec<JointRow>, WarehouseError> {
        asked!(self, &question.org, joint, question)
    }

    async fn migration(&self, question: &MigrationQuestion) -> Result<Migration, WarehouseError> {
        asked!(self, &question.org, migration, question)
    }

    async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        asked!(self, &question.org, ranking, question)
    }

    async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        asked!(self, &list.org, voices, list)
    }

    async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        asked!(self, &question.org, outcomes, question)
    }

    async fn attributes(&self, org: &str) -> Result<BTreeSet<AttributeName>, WarehouseError> {
        self.shared.attributes(org).await
    }

    async fn append(&self, org: &str, voices: Vec<VoiceFact>) -> Result<(), WarehouseError> {
        self.shared.append(org, voices).await
    }

    async fn seal(&self, org: &str) -> Result<u64, WarehouseError> {
        self.shared.seal(org).await
    }

    async fn position(&self, org: &str) -> Result<u64, WarehouseError> {
        self.shared.position(org).await
    }

    async fn head(&self, org: &str) -> Result<u64, WarehouseError> {
        self.shared.head(org).await
    }

    async fn load_outcomes(&self, org: &str, batch: &str, rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError> {
        self.shared.load_outcomes(org, batch, rows).await
    }

    // events are sorted by person where their segments lie: this server answers alone
    async fn funnel(&self, question: &FunnelQuestion) -> Result<Funnel, WarehouseError> {
        self.shared.funnel(question).await
    }

    async fn cohorts(&self, question: &CohortQuestion) -> Result<Cohorts, WarehouseError> {
        self.shared.cohorts(question).await
    }

    async fn append_events(&self, org: &str, events: Vec<EventFact>) -> Result<(), WarehouseError> {
        self.shared.append_events(org, events).await
    }

    async fn seal_events(&self, org: &str) -> Result<u64, WarehouseError> {
        self.shared.seal_events(org).await
    }

    async fn event_head(&self, org: &str) -> Result<u64, WarehouseError> {
        self.shared.event_head(org).await
    }

    async fn erase(&self, org: &str, persons: &[String]) -> Result<u64, WarehouseError> {
        self.shared.erase(org, persons).await
    }

    async fn revise(&self, org: &str, voices: Vec<VoiceFact>) -> Result<u64, WarehouseError> {
        self.shared.revise(org, voices).await
    }

    async fn expire(&self, org: &str, keep: Retention) -> Result<u64, WarehouseError> {
        self.shared.expire(org, keep).await
    }

    async fn clear(&self, org: &str) -> Result<(), WarehouseError> {
        self.shared.clear(org).await
    }
}
