//! The outbox: jobs are written in the transaction that needs them, leased by a
//! worker, tried again with growing waits, and kept when they are given up.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use peakend_domain::act::job::{Job, JobRequest, JobState, LEASE_SECONDS, retry_at};
use peakend_domain::{JobId, OrgId, micros, timestamp};
use sqlx::Row as _;

use crate::{Engine, StoreError, Tx};

const COLUMNS: &str = "org_id, id, kind, payload, state, run_at, attempts, lease_until, unique_key, last_error, \
    created_at, finished_at";

/// Write a job; `false` when one of the same kind and key exists already.
pub async fn enqueue(
    tx: &mut Tx,
    org: &OrgId,
    id: &JobId,
    request: &JobRequest,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO job (org_id, id, kind, payload, state, run_at, attempts, unique_key, last_error, created_at) \
         VALUES ($1, $2, $3, $4, 'waiting', $5, 0, $6, '', $7) ON CONFLICT (org_id, kind, unique_key) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(id.as_str())
    .bind(request.kind.as_str())
    .bind(request.payload.to_string())
    .bind(micros(request.run_at))
    .bind(request.unique_key.as_str())
    .bind(micros(now))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("enqueue a job"))?;
    Ok(done.rows_affected() == 1)
}

/// Lease the jobs that are due (or whose worker has vanished), oldest first.
/// Several servers may claim at once: on PostgreSQL rows that another one is
/// claiming are skipped, SQLite has one writer.
pub async fn claim(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Job>, StoreError> {
    let skip = if tx.engine() == Engine::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM job WHERE (state = 'waiting' AND run_at <= $1) \
         OR (state = 'running' AND lease_until < $1) ORDER BY run_at, id LIMIT $2{skip}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(micros(now))
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("claim jobs"))?;
    let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let until = now.saturating_add(SignedDuration::from_secs(LEASE_SECONDS)).unwrap_or(now);
    for job in &mut jobs {
        sqlx::query(
            "UPDATE job SET state = 'running', lease_until = $3, attempts = attempts + 1 WHERE org_id = $1 AND id = $2",
        )
        .bind(job.org.as_str())
        .bind(job.id.as_str())
        .bind(micros(until))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("lease a job"))?;
        job.state = JobState::Running;
        job.attempts += 1;
        job.lease_until = Some(until);
    }
    Ok(jobs)
}

/// Change a job that is still leased to its holder; `$4` is an instant. `false`
/// when the lease has passed to another worker.
async fn change(
    tx: &mut Tx,
    job: &Job,
    set: &'static str,
    at: Timestamp,
    what: &'static str,
) -> Result<bool, StoreError> {
    let sql = format!("UPDATE job SET {set} WHERE org_id = $1 AND id = $2 AND state = 'running' AND attempts = $3");
    let done = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(job.org.as_str())
        .bind(job.id.as_str())
        .bind(job.attempts)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on(what))?;
    Ok(done.rows_affected() == 1)
}

/// Mark a job done, in the transaction of its effects. `false` when the lease
/// has passed to another worker: then the caller must roll back.
pub async fn finish(tx: &mut Tx, job: &Job, now: Timestamp) -> Result<bool, StoreError> {
    let set = "state = 'done', lease_until = NULL, last_error = '', finished_at = $4";
    change(tx, job, set, now, "finish a job").await
}

/// Hold a job for another lease, in the transaction of a part of its effects;
/// `false` when it has passed to another worker: then the caller must roll back.
pub async fn renew(tx: &mut Tx, job: &Job, now: Timestamp) -> Result<bool, StoreError> {
    let until = now.saturating_add(SignedDuration::from_secs(LEASE_SECONDS)).unwrap_or(now);
    change(tx, job, "lease_until = $4", until, "renew the lease of a job").await
}

/// Put a job back that has done a part of its work, behind what is due already;
/// `false` when the lease has passed to another worker.
pub async fn put_back(tx: &mut Tx, job: &Job, now: Timestamp) -> Result<bool, StoreError> {
    let set = "state = 'waiting', lease_until = NULL, last_error = '', attempts = 0, run_at = $4";
    change(tx, job, set, now, "put a job back").await
}

/// Record a failed attempt: it waits for the next one, or is dead after the last.
pub async fn fail(tx: &mut Tx, job: &Job, error: &str, now: Timestamp) -> Result<JobState, StoreError> {
    let retry = retry_at(job.attempts, now);
    let state = if retry.is_some() { JobState::Waiting } else { JobState::Dead };
    let short: String = error.chars().take(500).collect();
    sqlx::query(
        "UPDATE job SET state = $4, lease_until = NULL, last_error = $5, run_at = $6, finished_at = $7 \
         WHERE org_id = $1 AND id = $2 AND state = 'running' AND attempts = $3",
    )
    .bind(job.org.as_str())
    .bind(job.id.as_str())
    .bind(job.attempts)
    .bind(state.name())
    .bind(short)
    .bind(micros(retry.unwrap_or(job.request.run_at)))
    .bind(if retry.is_none() { Some(micros(now)) } else { None })
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("record a failed job"))?;
    Ok(state)
}

/// Let a dead job begin anew; `false` when it is not dead.
pub async fn replay(tx: &mut Tx, org: &OrgId, id: &JobId, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE job SET state = 'waiting', attempts = 0, run_at = $3, finished_at = NULL \
         WHERE org_id = $1 AND id = $2 AND state = 'dead'",
    )
    .bind(org.as_str())
    .bind(id.as_str())
    .bind(micros(now))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("replay a job"))?;
    Ok(done.rows_affected() == 1)
}

/// One job.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &JobId) -> Result<Option<Job>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM job WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a job"))?;
    row.as_ref().map(read).transpose()
}

/// The job of a kind that was written under a key.
pub async fn of_key(tx: &mut Tx, org: &OrgId, kind: &str, key: &str) -> Result<Option<Job>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE org_id = $1 AND kind = $2 AND unique_key = $3");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(kind)
        .bind(key)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a job by its key"))?;
    row.as_ref().map(read).transpose()
}

/// How many jobs there are per state; states without one are left out.
pub async fn counts(tx: &mut Tx, org: &OrgId) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sqlx::query("SELECT state, CAST(COUNT(*) AS BIGINT) AS n FROM job WHERE org_id = $1 GROUP BY state")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("count jobs"))?;
    rows.iter()
        .map(|row| Ok((row.try_get("state")?, row.try_get("n")?)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StoreError::on("count jobs"))
}

/// A page of jobs, newest first: the rows, how many there are in all, and the
/// id to go on from.
pub async fn page(
    tx: &mut Tx,
    org: &OrgId,
    state: Option<JobState>,
    after: &str,
    limit: i64,
) -> Result<(Vec<Job>, i64, Option<String>), StoreError> {
    let wanted = state.map_or("", JobState::name);
    let fault = "list jobs";
    let total =
        sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS total FROM job WHERE org_id = $1 AND ($2 = '' OR state = $2)")
            .bind(org.as_str())
            .bind(wanted)
            .fetch_one(&mut **tx)
            .await
            .and_then(|row| row.try_get("total"))
            .map_err(StoreError::on(fault))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM job WHERE org_id = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(wanted)
        .bind(after)
        .bind(limit + 1)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on(fault))?;
    let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let kept = usize::try_from(limit).unwrap_or(0);
    let more = jobs.len() > kept;
    jobs.truncate(kept);
    let next = jobs.last().filter(|_| more).map(|job| job.id.to_string());
    Ok((jobs, total, next))
}

fn read(row: &sqlx::any::AnyRow) -> Result<Job, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a job"));
    let number = |name: &str| row.try_get::<i64, _>(name).map_err(StoreError::on("read a job"));
    let maybe = |name: &str| row.try_get::<Option<i64>, _>(name).map_err(StoreError::on("read a job"));
    let (state, payload) = (text("state")?, text("payload")?);
    Ok(Job {
        org: OrgId::stored(text("org_id")?),
        id: JobId::stored(text("id")?),
        request: JobRequest {
            kind: text("kind")?,
            payload: serde_json::from_str(&payload).map_err(|e| StoreError::corrupt("job.payload", e))?,
            run_at: timestamp(number("run_at")?),
            unique_key: text("unique_key")?,
        },
        state: JobState::parse(&state).ok_or_else(|| StoreError::corrupt("job.state", &state))?,
        attempts: number("attempts")?,
        lease_until: maybe("lease_until")?.map(timestamp),
        last_error: text("last_error")?,
        created_at: timestamp(number("created_at")?),
        finished_at: maybe("finished_at")?.map(timestamp),
    })
}
