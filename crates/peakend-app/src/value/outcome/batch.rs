//! A small batch of outcomes by API: all of its rows or none, once per id.

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::value::outcome::{OutcomeKind, OutcomeUnit};
use peakend_domain::{FieldFault, Month, Permission, PersonId};
use peakend_query::{Loaded, OutcomeFact};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::person;
use peakend_store::value::outcome;

use crate::{Ctx, Error, sha256_hex};

/// Rows of one batch; more come as a file.
pub const BATCH_LIMIT: usize = 5_000;
/// Faults named at once.
const FAULTS_SHOWN: usize = 100;

/// One value of one person in one month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchRow {
    /// Person id; or else an alias.
    pub person: Option<String>,
    /// Alias kind and value.
    pub alias: BTreeMap<String, String>,
    /// Outcome kind.
    pub kind: String,
    /// Month, such as `2026-01`.
    pub month: String,
    /// Value in the kind's smallest unit.
    pub value: i64,
}

/// A batch under the sender's own id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The sender's id of the batch.
    pub id: String,
    /// Rows.
    pub rows: Vec<BatchRow>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Rows in it.
    pub rows: u64,
    /// Whether the same batch had been taken before.
    pub repeated: bool,
}

/// Take a batch. The same id with the same rows changes nothing; with other
/// rows it is a conflict. A later batch wins for the same person, kind and month.
pub async fn send(ctx: &Ctx<'_>, batch: &Batch) -> Result<Sent, Error> {
    ctx.require(Permission::Ingest)?;
    if batch.id.is_empty() || batch.id.len() > 100 {
        return Err(Error::field("batch", "required", "give the batch an id of your own, at most 100 characters"));
    }
    if batch.rows.is_empty() || batch.rows.len() > BATCH_LIMIT {
        let message = format!("send 1 to {BATCH_LIMIT} rows; import a file for more");
        return Err(Error::field("rows", "out_of_range", message));
    }
    let mut tx = ctx.app.store.begin().await?;
    let hash = sha256_hex(format!("{:?}", batch.rows).as_bytes());
    let rows = batch.rows.len() as u64;
    if let Some(known) = outcome::batch(&mut tx, ctx.org(), &batch.id).await? {
        if known == hash {
            return Ok(Sent { rows, repeated: true });
        }
        let message = format!("the batch `{}` was sent before with other rows: use another id", batch.id);
        return Err(Error::conflict("batch_differs", message));
    }
    let facts = facts(&mut tx, ctx, &batch.rows).await?;
    let size = i64::try_from(rows).unwrap_or(i64::MAX);
    outcome::insert_batch(&mut tx, ctx.org(), &batch.id, &hash, size, ctx.now()).await?;
    let detail = serde_json::json!({ "rows": rows });
    audit::record(&mut tx, ctx.actor, ctx.now(), "outcomes.sent", &batch.id, &detail).await?;
    // the warehouse is idempotent by the same id: a crash between the two is mended by sending again
    let key = format!("api.{}.{hash}", batch.id);
    let loaded = ctx.app.warehouse.load_outcomes(ctx.org().as_str(), &key, facts).await?;
    tx.commit().await?;
    Ok(Sent { rows, repeated: loaded == Loaded::AlreadyThere })
}

async fn facts(tx: &mut Tx, ctx: &Ctx<'_>, rows: &[BatchRow]) -> Result<Vec<OutcomeFact>, Error> {
    let kinds: BTreeMap<String, OutcomeKind> =
        outcome::all(tx, ctx.org()).await?.into_iter().map(|k| (k.code.clone(), k)).collect();
    let mut faults = Vec::new();
    let aliases: Vec<Option<Alias>> = rows.iter().enumerate().map(|(i, row)| alias(i, row, &mut faults)).collect();
    let wanted: BTreeSet<Alias> = aliases.iter().flatten().cloned().collect();
    let holders = person::holders(tx, ctx.org(), &wanted.into_iter().collect::<Vec<_>>()).await?;
    let ids: BTreeSet<PersonId> = rows.iter().filter_map(|r| r.person.clone()).map(PersonId::stored).collect();
    let merged = person::merged(tx, ctx.org()).await?;
    let ids: Vec<PersonId> = ids.into_iter().map(|id| merged.get(&id).cloned().unwrap_or(id)).collect();
    let known = person::find_many(tx, ctx.org(), &ids).await?;
    let mut facts = Vec::with_capacity(rows.len());
    for (i, (row, alias)) in rows.iter().zip(&aliases).enumerate() {
        let id = match (&row.person, alias) {
            (Some(id), _) => {
                let id = PersonId::stored(id.clone());
                let id = merged.get(&id).cloned().unwrap_or(id);
                known.contains_key(&id).then_some(id)
            }
            (None, Some(alias)) => holders.get(alias).cloned(),
            (None, None) => continue,
        };
        let Some(id) = id else {
            faults.push(FieldFault::new(
                format!("rows[{i}].person"),
                "unknown",
                "there is no such person: send it first",
            ));
            continue;
        };
        facts.extend(value(i, row, &kinds, &mut faults).map(|month| OutcomeFact {
            person: id.as_str().to_owned(),
            kind: row.kind.clone(),
            month: month.0,
            value: row.value,
        }));
    }
    faults.truncate(FAULTS_SHOWN);
    if faults.is_empty() { Ok(facts) } else { Err(Error::Invalid(faults)) }
}

/// The row's alias, when it names no person id.
fn alias(i: usize, row: &BatchRow, faults: &mut Vec<FieldFault>) -> Option<Alias> {
    if row.person.is_some() {
        return None;
    }
    let mut entries = row.alias.iter();
    let (Some((kind, text)), None) = (entries.next(), entries.next()) else {
        let message = "name the person by its id or by exactly one alias";
        faults.push(FieldFault::new(format!("rows[{i}].person"), "required", message));
        return None;
    };
    let Some(kind) = AliasKind::parse(kind) else {
        let message = format!("`{kind}` is no alias kind");
        faults.push(FieldFault::new(format!("rows[{i}].alias"), "unknown", message));
        return None;
    };
    match Alias::parse(kind, text) {
        Ok(alias) => Some(alias),
        Err(fault) => {
            faults.push(FieldFault { path: format!("rows[{i}].alias"), ..fault });
            None
        }
    }
}

/// The row's month, when kind, month and value are sound.
fn value(
    i: usize,
    row: &BatchRow,
    kinds: &BTreeMap<String, OutcomeKind>,
    faults: &mut Vec<FieldFault>,
) -> Option<Month> {
    let before = faults.len();
    let unit: Option<OutcomeUnit> = kinds.get(&row.kind).map(|k| k.unit);
    match unit {
        None => {
            let message = format!("there is no outcome kind `{}`", row.kind);
            faults.push(FieldFault::new(format!("rows[{i}].kind"), "unknown", message));
        }
        Some(unit) => faults
            .extend(unit.fault(row.value).map(|why| FieldFault::new(format!("rows[{i}].value"), "out_of_range", why))),
    }
    let month = Month::parse(&row.month).filter(|_| row.month.len() == 7);
    if month.is_none() {
        faults.push(FieldFault::new(format!("rows[{i}].month"), "not_a_month", "write a month such as 2026-01"));
    }
    month.filter(|_| faults.len() == before)
}
