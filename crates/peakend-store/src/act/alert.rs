//! Alerts: which voice met which rule, once.

use peakend_domain::act::alert::Alert;
use peakend_domain::{OrgId, micros};

use crate::{StoreError, Tx};

/// Record an alert; `false` when this voice had met this rule before.
pub async fn insert(tx: &mut Tx, org: &OrgId, alert: &Alert) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO alert (org_id, id, rule_id, voice_id, case_id, at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (org_id, rule_id, voice_id) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(alert.id.as_str())
    .bind(alert.rule.as_str())
    .bind(alert.voice.as_str())
    .bind(alert.case.as_str())
    .bind(micros(alert.at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("record an alert"))?;
    Ok(done.rows_affected() == 1)
}

/// Whether the voice has met the rule before.
pub async fn exists(tx: &mut Tx, org: &OrgId, rule: &str, voice: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT id FROM alert WHERE org_id = $1 AND rule_id = $2 AND voice_id = $3")
        .bind(org.as_str())
        .bind(rule)
        .bind(voice)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("look up an alert"))?;
    Ok(row.is_some())
}
