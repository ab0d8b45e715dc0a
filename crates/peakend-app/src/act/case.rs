//! Cases: work them. Every verb loads the case within the actor's sight, applies
//! one deed of the domain, and writes row, history entry and audit line together.
mod reading;
mod verb;

pub use peakend_store::act::case::{CaseCounts, CaseEntry, CaseFilter, CaseGlance, CaseOrder, CaseView, Cursor};
pub use peakend_store::sense::person::PersonCase;
pub use reading::{CaseClocks, CaseList, CaseQuery, CaseReading, PlaceNames, list, owners, read};
pub use verb::{Seen, assign, contact, note, offer, open_by_hand, reopen, resolve, take};

use jiff::Timestamp;
use peakend_domain::act::case::{Case, CaseRefusal, Deed};
use peakend_domain::{Actor, CaseEntryId, Entropy};
use peakend_store::Tx;
use peakend_store::act::case as store;
use peakend_store::admin::audit;
use serde_json::json;

use crate::Error;

/// Write a new case with the first entry of its history, in the caller's transaction.
pub async fn open_in(tx: &mut Tx, actor: &Actor, entropy: &dyn Entropy, case: Case) -> Result<Case, Error> {
    store::insert(tx, &case).await?;
    let at = case.opening.at;
    let body = json!({
        "deed": "opened", "owner": case.owner, "sla": case.sla, "voice": case.opening.voice, "rule": case.opening.rule,
    });
    let entry = CaseEntry {
        id: CaseEntryId::new(at, entropy),
        revision: case.revision,
        kind: "opened".to_owned(),
        body,
        author: actor.label(),
        at,
    };
    store::add_entry(tx, &case.opening.org, &case.opening.id, &entry).await?;
    let detail = json!({"number": case.opening.number, "rule": case.opening.rule});
    audit::record(tx, actor, at, "case.opened", case.opening.id.as_str(), &detail).await?;
    Ok(case)
}

/// Apply a deed to a case that the caller has just read, in the caller's
/// transaction: row, history, audit. A writer in between is a conflict.
pub async fn apply_in(
    tx: &mut Tx,
    actor: &Actor,
    entropy: &dyn Entropy,
    case: Case,
    deed: &Deed,
    at: Timestamp,
) -> Result<Case, Error> {
    let seen = case.revision;
    let case = case.apply(deed, at).map_err(refused)?;
    if !store::save(tx, &case, seen).await? {
        return Err(changed());
    }
    let body = serde_json::to_value(deed).map_err(|e| Error::Fault(format!("cannot write a deed: {e}")))?;
    let entry = CaseEntry {
        id: CaseEntryId::new(at, entropy),
        revision: case.revision,
        kind: deed.kind().to_owned(),
        body,
        author: actor.label(),
        at,
    };
    store::add_entry(tx, &case.opening.org, &case.opening.id, &entry).await?;
    // the audit names the deed; its words stay in the history, where the case's scope guards them
    let action = format!("case.{}", deed.kind());
    let detail = json!({"number": case.opening.number, "revision": case.revision});
    audit::record(tx, actor, at, &action, case.opening.id.as_str(), &detail).await?;
    Ok(case)
}

fn refused(refusal: CaseRefusal) -> Error {
    Error::refused(refusal.code(), refusal.to_string())
}

fn changed() -> Error {
    Error::conflict("case_changed", "somebody else has changed the case meanwhile: look at it again, then repeat")
}
