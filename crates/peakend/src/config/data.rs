//! Where everything is kept.

use std::path::PathBuf;

/// Options every verb that opens the data shares.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataOptions {
    /// Folder of the embedded database and the warehouse.
    #[arg(long, env = "PEAKEND_DATA", default_value = "peakend-data")]
    pub(crate) data: PathBuf,
    /// Operational store: `sqlite:PATH` or `postgres://…`; a SQLite file in the data folder when absent.
    #[arg(long, env = "PEAKEND_DATABASE")]
    pub(crate) database: Option<String>,
    /// Memory that questions may use before they spill to disk, in MiB.
    #[arg(long, env = "PEAKEND_QUERY_MEMORY_MIB", default_value_t = 512)]
    pub(crate) query_memory_mib: usize,
}

impl DataOptions {
    /// The store's address.
    pub(crate) fn address(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("peakend.sqlite").display()))
    }

    /// The warehouse's folder.
    pub(crate) fn warehouse(&self) -> PathBuf {
        self.data.join("warehouse")
    }
}
