//! Business calendars, stored as documents.

use peakend_domain::act::calendar::{Calendar, CalendarDocument};
use peakend_domain::{CalendarId, OrgId};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// A calendar as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCalendar {
    /// Its id.
    pub id: CalendarId,
    /// Code, unique in the organisation.
    pub code: String,
    /// Name.
    pub name: String,
    /// Hours, holidays, make-up days.
    pub document: CalendarDocument,
}

impl StoredCalendar {
    /// The checked calendar; it was checked before it was stored.
    pub fn calendar(&self) -> Result<Calendar, StoreError> {
        Calendar::read(&self.document).map_err(|faults| {
            StoreError::corrupt("calendar.document", faults.first().map_or("", |fault| fault.message.as_str()))
        })
    }
}

/// Insert, or replace name and document of the calendar with the same id.
/// `false` when another calendar has the code.
pub async fn put(tx: &mut Tx, org: &OrgId, calendar: &StoredCalendar) -> Result<bool, StoreError> {
    let taken = sqlx::query("SELECT id FROM calendar WHERE org_id = $1 AND code = $2 AND id <> $3")
        .bind(org.as_str())
        .bind(calendar.code.as_str())
        .bind(calendar.id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("look up a calendar's code"))?;
    if taken.is_some() {
        return Ok(false);
    }
    let document =
        serde_json::to_string(&calendar.document).map_err(|e| StoreError::corrupt("calendar.document", e))?;
    sqlx::query(
        "INSERT INTO calendar (org_id, id, code, name, document) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, document = excluded.document",
    )
    .bind(org.as_str())
    .bind(calendar.id.as_str())
    .bind(calendar.code.as_str())
    .bind(calendar.name.as_str())
    .bind(document)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("store a calendar"))?;
    Ok(true)
}

/// All calendars by name.
pub async fn list(tx: &mut Tx, org: &OrgId) -> Result<Vec<StoredCalendar>, StoreError> {
    let rows = sqlx::query("SELECT id, code, name, document FROM calendar WHERE org_id = $1 ORDER BY name, id")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list calendars"))?;
    rows.iter().map(read).collect()
}

/// One calendar.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &CalendarId) -> Result<Option<StoredCalendar>, StoreError> {
    let row = sqlx::query("SELECT id, code, name, document FROM calendar WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a calendar"))?;
    row.as_ref().map(read).transpose()
}

fn read(row: &sqlx::any::AnyRow) -> Result<StoredCalendar, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a calendar"));
    let document = text("document")?;
    Ok(StoredCalendar {
        id: CalendarId::stored(text("id")?),
        code: text("code")?,
        name: text("name")?,
        document: serde_json::from_str(&document).map_err(|e| StoreError::corrupt("calendar.document", e))?,
    })
}
