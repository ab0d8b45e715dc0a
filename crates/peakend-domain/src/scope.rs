//! Who asks, and how far they may see.

use crate::{OrgId, Role, UserId};

/// Which units an actor may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitScope {
    /// The whole organisation.
    All,
    /// A unit and everything below it: the unit's path, such as `/root/east/b12/`.
    Subtree(String),
}

impl UnitScope {
    /// Whether something that happened at a unit path may be seen. Things
    /// without a unit are seen only with the whole organisation's scope.
    #[must_use]
    pub fn covers(&self, unit_path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Subtree(prefix) => unit_path.starts_with(prefix.as_str()),
        }
    }
}

/// Tenant and unit scope: an argument of every store function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The organisation.
    pub org: OrgId,
    /// Which units of it.
    pub units: UnitScope,
}

impl Scope {
    /// The whole organisation.
    #[must_use]
    pub fn all(org: OrgId) -> Self {
        Self { org, units: UnitScope::All }
    }
}

/// What kind of actor it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in member of staff.
    User(UserId),
    /// An API key, by its id.
    Key(String),
    /// The product itself (rules, jobs).
    System,
}

/// Who acts: identity, role, scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub kind: ActorKind,
    /// With which role.
    pub role: Role,
    /// In which organisation and units.
    pub scope: Scope,
}

impl Actor {
    /// The product acting by rule within an organisation.
    #[must_use]
    pub fn system(org: OrgId) -> Self {
        Self { kind: ActorKind::System, role: Role::Owner, scope: Scope::all(org) }
    }

    /// The text written into audits and histories.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.kind {
            ActorKind::User(id) => id.to_string(),
            ActorKind::Key(id) => id.clone(),
            ActorKind::System => "system".to_owned(),
        }
    }

    /// The user's id, when a person acts.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match &self.kind {
            ActorKind::User(id) => Some(id),
            _ => None,
        }
    }
}
