//! Faults of the store.

use std::io::ErrorKind;

/// What a disk did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// It has no room; there may be room again.
    Full,
    /// It failed; nobody knows what it kept.
    Broken,
}

/// Something broke below the rules; "not found" and refusals are never here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed an operation.
    #[error("store could not {operation}")]
    Database {
        /// The operation, as a verb and its noun.
        operation: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// An operation on a file of ours failed.
    #[error("store could not {operation} {}: {source}", path.display())]
    File {
        /// The operation, as a verb.
        operation: &'static str,
        /// The file or folder.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A stored value cannot be read back as its domain type.
    #[error("stored {what} cannot be read: {reason}")]
    Corrupt {
        /// Which column or document.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The database was written by a newer release.
    #[error("the database has schema {found}, this release knows up to {known}: start the newer release")]
    Newer {
        /// Schema number found.
        found: i64,
        /// Highest schema number of this release.
        known: i64,
    },
    /// The connection text is not one we serve.
    #[error("database address must begin with sqlite: or postgres:, got `{0}`")]
    Address(String),
    /// The intake writer has stopped after a failed sync; the process must restart.
    #[error("intake has stopped after a storage fault: {0}")]
    IntakeStopped(String),
    /// The disk has no room; nothing was written.
    #[error("the disk is full: retry after {retry_after_s} s")]
    Full {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// Too much waits to be written; try again after the given seconds.
    #[error("intake is full: retry after {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
}

impl StoreError {
    /// Turn a database error into a fault that names the operation:
    /// `.map_err(StoreError::on("insert case"))`.
    pub fn on(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    /// A value that does not read back.
    pub fn corrupt(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { what, reason: reason.to_string() }
    }

    /// What the disk did, when it is the cause.
    #[must_use]
    pub fn disk(&self) -> Option<DiskFault> {
        /// SQLite's general result for a full disk.
        const FULL: u32 = 13;
        /// SQLite's general result for a failed read or write.
        const IO: u32 = 10;
        /// Kinds of [`IO`] that mean no more than no room, and no lock, for the index of the log.
        const INDEX: [u32; 4] = [18, 19, 20, 21];
        /// Operations after whose failure nobody knows what a file holds.
        const CHANGING: [&str; 4] = ["write", "sync", "empty", "take back the end of"];
        /// Those among them that have room enough, or never will.
        const FINAL: [&str; 2] = ["sync", "take back the end of"];
        match self {
            Self::Full { .. } => Some(DiskFault::Full),
            Self::File { operation, source, .. } => match source.kind() {
                // a sync that failed has perhaps forgotten what it did not write, and what
                // cannot be taken back stays
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded if !FINAL.contains(operation) => {
                    Some(DiskFault::Full)
                }
                _ => CHANGING.contains(operation).then_some(DiskFault::Broken),
            },
            Self::Database { source: sqlx::Error::Database(e), .. } => {
                let code = e.code()?;
                if code == "53100" {
                    return Some(DiskFault::Full);
                }
                // PostgreSQL's codes have five characters, SQLite's are smaller numbers
                let code = code.parse::<u32>().ok().filter(|_| code.len() < 5)?;
                match (code & 0xff, code >> 8) {
                    (FULL, _) => Some(DiskFault::Full),
                    (IO, kind) if INDEX.contains(&kind) => Some(DiskFault::Full),
                    (IO, _) => Some(DiskFault::Broken),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the cause is a broken uniqueness (or other) constraint.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Database { source: sqlx::Error::Database(e), .. } => e.is_unique_violation(),
            _ => false,
        }
    }
}
