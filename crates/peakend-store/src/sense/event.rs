//! Events as a read model of the intake log.

use peakend_domain::sense::event::Event;
use peakend_domain::{OrgId, micros, timestamp};

use crate::insert::{Cell, Insert};
use crate::row::Columns;
use crate::{StoreError, Tx};

const INSERT: Insert = Insert {
    table: "event",
    columns: "org_id, seq, id, person_id, name, at, properties",
    numbers: &[1, 5],
    key: "org_id, seq",
    returning: "seq",
    operation: "insert events",
};

/// Insert events of the log. The log holds each of them once and a consumer's place
/// moves with what it makes: one that is there already is a fault.
pub async fn insert_many(tx: &mut Tx, org: &OrgId, events: &[&Event]) -> Result<(), StoreError> {
    let rows: Vec<_> = events.iter().map(|e| cells(org, e)).collect();
    INSERT.all(tx, &rows).await
}

/// An event in the order of the columns.
fn cells<'a>(org: &'a OrgId, e: &'a Event) -> [Cell<'a>; 7] {
    [
        org.as_str().into(),
        e.seq.into(),
        (&e.id).into(),
        (&e.person).into(),
        (&e.name).into(),
        micros(e.at).into(),
        e.properties.to_string().into(),
    ]
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

/// Events after a position of the log, in its order.
pub async fn after(tx: &mut Tx, org: &OrgId, seq: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, seq, person_id, name, at, properties FROM event WHERE org_id = $1 AND seq > $2 \
         ORDER BY seq LIMIT $3",
    )
    .bind(org.as_str())
    .bind(seq)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read events in the order of the log"))?;
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
