//! Initiatives and their tasks.

use peakend_domain::act::initiative::{Initiative, InitiativeState, Target, Task};
use peakend_domain::{Day, InitiativeId, OrgId, Pillar, TaskId, UserId, micros, timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{StoreError, Tx};

const SELECT: &str = "SELECT org_id, id, number, name, pillar, finding_id, touchpoint_code, line_code, owner_user_id, \
    departments, target, state, created_at, revision FROM initiative";

/// The number of the organisation's next initiative.
pub async fn next_number(tx: &mut Tx, org: &OrgId) -> Result<i64, StoreError> {
    super::next_number(tx, org, "initiative").await
}

/// Insert a new initiative.
pub async fn insert(tx: &mut Tx, i: &Initiative) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO initiative (org_id, id, number, name, pillar, finding_id, touchpoint_code, line_code, \
         owner_user_id, departments, target, baseline, phase, state, live_on, created_at, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(i.org.as_str())
    .bind(i.id.as_str())
    .bind(i.number)
    .bind(i.name.as_str())
    .bind(i.pillar.name())
    .bind(Some(i.finding.as_str()).filter(|f| !f.is_empty()))
    .bind(i.touchpoint_code.as_str())
    .bind(i.line_code.as_str())
    .bind(i.owner.as_str())
    .bind(json(&i.departments, "initiative.departments")?)
    .bind(json(&i.target, "initiative.target")?)
    .bind(i.baseline().map(|b| json(b, "initiative.baseline")).transpose()?)
    .bind(i.phase())
    .bind(json(&i.state, "initiative.state")?)
    .bind(i.live_on().map(|d| i64::from(d.0)))
    .bind(micros(i.created_at))
    .bind(i.revision)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an initiative"))?;
    Ok(())
}

/// Save a changed initiative; `false` when somebody else has changed it since
/// the revision seen. A baseline once stored is never written again.
pub async fn save(tx: &mut Tx, i: &Initiative, seen_revision: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE initiative SET name = $4, touchpoint_code = $5, line_code = $6, owner_user_id = $7, departments = $8, \
         target = $9, baseline = COALESCE(baseline, $10), phase = $11, state = $12, live_on = $13, revision = $14 \
         WHERE org_id = $1 AND id = $2 AND revision = $3",
    )
    .bind(i.org.as_str())
    .bind(i.id.as_str())
    .bind(seen_revision)
    .bind(i.name.as_str())
    .bind(i.touchpoint_code.as_str())
    .bind(i.line_code.as_str())
    .bind(i.owner.as_str())
    .bind(json(&i.departments, "initiative.departments")?)
    .bind(json(&i.target, "initiative.target")?)
    .bind(i.baseline().map(|b| json(b, "initiative.baseline")).transpose()?)
    .bind(i.phase())
    .bind(json(&i.state, "initiative.state")?)
    .bind(i.live_on().map(|d| i64::from(d.0)))
    .bind(i.revision)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save an initiative"))?;
    Ok(done.rows_affected() == 1)
}

/// One initiative.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &InitiativeId) -> Result<Option<Initiative>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an initiative"))?;
    row.as_ref().map(read).transpose()
}

/// A page of initiatives, newest first; an empty phase means every one. Returns
/// the rows and how many there are in all.
pub async fn page(
    tx: &mut Tx,
    org: &OrgId,
    phase: &str,
    before_number: Option<i64>,
    limit: i64,
) -> Result<(Vec<Initiative>, i64), StoreError> {
    let fault = "list initiatives";
    let total = sqlx::query(
        "SELECT CAST(COUNT(*) AS BIGINT) AS total FROM initiative WHERE org_id = $1 AND ($2 = '' OR phase = $2)",
    )
    .bind(org.as_str())
    .bind(phase)
    .fetch_one(&mut **tx)
    .await
    .and_then(|row| row.try_get("total"))
    .map_err(StoreError::on(fault))?;
    let sql =
        format!("{SELECT} WHERE org_id = $1 AND ($2 = '' OR phase = $2) AND number < $3 ORDER BY number DESC LIMIT $4");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(phase)
        .bind(before_number.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on(fault))?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

/// Insert a task, or replace the one with the same id.
pub async fn put_task(tx: &mut Tx, org: &OrgId, initiative: &InitiativeId, task: &Task) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO initiative_task (org_id, id, initiative_id, title, department, owner_user_id, due_on, done_at, \
         position) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET title = excluded.title, \
         department = excluded.department, owner_user_id = excluded.owner_user_id, due_on = excluded.due_on, \
         done_at = excluded.done_at, position = excluded.position",
    )
    .bind(org.as_str())
    .bind(task.id.as_str())
    .bind(initiative.as_str())
    .bind(task.title.as_str())
    .bind(task.department.as_str())
    .bind(task.owner.as_ref().map(UserId::as_str))
    .bind(task.due_on.map(|d| i64::from(d.0)))
    .bind(task.done_at.map(micros))
    .bind(task.position)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("store a task"))?;
    Ok(())
}

/// The tasks of an initiative in order.
pub async fn tasks(tx: &mut Tx, org: &OrgId, initiative: &InitiativeId) -> Result<Vec<Task>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, title, department, owner_user_id, due_on, done_at, position FROM initiative_task \
         WHERE org_id = $1 AND initiative_id = $2 ORDER BY position, id",
    )
    .bind(org.as_str())
    .bind(initiative.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list tasks"))?;
    rows.iter()
        .map(|row| {
            let due: Option<i64> = row.try_get("due_on")?;
            Ok(Task {
                id: TaskId::stored(row.try_get("id")?),
                title: row.try_get("title")?,
                department: row.try_get("department")?,
                owner: row.try_get::<Option<String>, _>("owner_user_id")?.map(UserId::stored),
                due_on: due.and_then(|d| i32::try_from(d).ok()).map(Day),
                done_at: row.try_get::<Option<i64>, _>("done_at")?.map(timestamp),
                position: row.try_get("position")?,
            })
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StoreError::on("read a task"))
}

fn json<T: Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::corrupt(what, e))
}

fn parse<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::corrupt(what, e))
}

fn read(row: &AnyRow) -> Result<Initiative, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read an initiative"));
    let number = |name: &str| row.try_get::<i64, _>(name).map_err(StoreError::on("read an initiative"));
    let finding: Option<String> = row.try_get("finding_id").map_err(StoreError::on("read an initiative"))?;
    let pillar = text("pillar")?;
    Ok(Initiative {
        org: OrgId::stored(text("org_id")?),
        id: InitiativeId::stored(text("id")?),
        number: number("number")?,
        name: text("name")?,
        pillar: Pillar::parse(&pillar).ok_or_else(|| StoreError::corrupt("initiative.pillar", &pillar))?,
        finding: finding.unwrap_or_default(),
        touchpoint_code: text("touchpoint_code")?,
        line_code: text("line_code")?,
        owner: UserId::stored(text("owner_user_id")?),
        departments: parse(&text("departments")?, "initiative.departments")?,
        target: parse::<Target>(&text("target")?, "initiative.target")?,
        state: parse::<InitiativeState>(&text("state")?, "initiative.state")?,
        created_at: timestamp(number("created_at")?),
        revision: number("revision")?,
    })
}
