//! The names an organisation gives to what it says of voices.

use std::collections::BTreeSet;

use peakend_domain::sense::attribute::{Attributes, NAMES};
use peakend_domain::{OrgId, Permission};
use peakend_query::AttributeName;

use crate::{App, Ctx, Error};

/// The names in use, in their order.
pub async fn names(ctx: &Ctx<'_>) -> Result<Vec<&'static str>, Error> {
    ctx.require(Permission::SeeFigures)?;
    Ok(ctx.app.warehouse.attributes(ctx.org().as_str()).await?.into_iter().map(AttributeName::name).collect())
}

/// Holds the names of what comes in against those in use, which are read once.
pub(super) struct Door<'a> {
    app: &'a App,
    org: &'a OrgId,
    known: Option<BTreeSet<&'static str>>,
}

impl<'a> Door<'a> {
    pub(super) fn of(app: &'a App, org: &'a OrgId) -> Self {
        Self { app, org, known: None }
    }

    /// Refuse names that would be more than an organisation may have; `path` is where they were sent.
    ///
    /// Requests of the same moment do not see each other's names: a few more than
    /// [`NAMES`] may be kept then, and no further one after them.
    pub(super) async fn admit(&mut self, path: &str, sent: &Attributes) -> Result<(), Error> {
        if sent.is_empty() {
            return Ok(());
        }
        let known = match &mut self.known {
            Some(known) => known,
            None => {
                let names = self.app.warehouse.attributes(self.org.as_str()).await?;
                self.known.insert(names.into_iter().map(AttributeName::name).collect())
            }
        };
        let new: Vec<AttributeName> = sent
            .keys()
            .filter(|name| !known.contains(name.as_str()))
            .filter_map(|name| AttributeName::parse(name))
            .collect();
        if known.len() + new.len() <= NAMES {
            known.extend(new.into_iter().map(AttributeName::name));
            return Ok(());
        }
        let names: Vec<&str> = new.into_iter().map(AttributeName::name).collect();
        let message = format!(
            "{} names are in use and at most {NAMES} are kept, so {} cannot be added: use one of those in use",
            known.len(),
            names.join(", ")
        );
        Err(Error::field(path, "too_many_attributes", message))
    }
}
