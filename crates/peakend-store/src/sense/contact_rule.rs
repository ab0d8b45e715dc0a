//! The organisation's contact rule.

use peakend_domain::sense::contact_rule::ContactRule;
use peakend_domain::{OrgId, micros};

use crate::row::Columns;
use crate::{StoreError, Tx};

/// The rule; the default when none was set.
pub async fn find(tx: &mut Tx, org: &OrgId) -> Result<ContactRule, StoreError> {
    let row = sqlx::query("SELECT minimum_gap_days FROM contact_rule WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find the contact rule"))?;
    let Some(row) = row else { return Ok(ContactRule::default()) };
    let days = Columns::of(&row, "read the contact rule").number("minimum_gap_days")?;
    let minimum_gap_days = u32::try_from(days).map_err(|e| StoreError::corrupt("contact_rule.minimum_gap_days", e))?;
    Ok(ContactRule { minimum_gap_days })
}

/// Set the rule.
pub async fn save(tx: &mut Tx, org: &OrgId, rule: ContactRule, now: jiff::Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO contact_rule (org_id, minimum_gap_days, updated_at) VALUES ($1, $2, $3) ON CONFLICT (org_id) \
         DO UPDATE SET minimum_gap_days = excluded.minimum_gap_days, updated_at = excluded.updated_at",
    )
    .bind(org.as_str())
    .bind(i64::from(rule.minimum_gap_days))
    .bind(micros(now))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save the contact rule"))?;
    Ok(())
}
