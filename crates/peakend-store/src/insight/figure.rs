//! What a figure needs from the operational store: names of codes, and which
//! units lie below which.

use std::collections::BTreeMap;

use peakend_domain::{LocalText, OrgId};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// Display names by (dimension name, code).
pub type Names = BTreeMap<(String, String), LocalText>;

/// Names of every line, channel, journey, stage, touchpoint, unit and survey.
pub async fn names(tx: &mut Tx, org: &OrgId) -> Result<Names, StoreError> {
    let rows = sqlx::query(
        "SELECT 'line' AS dimension, code, name FROM line WHERE org_id = $1 \
         UNION ALL SELECT 'channel', code, name FROM channel WHERE org_id = $1 \
         UNION ALL SELECT 'journey', code, name FROM journey WHERE org_id = $1 \
         UNION ALL SELECT 'stage', code, name FROM stage WHERE org_id = $1 \
         UNION ALL SELECT 'touchpoint', code, name FROM touchpoint WHERE org_id = $1 \
         UNION ALL SELECT 'unit', code, name FROM unit WHERE org_id = $1 \
         UNION ALL SELECT 'survey', code, title FROM survey WHERE org_id = $1",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read names of places"))?;
    rows.iter()
        .map(|row| {
            let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a name"));
            let name = text("name")?;
            // titles of surveys may be plain text, names of places are not
            let name = serde_json::from_str(&name).unwrap_or_else(|_| LocalText::one(&name));
            Ok(((text("dimension")?, text("code")?), name))
        })
        .collect()
}

/// Codes of the units at or below a path, as the tree stands on a day.
pub async fn units_below(tx: &mut Tx, org: &OrgId, path: &str, day: i32) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT unit.code FROM unit_placement p JOIN unit ON unit.org_id = p.org_id AND unit.id = p.unit_id \
         WHERE p.org_id = $1 AND substr(p.path, 1, length($2)) = $2 AND (p.valid_to IS NULL OR p.valid_to > $3) ORDER BY unit.code",
    )
    .bind(org.as_str())
    .bind(path)
    .bind(i64::from(day))
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list units below a path"))?;
    rows.iter().map(|row| row.try_get("code").map_err(StoreError::on("read a unit code"))).collect()
}

/// The path of a unit by its code, as the tree stands on a day.
pub async fn unit_path(tx: &mut Tx, org: &OrgId, code: &str, day: i32) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT p.path FROM unit_placement p JOIN unit ON unit.org_id = p.org_id AND unit.id = p.unit_id \
         WHERE p.org_id = $1 AND unit.code = $2 AND (p.valid_to IS NULL OR p.valid_to > $3) ORDER BY p.valid_from LIMIT 1",
    )
    .bind(org.as_str())
    .bind(code)
    .bind(i64::from(day))
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("find a unit's path"))?;
    row.map(|row| row.try_get("path").map_err(StoreError::on("read a unit's path"))).transpose()
}
