//! The questions of a warehouse, planned here and computed elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::prelude::{DataFrame, SessionContext};
use peakend_query::{
    DayRange, Dimension, Filter, JointRow, Migration, MigrationQuestion, OutcomeFact, OutcomeQuestion, Question,
    Ranked, RankingQuestion, Table, VoiceList, VoicePage, Warehouse as _, WarehouseError,
};

use crate::cluster::table::Spread;
use crate::cluster::{answer, counted, list, migration, movers, outcome, ranked, ranking};
use crate::counted::whole;
use crate::list::looked_up;
use crate::org::Snapshot;
use crate::outcome::FEW;
use crate::predicate::{predicate, within};
use crate::ranking::Figured;
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
        if attributed(&question.filter, &question.by) {
            return self.warehouse.answer(question).await;
        }
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
        if attributed(&question.filter, &question.by) {
            return self.warehouse.joint(question).await;
        }
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
        if attributed(&question.filter, &[]) {
            return self.warehouse.migration(question).await;
        }
        let whole = whole(question);
        let both = whole.period;
        let snapshot = self.warehouse.snapshot(&question.org, both.from, both.to)?;
        let engine = self.warehouse.engine();
        if counted::able(engine, &snapshot, &whole) {
            return movers::migration(engine, self.elsewhere, &snapshot, question).await;
        }
        migration::migration(self.elsewhere, &snapshot, both, question).await
    }

    /// Like [`peakend_query::Warehouse::ranking`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        if attributed(&question.filter, &[]) {
            return self.warehouse.ranking(question).await;
        }
        let snapshot = self.warehouse.snapshot(&question.org, question.period.from, question.period.to)?;
        let outcomes = self.warehouse.outcome_segments(&question.org, question.month, question.month);
        let engine = self.warehouse.engine();
        if ranked::able(engine, &snapshot, question)
            && let Some(figures) = Figured::of(&outcomes, question)
        {
            return ranked::ranking(engine, self.elsewhere, &snapshot, figures, question).await;
        }
        ranking::ranking(self.elsewhere, &snapshot, &outcomes, question).await
    }

    /// Like [`peakend_query::Warehouse::voices`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        if attributed(&list.filter, &[]) {
            return self.warehouse.voices(list).await;
        }
        let snapshot = self.warehouse.snapshot(&list.org, list.period.from, list.period.to)?;
        let engine = self.warehouse.engine();
        // a person or a voice is found at once where the segments are, and they are here too
        match looked_up(engine, &snapshot, list).await? {
            Some(page) => Ok(page),
            None => list::list(engine, self.elsewhere, &snapshot, list).await,
        }
    }

    /// Like [`peakend_query::Warehouse::outcomes`].
    ///
    /// # Errors
    /// When the plan fails where it runs.
    pub async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        if question.persons.as_ref().is_some_and(|persons| persons.len() <= FEW) {
            return self.warehouse.outcomes(question).await;
        }
        let segments = self.warehouse.outcome_segments(&question.org, question.from, question.to);
        outcome::outcomes(self.elsewhere, &segments, question).await
    }
}

/// Whether attributes are asked about. Executors count coded columns and the columns
/// that all voices have: the server that asks has every segment and answers alone.
fn attributed(filter: &Filter, by: &[Dimension]) -> bool {
    let mut found = by.iter().any(|d| d.attribute().is_some());
    filter.each_dimension(&mut |d| found |= d.attribute().is_some());
    found
}

/// The voices of a snapshot that a question or list is about.
pub(super) fn wanted(
    elsewhere: &dyn Elsewhere,
    snapshot: &Snapshot,
    period: DayRange,
    filter: &Filter,
) -> Result<DataFrame> {
    let mut voices = elsewhere.context().read_table(Arc::new(Spread::voices(snapshot)?))?;
    if !snapshot.inside {
        voices = voices.filter(within(period))?;
    }
    match predicate(filter) {
        Some(condition) => voices.filter(condition),
        None => Ok(voices),
    }
}
