//! Asks: each decision to ask a person, or not to ask and why.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AskId, EventRuleId, SurveyId};

/// Why a person is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// Somebody asked them within the contact rule's days.
    AskedRecently,
    /// The survey is not published or has been closed.
    SurveyNotOpen,
}

/// How far an ask has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskState {
    /// To be shown from `show_at` on.
    Due,
    /// The page has shown it.
    Shown {
        /// When first.
        at: jiff::Timestamp,
    },
    /// It was answered.
    Answered {
        /// When.
        at: jiff::Timestamp,
    },
    /// The person is not asked.
    Withheld {
        /// Why.
        reason: Withheld,
        /// When they were last asked, when that is the reason.
        last: Option<jiff::Timestamp>,
    },
}

impl AskState {
    /// The stored and public name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Shown { .. } => "shown",
            Self::Answered { .. } => "answered",
            Self::Withheld { .. } => "withheld",
        }
    }
}

impl Withheld {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AskedRecently => "asked_recently",
            Self::SurveyNotOpen => "survey_not_open",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AskedRecently, Self::SurveyNotOpen].into_iter().find(|r| r.name() == name)
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Id.
    pub id: AskId,
    /// The event rule that led to it; none when a case's re-ask did.
    pub rule: Option<EventRuleId>,
    /// What is asked.
    pub survey: SurveyId,
    /// Who.
    pub person: String,
    /// The event that led to it.
    pub event: Option<String>,
    /// How far it has come.
    pub state: AskState,
    /// What the event brought, for placeholders, conditions and the place.
    pub context: Value,
    /// When it was decided.
    pub decided_at: jiff::Timestamp,
    /// When it may be shown.
    pub show_at: jiff::Timestamp,
}

/// An ask that nobody has seen is dropped after so many hours: asking later would ask about something forgotten.
pub const LASTS_HOURS: i64 = 72;
