//! Channels.

use peakend_domain::sense::channel::{Channel, ChannelKind};
use peakend_domain::{ChannelId, OrgId};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// Insert a channel; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, channel: &Channel) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO channel (org_id, id, code, name, kind, position) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(org.as_str())
        .bind(channel.id.as_str())
        .bind(channel.code.as_str())
        .bind(local(&channel.name))
        .bind(channel.kind.name())
        .bind(channel.position)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a channel"))?;
    Ok(())
}

/// Replace name, kind and position.
pub async fn save(tx: &mut Tx, org: &OrgId, channel: &Channel) -> Result<(), StoreError> {
    sqlx::query("UPDATE channel SET name = $3, kind = $4, position = $5 WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(channel.id.as_str())
        .bind(local(&channel.name))
        .bind(channel.kind.name())
        .bind(channel.position)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("save a channel"))?;
    Ok(())
}

/// All channels in their order.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<Channel>, StoreError> {
    let rows =
        sqlx::query("SELECT id, code, name, kind, position FROM channel WHERE org_id = $1 ORDER BY position, code")
            .bind(org.as_str())
            .fetch_all(&mut **tx)
            .await
            .map_err(StoreError::on("list channels"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a channel"))).collect()
}

fn read(columns: Columns<'_>) -> Result<Channel, StoreError> {
    Ok(Channel {
        id: ChannelId::stored(columns.text("id")?),
        code: columns.text("code")?,
        name: columns.local("name")?,
        kind: columns.word("kind", ChannelKind::parse)?,
        position: columns.number("position")?,
    })
}
