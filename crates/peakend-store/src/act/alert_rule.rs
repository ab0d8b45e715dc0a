//! Alert rules.

use peakend_domain::act::alert_rule::AlertRule;
use peakend_domain::act::case::Priority;
use peakend_domain::act::sla::SlaTargets;
use peakend_domain::{AlertRuleId, CalendarId, OrgId, Pillar, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

const SELECT: &str = "SELECT org_id, id, code, name, pillar, condition, priority, contact_minutes, resolve_minutes, \
    calendar_id, enabled, created_at FROM alert_rule";

/// Insert, or replace everything but the creation of the rule with the same id.
/// `false` when another rule has the code.
pub async fn put(tx: &mut Tx, rule: &AlertRule) -> Result<bool, StoreError> {
    let taken = sqlx::query("SELECT id FROM alert_rule WHERE org_id = $1 AND code = $2 AND id <> $3")
        .bind(rule.org.as_str())
        .bind(rule.code.as_str())
        .bind(rule.id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("look up an alert rule's code"))?;
    if taken.is_some() {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO alert_rule (org_id, id, code, name, pillar, condition, priority, contact_minutes, \
         resolve_minutes, calendar_id, enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, pillar = excluded.pillar, \
         condition = excluded.condition, priority = excluded.priority, contact_minutes = excluded.contact_minutes, \
         resolve_minutes = excluded.resolve_minutes, calendar_id = excluded.calendar_id, enabled = excluded.enabled",
    )
    .bind(rule.org.as_str())
    .bind(rule.id.as_str())
    .bind(rule.code.as_str())
    .bind(rule.name.as_str())
    .bind(rule.pillar.name())
    .bind(rule.condition.as_str())
    .bind(rule.priority.name())
    .bind(i64::from(rule.targets.contact_minutes))
    .bind(i64::from(rule.targets.resolve_minutes))
    .bind(rule.calendar.as_str())
    .bind(i64::from(rule.enabled))
    .bind(micros(rule.created_at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("store an alert rule"))?;
    Ok(true)
}

/// All rules, most urgent first, then by code.
pub async fn list(tx: &mut Tx, org: &OrgId) -> Result<Vec<AlertRule>, StoreError> {
    let sql = format!("{SELECT} WHERE org_id = $1 ORDER BY code");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list alert rules"))?;
    let mut rules = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    rules.sort_by(|a, b| a.priority.cmp(&b.priority).then_with(|| a.code.cmp(&b.code)));
    Ok(rules)
}

/// One rule.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &AlertRuleId) -> Result<Option<AlertRule>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an alert rule"))?;
    row.as_ref().map(read).transpose()
}

/// How many cases each rule has opened, by rule id.
pub async fn case_counts(tx: &mut Tx, org: &OrgId) -> Result<Vec<(String, i64)>, StoreError> {
    let fault = "count cases by rule";
    let rows = sqlx::query(
        "SELECT rule_id, CAST(COUNT(*) AS BIGINT) AS cases FROM case_file WHERE org_id = $1 GROUP BY rule_id",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on(fault))?;
    rows.iter()
        .map(|row| Ok((row.try_get("rule_id")?, row.try_get("cases")?)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StoreError::on(fault))
}

fn read(row: &sqlx::any::AnyRow) -> Result<AlertRule, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read an alert rule"));
    let number = |name: &str| row.try_get::<i64, _>(name).map_err(StoreError::on("read an alert rule"));
    let minutes = |name: &'static str| -> Result<u32, StoreError> {
        u32::try_from(number(name)?).map_err(|e| StoreError::corrupt(name, e))
    };
    let (pillar, priority) = (text("pillar")?, text("priority")?);
    Ok(AlertRule {
        org: OrgId::stored(text("org_id")?),
        id: AlertRuleId::stored(text("id")?),
        code: text("code")?,
        name: text("name")?,
        pillar: Pillar::parse(&pillar).ok_or_else(|| StoreError::corrupt("alert_rule.pillar", &pillar))?,
        condition: text("condition")?,
        priority: Priority::parse(&priority).ok_or_else(|| StoreError::corrupt("alert_rule.priority", &priority))?,
        targets: SlaTargets {
            contact_minutes: minutes("contact_minutes")?,
            resolve_minutes: minutes("resolve_minutes")?,
        },
        calendar: CalendarId::stored(text("calendar_id")?),
        enabled: number("enabled")? != 0,
        created_at: timestamp(number("created_at")?),
    })
}
