//! Rereadings and how far they are; voices as they are read again.

use peakend_domain::insight::rereading::{Rereading, RereadingState};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{OrgId, Pillar, RereadingId, micros, timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::row::Columns;
use crate::sense::voice::reading_text;
use crate::{StoreError, Tx};

const COLUMNS: &str = "id, version, state, total, read_count, changed_count, moves, position, revised, started_by, \
    started_at, finished_at";

/// Begin one; `false` when another one of the organisation is not over.
pub async fn insert(tx: &mut Tx, org: &OrgId, new: &Rereading) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO rereading (org_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL) \
         ON CONFLICT DO NOTHING"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(new.id.as_str())
        .bind(i64::from(new.version))
        .bind(new.state.name())
        .bind(count(new.total))
        .bind(count(new.read))
        .bind(count(new.changed))
        .bind(moves(new)?)
        .bind(new.position)
        .bind(new.revised)
        .bind(new.started_by.as_str())
        .bind(micros(new.started_at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("begin a rereading"))?;
    Ok(done.rows_affected() == 1)
}

/// Write how far it is; `false` when it is no longer as it was: somebody else has
/// worked on it, or wants it to stop.
pub async fn update(tx: &mut Tx, org: &OrgId, now: &Rereading, was: &Rereading) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE rereading SET state = $3, read_count = $4, changed_count = $5, moves = $6, position = $7, revised = $8, \
         finished_at = $9 WHERE org_id = $1 AND id = $2 AND state = $10 AND position = $11 AND revised = $12 AND finished_at IS NULL",
    )
    .bind(org.as_str())
    .bind(now.id.as_str())
    .bind(now.state.name())
    .bind(count(now.read))
    .bind(count(now.changed))
    .bind(moves(now)?)
    .bind(now.position)
    .bind(now.revised)
    .bind(now.finished_at.map(micros))
    .bind(was.state.name())
    .bind(was.position)
    .bind(was.revised)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("write the state of a rereading"))?;
    Ok(done.rows_affected() == 1)
}

/// One of them.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &RereadingId) -> Result<Option<Rereading>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM rereading WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a rereading"))?;
    row.as_ref().map(read).transpose()
}

/// The one under way, else the last one begun.
pub async fn latest(tx: &mut Tx, org: &OrgId) -> Result<Option<Rereading>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rereading WHERE org_id = $1 \
         ORDER BY CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END, started_at DESC, id DESC LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find the last rereading"))?;
    row.as_ref().map(read).transpose()
}

/// How many voices have words, without those of employees.
pub async fn voices_with_words(tx: &mut Tx, org: &OrgId) -> Result<u64, StoreError> {
    let fault = "count voices with words";
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM voice WHERE org_id = $1 AND text <> '' AND pillar <> $2";
    let row = sqlx::query(sql)
        .bind(org.as_str())
        .bind(Pillar::Employee.name())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on(fault))?;
    let n: i64 = row.try_get("n").map_err(StoreError::on(fault))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Keep what was read in voices; those that are gone meanwhile are left out. One
/// statement per voice, each by its key: joined with a list of rows SQLite may
/// read that list anew for every voice there is.
pub async fn keep(tx: &mut Tx, org: &OrgId, voices: &[&Voice]) -> Result<u64, StoreError> {
    let mut kept = 0;
    for voice in voices {
        let done = sqlx::query(
            "UPDATE voice SET theme = $3, language = $4, sentiment = $5, reading = $6 WHERE org_id = $1 AND id = $2",
        )
        .bind(org.as_str())
        .bind(voice.id.as_str())
        .bind(voice.theme.as_str())
        .bind(voice.language.as_str())
        .bind(voice.sentiment.map(i64::from))
        .bind(reading_text(&voice.reading))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("keep what was read in voices"))?;
        kept += done.rows_affected();
    }
    Ok(kept)
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn moves(of: &Rereading) -> Result<String, StoreError> {
    serde_json::to_string(&of.moves).map_err(|e| StoreError::corrupt("rereading.moves", e))
}

fn read(row: &AnyRow) -> Result<Rereading, StoreError> {
    let row = Columns::of(row, "read a rereading");
    let number = |name: &'static str| -> Result<u64, StoreError> {
        u64::try_from(row.number(name)?).map_err(|e| StoreError::corrupt(name, e))
    };
    Ok(Rereading {
        id: RereadingId::stored(row.text("id")?),
        version: u32::try_from(row.number("version")?).map_err(|e| StoreError::corrupt("rereading.version", e))?,
        state: row.word("state", RereadingState::parse)?,
        total: number("total")?,
        read: number("read_count")?,
        changed: number("changed_count")?,
        moves: serde_json::from_str(&row.text("moves")?).map_err(|e| StoreError::corrupt("rereading.moves", e))?,
        position: row.number("position")?,
        revised: row.number("revised")?,
        started_by: row.text("started_by")?,
        started_at: timestamp(row.number("started_at")?),
        finished_at: row.maybe_number("finished_at")?.map(timestamp),
    })
}
