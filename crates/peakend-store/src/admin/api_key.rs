//! API keys: shown once, stored as SHA-256.

use peakend_domain::{OrgId, Role, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Tenant.
    pub org: OrgId,
    /// Id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Last four characters of the secret, to tell keys apart.
    pub hint: String,
    /// SHA-256 of the secret, hex.
    pub hash: String,
    /// Role; [`Role::Ingest`] for a public write key.
    pub role: Role,
    /// Unit that bounds the scope.
    pub unit_id: Option<String>,
    /// When created.
    pub created_at: jiff::Timestamp,
    /// When last used.
    pub last_used_at: Option<jiff::Timestamp>,
    /// When revoked.
    pub revoked_at: Option<jiff::Timestamp>,
}

const SELECT: &str =
    "SELECT org_id, id, name, hint, hash, role, unit_id, created_at, last_used_at, revoked_at FROM api_key";

/// Insert a key.
pub async fn insert(tx: &mut Tx, key: &ApiKey) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO api_key (org_id, id, name, hint, hash, role, unit_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.org.as_str())
    .bind(key.id.as_str())
    .bind(key.name.as_str())
    .bind(key.hint.as_str())
    .bind(key.hash.as_str())
    .bind(key.role.name())
    .bind(key.unit_id.as_deref())
    .bind(micros(key.created_at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an API key"))?;
    Ok(())
}

/// The live key of a secret's hash.
pub async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<ApiKey>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE hash = $1 AND revoked_at IS NULL")))
        .bind(hash)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an API key"))?;
    row.as_ref().map(read).transpose()
}

/// All keys of an organisation, newest first.
pub async fn list(tx: &mut Tx, org: &OrgId) -> Result<Vec<ApiKey>, StoreError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE org_id = $1 ORDER BY created_at DESC, id")))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list API keys"))?;
    rows.iter().map(read).collect()
}

/// Revoke a key; returns whether it was live.
pub async fn revoke(tx: &mut Tx, org: &OrgId, id: &str, at: jiff::Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE api_key SET revoked_at = $3 WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL")
        .bind(org.as_str())
        .bind(id)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("revoke an API key"))?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &sqlx::any::AnyRow) -> Result<ApiKey, StoreError> {
    let role: String = row.try_get("role").map_err(StoreError::on("read an API key"))?;
    let role = Role::parse(&role).ok_or_else(|| StoreError::corrupt("api_key.role", &role))?;
    (|| {
        Ok(ApiKey {
            org: OrgId::stored(row.try_get("org_id")?),
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            hint: row.try_get("hint")?,
            hash: row.try_get("hash")?,
            role,
            unit_id: row.try_get("unit_id")?,
            created_at: timestamp(row.try_get("created_at")?),
            last_used_at: row.try_get::<Option<i64>, _>("last_used_at")?.map(timestamp),
            revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(timestamp),
        })
    })()
    .map_err(StoreError::on("read an API key"))
}
