//! Sessions and one-time sign-in links. Only hashes of tokens are stored.

use peakend_domain::{OrgId, UserId, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// A signed-in session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Tenant.
    pub org: OrgId,
    /// Who.
    pub user: UserId,
    /// Token that unsafe requests must repeat in a header.
    pub csrf: String,
    /// Begin.
    pub created_at: jiff::Timestamp,
    /// End, whatever happens.
    pub expires_at: jiff::Timestamp,
}

/// Insert a session.
pub async fn insert(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO session (token_hash, org_id, user_id, csrf, created_at, expires_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $5)",
    )
    .bind(s.token_hash.as_str())
    .bind(s.org.as_str())
    .bind(s.user.as_str())
    .bind(s.csrf.as_str())
    .bind(micros(s.created_at))
    .bind(micros(s.expires_at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a session"))?;
    Ok(())
}

/// The live session of a token hash.
pub async fn find(tx: &mut Tx, token_hash: &str, now: jiff::Timestamp) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "SELECT token_hash, org_id, user_id, csrf, created_at, expires_at FROM session \
         WHERE token_hash = $1 AND expires_at > $2",
    )
    .bind(token_hash)
    .bind(micros(now))
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("find a session"))?;
    row.map(|row| {
        Ok(Session {
            token_hash: row.try_get("token_hash")?,
            org: OrgId::stored(row.try_get("org_id")?),
            user: UserId::stored(row.try_get("user_id")?),
            csrf: row.try_get("csrf")?,
            created_at: timestamp(row.try_get("created_at")?),
            expires_at: timestamp(row.try_get("expires_at")?),
        })
    })
    .transpose()
    .map_err(StoreError::on("read a session"))
}

/// End a session.
pub async fn remove(tx: &mut Tx, token_hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("end a session"))?;
    Ok(())
}

/// End all sessions of a user (password change, disabling).
pub async fn remove_all(tx: &mut Tx, org: &OrgId, user: &UserId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE org_id = $1 AND user_id = $2")
        .bind(org.as_str())
        .bind(user.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("end a user's sessions"))?;
    Ok(())
}

/// Insert a one-time sign-in link.
pub async fn insert_link(
    tx: &mut Tx,
    org: &OrgId,
    user: &UserId,
    token_hash: &str,
    expires_at: jiff::Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO sign_in_link (token_hash, org_id, user_id, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(token_hash)
        .bind(org.as_str())
        .bind(user.as_str())
        .bind(micros(expires_at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a sign-in link"))?;
    Ok(())
}

/// Use a link up; `None` when it is unknown, used or expired.
pub async fn use_link(
    tx: &mut Tx,
    token_hash: &str,
    now: jiff::Timestamp,
) -> Result<Option<(OrgId, UserId)>, StoreError> {
    let row = sqlx::query(
        "UPDATE sign_in_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 \
         RETURNING org_id, user_id",
    )
    .bind(token_hash)
    .bind(micros(now))
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("use a sign-in link"))?;
    row.map(|r| Ok((OrgId::stored(r.try_get("org_id")?), UserId::stored(r.try_get("user_id")?))))
        .transpose()
        .map_err(StoreError::on("read a sign-in link"))
}

/// The path of a unit on a day, for the scope of whoever signs in.
pub async fn unit_path(
    tx: &mut Tx,
    org: &OrgId,
    unit_id: &str,
    day: peakend_domain::Day,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT path FROM unit_placement WHERE org_id = $1 AND unit_id = $2 AND valid_from <= $3 \
         AND (valid_to IS NULL OR valid_to > $3)",
    )
    .bind(org.as_str())
    .bind(unit_id)
    .bind(i64::from(day.0))
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("find a unit's path"))?;
    row.map(|r| r.try_get("path")).transpose().map_err(StoreError::on("read a unit's path"))
}

/// Code and name of a unit, for the frame.
pub async fn unit_name(
    tx: &mut Tx,
    org: &OrgId,
    unit_id: &str,
) -> Result<Option<(String, peakend_domain::LocalText)>, StoreError> {
    let row = sqlx::query("SELECT code, name FROM unit WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(unit_id)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a unit"))?;
    row.map(|r| {
        let columns = crate::row::Columns::of(&r, "read a unit");
        Ok((columns.text("code")?, columns.local("name")?))
    })
    .transpose()
}
