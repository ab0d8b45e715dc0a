//! Channels: add and rename.

use peakend_domain::sense::channel::{Channel, ChannelKind};
use peakend_domain::sense::place::parse_code;
use peakend_domain::{ChannelId, LocalText};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::channel;

use super::line::taken;
use super::unit::{check_name, configure, see};
use crate::{Ctx, Error};

/// All channels in their order.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Channel>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(channel::all(&mut tx, ctx.org()).await?)
}

/// Add a channel at the end.
pub async fn create(ctx: &Ctx<'_>, code: &str, name: LocalText, kind: ChannelKind) -> Result<Channel, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let created = create_in(ctx, &mut tx, code, name, kind).await?;
    tx.commit().await?;
    Ok(created)
}

/// Add a channel within the caller's transaction.
pub async fn create_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    code: &str,
    name: LocalText,
    kind: ChannelKind,
) -> Result<Channel, Error> {
    configure(ctx)?;
    let all = channel::all(tx, ctx.org()).await?;
    let mut faults = Vec::new();
    check_name("name", &name, &mut faults);
    let code = parse_code("code", code).map_err(|f| faults.push(f)).unwrap_or_default();
    if all.iter().any(|c| c.code == code) {
        faults.push(taken(&code));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let position = all.iter().map(|c| c.position + 1).max().unwrap_or(0);
    let created = Channel { id: ChannelId::new(ctx.now(), &*ctx.app.entropy), code, name, kind, position };
    channel::insert(tx, ctx.org(), &created).await?;
    let detail = serde_json::json!({ "code": created.code });
    audit::record(tx, ctx.actor, ctx.now(), "channel.added", created.id.as_str(), &detail).await?;
    Ok(created)
}

/// Replace name, kind and position.
pub async fn update(
    ctx: &Ctx<'_>,
    id: &ChannelId,
    name: LocalText,
    kind: ChannelKind,
    position: Option<i64>,
) -> Result<Channel, Error> {
    configure(ctx)?;
    let mut faults = Vec::new();
    check_name("name", &name, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut tx = ctx.app.store.begin().await?;
    let all = channel::all(&mut tx, ctx.org()).await?;
    let before = all.into_iter().find(|c| c.id == *id).ok_or(Error::NotFound("channel"))?;
    let changed = Channel { name, kind, position: position.unwrap_or(before.position), ..before };
    channel::save(&mut tx, ctx.org(), &changed).await?;
    let detail = serde_json::json!({ "name": changed.name });
    audit::record(&mut tx, ctx.actor, ctx.now(), "channel.changed", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(changed)
}
