//! The history of a case: its deeds in order, from which its state can be replayed.

use peakend_domain::{CaseEntryId, CaseId, OrgId, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// One entry. The first one of a case is its opening (`kind` `opened`, revision
/// 0); every other body is a [`peakend_domain::act::case::Deed`].
#[derive(Debug, Clone, PartialEq)]
pub struct CaseEntry {
    /// Its id.
    pub id: CaseEntryId,
    /// The case's revision after it.
    pub revision: i64,
    /// Deed's name.
    pub kind: String,
    /// Deed as JSON.
    pub body: serde_json::Value,
    /// Who: a user id, a key id, or `system`.
    pub author: String,
    /// When.
    pub at: jiff::Timestamp,
}

/// Append an entry.
pub async fn add_entry(tx: &mut Tx, org: &OrgId, case: &CaseId, entry: &CaseEntry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO case_entry (org_id, id, case_id, revision, kind, body, author, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(org.as_str())
    .bind(entry.id.as_str())
    .bind(case.as_str())
    .bind(entry.revision)
    .bind(entry.kind.as_str())
    .bind(entry.body.to_string())
    .bind(entry.author.as_str())
    .bind(micros(entry.at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("add to a case's history"))?;
    Ok(())
}

/// The whole history, oldest first. The caller has found the case within its scope.
pub async fn entries(tx: &mut Tx, org: &OrgId, case: &CaseId) -> Result<Vec<CaseEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, revision, kind, body, author, at FROM case_entry WHERE org_id = $1 AND case_id = $2 \
         ORDER BY revision",
    )
    .bind(org.as_str())
    .bind(case.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read a case's history"))?;
    rows.iter()
        .map(|row| {
            let read = || StoreError::on("read a case's history");
            let body: String = row.try_get("body").map_err(read())?;
            Ok(CaseEntry {
                id: CaseEntryId::stored(row.try_get("id").map_err(read())?),
                revision: row.try_get("revision").map_err(read())?,
                kind: row.try_get("kind").map_err(read())?,
                body: serde_json::from_str(&body).map_err(|e| StoreError::corrupt("case_entry.body", e))?,
                author: row.try_get("author").map_err(read())?,
                at: timestamp(row.try_get("at").map_err(read())?),
            })
        })
        .collect()
}
