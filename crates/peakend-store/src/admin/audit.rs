//! Who did what to which subject, in order.

use peakend_domain::{Actor, micros};

use crate::{StoreError, Tx};

/// Append an audit line in the transaction of the deed.
///
/// `action` is a noun and a verb (`case.taken`), `subject` an id, `detail` JSON.
pub async fn record(
    tx: &mut Tx,
    actor: &Actor,
    at: jiff::Timestamp,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (org_id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(actor.scope.org.as_str())
        .bind(micros(at))
        .bind(actor.label())
        .bind(action)
        .bind(subject)
        .bind(detail.to_string())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("record an audit line"))?;
    Ok(())
}
