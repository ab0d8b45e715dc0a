//! Signing in: passwords, one-time links, API keys; what each proves.

use jiff::{SignedDuration, Timestamp};
use peakend_domain::{Actor, ActorKind, OrgId, Role, Scope, UnitScope, UserId, day_of};
use peakend_store::Tx;
use peakend_store::admin::session::{self, Session};
use peakend_store::admin::{api_key, org, user};

use super::password;
use crate::fresh::Moment;
use crate::{App, Error, Token, sha256_hex};

/// How long a session lasts at most.
const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// A new session: the token goes into the cookie, once.
#[derive(Debug)]
pub struct SignedIn {
    /// Cookie value.
    pub token: Token,
    /// The stored session.
    pub session: Session,
}

/// Sign in with e-mail and password. The answer does not tell which was wrong,
/// and takes as long for an unknown e-mail as for a wrong password.
pub async fn sign_in(app: &App, email: &str, given: &str) -> Result<SignedIn, Error> {
    // a well-formed hash of nothing anyone can type, verified when there is no user
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let wrong = || Error::refused("wrong_credentials", "e-mail or password is wrong: try again or ask for a link");
    let found = {
        let mut tx = app.store.read().await?;
        user::by_email(&mut tx, &email.trim().to_lowercase()).await?
    };
    let stored = found.as_ref().and_then(|u| u.password_hash.clone()).unwrap_or_else(|| NOBODY.to_owned());
    let given = given.to_owned();
    // argon2 takes tens of milliseconds of pure computing: keep it off the async threads
    let fits = tokio::task::spawn_blocking(move || password::verify(&given, &stored))
        .await
        .map_err(|e| Error::Fault(format!("verify a password: {e}")))?;
    match found {
        Some(u) if fits && u.disabled_at.is_none() => open(app, u.org, u.id).await,
        _ => Err(wrong()),
    }
}

/// Make a one-time sign-in link for a user; returns its address.
pub async fn make_link(app: &App, org: &OrgId, user: &UserId, valid: SignedDuration) -> Result<String, Error> {
    let token = Token::new("sil_", &*app.entropy);
    let mut tx = app.store.begin().await?;
    session::insert_link(&mut tx, org, user, &token.hash(), app.now() + valid).await?;
    tx.commit().await?;
    Ok(format!("{}/sign-in/link?token={}", app.settings.public_url, token.reveal()))
}

/// Use a one-time link up.
pub async fn sign_in_by_link(app: &App, token: &str) -> Result<SignedIn, Error> {
    let mut tx = app.store.begin().await?;
    let used = session::use_link(&mut tx, &sha256_hex(token.as_bytes()), app.now()).await?;
    tx.commit().await?;
    let (org, user) = used.ok_or_else(|| {
        Error::refused("link_spent", "this sign-in link is unknown, used or expired: ask for a new one")
    })?;
    open(app, org, user).await
}

/// Open a session for a user.
pub async fn open(app: &App, org: OrgId, user: UserId) -> Result<SignedIn, Error> {
    let now = app.now();
    let token = Token::new("pks_", &*app.entropy);
    let session = Session {
        token_hash: token.hash(),
        org,
        user,
        csrf: Token::new("", &*app.entropy).reveal().to_owned(),
        created_at: now,
        expires_at: now + SESSION,
    };
    let mut tx = app.store.begin().await?;
    session::insert(&mut tx, &session).await?;
    tx.commit().await?;
    Ok(SignedIn { token, session })
}

/// End the session of a cookie.
pub async fn sign_out(app: &App, token: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    session::remove(&mut tx, &sha256_hex(token.as_bytes())).await?;
    Ok(tx.commit().await?)
}

/// Who a session cookie proves, with its CSRF token.
pub async fn by_cookie(app: &App, token: &str) -> Result<(Actor, Session), Error> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    let session = session::find(&mut tx, &sha256_hex(token.as_bytes()), now).await?.ok_or(Error::Unauthenticated)?;
    let user = user::find(&mut tx, &session.org, &session.user)
        .await?
        .filter(|u| u.disabled_at.is_none())
        .ok_or(Error::Unauthenticated)?;
    let scope = scope_of(&mut tx, &session.org, user.unit_id.as_deref(), now).await?;
    Ok((Actor { kind: ActorKind::User(user.id), role: user.role, scope }, session))
}

/// Who an API key proves.
pub async fn by_key(app: &App, secret: &str) -> Result<Actor, Error> {
    let (now, moment, hash) = (app.now(), Moment::of(app), sha256_hex(secret.as_bytes()));
    if let Some(actor) = app.keys.get(moment, &hash) {
        return Ok(actor);
    }
    let mut tx = app.store.read().await?;
    let key = api_key::by_hash(&mut tx, &hash).await?.ok_or(Error::Unauthenticated)?;
    let scope = scope_of(&mut tx, &key.org, key.unit_id.as_deref(), now).await?;
    let role: Role = key.role;
    let actor = Actor { kind: ActorKind::Key(key.id), role, scope };
    app.keys.keep(moment, hash, actor.clone());
    Ok(actor)
}

/// The scope of a unit today; a unit without a place today sees nothing.
async fn scope_of(tx: &mut Tx, org: &OrgId, unit_id: Option<&str>, now: Timestamp) -> Result<Scope, Error> {
    let Some(unit_id) = unit_id else { return Ok(Scope::all(org.clone())) };
    let zone = org::find(tx, org)
        .await?
        .and_then(|o| jiff::tz::TimeZone::get(&o.time_zone).ok())
        .unwrap_or(jiff::tz::TimeZone::UTC);
    let path = peakend_store::admin::session::unit_path(tx, org, unit_id, day_of(now, &zone)).await?;
    // a path that no unit has, since unit codes hold no blanks
    let path = path.unwrap_or_else(|| "/ nowhere /".to_owned());
    Ok(Scope { org: org.clone(), units: UnitScope::Subtree(path) })
}
