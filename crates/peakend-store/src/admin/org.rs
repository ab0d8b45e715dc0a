//! Organisations (tenants).

use peakend_domain::{OrgId, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Id.
    pub id: OrgId,
    /// Display name.
    pub name: String,
    /// Default language tag.
    pub locale: String,
    /// IANA time zone; days are counted in it.
    pub time_zone: String,
    /// ISO 4217 code of money figures.
    pub currency: String,
    /// When it was set up.
    pub created_at: jiff::Timestamp,
}

/// Insert an organisation.
pub async fn insert(tx: &mut Tx, org: &Org) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO org (id, name, locale, time_zone, currency, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(org.id.as_str())
        .bind(org.name.as_str())
        .bind(org.locale.as_str())
        .bind(org.time_zone.as_str())
        .bind(org.currency.as_str())
        .bind(micros(org.created_at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert an organisation"))?;
    Ok(())
}

/// The organisation of that id.
pub async fn find(tx: &mut Tx, id: &OrgId) -> Result<Option<Org>, StoreError> {
    let row = sqlx::query("SELECT id, name, locale, time_zone, currency, created_at FROM org WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an organisation"))?;
    row.as_ref().map(read).transpose()
}

/// Every organisation, oldest first (for start-up and the consumers).
pub async fn all(tx: &mut Tx) -> Result<Vec<Org>, StoreError> {
    let rows = sqlx::query("SELECT id, name, locale, time_zone, currency, created_at FROM org ORDER BY created_at, id")
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list organisations"))?;
    rows.iter().map(read).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<Org, StoreError> {
    (|| {
        Ok(Org {
            id: OrgId::stored(row.try_get("id")?),
            name: row.try_get("name")?,
            locale: row.try_get("locale")?,
            time_zone: row.try_get("time_zone")?,
            currency: row.try_get("currency")?,
            created_at: timestamp(row.try_get("created_at")?),
        })
    })()
    .map_err(StoreError::on("read an organisation"))
}
