//! Events as a read model of the intake log.

use peakend_domain::sense::event::Event;
use peakend_domain::{OrgId, micros, timestamp};

use crate::row::Columns;
use crate::{StoreError, Tx};

/// Insert an event; the same id again changes nothing. Returns whether it is new.
pub async fn insert(tx: &mut Tx, org: &OrgId, e: &Event) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO event (org_id, id, seq, person_id, name, at, properties) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (org_id, id) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(e.id.as_str())
    .bind(e.seq)
    .bind(e.person.as_str())
    .bind(e.name.as_str())
    .bind(micros(e.at))
    .bind(e.properties.to_string())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an event"))?;
    Ok(done.rows_affected() == 1)
}

/// Events of a name within a span (from inclusive, to exclusive), oldest first.
pub async fn of_name(
    tx: &mut Tx,
    org: &OrgId,
    name: &str,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, seq, person_id, name, at, properties FROM event \
         WHERE org_id = $1 AND name = $2 AND at >= $3 AND at < $4 ORDER BY at, id LIMIT $5",
    )
    .bind(org.as_str())
    .bind(name)
    .bind(micros(from))
    .bind(micros(to))
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read events"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an event"))).collect()
}

/// Names of events with how often each happened since an instant, the most frequent first.
pub async fn names(tx: &mut Tx, org: &OrgId, since: jiff::Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, CAST(COUNT(*) AS BIGINT) AS n FROM event WHERE org_id = $1 AND at >= $2 \
         GROUP BY name ORDER BY n DESC, name LIMIT 200",
    )
    .bind(org.as_str())
    .bind(micros(since))
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list event names"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read an event name");
            Ok((columns.text("name")?, columns.number("n")?))
        })
        .collect()
}

fn read(columns: Columns<'_>) -> Result<Event, StoreError> {
    let properties = columns.text("properties")?;
    Ok(Event {
        id: columns.text("id")?,
        seq: columns.number("seq")?,
        person: columns.text("person_id")?,
        name: columns.text("name")?,
        at: timestamp(columns.number("at")?),
        properties: serde_json::from_str(&properties).map_err(|e| StoreError::corrupt("event.properties", e))?,
    })
}
