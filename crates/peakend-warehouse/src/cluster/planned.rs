//! The questions of a warehouse, planned here and computed elsewhere.

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::prelude::{DataFrame, SessionContext};
use peakend_query::{
    DayRange, Filter, JointRow, Migration, MigrationQuestion, OutcomeFact, OutcomeQuestion, Question, Ranked,
    RankingQuestion, Table, VoiceList, VoicePage, WarehouseError,
};

use crate::cluster::table::Spread;
use crate::cluster::{answer, counted, list, migration, outcome, ranking};
use crate::org::Snapshot;
use crate::predicate::{predicate, within};
use crate::warehouse::SegmentWarehouse;

/// Runs plans on other processes.
#[async_trait]
pub trait Elsewhere: Send + Sync + std::fmt::Debug {
    /// Makes the plans.
    fn context(&self) -> &SessionContext;
    /// Run a plan to its end; when the caller goes away, so does the work.
    async fn collect(&self, plan: DataFrame) -> Result<Vec<RecordBatch>>;
}

/// One question at a time over what a warehouse holds at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// Knows the segments and has the hot rows.
    pub warehouse: &'a SegmentWarehouse,
    /// Computes.
    pub elsewhere: &'a dyn Elsewhere,
}

impl Planned<'_> {
    /// Like [`peakend_query::Warehouse::answer`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn answer(&self, question: &Question) -> Result<Table, WarehouseError> {
        let snapshot = self.warehouse.snapshot(&question.org, question.period.from, question.period.to)?;
        let engine = self.warehouse.engine();
        if !question.persons && counted::able(engine, &snapshot, question) {
            return counted::answer(engine, self.elsewhere, &snapshot, question).await;
        }
        answer::answer(self.elsewhere, &snapshot, question).await
    }

    /// Like [`peakend_query::Warehouse::joint`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn joint(&self, question: &Question) -> Result<Vec<JointRow>, WarehouseError> {
        let snapshot = self.warehouse.snapshot(&question.org, question.period.from, question.period.to)?;
        let engine = self.warehouse.engine();
        if counted::able(engine, &snapshot, question) {
            return counted::joint(engine, self.elsewhere, &snapshot, question).await;
        }
        answer::joint(self.elsewhere, &snapshot, question).await
    }

    /// Like [`peakend_query::Warehouse::migration`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn migration(&self, question: &MigrationQuestion) -> Result<Migration, WarehouseError> {
        let (before, after) = (question.before, question.after);
        let both = DayRange { from: before.from.min(after.from), to: before.to.max(after.to) };
        let snapshot = self.warehouse.snapshot(&question.org, both.from, both.to)?;
        migration::migration(self.elsewhere, &snapshot, both, question).await
    }

    /// Like [`peakend_query::Warehouse::ranking`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        let snapshot = self.warehouse.snapshot(&question.org, question.period.from, question.period.to)?;
        let outcomes = self.warehouse.outcome_segments(&question.org, question.month, question.month);
        ranking::ranking(self.elsewhere, &snapshot, &outcomes, question).await
    }

    /// Like [`peakend_query::Warehouse::voices`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        let snapshot = self.warehouse.snapshot(&list.org, list.period.from, list.period.to)?;
        list::list(self.elsewhere, &snapshot, list).await
    }

    /// Like [`peakend_query::Warehouse::outcomes`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        let segments = self.warehouse.outcome_segments(&question.org, question.from, question.to);
        outcome::outcomes(self.elsewhere, &segments, question).await
    }
}

/// The voices of a snapshot that a question or list is about.
pub(super) fn wanted(
    elsewhere: &dyn Elsewhere,
    snapshot: &Snapshot,
    period: DayRange,
    filter: &Filter,
    late: bool,
) -> Result<DataFrame> {
    let mut attribute = None;
    filter.each_dimension(&mut |d| attribute = attribute.or(d.attribute()));
    if let Some(name) = attribute {
        return Err(DataFusionError::Plan(format!("executors do not know `{}`: ask one server", name.dimension())));
    }
    let table = Spread::voices(snapshot)?;
    let mut voices = elsewhere.context().read_table(std::sync::Arc::new(if late { table.late() } else { table }))?;
    if !snapshot.inside {
        voices = voices.filter(within(period))?;
    }
    match predicate(filter) {
        Some(condition) => voices.filter(condition),
        None => Ok(voices),
    }
}
