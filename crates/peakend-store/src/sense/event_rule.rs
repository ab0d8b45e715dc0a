//! Event rules.

use peakend_domain::sense::event_rule::{EventRule, condition};
use peakend_domain::{EventRuleId, OrgId, SurveyId, micros};

use crate::row::Columns;
use crate::{StoreError, Tx};

const COLUMNS: &str = "id, code, name, survey_id, event_name, condition, delay_seconds, enabled, context";

/// Insert a rule; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, rule: &EventRule, now: jiff::Timestamp) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO event_rule (org_id, {COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(rule.id.as_str())
        .bind(rule.code.as_str())
        .bind(rule.name.as_str())
        .bind(rule.survey.as_str())
        .bind(rule.event_name.as_str())
        .bind(rule.condition.as_str())
        .bind(rule.delay_seconds)
        .bind(i64::from(rule.enabled))
        .bind(context(rule))
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert an event rule"))?;
    Ok(())
}

/// Replace everything but the code.
pub async fn save(tx: &mut Tx, org: &OrgId, rule: &EventRule) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE event_rule SET name = $3, survey_id = $4, event_name = $5, condition = $6, delay_seconds = $7, \
         enabled = $8, context = $9 WHERE org_id = $1 AND id = $2",
    )
    .bind(org.as_str())
    .bind(rule.id.as_str())
    .bind(rule.name.as_str())
    .bind(rule.survey.as_str())
    .bind(rule.event_name.as_str())
    .bind(rule.condition.as_str())
    .bind(rule.delay_seconds)
    .bind(i64::from(rule.enabled))
    .bind(context(rule))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save an event rule"))?;
    Ok(done.rows_affected() == 1)
}

/// All rules in the order of their codes.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<EventRule>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event_rule WHERE org_id = $1 ORDER BY code");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list event rules"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an event rule"))).collect()
}

/// One rule.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &str) -> Result<Option<EventRule>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event_rule WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an event rule"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read an event rule"))).transpose()
}

fn context(rule: &EventRule) -> String {
    serde_json::to_string(&rule.context).unwrap_or_default()
}

fn read(columns: Columns<'_>) -> Result<EventRule, StoreError> {
    let text = columns.text("condition")?;
    let map = columns.text("context")?;
    Ok(EventRule {
        id: EventRuleId::stored(columns.text("id")?),
        code: columns.text("code")?,
        name: columns.text("name")?,
        event_name: columns.text("event_name")?,
        tree: condition(&text).map_err(|f| StoreError::corrupt("event_rule.condition", f.message))?,
        condition: text,
        survey: SurveyId::stored(columns.text("survey_id")?),
        delay_seconds: columns.number("delay_seconds")?,
        enabled: columns.number("enabled")? != 0,
        context: serde_json::from_str(&map).map_err(|e| StoreError::corrupt("event_rule.context", e))?,
    })
}
