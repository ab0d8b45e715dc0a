//! How long an organisation keeps what it heard, and removing what is older.

use peakend_domain::sense::retention::{Retention, RetentionCounts, RetentionRun, RetentionSetting};
use peakend_domain::{OrgId, micros, timestamp};
use sqlx::AssertSqlSafe;

use crate::row::{Columns, placeholders};
use crate::{StoreError, Tx};

mod voices;

pub use voices::{remove_links, remove_voices, silence_cases};

const FAULT: &str = "remove what is no longer kept";
/// Rows that a transaction removes at most, so that others have their turn.
const STEP: i64 = 500;

/// The setting; none while everything is kept for good.
pub async fn find(tx: &mut Tx, org: &OrgId) -> Result<Option<RetentionSetting>, StoreError> {
    let row = sqlx::query("SELECT keep, saved_at, saved_by, ran_at, removed FROM retention WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find the retention"))?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::of(&row, "read the retention");
    let keep: Retention = json("retention.keep", &columns.text("keep")?)?;
    let removed: RetentionCounts = json("retention.removed", &columns.text("removed")?)?;
    let ran_at = columns.maybe_number("ran_at")?;
    Ok(Some(RetentionSetting {
        keep,
        saved_at: timestamp(columns.number("saved_at")?),
        saved_by: columns.text("saved_by")?,
        last_run: ran_at.map(|at| RetentionRun { at: timestamp(at), removed }),
    }))
}

/// Set how long; the record of the last run stays.
pub async fn save(
    tx: &mut Tx,
    org: &OrgId,
    keep: &Retention,
    by: &str,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO retention (org_id, keep, saved_at, saved_by, removed) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (org_id) DO UPDATE SET keep = excluded.keep, saved_at = excluded.saved_at, \
         saved_by = excluded.saved_by",
    )
    .bind(org.as_str())
    .bind(text(keep)?)
    .bind(micros(now))
    .bind(by)
    .bind(text(&RetentionCounts::default())?)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save the retention"))?;
    Ok(())
}

/// Note what a run removed.
pub async fn note(tx: &mut Tx, org: &OrgId, run: RetentionRun) -> Result<(), StoreError> {
    sqlx::query("UPDATE retention SET ran_at = $2, removed = $3 WHERE org_id = $1")
        .bind(org.as_str())
        .bind(micros(run.at))
        .bind(text(&run.removed)?)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("note a run of the retention"))?;
    Ok(())
}

/// How many events happened before an instant.
pub async fn events_before(tx: &mut Tx, org: &OrgId, before: jiff::Timestamp) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM event WHERE org_id = $1 AND at < $2")
        .bind(org.as_str())
        .bind(micros(before))
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count old events"))?;
    Columns::of(&row, "count old events").number("n")
}

/// Remove some events of before an instant with their entries in the log; nothing
/// more is left of them when the counts are zero.
pub async fn remove_events(tx: &mut Tx, org: &OrgId, before: jiff::Timestamp) -> Result<RetentionCounts, StoreError> {
    // no order: an index by time would cost every event that comes in
    let found = sqlx::query("SELECT seq FROM event WHERE org_id = $1 AND at < $2 LIMIT $3")
        .bind(org.as_str())
        .bind(micros(before))
        .bind(STEP)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on(FAULT))?;
    let seqs = found.iter().map(|row| Columns::of(row, FAULT).number("seq")).collect::<Result<Vec<i64>, _>>()?;
    let (events, log_entries) = remove(tx, org, "event", &seqs).await?;
    Ok(RetentionCounts { events, log_entries, ..RetentionCounts::default() })
}

/// Remove decisions to ask of before an instant.
pub async fn remove_asks(tx: &mut Tx, org: &OrgId, before: jiff::Timestamp) -> Result<RetentionCounts, StoreError> {
    let asks = sqlx::query("DELETE FROM ask WHERE org_id = $1 AND decided_at < $2")
        .bind(org.as_str())
        .bind(micros(before))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on(FAULT))?;
    Ok(RetentionCounts { asks: asks.rows_affected(), ..RetentionCounts::default() })
}

/// Remove rows with their entries in the log; how many rows, and how many entries
/// became tombstones.
async fn remove(tx: &mut Tx, org: &OrgId, table: &'static str, seqs: &[i64]) -> Result<(u64, u64), StoreError> {
    let mut gone = (0, 0);
    for some in seqs.chunks(100) {
        let among = placeholders(1, some.len(), 1);
        let log = "UPDATE intake SET body = '', body_hash = '' WHERE org_id = $1 AND body <> '' AND seq IN";
        gone.1 += run(tx, org, format!("{log} {among}"), some).await?;
        gone.0 += run(tx, org, format!("DELETE FROM {table} WHERE org_id = $1 AND seq IN {among}"), some).await?;
    }
    Ok(gone)
}

async fn run(tx: &mut Tx, org: &OrgId, sql: String, seqs: &[i64]) -> Result<u64, StoreError> {
    let query = seqs.iter().fold(sqlx::query(AssertSqlSafe(sql)).bind(org.as_str()), |query, seq| query.bind(*seq));
    Ok(query.execute(&mut **tx).await.map_err(StoreError::on(FAULT))?.rows_affected())
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::corrupt("retention", e))
}

fn json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::corrupt(what, e))
}
