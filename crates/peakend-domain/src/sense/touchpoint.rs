//! Touchpoints and who owns them.

use serde::{Deserialize, Serialize};

use crate::{LocalText, Pillar, TouchpointId, UserId};

/// Where a person meets the organisation on a stage of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touchpoint {
    /// Id.
    pub id: TouchpointId,
    /// Code, unique in the organisation and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Pillar.
    pub pillar: Pillar,
    /// Journey code.
    pub journey: Option<String>,
    /// Stage code within the journey.
    pub stage: Option<String>,
    /// Business line code.
    pub line: Option<String>,
    /// Place in lists, from 0.
    pub position: i64,
}

/// Who answers for a touchpoint, in one unit (and below it) or everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchpointOwner {
    /// Touchpoint code.
    pub touchpoint: String,
    /// Unit code; none means everywhere.
    pub unit: Option<String>,
    /// The owner.
    pub user: UserId,
}
