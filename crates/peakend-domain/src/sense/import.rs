//! Imports: a file of responses, signals, people, events or outcomes.

use serde::{Deserialize, Serialize};

/// What a file's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Answered surveys.
    Responses,
    /// Things said or written elsewhere.
    Signals,
    /// Persons with aliases and attributes.
    People,
    /// Things done.
    Events,
    /// Operating figures per person and month.
    Outcomes,
}

impl ImportKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Responses, Self::Signals, Self::People, Self::Events, Self::Outcomes];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::Signals => "signals",
            Self::People => "people",
            Self::Events => "events",
            Self::Outcomes => "outcomes",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// What is wrong with one row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// Row number as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// Column, when one is to blame; else empty.
    pub column: String,
    /// Stable machine code, snake case.
    pub code: String,
    /// What is wrong and what to do, in English.
    pub message: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows in the file, without its header.
    pub rows_total: u64,
    /// Rows written now.
    pub rows_added: u64,
    /// Rows that had been written before; they changed nothing.
    pub rows_same: u64,
    /// Rows that were not written because they are faulty.
    pub rows_faulty: u64,
    /// Whether anything was written; a strict import writes nothing when a row is faulty.
    pub written: bool,
    /// Encoding the file was read in.
    pub encoding: String,
    /// The first faults, at most [`FAULTS_SHOWN`].
    pub faults: Vec<RowFault>,
}

/// Faults kept in a report.
pub const FAULTS_SHOWN: usize = 1000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// The file is being read and checked.
    Reading,
    /// Rows are being written.
    Writing,
    /// Everything is written.
    Done,
    /// Nothing was written; the report says why.
    Refused,
    /// It broke off; nothing was written.
    Failed,
}

impl ImportState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Reading, Self::Writing, Self::Done, Self::Refused, Self::Failed];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Writing => "writing",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether it will not change any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Refused | Self::Failed)
    }
}
