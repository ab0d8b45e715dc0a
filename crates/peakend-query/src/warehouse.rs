//! The one door between the loop and an analytics engine.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::{
    AttributeName, CohortQuestion, Cohorts, EventFact, Funnel, FunnelQuestion, JointRow, Migration, MigrationQuestion,
    OutcomeFact, OutcomeQuestion, Question, Ranked, RankingQuestion, Retention, Table, VoiceFact, VoiceList, VoicePage,
    WarehouseError,
};

/// What a bulk load did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// Rows were added.
    Added(u64),
    /// This batch id had been loaded before; nothing changed.
    AlreadyThere,
}

/// Answers questions over voices and outcomes of one or many organisations.
///
/// Contract: after `append` or `load_outcomes` returns, every later answer
/// includes those rows. `append` is idempotent by `(org, seq)`: a row whose seq
/// is at or below `position(org)` or already hot is ignored. Hot rows need not
/// survive a restart; the caller replays the log from `position(org)`.
#[async_trait]
pub trait Warehouse: Send + Sync + std::fmt::Debug {
    /// Whether other servers have the same segments. Then hot rows are read from the
    /// log in its order, never handed over by the server that took them in.
    fn is_shared(&self) -> bool {
        false
    }
    /// Answer a question.
    async fn answer(&self, question: &Question) -> Result<Table, WarehouseError>;
    /// Scores given together, per group; grain and persons of the question are not looked at.
    async fn joint(&self, question: &Question) -> Result<Vec<JointRow>, WarehouseError>;
    /// Persons by their band in two periods.
    async fn migration(&self, question: &MigrationQuestion) -> Result<Migration, WarehouseError>;
    /// Persons behind some voices, those with the largest operating figure first.
    async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError>;
    /// List the voices behind a figure.
    async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError>;
    /// The names that voices have attributes by.
    async fn attributes(&self, org: &str) -> Result<BTreeSet<AttributeName>, WarehouseError>;
    /// Take new voices into the hot tail.
    async fn append(&self, org: &str, voices: Vec<VoiceFact>) -> Result<(), WarehouseError>;
    /// Make hot rows durable as a segment; returns how many were sealed.
    async fn seal(&self, org: &str) -> Result<u64, WarehouseError>;
    /// Highest log position that is durable here; 0 when none.
    async fn position(&self, org: &str) -> Result<u64, WarehouseError>;
    /// Highest log position that answers count, durable or hot; 0 when none.
    async fn head(&self, org: &str) -> Result<u64, WarehouseError>;
    /// Load operating figures, durable when it returns, idempotent by batch id.
    /// A later batch wins over an earlier one for the same (person, kind, month).
    async fn load_outcomes(&self, org: &str, batch: &str, rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError>;
    /// Operating figures, one per (person, month), sorted by person then month.
    async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError>;
    /// Persons by how far they went along some steps.
    async fn funnel(&self, question: &FunnelQuestion) -> Result<Funnel, WarehouseError>;
    /// Persons by when they first did something, and when they came back.
    async fn cohorts(&self, question: &CohortQuestion) -> Result<Cohorts, WarehouseError>;
    /// Take new events into their hot tail, in the order of the log. A row at or below
    /// `event_head(org)` is ignored; the caller goes on from there, also after a restart.
    async fn append_events(&self, org: &str, events: Vec<EventFact>) -> Result<(), WarehouseError>;
    /// Make hot events durable as a segment; returns how many were sealed.
    async fn seal_events(&self, org: &str) -> Result<u64, WarehouseError>;
    /// Highest log position whose events answers count, durable or hot; 0 when none.
    async fn event_head(&self, org: &str) -> Result<u64, WarehouseError>;
    /// Remove every row of these persons, from memory and from stable storage;
    /// returns how many. When it returns, no file of the warehouse holds them. The
    /// log positions of removed voices stay taken: appending them again changes nothing
    /// once they are sealed, so the caller erases its log first.
    async fn erase(&self, org: &str, persons: &[String]) -> Result<u64, WarehouseError>;
    /// Put new readings of voices (theme, tone, scores) in the place of the rows with
    /// the same seq, hot or sealed; returns how many rows there were. A seq that is not
    /// here is passed over; day and instant cannot change (`Question`). Every segment
    /// that holds one is written anew: give many voices at a time.
    async fn revise(&self, org: &str, voices: Vec<VoiceFact>) -> Result<u64, WarehouseError>;
    /// Remove what is older than an organisation keeps, from memory and from stable
    /// storage; returns how many rows. Voices of a survey with a time of its own go by that.
    async fn expire(&self, org: &str, keep: Retention) -> Result<u64, WarehouseError>;
    /// Remove an organisation's segments and hot rows (used by rebuild and reset).
    async fn clear(&self, org: &str) -> Result<(), WarehouseError>;
}
