//! Business lines.

use peakend_domain::sense::line::Line;
use peakend_domain::{LineId, OrgId};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a line; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, line: &Line) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO line (org_id, id, code, name, position) VALUES ($1, $2, $3, $4, $5)")
        .bind(org.as_str())
        .bind(line.id.as_str())
        .bind(line.code.as_str())
        .bind(local(&line.name))
        .bind(line.position)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a line"))?;
    Ok(())
}

/// Replace name and position.
pub async fn save(tx: &mut Tx, org: &OrgId, line: &Line) -> Result<(), StoreError> {
    sqlx::query("UPDATE line SET name = $3, position = $4 WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(line.id.as_str())
        .bind(local(&line.name))
        .bind(line.position)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("save a line"))?;
    Ok(())
}

/// All lines in their order.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query("SELECT id, code, name, position FROM line WHERE org_id = $1 ORDER BY position, code")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list lines"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a line"))).collect()
}

fn read(columns: Columns<'_>) -> Result<Line, StoreError> {
    Ok(Line {
        id: LineId::stored(columns.text("id")?),
        code: columns.text("code")?,
        name: columns.local("name")?,
        position: columns.number("position")?,
    })
}
