//! Asks: the list of decisions, and the one that is due in a page.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};
use peakend_domain::sense::ask::{Ask, LASTS_HOURS};
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::{Permission, PersonId};
use peakend_store::Tx;
use peakend_store::sense::{ask, person};
use serde_json::Value;

use super::link::{self, NewLink};
use crate::{Ctx, Error};

/// A page of decisions, newest first.
#[derive(Debug, Clone)]
pub struct AskList {
    /// Decisions.
    pub items: Vec<Ask>,
    /// Whom they were about, by id, within the reader's scope.
    pub persons: BTreeMap<PersonId, AskedPerson>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many there are per state.
    pub counts: Vec<(String, i64)>,
}

/// How somebody is called who was asked, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPerson {
    /// The id that leads to them now.
    pub id: PersonId,
    /// Name; empty when not known.
    pub name: String,
    /// The strongest of their aliases.
    pub alias: Option<Alias>,
}

/// List decisions, of one state unless `state` is empty.
pub async fn list(ctx: &Ctx<'_>, state: &str, cursor: &str, limit: i64) -> Result<AskList, Error> {
    ctx.require(Permission::Ask)?;
    let limit = limit.clamp(1, 200);
    let mut tx = ctx.app.store.read().await?;
    let mut items = ask::page(&mut tx, ctx.org(), state, cursor, limit + 1).await?;
    let counts = ask::counts(&mut tx, ctx.org()).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    let next_cursor = if more { items.last().map(|a| a.id.to_string()) } else { None };
    let persons = persons_of(&mut tx, ctx, &items).await?;
    Ok(AskList { items, persons, next_cursor, counts })
}

/// Who stands behind the decisions; a merged person under the former id too.
async fn persons_of(tx: &mut Tx, ctx: &Ctx<'_>, items: &[Ask]) -> Result<BTreeMap<PersonId, AskedPerson>, Error> {
    let mut now_is = BTreeMap::new();
    for id in items.iter().map(|ask| PersonId::stored(ask.person.clone())) {
        if let Entry::Vacant(place) = now_is.entry(id) {
            let into = person::merged_into(tx, ctx.org(), place.key()).await?;
            let now = into.unwrap_or_else(|| place.key().clone());
            place.insert(now);
        }
    }
    let ids: Vec<PersonId> = now_is.values().cloned().collect();
    let seen = person::find_seen(tx, ctx.scope(), &ids).await?;
    let known = person::candidates(tx, ctx.org(), &ids).await?;
    let strongest: BTreeMap<PersonId, Option<Alias>> = known
        .into_iter()
        .map(|known| {
            let rank = |a: &Alias| AliasKind::ALL.iter().position(|kind| *kind == a.kind);
            (known.id, known.aliases.into_iter().min_by_key(rank))
        })
        .collect();
    let asked = now_is.into_iter().filter_map(|(asked, id)| {
        let person = seen.get(&id)?;
        let alias = strongest.get(&id).cloned().flatten();
        Some((asked, AskedPerson { id, name: person.name.clone(), alias }))
    });
    Ok(asked.collect())
}

/// The ask that is due for whoever uses a browser, as the path of its survey;
/// asking marks it as shown, so that no second page shows it.
pub async fn due(ctx: &Ctx<'_>, anonymous_id: Option<&str>) -> Result<Option<String>, Error> {
    ctx.require(Permission::Ingest)?;
    let Some(Ok(alias)) = anonymous_id.map(|id| Alias::parse(AliasKind::AnonymousId, id)) else {
        return Err(Error::field("anonymous_id", "required", "give the anonymous_id of the browser"));
    };
    let now = ctx.now();
    let since = now.checked_sub(SignedDuration::from_hours(LASTS_HOURS)).unwrap_or(Timestamp::MIN);
    let mut tx = ctx.app.store.read().await?;
    let holders = person::holders(&mut tx, ctx.org(), std::slice::from_ref(&alias)).await?;
    let Some(who) = holders.get(&alias) else { return Ok(None) };
    if ask::due_of_person(&mut tx, ctx.org(), who.as_str(), since, now).await?.is_none() {
        return Ok(None);
    }
    drop(tx);
    let mut tx = ctx.app.store.begin().await?;
    let Some(found) = ask::due_of_person(&mut tx, ctx.org(), who.as_str(), since, now).await? else { return Ok(None) };
    if !ask::mark_shown(&mut tx, ctx.org(), &found.id, now).await? {
        return Ok(None);
    }
    let context = match found.context {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    let new = NewLink {
        person: Some(found.person),
        ask: Some(found.id.to_string()),
        case: None,
        context,
        single_use: true,
        expires_at: now.checked_add(SignedDuration::from_hours(LASTS_HOURS)).ok(),
    };
    let (token, _) = link::create_in(&mut tx, ctx.app, ctx.org(), &found.survey, new).await?;
    tx.commit().await?;
    Ok(Some(format!("/s/{token}")))
}
