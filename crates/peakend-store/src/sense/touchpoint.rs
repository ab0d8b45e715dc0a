//! Touchpoints and their owners.

use peakend_domain::sense::touchpoint::{Touchpoint, TouchpointOwner};
use peakend_domain::{OrgId, Pillar, TouchpointId, UserId};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a touchpoint; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, t: &Touchpoint) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO touchpoint (org_id, id, code, name, pillar, journey_code, stage_code, line_code, position) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(org.as_str())
    .bind(t.id.as_str())
    .bind(t.code.as_str())
    .bind(local(&t.name))
    .bind(t.pillar.name())
    .bind(t.journey.as_deref())
    .bind(t.stage.as_deref())
    .bind(t.line.as_deref())
    .bind(t.position)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a touchpoint"))?;
    Ok(())
}

/// Replace name, journey, stage, line and position (the pillar stays).
pub async fn save(tx: &mut Tx, org: &OrgId, t: &Touchpoint) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE touchpoint SET name = $3, journey_code = $4, stage_code = $5, line_code = $6, position = $7 \
         WHERE org_id = $1 AND id = $2",
    )
    .bind(org.as_str())
    .bind(t.id.as_str())
    .bind(local(&t.name))
    .bind(t.journey.as_deref())
    .bind(t.stage.as_deref())
    .bind(t.line.as_deref())
    .bind(t.position)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save a touchpoint"))?;
    Ok(())
}

/// All touchpoints in their order.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Touchpoint>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, code, name, pillar, journey_code, stage_code, line_code, position FROM touchpoint \
         WHERE org_id = $1 ORDER BY position, code",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list touchpoints"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a touchpoint");
            Ok(Touchpoint {
                id: TouchpointId::stored(columns.text("id")?),
                code: columns.text("code")?,
                name: columns.local("name")?,
                pillar: columns.word("pillar", Pillar::parse)?,
                journey: columns.maybe_text("journey_code")?,
                stage: columns.maybe_text("stage_code")?,
                line: columns.maybe_text("line_code")?,
                position: columns.number("position")?,
            })
        })
        .collect()
}

/// Every owner of every touchpoint.
pub async fn owners(tx: &mut Tx, org: &OrgId) -> Result<Vec<TouchpointOwner>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.touchpoint_code AS touchpoint_code, u.code AS unit, o.user_id AS user_id FROM touchpoint_owner o \
         LEFT JOIN unit u ON u.id = o.unit_id WHERE o.org_id = $1 ORDER BY o.touchpoint_code, o.unit_id",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list touchpoint owners"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a touchpoint owner");
            Ok(TouchpointOwner {
                touchpoint: columns.text("touchpoint_code")?,
                unit: columns.maybe_text("unit")?,
                user: UserId::stored(columns.text("user_id")?),
            })
        })
        .collect()
}

/// Make somebody the owner of a touchpoint in a unit (`unit_id` empty: everywhere); none removes the owner.
pub async fn set_owner(
    tx: &mut Tx,
    org: &OrgId,
    touchpoint: &str,
    unit_id: &str,
    user: Option<&UserId>,
) -> Result<(), StoreError> {
    let query = match user {
        Some(user) => sqlx::query(
            "INSERT INTO touchpoint_owner (org_id, touchpoint_code, unit_id, user_id) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org_id, touchpoint_code, unit_id) DO UPDATE SET user_id = excluded.user_id",
        )
        .bind(org.as_str())
        .bind(touchpoint)
        .bind(unit_id)
        .bind(user.as_str()),
        None => sqlx::query("DELETE FROM touchpoint_owner WHERE org_id = $1 AND touchpoint_code = $2 AND unit_id = $3")
            .bind(org.as_str())
            .bind(touchpoint)
            .bind(unit_id),
    };
    query.execute(&mut **tx).await.map_err(StoreError::on("set a touchpoint's owner"))?;
    Ok(())
}
