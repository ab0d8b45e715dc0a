//! Who holds which alias, as the loop met it last: most of what comes in is of persons
//! who came before, and looking each of them up is what the loop would do most.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use peakend_domain::sense::person::Alias;
use peakend_domain::{OrgId, PersonId};
use peakend_store::{StoreError, Tx};

use crate::App;

/// Aliases kept; beyond it all are looked up again.
const KEPT: usize = 100_000;

/// A state of the store: another one may know other holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sense) struct Version {
    /// Writes of this process other than the loop's own.
    generation: u64,
    /// Writes of others, as the one writer sees them.
    elsewhere: i64,
}

impl Version {
    /// The present one, which stays while `tx` lasts; none where others may write meanwhile.
    pub(in crate::sense) async fn of(app: &App, tx: &mut Tx) -> Result<Option<Self>, StoreError> {
        let Some(elsewhere) = tx.written_elsewhere().await? else { return Ok(None) };
        Ok(app.store.generation().map(|generation| Self { generation, elsewhere }))
    }
}

/// Holders by organisation and alias, all of one version.
#[derive(Debug, Default)]
pub(crate) struct Acquainted(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    version: Option<Version>,
    holders: HashMap<OrgId, HashMap<Alias, PersonId>>,
}

impl Acquainted {
    /// The holders that are known of some aliases.
    pub(in crate::sense) fn of<'a>(
        &self,
        version: Version,
        org: &OrgId,
        aliases: impl Iterator<Item = &'a Alias>,
    ) -> BTreeMap<Alias, PersonId> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.version != Some(version) {
            *held = Held { version: Some(version), holders: HashMap::new() };
        }
        let Some(known) = held.holders.get(org) else { return BTreeMap::new() };
        aliases.filter_map(|alias| Some((alias.clone(), known.get(alias)?.clone()))).collect()
    }

    /// Remember holders that were committed in a transaction of that version.
    pub(in crate::sense) fn learn(&self, version: Version, org: &OrgId, holders: BTreeMap<Alias, PersonId>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.version != Some(version) || held.holders.values().map(HashMap::len).sum::<usize>() > KEPT {
            *held = Held { version: Some(version), holders: HashMap::new() };
        }
        held.holders.entry(org.clone()).or_default().extend(holders);
    }

    /// Look everything up again.
    pub(in crate::sense) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Held::default();
    }
}
