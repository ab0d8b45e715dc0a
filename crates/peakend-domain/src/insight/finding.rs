//! A finding: something the figures mean, worth acting on, with its evidence kept.

use serde::{Deserialize, Serialize};

use crate::{FindingId, InitiativeId, OrgId, Pillar};

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Low, and many meet it.
    ShortBoard,
    /// High, and many meet it.
    Peak,
    /// Any other figure somebody marked.
    Figure,
}

impl FindingKind {
    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShortBoard => "short_board",
            Self::Peak => "peak",
            Self::Figure => "figure",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ShortBoard, Self::Peak, Self::Figure].into_iter().find(|k| k.name() == name)
    }
}

/// Where a finding stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum FindingState {
    /// Nobody has judged it.
    New,
    /// Somebody holds it to be true and worth acting on.
    Accepted {
        /// When.
        at: jiff::Timestamp,
        /// Who.
        by: String,
    },
    /// Somebody holds it to be nothing.
    Dismissed {
        /// When.
        at: jiff::Timestamp,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// It became work.
    BecameInitiative {
        /// When.
        at: jiff::Timestamp,
        /// Which.
        initiative: InitiativeId,
    },
}

impl FindingState {
    /// Every phase.
    pub const PHASES: [&'static str; 4] = ["new", "accepted", "dismissed", "became_initiative"];

    /// The stored name of the phase.
    #[must_use]
    pub fn phase(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Accepted { .. } => "accepted",
            Self::Dismissed { .. } => "dismissed",
            Self::BecameInitiative { .. } => "became_initiative",
        }
    }
}

/// Why a verb does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FindingRefusal {
    /// An initiative works on it.
    #[error("an initiative works on this finding already: change the initiative instead")]
    HasInitiative,
    /// No reason was given.
    #[error("say why the finding is dismissed")]
    ReasonMissing,
}

impl FindingRefusal {
    /// The public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HasInitiative => "finding_has_initiative",
            Self::ReasonMissing => "finding_reason_missing",
        }
    }
}

/// A finding. `question` and `evidence` are frozen at its making.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id.
    pub id: FindingId,
    /// Tenant.
    pub org: OrgId,
    /// Kind.
    pub kind: FindingKind,
    /// Pillar.
    pub pillar: Pillar,
    /// What it is about, in the organisation's own words.
    pub title: String,
    /// Touchpoint, or empty.
    pub touchpoint_code: String,
    /// Business line, or empty.
    pub line_code: String,
    /// Metric id.
    pub metric: String,
    /// The question that was asked, as JSON.
    pub question: serde_json::Value,
    /// The figures as they were, with their definition ids, as JSON.
    pub evidence: serde_json::Value,
    /// Where it stands.
    pub state: FindingState,
    /// When it was made.
    pub created_at: jiff::Timestamp,
    /// By whom: a user's id, or `system`.
    pub created_by: String,
}

impl Finding {
    fn open(&self) -> Result<(), FindingRefusal> {
        match self.state {
            FindingState::BecameInitiative { .. } => Err(FindingRefusal::HasInitiative),
            _ => Ok(()),
        }
    }

    /// Holds it to be true.
    ///
    /// # Errors
    /// When an initiative works on it.
    pub fn accept(self, at: jiff::Timestamp, by: String) -> Result<Self, FindingRefusal> {
        self.open()?;
        Ok(Self { state: FindingState::Accepted { at, by }, ..self })
    }

    /// Holds it to be nothing, for a reason.
    ///
    /// # Errors
    /// Without a reason, or when an initiative works on it.
    pub fn dismiss(self, reason: &str, at: jiff::Timestamp, by: String) -> Result<Self, FindingRefusal> {
        self.open()?;
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(FindingRefusal::ReasonMissing);
        }
        Ok(Self { state: FindingState::Dismissed { at, by, reason }, ..self })
    }

    /// Hands it to an initiative; the same one again changes nothing.
    ///
    /// # Errors
    /// When another initiative works on it.
    pub fn become_initiative(self, initiative: InitiativeId, at: jiff::Timestamp) -> Result<Self, FindingRefusal> {
        match &self.state {
            FindingState::BecameInitiative { initiative: same, .. } if *same == initiative => Ok(self),
            FindingState::BecameInitiative { .. } => Err(FindingRefusal::HasInitiative),
            _ => Ok(Self { state: FindingState::BecameInitiative { at, initiative }, ..self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            id: FindingId::stored("fnd_1".into()),
            org: OrgId::stored("org_1".into()),
            kind: FindingKind::ShortBoard,
            pillar: Pillar::Customer,
            title: "Redemption".into(),
            touchpoint_code: "redeem".into(),
            line_code: "funds".into(),
            metric: "nps".into(),
            question: serde_json::json!({}),
            evidence: serde_json::json!({}),
            state: FindingState::New,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            created_by: "system".into(),
        }
    }

    #[test]
    fn a_finding_may_be_judged_again_until_an_initiative_works_on_it() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let accepted = finding().accept(at, "usr_1".into()).unwrap();
        let dismissed = accepted.dismiss("seasonal", at, "usr_1".into()).unwrap();
        let initiative = InitiativeId::stored("ini_1".into());
        let working = dismissed.become_initiative(initiative.clone(), at).unwrap();
        assert_eq!(working.clone().accept(at, "usr_1".into()), Err(FindingRefusal::HasInitiative));
        assert_eq!(working.clone().become_initiative(initiative, at).unwrap(), working);
        assert!(working.become_initiative(InitiativeId::stored("ini_2".into()), at).is_err());
    }

    #[test]
    fn dismissing_needs_a_reason() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        assert_eq!(finding().dismiss("  ", at, "usr_1".into()), Err(FindingRefusal::ReasonMissing));
    }
}
