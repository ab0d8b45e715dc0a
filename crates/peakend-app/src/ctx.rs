//! The context of one use: which application, who acts.

use peakend_domain::{Actor, OrgId, Permission, Scope};

use crate::{App, Error};

/// First argument of every use case.
#[derive(Debug, Clone, Copy)]
pub struct Ctx<'a> {
    /// The application.
    pub app: &'a App,
    /// Who acts.
    pub actor: &'a Actor,
}

impl<'a> Ctx<'a> {
    /// A context.
    #[must_use]
    pub fn new(app: &'a App, actor: &'a Actor) -> Self {
        Self { app, actor }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.app.now()
    }

    /// Tenant and units the actor may see.
    #[must_use]
    pub fn scope(&self) -> &'a Scope {
        &self.actor.scope
    }

    /// The tenant.
    #[must_use]
    pub fn org(&self) -> &'a OrgId {
        &self.actor.scope.org
    }

    /// Refuse when the actor's role lacks a permission.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.actor.role.may(permission) { Ok(()) } else { Err(Error::Forbidden) }
    }
}
