//! API keys: make (the secret is shown once), list, revoke.

use peakend_domain::{ApiKeyId, FieldFault, Role};
use peakend_store::admin::api_key::{self, ApiKey};
use peakend_store::admin::audit;

use super::user::{administer, check_unit, unit_id};
use crate::sense::place::Places;
use crate::{Ctx, Error, Token};

/// A key with the code of the bounding unit.
#[derive(Debug, Clone)]
pub struct ScopedKey {
    /// The key.
    pub key: ApiKey,
    /// Unit code.
    pub unit: Option<String>,
}

/// All keys, newest first, revoked ones too.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<ScopedKey>, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    Ok(api_key::list(&mut tx, ctx.org()).await?.into_iter().map(|k| scoped(&places, k)).collect())
}

/// Make a key; the secret cannot be had again.
pub async fn create(ctx: &Ctx<'_>, name: &str, role: Role, unit: Option<&str>) -> Result<(ScopedKey, Token), Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let mut faults = Vec::new();
    if name.trim().is_empty() || name.chars().count() > 100 {
        faults.push(FieldFault::new("name", "required", "say what the key is for, in at most 100 characters"));
    }
    check_unit(&places, unit, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let token = Token::new("pk_", &*ctx.app.entropy);
    let hint: String = token.reveal().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let created = ApiKey {
        org: ctx.org().clone(),
        id: ApiKeyId::new(ctx.now(), &*ctx.app.entropy).to_string(),
        name: name.trim().to_owned(),
        hint,
        hash: token.hash(),
        role,
        unit_id: unit_id(&places, unit),
        created_at: ctx.now(),
        last_used_at: None,
        revoked_at: None,
    };
    api_key::insert(&mut tx, &created).await?;
    let detail = serde_json::json!({ "name": created.name, "role": role.name(), "unit": unit });
    audit::record(&mut tx, ctx.actor, ctx.now(), "api_key.made", &created.id, &detail).await?;
    tx.commit().await?;
    Ok((scoped(&places, created), token))
}

/// Revoke a key at once; revoking it again changes nothing.
pub async fn revoke(ctx: &Ctx<'_>, id: &str) -> Result<(), Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    if !api_key::list(&mut tx, ctx.org()).await?.iter().any(|k| k.id == id) {
        return Err(Error::NotFound("API key"));
    }
    if api_key::revoke(&mut tx, ctx.org(), id, ctx.now()).await? {
        audit::record(&mut tx, ctx.actor, ctx.now(), "api_key.revoked", id, &serde_json::json!({})).await?;
    }
    Ok(tx.commit().await?)
}

fn scoped(places: &Places, key: ApiKey) -> ScopedKey {
    let unit = key.unit_id.as_deref().and_then(|id| places.unit_by_id(id)).map(|u| u.code.clone());
    ScopedKey { key, unit }
}
