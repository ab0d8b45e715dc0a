//! Journeys and their stages.

use serde::{Deserialize, Serialize};

use crate::{JourneyId, LocalText, Pillar, StageId};

/// What a person sets out to do, from first to last stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Id.
    pub id: JourneyId,
    /// Code, unique in the organisation and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Pillar.
    pub pillar: Pillar,
    /// Business line it belongs to.
    pub line: Option<String>,
    /// Place in lists, from 0.
    pub position: i64,
    /// Stages in their order.
    pub stages: Vec<Stage>,
}

/// One part of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Id.
    pub id: StageId,
    /// Code, unique in the journey.
    pub code: String,
    /// Name.
    pub name: LocalText,
}
