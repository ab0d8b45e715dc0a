//! A companion file of a segment, as the manifest names it.

use serde::{Deserialize, Serialize};

/// What a companion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stored {
    /// Coded columns.
    Codes,
    /// Counts by day or month and a few dimensions.
    Rollup,
    /// Values and persons of outcomes, in the order of the rows.
    Outcomes,
    /// Where the rows of persons and ids lie.
    Places,
}

impl Stored {
    /// First part of the file's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::Rollup => "rollup",
            Self::Outcomes => "values",
            Self::Places => "places",
        }
    }
}

/// One companion file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// What it holds.
    pub(crate) stored: Stored,
    /// Name inside the `segments` folder.
    pub(crate) file: String,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// CRC-32 of the file.
    pub(crate) crc32: u32,
}
