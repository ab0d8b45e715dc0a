//! Journeys with their stages.

use std::collections::BTreeMap;

use peakend_domain::sense::journey::{Journey, Stage};
use peakend_domain::{JourneyId, OrgId, Pillar, StageId};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a journey with its stages; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, journey: &Journey) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO journey (org_id, id, code, name, pillar, line_code, position) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(org.as_str())
    .bind(journey.id.as_str())
    .bind(journey.code.as_str())
    .bind(local(&journey.name))
    .bind(journey.pillar.name())
    .bind(journey.line.as_deref())
    .bind(journey.position)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a journey"))?;
    insert_stages(tx, org, journey).await
}

/// Replace name, line, position and all stages (the pillar stays).
pub async fn save(tx: &mut Tx, org: &OrgId, journey: &Journey) -> Result<(), StoreError> {
    sqlx::query("UPDATE journey SET name = $3, line_code = $4, position = $5 WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(journey.id.as_str())
        .bind(local(&journey.name))
        .bind(journey.line.as_deref())
        .bind(journey.position)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("save a journey"))?;
    sqlx::query("DELETE FROM stage WHERE org_id = $1 AND journey_id = $2")
        .bind(org.as_str())
        .bind(journey.id.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("replace stages"))?;
    insert_stages(tx, org, journey).await
}

async fn insert_stages(tx: &mut Tx, org: &OrgId, journey: &Journey) -> Result<(), StoreError> {
    for (position, stage) in (0i64..).zip(&journey.stages) {
        sqlx::query("INSERT INTO stage (org_id, id, journey_id, code, name, position) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(org.as_str())
            .bind(stage.id.as_str())
            .bind(journey.id.as_str())
            .bind(stage.code.as_str())
            .bind(local(&stage.name))
            .bind(position)
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("insert a stage"))?;
    }
    Ok(())
}

/// All journeys in their order, each with its stages.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Journey>, StoreError> {
    let rows = sqlx::query("SELECT journey_id, id, code, name FROM stage WHERE org_id = $1 ORDER BY position, code")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list stages"))?;
    let mut stages: BTreeMap<String, Vec<Stage>> = BTreeMap::new();
    for row in &rows {
        let columns = Columns::of(row, "read a stage");
        stages.entry(columns.text("journey_id")?).or_default().push(Stage {
            id: StageId::stored(columns.text("id")?),
            code: columns.text("code")?,
            name: columns.local("name")?,
        });
    }
    let rows = sqlx::query(
        "SELECT id, code, name, pillar, line_code, position FROM journey WHERE org_id = $1 ORDER BY position, code",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list journeys"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a journey");
            let id = columns.text("id")?;
            Ok(Journey {
                stages: stages.remove(&id).unwrap_or_default(),
                id: JourneyId::stored(id),
                code: columns.text("code")?,
                name: columns.local("name")?,
                pillar: columns.word("pillar", Pillar::parse)?,
                line: columns.maybe_text("line_code")?,
                position: columns.number("position")?,
            })
        })
        .collect()
}
