//! Outcome kinds, and the batches of outcomes that were sent. The outcomes
//! themselves stand in the warehouse.

use peakend_domain::value::outcome::{Absent, Better, Nature, OutcomeKind, OutcomeUnit};
use peakend_domain::{OrgId, micros};
use sqlx::Row as _;

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a kind; a code that exists stays as it is. Returns whether it is new.
pub async fn insert(tx: &mut Tx, org: &OrgId, kind: &OutcomeKind) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO outcome_kind (org_id, code, name, unit, better, nature, absent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, code) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(kind.code.as_str())
    .bind(local(&kind.name))
    .bind(kind.unit.name())
    .bind(kind.better.name())
    .bind(kind.nature.name())
    .bind(kind.absent.name())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an outcome kind"))?;
    Ok(done.rows_affected() == 1)
}

/// All kinds by code.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<OutcomeKind>, StoreError> {
    let rows = sqlx::query(
        "SELECT code, name, unit, better, nature, absent FROM outcome_kind WHERE org_id = $1 ORDER BY code",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list outcome kinds"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read an outcome kind");
            Ok(OutcomeKind {
                code: columns.text("code")?,
                name: columns.local("name")?,
                unit: columns.word("unit", OutcomeUnit::parse)?,
                better: columns.word("better", Better::parse)?,
                nature: columns.word("nature", Nature::parse)?,
                absent: columns.word("absent", Absent::parse)?,
            })
        })
        .collect()
}

/// The hash of a batch sent before under an id.
pub async fn batch(tx: &mut Tx, org: &OrgId, id: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT body_hash FROM outcome_batch WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.map(|row| row.try_get("body_hash")).transpose())
        .map_err(StoreError::on("find a batch of outcomes"))
}

/// Record a batch; the same id twice is a fault of uniqueness.
pub async fn insert_batch(
    tx: &mut Tx,
    org: &OrgId,
    id: &str,
    body_hash: &str,
    rows: i64,
    at: jiff::Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO outcome_batch (org_id, id, body_hash, row_count, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(org.as_str())
        .bind(id)
        .bind(body_hash)
        .bind(rows)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("record a batch of outcomes"))?;
    Ok(())
}
