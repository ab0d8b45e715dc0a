//! Act: alerts, cases, initiatives, jobs.
pub mod alert;
pub mod alert_rule;
pub mod calendar;
pub mod case;
pub mod initiative;
pub mod job;

use peakend_domain::OrgId;
use sqlx::Row as _;

use crate::{Engine, StoreError, Tx};

/// The next number of an organisation's cases or initiatives; on PostgreSQL
/// others that number the same table wait until the transaction ends.
async fn next_number(tx: &mut Tx, org: &OrgId, table: &'static str) -> Result<i64, StoreError> {
    let fault = "number a row";
    if tx.engine() == Engine::Postgres {
        sqlx::query("SELECT CAST(1 AS BIGINT) FROM (SELECT pg_advisory_xact_lock(hashtext($1))) AS locked")
            .bind(format!("{table}:{org}"))
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on(fault))?;
    }
    let sql = format!("SELECT CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT) AS next FROM {table} WHERE org_id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on(fault))?;
    row.try_get("next").map_err(StoreError::on(fault))
}
