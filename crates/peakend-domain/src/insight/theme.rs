//! Theme: what a text is about. An organisation's scheme of themes is a document
//! with a version; each change is a new version and no version ever changes.

use jiff::Timestamp;

/// A saved version of an organisation's scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeVersion {
    /// Its number; the scheme that ships is 1, so the first saved one is 2.
    pub version: u32,
    /// The scheme as JSON.
    pub document: String,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
}
