//! Why a file was not loaded.

use peakend_query::WarehouseError;
use serde::Serialize;

/// A row that is not a voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// Row of the file, the first data row being 1.
    pub row: u64,
    /// Field of a voice.
    pub field: String,
    /// What is wrong with it and what it should be.
    pub reason: String,
}

/// Nothing of the file was loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkRefusal {
    /// The map does not fit the file.
    #[error("the map does not fit the file: {0}")]
    Map(String),
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Some rows are not voices; nothing was loaded.
    #[error("{count} rows are not voices; row {}: {} {}", .first.first().map_or(0, |f| f.row), .first.first().map_or("", |f| &f.field), .first.first().map_or("", |f| &f.reason))]
    Rows {
        /// How many.
        count: u64,
        /// The first hundred.
        first: Vec<RowFault>,
    },
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// Bad rows met so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) count: u64,
    pub(super) first: Vec<RowFault>,
}

impl Faults {
    pub(super) const KEPT: usize = 100;

    pub(super) fn add(&mut self, row: u64, field: &str, reason: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(RowFault { row, field: field.to_owned(), reason: reason.into() });
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.sort_unstable_by_key(|f| f.row);
        self.first.truncate(Self::KEPT);
    }
}
