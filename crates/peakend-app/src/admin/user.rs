//! Members of staff: invite, change, disable.

use jiff::SignedDuration;
use peakend_domain::{FieldFault, Lang, Permission, Role, UnitScope, UserId};
use peakend_store::Tx;
use peakend_store::admin::user::{self, User};
use peakend_store::admin::{audit, session};

use super::session::make_link;
use super::setup::looks_like_email;
use crate::sense::place::Places;
use crate::{Ctx, Error};

/// How long an invitation's sign-in link is valid.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(72);

/// What may be changed about a user.
#[derive(Debug, Clone)]
pub struct UserDraft {
    /// Display name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Code of the unit that bounds the scope; none for the whole organisation.
    pub unit: Option<String>,
    /// Language tag.
    pub locale: String,
}

/// A user with the code of the bounding unit.
#[derive(Debug, Clone)]
pub struct ScopedUser {
    /// The user.
    pub user: User,
    /// Unit code.
    pub unit: Option<String>,
}

/// All users by name. Whoever assigns work needs to see colleagues.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<ScopedUser>, Error> {
    ctx.require(Permission::WorkCases).or_else(|_| ctx.require(Permission::Configure))?;
    let mut tx = ctx.app.store.read().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    Ok(user::list(&mut tx, ctx.org()).await?.into_iter().map(|u| scoped(&places, u)).collect())
}

/// Add a user; returns the one-time link at which they sign in first.
pub async fn create(ctx: &Ctx<'_>, email: &str, draft: UserDraft) -> Result<(ScopedUser, String), Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let mut faults = check(&places, &draft);
    let email = email.trim().to_lowercase();
    if !looks_like_email(&email) {
        faults.push(FieldFault::new("email", "not_an_email", "write an address like name@example.com"));
    } else if user::by_email(&mut tx, &email).await?.is_some() {
        faults.push(FieldFault::new("email", "email_taken", "somebody signs in with this address already"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let created = User {
        org: ctx.org().clone(),
        id: UserId::new(ctx.now(), &*ctx.app.entropy),
        email,
        name: draft.name.trim().to_owned(),
        password_hash: None,
        role: draft.role,
        unit_id: unit_id(&places, draft.unit.as_deref()),
        locale: draft.locale,
        created_at: ctx.now(),
        disabled_at: None,
    };
    user::insert(&mut tx, &created).await?;
    record(ctx, &mut tx, "user.added", &created).await?;
    tx.commit().await?;
    let link = make_link(ctx.app, ctx.org(), &created.id, INVITATION).await?;
    Ok((scoped(&places, created), link))
}

/// Replace name, role, unit and language. The last owner stays one.
pub async fn update(ctx: &Ctx<'_>, id: &UserId, draft: UserDraft) -> Result<ScopedUser, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let before = user::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("user"))?;
    let faults = check(&places, &draft);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if draft.role != Role::Owner || draft.unit.is_some() {
        keep_an_owner(ctx, &mut tx, &before).await?;
    }
    let changed = User {
        name: draft.name.trim().to_owned(),
        role: draft.role,
        unit_id: unit_id(&places, draft.unit.as_deref()),
        locale: draft.locale,
        ..before
    };
    user::save(&mut tx, &changed).await?;
    record(ctx, &mut tx, "user.changed", &changed).await?;
    tx.commit().await?;
    Ok(scoped(&places, changed))
}

/// Disable a user at once: sessions end, links no longer open one.
pub async fn disable(ctx: &Ctx<'_>, id: &UserId) -> Result<ScopedUser, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let before = user::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("user"))?;
    keep_an_owner(ctx, &mut tx, &before).await?;
    let changed = User { disabled_at: before.disabled_at.or(Some(ctx.now())), ..before };
    user::save(&mut tx, &changed).await?;
    session::remove_all(&mut tx, ctx.org(), id).await?;
    record(ctx, &mut tx, "user.disabled", &changed).await?;
    tx.commit().await?;
    Ok(scoped(&places, changed))
}

/// A new one-time sign-in link for a user who has lost the way in.
pub async fn invite(ctx: &Ctx<'_>, id: &UserId) -> Result<String, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let found = user::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("user"))?;
    if found.disabled_at.is_some() {
        return Err(Error::refused("user_disabled", "this user is disabled: add them anew if they are to come back"));
    }
    record(ctx, &mut tx, "user.invited", &found).await?;
    tx.commit().await?;
    make_link(ctx.app, ctx.org(), id, INVITATION).await
}

/// Users and keys are the organisation's as a whole.
pub(super) fn administer(ctx: &Ctx<'_>) -> Result<(), Error> {
    ctx.require(Permission::Administer)?;
    if ctx.scope().units == UnitScope::All { Ok(()) } else { Err(Error::Forbidden) }
}

/// The id of a unit by code.
pub(super) fn unit_id(places: &Places, code: Option<&str>) -> Option<String> {
    code.and_then(|c| places.unit(c)).map(|u| u.id.to_string())
}

/// A unit must exist.
pub(super) fn check_unit(places: &Places, unit: Option<&str>, faults: &mut Vec<FieldFault>) {
    if let Some(unit) = unit.filter(|u| places.unit(u).is_none()) {
        let message = format!("there is no unit with code `{unit}`");
        faults.push(FieldFault::new("unit", "unknown_unit", message).arg("value", unit));
    }
}

fn check(places: &Places, draft: &UserDraft) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if draft.name.trim().is_empty() || draft.name.chars().count() > 200 {
        faults.push(FieldFault::new("name", "required", "give a name of at most 200 characters"));
    }
    if draft.role == Role::Ingest {
        faults.push(FieldFault::new("role", "key_role", "this role is for write keys: give people another"));
    }
    if Lang::parse(&draft.locale).is_none() {
        faults.push(FieldFault::new("locale", "unknown_language", "use en, zh-Hans or zh-Hant"));
    }
    check_unit(places, draft.unit.as_deref(), &mut faults);
    faults
}

/// Refuse to take the last owner of the whole organisation away.
async fn keep_an_owner(ctx: &Ctx<'_>, tx: &mut Tx, user: &User) -> Result<(), Error> {
    let rules = |u: &User| u.role == Role::Owner && u.unit_id.is_none() && u.disabled_at.is_none();
    let others = user::list(tx, ctx.org()).await?.into_iter().filter(|u| u.id != user.id).any(|u| rules(&u));
    if rules(user) && !others {
        return Err(Error::refused("last_owner", "this is the last owner: make somebody else an owner first"));
    }
    Ok(())
}

async fn record(ctx: &Ctx<'_>, tx: &mut Tx, action: &str, user: &User) -> Result<(), Error> {
    let detail = serde_json::json!({ "role": user.role.name(), "unit": user.unit_id });
    Ok(audit::record(tx, ctx.actor, ctx.now(), action, user.id.as_str(), &detail).await?)
}

fn scoped(places: &Places, user: User) -> ScopedUser {
    let unit = user.unit_id.as_deref().and_then(|id| places.unit_by_id(id)).map(|u| u.code.clone());
    ScopedUser { user, unit }
}
