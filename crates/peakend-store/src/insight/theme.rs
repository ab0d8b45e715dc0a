//! Versions of an organisation's scheme of themes.

use peakend_domain::insight::theme::ThemeVersion;
use peakend_domain::{OrgId, micros, timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::row::Columns;
use crate::{StoreError, Tx};

/// The newest saved version's number; `None` while the scheme that ships is used.
pub async fn newest(tx: &mut Tx, org: &OrgId) -> Result<Option<u32>, StoreError> {
    let fault = "find the version of the themes";
    let row = sqlx::query("SELECT MAX(version) AS version FROM theme_scheme WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on(fault))?;
    let found: Option<i64> = row.try_get("version").map_err(StoreError::on(fault))?;
    found.map(number).transpose()
}

/// A saved version.
pub async fn find(tx: &mut Tx, org: &OrgId, version: u32) -> Result<Option<ThemeVersion>, StoreError> {
    let row = sqlx::query(
        "SELECT version, document, saved_at, saved_by FROM theme_scheme WHERE org_id = $1 AND version = $2",
    )
    .bind(org.as_str())
    .bind(i64::from(version))
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("read a scheme of themes"))?;
    row.as_ref().map(read).transpose()
}

/// Save a version; `false` when somebody has saved one of this number before.
pub async fn insert(tx: &mut Tx, org: &OrgId, saved: &ThemeVersion) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO theme_scheme (org_id, version, document, saved_at, saved_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (org_id, version) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(i64::from(saved.version))
    .bind(saved.document.as_str())
    .bind(micros(saved.saved_at))
    .bind(saved.saved_by.as_str())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save a scheme of themes"))?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<ThemeVersion, StoreError> {
    let row = Columns::of(row, "read a scheme of themes");
    Ok(ThemeVersion {
        version: number(row.number("version")?)?,
        document: row.text("document")?,
        saved_at: timestamp(row.number("saved_at")?),
        saved_by: row.text("saved_by")?,
    })
}

fn number(version: i64) -> Result<u32, StoreError> {
    u32::try_from(version).map_err(|e| StoreError::corrupt("theme_scheme.version", e))
}
