//! Roles and what they may do.

use serde::{Deserialize, Serialize};

/// A member of staff's role. The unit scope narrows it further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, including people and keys.
    Owner,
    /// Surveys, figures, findings, initiatives, evaluations; not people or keys.
    Analyst,
    /// Figures and cases of their units.
    UnitManager,
    /// Cases assigned to them or their unit.
    Agent,
    /// Figures only.
    Viewer,
    /// A public write key: may send what comes in, may read nothing.
    Ingest,
}

/// One thing a request may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Users, keys, organisation settings.
    Administer,
    /// Units, lines, channels, journeys, touchpoints, alert rules, calendars.
    Configure,
    /// Surveys, event rules, contact rules, imports.
    Ask,
    /// Send responses, signals, events, people, outcomes.
    Ingest,
    /// Figures, boards, findings.
    SeeFigures,
    /// Single voices and persons.
    ReadVoices,
    /// See and work cases.
    WorkCases,
    /// Initiatives, evaluations, ledger: change them.
    Improve,
    /// See evaluations and the ledger.
    SeeValue,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [Self::Owner, Self::Analyst, Self::UnitManager, Self::Agent, Self::Viewer, Self::Ingest];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Analyst => "analyst",
            Self::UnitManager => "unit_manager",
            Self::Agent => "agent",
            Self::Viewer => "viewer",
            Self::Ingest => "ingest",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// Whether the role carries the permission.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{Ask, Configure, Improve, Ingest, ReadVoices, SeeFigures, SeeValue, WorkCases};
        match self {
            Self::Owner => true,
            Self::Analyst => {
                matches!(
                    permission,
                    Configure | Ask | Ingest | SeeFigures | ReadVoices | WorkCases | Improve | SeeValue
                )
            }
            Self::UnitManager => matches!(permission, SeeFigures | ReadVoices | WorkCases | SeeValue),
            Self::Agent => matches!(permission, ReadVoices | WorkCases),
            Self::Viewer => matches!(permission, SeeFigures | SeeValue),
            Self::Ingest => permission == Ingest,
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_sees_figures_but_no_single_voice() {
        assert!(Role::Viewer.may(Permission::SeeFigures));
        assert!(!Role::Viewer.may(Permission::ReadVoices));
        assert!(!Role::Analyst.may(Permission::Administer));
        assert!(Role::Ingest.may(Permission::Ingest));
        assert!(!Role::Ingest.may(Permission::SeeFigures));
    }
}
