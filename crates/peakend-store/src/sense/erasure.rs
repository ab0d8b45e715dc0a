//! The list of erased persons, and what is removed for each of them.

use peakend_domain::sense::erasure::{Erasure, ErasureCounts, ErasureReason, ErasureState, HashedAlias};
use peakend_domain::{ErasureId, OrgId, PersonId, micros, timestamp};
use sqlx::AssertSqlSafe;

use crate::row::Columns;
use crate::{StoreError, Tx};

mod removal;

pub use removal::remove;
pub(in crate::sense) use removal::silence;

const COLUMNS: &str = "id, person_id, former_ids, salt, names, reason, requested_by, requested_at, until_seq, state, \
    done_at, counts";

/// Put a line on the list, or bring one that is there up to date.
pub async fn put(tx: &mut Tx, org: &OrgId, erasure: &Erasure) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO erasure (org_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, done_at = excluded.done_at, counts = excluded.counts, \
         until_seq = excluded.until_seq"
    );
    let done_at = match erasure.state {
        ErasureState::Requested => None,
        ErasureState::Done { at } => Some(micros(at)),
    };
    sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(erasure.id.as_str())
        .bind(erasure.person.as_str())
        .bind(text(&erasure.former)?)
        .bind(erasure.salt.as_str())
        .bind(text(&erasure.names)?)
        .bind(erasure.reason.name())
        .bind(erasure.requested_by.as_str())
        .bind(micros(erasure.requested_at))
        .bind(erasure.until_seq)
        .bind(erasure.state.name())
        .bind(done_at)
        .bind(text(&erasure.counts)?)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("write an erasure"))?;
    Ok(())
}

/// One line of the list.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &ErasureId) -> Result<Option<Erasure>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM erasure WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an erasure"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read an erasure"))).transpose()
}

/// The list newest first, after a cursor (an id; empty for the first page).
pub async fn page(tx: &mut Tx, org: &OrgId, cursor: &str, limit: i64) -> Result<Vec<Erasure>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM erasure WHERE org_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(cursor)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list erasures"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an erasure"))).collect()
}

/// The whole list, oldest first.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Erasure>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM erasure WHERE org_id = $1 ORDER BY id")))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list erasures"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an erasure"))).collect()
}

/// How many lines the list has.
pub async fn count(tx: &mut Tx, org: &OrgId) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM erasure WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count erasures"))?;
    Columns::of(&row, "count erasures").number("n")
}

/// The key of the latest line's hashes; none before the first erasure.
pub async fn salt(tx: &mut Tx, org: &OrgId) -> Result<Option<String>, StoreError> {
    Ok(page(tx, org, "", 1).await?.into_iter().next().map(|e| e.salt))
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::corrupt("erasure", e))
}

fn json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::corrupt(what, e))
}

fn read(columns: Columns<'_>) -> Result<Erasure, StoreError> {
    let state = columns.text("state")?;
    let former: Vec<String> = json("erasure.former_ids", &columns.text("former_ids")?)?;
    let names: Vec<HashedAlias> = json("erasure.names", &columns.text("names")?)?;
    let counts: ErasureCounts = json("erasure.counts", &columns.text("counts")?)?;
    Ok(Erasure {
        id: ErasureId::stored(columns.text("id")?),
        person: PersonId::stored(columns.text("person_id")?),
        former: former.into_iter().map(PersonId::stored).collect(),
        salt: columns.text("salt")?,
        names,
        reason: columns.word("reason", ErasureReason::parse)?,
        requested_by: columns.text("requested_by")?,
        requested_at: timestamp(columns.number("requested_at")?),
        until_seq: columns.number("until_seq")?,
        state: match (state.as_str(), columns.maybe_number("done_at")?) {
            ("requested", _) => ErasureState::Requested,
            ("done", Some(at)) => ErasureState::Done { at: timestamp(at) },
            _ => return Err(StoreError::corrupt("erasure.state", &state)),
        },
        counts,
    })
}
