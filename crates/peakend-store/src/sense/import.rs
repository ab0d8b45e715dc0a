//! Imports and their progress.

use std::collections::BTreeMap;

use peakend_domain::sense::import::{ImportKind, ImportReport, ImportState};
use peakend_domain::{ImportId, OrgId, micros, timestamp};
use sqlx::AssertSqlSafe;

use super::intake::{Gate, IntakeEntry, Receipt};
use crate::row::{Columns, placeholders, rows_of};
use crate::{StoreError, Tx};

/// An import as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Id.
    pub id: ImportId,
    /// What its rows are.
    pub kind: ImportKind,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of kind, map and file, hex.
    pub content_hash: String,
    /// How far it is.
    pub state: ImportState,
    /// What it did so far.
    pub report: ImportReport,
    /// When it began.
    pub created_at: jiff::Timestamp,
    /// When it ended.
    pub finished_at: Option<jiff::Timestamp>,
}

const COLUMNS: &str = "id, kind, file_name, content_hash, state, report, created_at, finished_at";

/// Insert an import.
pub async fn insert(tx: &mut Tx, org: &OrgId, import: &Import) -> Result<(), StoreError> {
    let [total, added, same, faulty] = counts(&import.report);
    sqlx::query(
        "INSERT INTO import (org_id, id, kind, file_name, content_hash, state, rows_total, rows_added, rows_same, \
         rows_faulty, report, created_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(org.as_str())
    .bind(import.id.as_str())
    .bind(import.kind.name())
    .bind(import.file_name.as_str())
    .bind(import.content_hash.as_str())
    .bind(import.state.name())
    .bind(total)
    .bind(added)
    .bind(same)
    .bind(faulty)
    .bind(report(import)?)
    .bind(micros(import.created_at))
    .bind(import.finished_at.map(micros))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an import"))?;
    Ok(())
}

/// Replace state and report.
pub async fn save(tx: &mut Tx, org: &OrgId, import: &Import) -> Result<(), StoreError> {
    let [total, added, same, faulty] = counts(&import.report);
    sqlx::query(
        "UPDATE import SET state = $3, rows_total = $4, rows_added = $5, rows_same = $6, rows_faulty = $7, \
         report = $8, finished_at = $9 WHERE org_id = $1 AND id = $2",
    )
    .bind(org.as_str())
    .bind(import.id.as_str())
    .bind(import.state.name())
    .bind(total)
    .bind(added)
    .bind(same)
    .bind(faulty)
    .bind(report(import)?)
    .bind(import.finished_at.map(micros))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save an import"))?;
    Ok(())
}

/// One import.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &ImportId) -> Result<Option<Import>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an import"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read an import"))).transpose()
}

/// Imports newest first, after a cursor (an id; empty for the first page).
pub async fn list(tx: &mut Tx, org: &OrgId, cursor: &str, limit: i64) -> Result<Vec<Import>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM import WHERE org_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(cursor)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list imports"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an import"))).collect()
}

/// How many imports there are.
pub async fn count(tx: &mut Tx, org: &OrgId) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM import WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count imports"))?;
    Columns::of(&row, "count imports").number("n")
}

fn counts(report: &ImportReport) -> [i64; 4] {
    [report.rows_total, report.rows_added, report.rows_same, report.rows_faulty]
        .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

fn report(import: &Import) -> Result<String, StoreError> {
    serde_json::to_string(&import.report).map_err(|e| StoreError::corrupt("import.report", e))
}

fn read(columns: Columns<'_>) -> Result<Import, StoreError> {
    Ok(Import {
        id: ImportId::stored(columns.text("id")?),
        kind: columns.word("kind", ImportKind::parse)?,
        file_name: columns.text("file_name")?,
        content_hash: columns.text("content_hash")?,
        state: columns.word("state", ImportState::parse)?,
        report: serde_json::from_str(&columns.text("report")?).map_err(|e| StoreError::corrupt("import.report", e))?,
        created_at: timestamp(columns.number("created_at")?),
        finished_at: columns.maybe_number("finished_at")?.map(timestamp),
    })
}

/// Append many entries within the caller's transaction, one receipt each, in
/// order: as `intake::append`, with few statements. No id may occur twice
/// among `entries`, which are all of one organisation and kind.
pub async fn append_many(tx: &mut Tx, _gate: &Gate, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    tx.hold("intake").await?;
    let mut receipts = Vec::with_capacity(entries.len());
    for chunk in entries.chunks(rows_of(6)) {
        let written = insert_chunk(tx, chunk).await?;
        let missed: Vec<&IntakeEntry> = chunk.iter().filter(|e| !written.contains_key(&e.id)).collect();
        let earlier = earlier(tx, &missed).await?;
        for e in chunk {
            receipts.push(match (written.get(&e.id), earlier.get(&e.id)) {
                (Some(seq), _) => Receipt::Accepted { seq: *seq },
                (None, Some((seq, hash))) if super::intake::is_same(hash, &e.body_hash) => {
                    Receipt::Replayed { seq: *seq }
                }
                (None, Some(_)) => Receipt::Conflict,
                (None, None) => return Err(StoreError::corrupt("intake", "an entry is neither new nor there before")),
            });
        }
    }
    Ok(receipts)
}

/// Position and body hash of entries that were there before, by id.
async fn earlier(tx: &mut Tx, entries: &[&IntakeEntry]) -> Result<BTreeMap<String, (i64, String)>, StoreError> {
    let Some(first) = entries.first() else { return Ok(BTreeMap::new()) };
    let sql = format!(
        "SELECT id, seq, body_hash FROM intake WHERE org_id = $1 AND kind = $2 AND id IN {}",
        placeholders(1, entries.len(), 2)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(first.org.as_str()).bind(first.kind.name());
    for e in entries {
        query = query.bind(e.id.as_str());
    }
    let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("look up intake entries"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read an intake entry");
            Ok((columns.text("id")?, (columns.number("seq")?, columns.text("body_hash")?)))
        })
        .collect()
}

async fn insert_chunk(tx: &mut Tx, chunk: &[IntakeEntry]) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = format!(
        "INSERT INTO intake (org_id, kind, id, body_hash, body, received_at) VALUES {} \
         ON CONFLICT (org_id, kind, id) DO NOTHING RETURNING id, seq",
        placeholders(chunk.len(), 6, 0)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for e in chunk {
        query = query
            .bind(e.org.as_str())
            .bind(e.kind.name())
            .bind(e.id.as_str())
            .bind(e.body_hash.as_str())
            .bind(e.body.as_str())
            .bind(micros(e.received_at));
    }
    let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("append to the intake log"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a position");
            Ok((columns.text("id")?, columns.number("seq")?))
        })
        .collect()
}

/// Blank the messages of rows that imports refused which ended before an instant:
/// they quote cells, and nobody knows whose. Row, column and code stay. Returns how
/// many reports changed.
pub async fn forget_messages(tx: &mut Tx, org: &OrgId, before: jiff::Timestamp) -> Result<u64, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM import WHERE org_id = $1 AND finished_at < $2 AND report LIKE '%\"message\":%'");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(micros(before))
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list imports"))?;
    let mut changed = 0;
    for row in &rows {
        let mut import = read(Columns::of(row, "read an import"))?;
        if import.report.faults.iter().any(|fault| !fault.message.is_empty()) {
            import.report.faults.iter_mut().for_each(|fault| fault.message.clear());
            save(tx, org, &import).await?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Mark imports that never ended as failed: their process is gone, nothing of them is written.
pub async fn abandon(tx: &mut Tx, now: jiff::Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query("UPDATE import SET state = 'failed', finished_at = $1 WHERE finished_at IS NULL")
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("abandon imports"))?;
    Ok(done.rows_affected())
}
