//! Persons: who is meant, what is known, and the page about one of them.

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::sense::person::{Alias, IdentifyBody, Person};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Entropy, FieldFault, OrgId, Permission, PersonId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::intake::LoggedEntry;
use peakend_store::sense::person::{self, PersonCase};
use peakend_store::sense::voice;

use super::place::Places;
use crate::{Ctx, Error};

mod acquainted;
mod identity;

pub(crate) use acquainted::Acquainted;
pub(super) use acquainted::Version;
pub(super) use identity::resolve_counted_in;
pub(super) use identity::resolve_known_in;
pub use identity::{resolve_in, resolve_many_in};

/// A person with everything that leads to the page about them.
#[derive(Debug, Clone)]
pub struct PersonPage {
    /// Who.
    pub person: Person,
    /// Under which names.
    pub aliases: Vec<Alias>,
    /// What they said, newest first.
    pub voices: Vec<Voice>,
    /// What was done for them, newest first.
    pub cases: Vec<PersonCase>,
}

/// Traits by name.
pub type Traits = BTreeMap<String, serde_json::Value>;

/// Take an identify entry in: who it is, and what is said about them.
pub async fn identify_in(tx: &mut Tx, entry: &LoggedEntry, entropy: &dyn Entropy) -> Result<(), Error> {
    let body: IdentifyBody = serde_json::from_str(&entry.entry.body)
        .map_err(|e| Error::Fault(format!("read identify entry {}: {e}", entry.seq)))?;
    let aliases = body.aliases();
    if aliases.is_empty() {
        return Ok(());
    }
    let now = entry.entry.received_at;
    let id = resolve_in(tx, &entry.entry.org, &aliases, now, entropy).await?;
    learn_many_in(tx, &entry.entry.org, &[(id, body.attributes())], now).await.map(|_| ())
}

/// Persons learn traits, in order; returns how many of them changed.
pub async fn learn_many_in(
    tx: &mut Tx,
    org: &OrgId,
    traits: &[(PersonId, Traits)],
    now: jiff::Timestamp,
) -> Result<u64, Error> {
    Ok(learn_counted_in(tx, org, traits, now).await?.len() as u64)
}

/// [`learn_many_in`], with who changed.
pub(super) async fn learn_counted_in(
    tx: &mut Tx,
    org: &OrgId,
    traits: &[(PersonId, Traits)],
    now: jiff::Timestamp,
) -> Result<BTreeSet<PersonId>, Error> {
    let mut ids: Vec<PersonId> = traits.iter().filter(|(_, t)| !t.is_empty()).map(|(id, _)| id.clone()).collect();
    ids.sort();
    ids.dedup();
    let mut persons = person::find_many(tx, org, &ids).await?;
    let before = persons.clone();
    for (id, traits) in traits {
        if let Some(person) = persons.get_mut(id) {
            person.learn(traits, now);
        }
    }
    let same = |p: &Person| before.get(&p.id).is_some_and(|b| Person { updated_at: b.updated_at, ..p.clone() } == *b);
    let changed: Vec<Person> = persons.into_values().filter(|p| !same(p)).collect();
    person::put_many(tx, org, &changed).await?;
    Ok(changed.into_iter().map(|p| p.id).collect())
}

/// A page of persons within the scope, newest first.
#[derive(Debug, Clone)]
pub struct PersonList {
    /// Persons.
    pub items: Vec<Person>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many there are over all pages.
    pub total: i64,
}

/// List persons whose name contains, or one of whose aliases begins with, `q`.
pub async fn list(ctx: &Ctx<'_>, q: &str, cursor: &str, limit: i64) -> Result<PersonList, Error> {
    ctx.require(Permission::ReadVoices)?;
    let limit = limit.clamp(1, 200);
    let mut tx = ctx.app.store.read().await?;
    let mut items = person::list(&mut tx, ctx.scope(), q, cursor, limit + 1).await?;
    let total = person::count(&mut tx, ctx.scope(), q).await?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = if more { items.last().map(|p| p.id.to_string()) } else { None };
    Ok(PersonList { items, next_cursor, total })
}

/// The page about a person; the id of a merged person leads to who it is now.
pub async fn page(ctx: &Ctx<'_>, id: &PersonId) -> Result<PersonPage, Error> {
    ctx.require(Permission::ReadVoices)?;
    let mut tx = ctx.app.store.read().await?;
    let id = person::merged_into(&mut tx, ctx.org(), id).await?.unwrap_or_else(|| id.clone());
    let found = person::find(&mut tx, ctx.scope(), &id).await?.ok_or(Error::NotFound("person"))?;
    let aliases = person::candidates(&mut tx, ctx.org(), std::slice::from_ref(&id)).await?;
    Ok(PersonPage {
        person: found,
        aliases: aliases.into_iter().flat_map(|c| c.aliases).collect(),
        voices: voice::of_person(&mut tx, ctx.scope(), id.as_str(), 100).await?,
        cases: person::cases(&mut tx, ctx.scope(), &id, 100).await?,
    })
}

/// Add a person, or tell something new about one who is known.
pub async fn put(ctx: &Ctx<'_>, aliases: &[Alias], traits: &Traits) -> Result<PersonId, Error> {
    ctx.require(Permission::Ingest)?;
    if aliases.is_empty() {
        return Err(Error::field("aliases", "required", "name at least one alias, such as customer_id or email"));
    }
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let faults = check_traits(&places, traits);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let id = resolve_in(&mut tx, ctx.org(), aliases, ctx.now(), &*ctx.app.entropy).await?;
    let changed = learn_many_in(&mut tx, ctx.org(), &[(id.clone(), traits.clone())], ctx.now()).await?;
    if changed > 0 {
        let names: Vec<&String> = traits.keys().collect();
        let detail = serde_json::json!({ "traits": names });
        audit::record(&mut tx, ctx.actor, ctx.now(), "person.told", id.as_str(), &detail).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Traits that name places must name known ones.
pub(super) fn check_traits(places: &Places, traits: &Traits) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let text = |name: &str| traits.get(name).and_then(|v| v.as_str()).filter(|t| !t.is_empty());
    if let Some(unit) = text("unit").filter(|u| places.unit(u).is_none()) {
        faults.push(
            FieldFault::new("unit", "unknown_unit", format!("there is no unit with code `{unit}`")).arg("value", unit),
        );
    }
    super::journey::check_line(places, text("line"), &mut faults);
    if let Some(kind) = text("kind").filter(|k| peakend_domain::sense::person::PersonKind::parse(k).is_none()) {
        let message = format!("`{kind}` is no kind of person: use audience, lead, customer or employee");
        faults.push(FieldFault::new("kind", "unknown_kind", message).arg("value", kind));
    }
    faults
}
