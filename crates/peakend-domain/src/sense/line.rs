//! Business lines.

use serde::{Deserialize, Serialize};

use crate::{LineId, LocalText};

/// A business line, such as funds, cards or loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Id.
    pub id: LineId,
    /// Code, unique in the organisation and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Place in lists, from 0.
    pub position: i64,
}
