//! The list leaves the house with the backups, and cleans an older one again.

use std::collections::HashMap;

use jiff::Timestamp;
use peakend_domain::sense::erasure::{Erasure, ErasureCounts, ErasureState};
use peakend_domain::sense::person::AliasKind;
use peakend_domain::{OrgId, PersonId};
use peakend_store::admin::org;
use peakend_store::sense::erasure as store;
use peakend_store::sense::{intake, person};
use peakend_store::{Store, Tx};
use serde::{Deserialize, Serialize};

use super::{keyed, plan_in, remove_in};
use crate::{App, Error};

/// Format of the exported list.
const FORMAT: u32 = 1;
/// Persons whose names are compared together.
const PAGE: i64 = 1_000;

/// The list of every organisation, as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureList {
    /// 1
    pub format: u32,
    /// When it was written.
    pub at: Timestamp,
    /// One part per organisation.
    pub organisations: Vec<OrgErasures>,
}

/// The list of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgErasures {
    /// Whose.
    pub org: String,
    /// Oldest first.
    pub erasures: Vec<Erasure>,
}

impl ErasureList {
    /// Read an exported list.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let list: Self = serde_json::from_str(text)
            .map_err(|e| Error::refused("bad_erasure_list", format!("the list of erasures does not read: {e}")))?;
        if list.format > FORMAT {
            let message = format!("the list of erasures has format {}, this release reads {FORMAT}", list.format);
            return Err(Error::refused("newer_erasure_list", message));
        }
        Ok(list)
    }

    /// How many erasures it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.organisations.iter().map(|o| o.erasures.len()).sum()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The list of every organisation of a store.
pub async fn export(store: &Store, at: Timestamp) -> Result<ErasureList, Error> {
    let mut tx = store.read().await?;
    let mut organisations = Vec::new();
    for org in org::all(&mut tx).await? {
        let erasures = store::all(&mut tx, &org.id).await?;
        organisations.push(OrgErasures { org: org.id.to_string(), erasures });
    }
    Ok(ErasureList { format: FORMAT, at, organisations })
}

/// Erase again in a restored store whom the list names and the store still
/// knows, whom it had not finished, and whom it finished after `begun` (its
/// warehouse was copied before that). Returns how many erasures were carried out.
pub async fn replay(app: &App, list: &ErasureList, begun: Timestamp) -> Result<u64, Error> {
    let mut tx = app.store.read().await?;
    let orgs = org::all(&mut tx).await?;
    drop(tx);
    let mut done = 0;
    for org in orgs {
        let mut tx = app.store.begin().await?;
        for mut again in store::all(&mut tx, &org.id).await? {
            if matches!(again.state, ErasureState::Done { at } if at >= begun) {
                again.state = ErasureState::Requested;
                store::put(&mut tx, &org.id, &again).await?;
            }
        }
        let named = list.organisations.iter().filter(|o| o.org == org.id.as_str()).flat_map(|o| &o.erasures);
        let mut new = Vec::new();
        for erasure in named {
            if store::find(&mut tx, &org.id, &erasure.id).await?.is_none() {
                new.push(erasure.clone());
            }
        }
        widen_in(&mut tx, &org.id, &mut new).await?;
        for erasure in new {
            let erasure = remove_in(&mut tx, &org.id, erasure).await?;
            plan_in(&mut tx, app, &org.id, &erasure).await?;
        }
        tx.commit().await?;
        done += app.finish_erasures(&org.id).await?;
    }
    Ok(done)
}

/// Add the ids under which the store knows the erased persons, found by name.
async fn widen_in(tx: &mut Tx, org: &OrgId, erasures: &mut [Erasure]) -> Result<(), Error> {
    if erasures.is_empty() {
        return Ok(());
    }
    let last = intake::last(tx).await?;
    let mut salts: Vec<String> = erasures.iter().map(|e| e.salt.clone()).collect();
    salts.sort();
    salts.dedup();
    let mut by_name: HashMap<(AliasKind, String), Vec<usize>> = HashMap::new();
    for (index, erasure) in erasures.iter_mut().enumerate() {
        (erasure.until_seq, erasure.state) = (last, ErasureState::Requested);
        erasure.counts = ErasureCounts::default();
        for name in &erasure.names {
            by_name.entry((name.kind, name.hash.clone())).or_default().push(index);
        }
    }
    let mut after = String::new();
    loop {
        let persons = person::names(tx, org, &after, PAGE).await?;
        let Some(last) = persons.last().map(|p| p.id.to_string()) else { break };
        after = last;
        for found in persons {
            let hits = salts.iter().flat_map(|salt| {
                found.aliases.iter().filter_map(|a| by_name.get(&(a.kind, keyed(salt, a)))).flatten().copied()
            });
            let mut hits: Vec<usize> = hits.collect();
            hits.sort_unstable();
            hits.dedup();
            for index in hits {
                let Some(erasure) = erasures.get_mut(index) else { continue };
                let salt = erasure.salt.clone();
                if erasure.means(&found.aliases, |a| keyed(&salt, a)) {
                    known_as(erasure, found.id.clone());
                }
            }
        }
    }
    for erasure in erasures {
        for id in erasure.ids() {
            for former in person::former(tx, org, &PersonId::stored(id)).await? {
                known_as(erasure, former);
            }
        }
    }
    Ok(())
}

fn known_as(erasure: &mut Erasure, id: PersonId) {
    if erasure.person != id && !erasure.former.contains(&id) {
        erasure.former.push(id);
    }
}
