//! Units and their placements in the tree over time.

use std::collections::BTreeMap;

use peakend_domain::sense::unit::{Placement, Placements, Unit, UnitKind};
use peakend_domain::{Day, OrgId, UnitId, UserId, micros};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a unit; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, unit: &Unit, now: jiff::Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO unit (org_id, id, code, name, kind, owner_user_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(org.as_str())
    .bind(unit.id.as_str())
    .bind(unit.code.as_str())
    .bind(local(&unit.name))
    .bind(unit.kind.name())
    .bind(unit.owner.as_ref().map(UserId::as_str))
    .bind(micros(now))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a unit"))?;
    Ok(())
}

/// Replace name, kind and owner of a unit.
pub async fn save(tx: &mut Tx, org: &OrgId, unit: &Unit) -> Result<(), StoreError> {
    sqlx::query("UPDATE unit SET name = $3, kind = $4, owner_user_id = $5 WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(unit.id.as_str())
        .bind(local(&unit.name))
        .bind(unit.kind.name())
        .bind(unit.owner.as_ref().map(UserId::as_str))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("save a unit"))?;
    Ok(())
}

/// All units of an organisation by code.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Unit>, StoreError> {
    let rows = sqlx::query("SELECT id, code, name, kind, owner_user_id FROM unit WHERE org_id = $1 ORDER BY code")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list units"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a unit"))).collect()
}

/// One unit.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &UnitId) -> Result<Option<Unit>, StoreError> {
    let row = sqlx::query("SELECT id, code, name, kind, owner_user_id FROM unit WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a unit"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read a unit"))).transpose()
}

/// Every unit's placements by code, oldest first.
pub async fn placements(tx: &mut Tx, org: &OrgId) -> Result<Placements, StoreError> {
    let rows = sqlx::query(
        "SELECT u.code AS code, p.code AS parent, l.path AS path, l.valid_from AS valid_from, l.valid_to AS valid_to \
         FROM unit_placement l JOIN unit u ON u.id = l.unit_id LEFT JOIN unit p ON p.id = l.parent_id \
         WHERE l.org_id = $1 ORDER BY u.code, l.valid_from",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list placements"))?;
    let mut all = Placements::new();
    for row in &rows {
        let columns = Columns::of(row, "read a placement");
        all.entry(columns.text("code")?).or_default().push(Placement {
            parent: columns.maybe_text("parent")?,
            path: columns.text("path")?,
            from: day(columns.number("valid_from")?)?,
            to: columns.maybe_number("valid_to")?.map(day).transpose()?,
        });
    }
    Ok(all)
}

/// Replace the placements of some units; `ids` holds the id of every code named.
pub async fn place(
    tx: &mut Tx,
    org: &OrgId,
    ids: &BTreeMap<String, UnitId>,
    placements: &Placements,
) -> Result<(), StoreError> {
    let id = |code: &String| ids.get(code).ok_or_else(|| StoreError::corrupt("unit code", code));
    for (code, segments) in placements {
        let unit = id(code)?;
        sqlx::query("DELETE FROM unit_placement WHERE org_id = $1 AND unit_id = $2")
            .bind(org.as_str())
            .bind(unit.as_str())
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("replace placements"))?;
        for p in segments {
            sqlx::query(
                "INSERT INTO unit_placement (org_id, unit_id, parent_id, path, valid_from, valid_to) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(org.as_str())
            .bind(unit.as_str())
            .bind(p.parent.as_ref().map(id).transpose()?.map(UnitId::as_str))
            .bind(p.path.as_str())
            .bind(i64::from(p.from.0))
            .bind(p.to.map(|d| i64::from(d.0)))
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("insert a placement"))?;
        }
    }
    Ok(())
}

fn read(columns: Columns<'_>) -> Result<Unit, StoreError> {
    Ok(Unit {
        id: UnitId::stored(columns.text("id")?),
        code: columns.text("code")?,
        name: columns.local("name")?,
        kind: columns.word("kind", UnitKind::parse)?,
        owner: columns.maybe_text("owner_user_id")?.map(UserId::stored),
    })
}

fn day(stored: i64) -> Result<Day, StoreError> {
    i32::try_from(stored).map(Day).map_err(|e| StoreError::corrupt("unit_placement day", e))
}
