//! Erasure of a person: hidden in one transaction, gone from every file by a job.
//!
//! The transaction takes everything that names the person out of the store,
//! and with it out of lists, search and case pages. The job then looks through
//! the whole intake log, blanks what imports said of refused rows, takes the
//! rows out of the warehouse, and rewrites the database's pages. Each step can
//! be repeated: a crash in between finishes later.

use peakend_domain::act::job::JobRequest;
use peakend_domain::sense::erasure::{Erasure, ErasureCounts, ErasureReason, ErasureState, HashedAlias};
use peakend_domain::sense::person::{Alias, AliasKind, Candidate};
use peakend_domain::{ErasureId, OrgId, Permission, PersonId, UnitScope};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::erasure as store;
use peakend_store::sense::{intake, person};
use serde_json::json;

use crate::act::job::enqueue;
use crate::{App, Ctx, Error, sha256_hex};

mod cleaning;
mod replay;
mod traces;

pub use replay::{ErasureList, OrgErasures, export, replay};

/// Kind of the job that rewrites files.
pub const ERASE: &str = "erase";

/// Erase a person; the id of a merged person means who it is now. Nobody sees
/// the person from the moment this returns; the erasure it answers with is
/// done when the job has rewritten the files.
pub async fn erase(ctx: &Ctx<'_>, id: &PersonId, reason: ErasureReason) -> Result<Erasure, Error> {
    administer(ctx)?;
    // what was acknowledged before is before the erasure in the log too
    let _gate = ctx.app.store.gate().await?;
    let mut tx = ctx.app.store.begin().await?;
    let id = person::merged_into(&mut tx, ctx.org(), id).await?.unwrap_or_else(|| id.clone());
    let found = person::find(&mut tx, ctx.scope(), &id).await?.ok_or(Error::NotFound("person"))?;
    let names = person::candidates(&mut tx, ctx.org(), std::slice::from_ref(&found.id)).await?;
    let salt = match store::salt(&mut tx, ctx.org()).await? {
        Some(salt) => salt,
        None => sha256_hex(&ctx.app.entropy.bytes()),
    };
    let erasure = Erasure {
        id: ErasureId::new(ctx.now(), &*ctx.app.entropy),
        former: person::former(&mut tx, ctx.org(), &id).await?,
        names: names.iter().flat_map(|c: &Candidate| &c.aliases).map(|a| hashed(&salt, a)).collect(),
        person: id,
        salt,
        reason,
        requested_by: ctx.actor.label(),
        requested_at: ctx.now(),
        until_seq: intake::last(&mut tx).await?,
        state: ErasureState::Requested,
        counts: ErasureCounts::default(),
    };
    let erasure = remove_in(&mut tx, ctx.org(), erasure).await?;
    let detail = json!({ "erasure": erasure.id, "reason": reason });
    audit::record(&mut tx, ctx.actor, ctx.now(), "person.erased", erasure.person.as_str(), &detail).await?;
    plan_in(&mut tx, ctx.app, ctx.org(), &erasure).await?;
    tx.commit().await?;
    Ok(erasure)
}

/// Whom a name means, for erasing from the command line. Without a kind every
/// kind is tried; when different persons bear the name, the kind must be given.
pub async fn named(ctx: &Ctx<'_>, kind: Option<AliasKind>, name: &str) -> Result<PersonId, Error> {
    administer(ctx)?;
    let kinds = kind.map_or_else(|| AliasKind::ALL.to_vec(), |kind| vec![kind]);
    let aliases: Vec<Alias> = kinds.into_iter().filter_map(|kind| Alias::parse(kind, name).ok()).collect();
    let mut tx = ctx.app.store.read().await?;
    let holders = person::holders(&mut tx, ctx.org(), &aliases).await?;
    let mut ids: Vec<&PersonId> = holders.values().collect();
    ids.sort();
    ids.dedup();
    match ids.as_slice() {
        [] => Err(Error::NotFound("person")),
        [one] => Ok((*one).clone()),
        _ => {
            let kinds: Vec<&str> = holders.keys().map(|a| a.kind.name()).collect();
            let message = format!("{} persons bear this name, as {}: name the kind", ids.len(), kinds.join(", "));
            Err(Error::refused("name_not_unique", message))
        }
    }
}

/// A page of the list of erased persons, newest first.
#[derive(Debug, Clone)]
pub struct ErasurePage {
    /// Lines.
    pub items: Vec<Erasure>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many there are over all pages.
    pub total: i64,
}

/// The list of erased persons.
pub async fn list(ctx: &Ctx<'_>, cursor: &str, limit: i64) -> Result<ErasurePage, Error> {
    administer(ctx)?;
    let limit = limit.clamp(1, 200);
    let mut tx = ctx.app.store.read().await?;
    let mut items = store::page(&mut tx, ctx.org(), cursor, limit + 1).await?;
    let total = store::count(&mut tx, ctx.org()).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items.last().filter(|_| more).map(|e| e.id.to_string());
    Ok(ErasurePage { items, next_cursor, total })
}

/// Whoever erases sees the whole organisation: the rows are everywhere.
pub(super) fn administer(ctx: &Ctx<'_>) -> Result<(), Error> {
    ctx.require(Permission::Administer)?;
    if ctx.scope().units == UnitScope::All { Ok(()) } else { Err(Error::Forbidden) }
}

/// Take the person out of the store and put the erasure on the list.
async fn remove_in(tx: &mut Tx, org: &OrgId, mut erasure: Erasure) -> Result<Erasure, Error> {
    for id in erasure.ids() {
        erasure.counts = erasure.counts.plus(store::remove(tx, org, &id).await?);
    }
    // what has come in and was not yet taken in would make the person anew
    let mut from = intake::offset(tx, crate::sense::pump::CONSUMER).await?;
    loop {
        let entries = intake::between(tx, org, from, erasure.until_seq, traces::PAGE).await?;
        let Some(last) = entries.last() else { break };
        from = last.seq;
        let seqs = traces::of(std::slice::from_ref(&erasure), &entries);
        let gone: Vec<i64> = seqs.into_iter().map(|(_, seq)| seq).collect();
        erasure.counts.log_entries += intake::entomb(tx, org, &gone).await?;
    }
    store::put(tx, org, &erasure).await?;
    Ok(erasure)
}

/// Write the job that rewrites the files.
async fn plan_in(tx: &mut Tx, app: &App, org: &OrgId, erasure: &Erasure) -> Result<(), Error> {
    let request = JobRequest {
        kind: ERASE.to_owned(),
        payload: json!({ "erasure": erasure.id }),
        run_at: app.now(),
        unique_key: erasure.id.to_string(),
    };
    enqueue(tx, &*app.entropy, org, &request, app.now()).await?;
    Ok(())
}

/// A name as the list keeps it.
fn hashed(salt: &str, alias: &Alias) -> HashedAlias {
    HashedAlias { kind: alias.kind, hash: keyed(salt, alias) }
}

/// Keyed hash of a name: nobody without the key can try names against it.
fn keyed(salt: &str, alias: &Alias) -> String {
    let inner = sha256_hex(format!("{salt}\u{1f}{}\u{1f}{}", alias.kind.name(), alias.value).as_bytes());
    sha256_hex(format!("{salt}\u{1f}{inner}").as_bytes())
}
