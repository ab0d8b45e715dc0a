//! The intake log: one order for everything that comes in.
//!
//! Acknowledged means synced: in the log itself, or in the journal in front of it;
//! what comes in by request goes through [`IntakeWriter`]. The key `(org, kind, id)` is unique for ever: the same body is the same entry, another body is a conflict.
//! Erasure leaves a tombstone: position, id and kind without body and hash. No
//! consumer sees it, and what is sent under its id again changes nothing.

mod front;
mod journal;
mod mover;
mod pending;
mod tail;
mod writer;

use std::collections::HashMap;

use peakend_domain::{OrgId, micros};
use sqlx::Row as _;

use crate::insert::{Cell, Insert, New};
use crate::row::Columns;
use crate::{Store, StoreError, Tx};

pub use journal::Gate;
pub(crate) use journal::Journal;
pub use writer::{Ack, IntakeWriter};

/// What kind of thing came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntakeKind {
    /// An answered survey.
    Response,
    /// Something said or written elsewhere.
    Signal,
    /// Something done.
    Event,
    /// Traits of a person.
    Identify,
}

impl IntakeKind {
    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Signal => "signal",
            Self::Event => "event",
            Self::Identify => "identify",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Response, Self::Signal, Self::Event, Self::Identify].into_iter().find(|k| k.name() == name)
    }
}

/// One thing to be taken in. `body` is canonical JSON; `body_hash` its SHA-256 in hex.
#[derive(Debug, Clone)]
pub struct IntakeEntry {
    /// Tenant.
    pub org: OrgId,
    /// Kind.
    pub kind: IntakeKind,
    /// The client's id, unique per organisation and kind.
    pub id: String,
    /// Hash of the body, for telling a replay from a conflict.
    pub body_hash: String,
    /// The body as JSON text.
    pub body: String,
    /// When it was received.
    pub received_at: jiff::Timestamp,
}

/// A stored entry with its position.
#[derive(Debug, Clone)]
pub struct LoggedEntry {
    /// Position in the log; gaps are possible, order is the order of commits.
    pub seq: i64,
    /// What was taken in.
    pub entry: IntakeEntry,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Written now.
    Accepted {
        /// Its position.
        seq: i64,
    },
    /// The same id and body had been written before.
    Replayed {
        /// Its position then.
        seq: i64,
    },
    /// The same id with another body had been written before; nothing changed.
    Conflict,
}

/// Columns of a row.
const WIDTH: usize = 6;
const INSERT: Insert = Insert {
    table: "intake",
    columns: "org_id, kind, id, body_hash, body, received_at",
    numbers: &[5],
    key: "org_id, kind, id",
    returning: "seq, org_id, kind, id",
    operation: "append to the intake log",
};

/// Append entries within the caller's transaction, one receipt each, in order;
/// keep the gate until it is committed.
pub async fn append(tx: &mut Tx, _gate: &Gate, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    append_in(tx, entries).await
}

/// Append what nobody else may bring under the same ids meanwhile.
async fn append_in(tx: &mut Tx, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    // positions must become visible in their order, or a consumer would pass one over
    tx.hold("intake").await?;
    let rows: Vec<_> = entries.iter().map(cells).collect();
    let rows = match INSERT.rows(tx, &rows).await? {
        New::All => {
            // one after the other, by the one writer there is
            let last = last(tx).await?;
            let first = last + 1 - i64::try_from(entries.len()).unwrap_or(0);
            return Ok((first..=last).map(|seq| Receipt::Accepted { seq }).collect());
        }
        New::Some(rows) => rows,
    };
    let mut new: HashMap<(String, String, String), i64> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let columns = Columns::of(row, "read a position");
        let key = (columns.text("org_id")?, columns.text("kind")?, columns.text("id")?);
        new.insert(key, columns.number("seq")?);
    }
    let mut receipts = Vec::with_capacity(entries.len());
    for e in entries {
        let key = (e.org.to_string(), e.kind.name().to_owned(), e.id.clone());
        receipts.push(match new.remove(&key) {
            Some(seq) => Receipt::Accepted { seq },
            // it had been there, or stands twice among these
            None => earlier(tx, e).await?,
        });
    }
    Ok(receipts)
}

fn cells(e: &IntakeEntry) -> [Cell<'_>; WIDTH] {
    [
        e.org.as_str().into(),
        e.kind.name().into(),
        (&e.id).into(),
        (&e.body_hash).into(),
        (&e.body).into(),
        micros(e.received_at).into(),
    ]
}

async fn earlier(tx: &mut Tx, e: &IntakeEntry) -> Result<Receipt, StoreError> {
    let row = sqlx::query("SELECT seq, body_hash FROM intake WHERE org_id = $1 AND kind = $2 AND id = $3")
        .bind(e.org.as_str())
        .bind(e.kind.name())
        .bind(e.id.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("look up an intake entry"))?;
    let hash: String = row.try_get("body_hash").map_err(StoreError::on("read a body hash"))?;
    let seq: i64 = row.try_get("seq").map_err(StoreError::on("read a position"))?;
    Ok(if is_same(&hash, &e.body_hash) { Receipt::Replayed { seq } } else { Receipt::Conflict })
}

/// Whether what is sent again under a known id is what was sent first. Nobody
/// knows any more what stood in a tombstone: then it counts as the same.
#[must_use]
pub fn is_same(stored_hash: &str, hash: &str) -> bool {
    stored_hash.is_empty() || stored_hash == hash
}

/// The body hash under which an id was taken in before; none when it is new.
pub async fn find(tx: &mut Tx, org: &OrgId, kind: IntakeKind, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT body_hash FROM intake WHERE org_id = $1 AND kind = $2 AND id = $3")
        .bind(org.as_str())
        .bind(kind.name())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("look up an intake entry"))?;
    row.map(|r| r.try_get("body_hash").map_err(StoreError::on("read a body hash"))).transpose()
}

/// The body hashes under which ids were taken in before, of those that were. With
/// SQLite, over a connection of its own: no slow reader is waited for.
async fn known(
    store: &Store,
    org: &OrgId,
    kind: IntakeKind,
    ids: &[&str],
) -> Result<Vec<(String, String)>, StoreError> {
    let fault = "look up intake entries";
    let ids = serde_json::to_string(ids).map_err(|e| StoreError::corrupt("id", e))?;
    let rows = sqlx::query(
        "SELECT i.id, i.body_hash FROM json_each($3) AS asked CROSS JOIN intake AS i \
         WHERE i.org_id = $1 AND i.kind = $2 AND i.id = asked.value",
    )
    .bind(org.as_str())
    .bind(kind.name())
    .bind(ids)
    .fetch_all(store.look_ups())
    .await
    .map_err(StoreError::on(fault))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, fault);
            Ok((columns.text("id")?, columns.text("body_hash")?))
        })
        .collect()
}

/// Entries after a position, in order, of all organisations (for consumers); tombstones are passed over.
pub async fn after(tx: &mut Tx, seq: i64, limit: i64) -> Result<Vec<LoggedEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, org_id, kind, id, body_hash, body, received_at FROM intake WHERE seq > $1 AND body <> '' \
         ORDER BY seq LIMIT $2",
    )
    .bind(seq)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read the intake log"))?;
    rows.iter().map(logged).collect()
}

/// How many entries after a position and up to another, of all organisations, are no tombstones.
pub async fn count_between(tx: &mut Tx, after: i64, until: i64) -> Result<i64, StoreError> {
    let row =
        sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM intake WHERE seq > $1 AND seq <= $2 AND body <> ''")
            .bind(after)
            .bind(until)
            .fetch_one(&mut **tx)
            .await
            .map_err(StoreError::on("count entries of the intake log"))?;
    Columns::of(&row, "count entries of the intake log").number("n")
}

/// Entries of an organisation after a position and up to another, in order; tombstones are passed over.
pub async fn between(
    tx: &mut Tx,
    org: &OrgId,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<LoggedEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, org_id, kind, id, body_hash, body, received_at FROM intake WHERE org_id = $1 AND seq > $2 \
         AND seq <= $3 AND body <> '' ORDER BY seq LIMIT $4",
    )
    .bind(org.as_str())
    .bind(after)
    .bind(until)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read the intake log"))?;
    rows.iter().map(logged).collect()
}

/// The last position of the log; 0 when it is empty.
pub async fn last(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS seq FROM intake")
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("read the end of the intake log"))?;
    Columns::of(&row, "read the end of the intake log").number("seq")
}

/// Make tombstones of entries; returns how many were none before.
pub async fn entomb(tx: &mut Tx, org: &OrgId, seqs: &[i64]) -> Result<u64, StoreError> {
    let mut done = 0;
    for seq in seqs {
        let one =
            sqlx::query("UPDATE intake SET body = '', body_hash = '' WHERE org_id = $1 AND seq = $2 AND body <> ''")
                .bind(org.as_str())
                .bind(*seq)
                .execute(&mut **tx)
                .await
                .map_err(StoreError::on("make a tombstone in the intake log"))?;
        done += one.rows_affected();
    }
    Ok(done)
}

fn logged(row: &sqlx::any::AnyRow) -> Result<LoggedEntry, StoreError> {
    let read = StoreError::on("read an intake entry");
    (|| {
        let kind: String = row.try_get("kind")?;
        Ok::<_, sqlx::Error>((
            row.try_get("seq")?,
            row.try_get::<String, _>("org_id")?,
            kind,
            row.try_get("id")?,
            row.try_get("body_hash")?,
            row.try_get("body")?,
            row.try_get::<i64, _>("received_at")?,
        ))
    })()
    .map_err(read)
    .and_then(|(seq, org, kind, id, body_hash, body, at)| {
        let kind = IntakeKind::parse(&kind).ok_or_else(|| StoreError::corrupt("intake.kind", &kind))?;
        let entry = IntakeEntry {
            org: OrgId::stored(org),
            kind,
            id,
            body_hash,
            body,
            received_at: peakend_domain::timestamp(at),
        };
        Ok(LoggedEntry { seq, entry })
    })
}

/// The position a consumer has reached, in a transaction that means to move it:
/// others that mean to, on this server or another, wait until it ends.
pub async fn offset_to_move(tx: &mut Tx, consumer: &'static str) -> Result<i64, StoreError> {
    tx.hold(consumer).await?;
    offset(tx, consumer).await
}

/// The position a consumer has reached; 0 before it ever ran.
pub async fn offset(tx: &mut Tx, consumer: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT seq FROM consumer WHERE name = $1")
        .bind(consumer)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("read a consumer's position"))?;
    row.map_or(Ok(0), |r| r.try_get("seq").map_err(StoreError::on("read a consumer's position")))
}

/// Move a consumer on, in the transaction that holds its effects: exactly once.
pub async fn advance(tx: &mut Tx, consumer: &str, seq: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO consumer (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq")
        .bind(consumer)
        .bind(seq)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("advance a consumer"))?;
    Ok(())
}
