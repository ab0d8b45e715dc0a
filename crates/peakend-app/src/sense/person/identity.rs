//! Who is meant: looks aliases up, makes new persons, merges the same ones.

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::sense::person::{Alias, Candidate, Person, resolve};
use peakend_domain::{Actor, Entropy, OrgId, PersonId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::person;

use super::Traits;
use crate::Error;

/// The person meant by some aliases; made when nobody is known by them.
pub async fn resolve_in(
    tx: &mut Tx,
    org: &OrgId,
    aliases: &[Alias],
    now: jiff::Timestamp,
    entropy: &dyn Entropy,
) -> Result<PersonId, Error> {
    let one = resolve_many_in(tx, org, &[aliases.to_vec()], now, entropy).await?;
    one.into_iter().next().ok_or_else(|| Error::Fault("resolve a person: no answer".to_owned()))
}

/// The persons meant by many groups of aliases, one per group, in order. A
/// later group sees what earlier groups taught. Known persons cost one
/// statement per kind of alias and 240 values; new ones are written in bulk.
pub async fn resolve_many_in(
    tx: &mut Tx,
    org: &OrgId,
    groups: &[Vec<Alias>],
    now: jiff::Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<PersonId>, Error> {
    Ok(resolve_counted_in(tx, org, groups, &[], now, entropy).await?.0)
}

/// [`resolve_many_in`], with who is new among the answers. New persons have
/// learned the traits of the group that made them, where there are any.
pub(in crate::sense) async fn resolve_counted_in(
    tx: &mut Tx,
    org: &OrgId,
    groups: &[Vec<Alias>],
    traits: &[Traits],
    now: jiff::Timestamp,
    entropy: &dyn Entropy,
) -> Result<(Vec<PersonId>, BTreeSet<PersonId>), Error> {
    let resolved = resolve_known_in(tx, org, groups, traits, BTreeMap::new(), now, entropy).await?;
    Ok((resolved.ids, resolved.made))
}

/// What became of some groups of aliases.
pub(in crate::sense) struct Resolved {
    /// One per group, in order.
    pub(in crate::sense) ids: Vec<PersonId>,
    /// Who is new among them.
    pub(in crate::sense) made: BTreeSet<PersonId>,
    /// Who holds which alias now; none when persons became one, who may hold others too.
    pub(in crate::sense) held: Option<BTreeMap<Alias, PersonId>>,
}

/// [`resolve_counted_in`], with holders that are known already and hold to this moment.
pub(in crate::sense) async fn resolve_known_in(
    tx: &mut Tx,
    org: &OrgId,
    groups: &[Vec<Alias>],
    traits: &[Traits],
    known: BTreeMap<Alias, PersonId>,
    now: jiff::Timestamp,
    entropy: &dyn Entropy,
) -> Result<Resolved, Error> {
    let mut all: Vec<Alias> = groups.iter().flatten().filter(|a| !known.contains_key(a)).cloned().collect();
    all.sort();
    all.dedup();
    let mut held = known;
    if !all.is_empty() {
        held.extend(person::holders(tx, org, &all).await?);
    }
    let mut identities = Identities { held, ..Identities::default() };
    identities.open_unclear(tx, org, groups).await?;
    let mut ids = Vec::with_capacity(groups.len());
    for (at, group) in groups.iter().enumerate() {
        let id = match identities.certain(group) {
            Some(id) => id,
            None => identities.settle(tx, org, group, traits.get(at), now, entropy).await?,
        };
        ids.push(id);
    }
    identities.flush(tx, org).await?;
    let now_is = |id: PersonId| identities.merged.get(&id).cloned().unwrap_or(id);
    let ids = ids.into_iter().map(now_is).collect();
    let held = identities.merged.is_empty().then_some(identities.held);
    Ok(Resolved { ids, made: identities.made, held })
}

/// What a batch knows: who holds which alias, and what is not written yet.
#[derive(Default)]
struct Identities {
    held: BTreeMap<Alias, PersonId>,
    known: BTreeMap<PersonId, Vec<Alias>>,
    fresh: Vec<Person>,
    made: BTreeSet<PersonId>,
    added: Vec<(Alias, PersonId)>,
    merged: BTreeMap<PersonId, PersonId>,
}

impl Identities {
    /// The person who holds every alias of the group.
    fn certain(&self, group: &[Alias]) -> Option<PersonId> {
        let first = self.held.get(group.first()?)?;
        group.iter().all(|a| self.held.get(a) == Some(first)).then(|| first.clone())
    }

    /// Read all aliases of persons about whom a group is not certain.
    async fn open_unclear(&mut self, tx: &mut Tx, org: &OrgId, groups: &[Vec<Alias>]) -> Result<(), Error> {
        let unclear = groups.iter().filter(|g| self.certain(g).is_none()).flatten();
        let mut ids: Vec<PersonId> = unclear.filter_map(|a| self.held.get(a)).cloned().collect();
        ids.sort();
        ids.dedup();
        for c in person::candidates(tx, org, &ids).await? {
            self.known.insert(c.id, c.aliases);
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        tx: &mut Tx,
        org: &OrgId,
        group: &[Alias],
        traits: Option<&Traits>,
        now: jiff::Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<PersonId, Error> {
        let mut ids: Vec<&PersonId> = group.iter().filter_map(|a| self.held.get(a)).collect();
        ids.sort();
        ids.dedup();
        let aliases = |id: &PersonId| self.known.get(id).cloned().unwrap_or_default();
        let candidates: Vec<Candidate> =
            ids.into_iter().map(|id| Candidate { id: id.clone(), aliases: aliases(id) }).collect();
        let resolution = resolve(group, &candidates);
        let keep = resolution.keep.unwrap_or_else(|| {
            let id = PersonId::new(now, entropy);
            self.made.insert(id.clone());
            let mut person = Person::fresh(id.clone(), group, now);
            if let Some(traits) = traits {
                person.learn(traits, now);
            }
            self.fresh.push(person);
            id
        });
        for alias in resolution.add {
            self.held.insert(alias.clone(), keep.clone());
            self.known.entry(keep.clone()).or_default().push(alias.clone());
            self.added.push((alias, keep.clone()));
        }
        for other in resolution.merge {
            self.merge(tx, org, &other, &keep, now).await?;
        }
        Ok(keep)
    }

    async fn merge(
        &mut self,
        tx: &mut Tx,
        org: &OrgId,
        from: &PersonId,
        into: &PersonId,
        now: jiff::Timestamp,
    ) -> Result<(), Error> {
        self.flush(tx, org).await?;
        let mut both = person::find_many(tx, org, &[from.clone(), into.clone()]).await?;
        if let (Some(younger), Some(mut older)) = (both.remove(from), both.remove(into)) {
            older.absorb(younger, now);
            person::put_many(tx, org, &[older]).await?;
        }
        person::merge(tx, org, from, into, now).await?;
        let detail = serde_json::json!({ "merged": from });
        audit::record(tx, &Actor::system(org.clone()), now, "person.merged", into.as_str(), &detail).await?;
        let moved = self.known.remove(from).unwrap_or_default();
        for alias in &moved {
            self.held.insert(alias.clone(), into.clone());
        }
        self.known.entry(into.clone()).or_default().extend(moved);
        for target in self.merged.values_mut().filter(|t| *t == from) {
            *target = into.clone();
        }
        self.merged.insert(from.clone(), into.clone());
        Ok(())
    }

    /// Write what is new.
    async fn flush(&mut self, tx: &mut Tx, org: &OrgId) -> Result<(), Error> {
        person::put_many(tx, org, &std::mem::take(&mut self.fresh)).await?;
        person::insert_aliases(tx, org, &std::mem::take(&mut self.added)).await?;
        Ok(())
    }
}
