//! First run: the organisation and its owner.

use jiff::tz::TimeZone;
use peakend_domain::{FieldFault, Lang, OrgId, Role, UserId};
use peakend_store::admin::org::{self, Org};
use peakend_store::admin::user::{self, User};

use super::password;
use crate::{App, Error};

/// What the first-run page asks.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Organisation's name.
    pub organisation: String,
    /// Owner's name.
    pub name: String,
    /// Owner's e-mail, the sign-in name.
    pub email: String,
    /// Owner's password; `None` when only sign-in links are to be used.
    pub password: Option<String>,
    /// Language tag.
    pub locale: String,
    /// IANA time zone.
    pub time_zone: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// Whether nobody has been set up yet.
pub async fn needed(app: &App) -> Result<bool, Error> {
    let mut tx = app.store.read().await?;
    Ok(user::count_all(&mut tx).await? == 0)
}

/// Create the organisation and its owner. Refused once somebody exists.
pub async fn run(app: &App, setup: &Setup) -> Result<(OrgId, UserId), Error> {
    let email = check(setup)?;
    let now = app.now();
    let password_hash = setup.password.as_deref().map(|p| password::hash(p, &*app.entropy)).transpose()?;
    let mut tx = app.store.begin().await?;
    if user::count_all(&mut tx).await? > 0 {
        return Err(Error::refused("already_set_up", "this installation has an owner already: sign in instead"));
    }
    let id = OrgId::new(now, &*app.entropy);
    let owner = UserId::new(now, &*app.entropy);
    let created = Org {
        id: id.clone(),
        name: setup.organisation.trim().to_owned(),
        locale: setup.locale.clone(),
        time_zone: setup.time_zone.clone(),
        currency: setup.currency.clone(),
        created_at: now,
    };
    org::insert(&mut tx, &created).await?;
    user::insert(
        &mut tx,
        &User {
            org: id.clone(),
            id: owner.clone(),
            email,
            name: setup.name.trim().to_owned(),
            password_hash,
            role: Role::Owner,
            unit_id: None,
            locale: setup.locale.clone(),
            created_at: now,
            disabled_at: None,
        },
    )
    .await?;
    crate::value::outcome::seed_in(&mut tx, &id).await?;
    tx.commit().await?;
    Ok((id, owner))
}

fn check(setup: &Setup) -> Result<String, Error> {
    let mut faults = Vec::new();
    if setup.organisation.trim().is_empty() {
        faults.push(FieldFault::new("organisation", "required", "give the organisation a name"));
    }
    if setup.name.trim().is_empty() {
        faults.push(FieldFault::new("name", "required", "give the owner a name"));
    }
    let email = setup.email.trim().to_lowercase();
    if !looks_like_email(&email) {
        faults.push(FieldFault::new("email", "not_an_email", "write an address like name@example.com"));
    }
    if Lang::parse(&setup.locale).is_none() {
        faults.push(FieldFault::new("locale", "unknown_language", "use en, zh-Hans or zh-Hant"));
    }
    if TimeZone::get(&setup.time_zone).is_err() {
        faults.push(FieldFault::new("time_zone", "unknown_time_zone", "use an IANA name such as Asia/Shanghai"));
    }
    if setup.currency.len() != 3 || !setup.currency.bytes().all(|b| b.is_ascii_uppercase()) {
        faults.push(FieldFault::new("currency", "not_a_currency", "use an ISO 4217 code such as CNY"));
    }
    if faults.is_empty() { Ok(email) } else { Err(Error::Invalid(faults)) }
}

/// One @ with something on both sides and no blanks; delivery is the only real test.
#[must_use]
pub fn looks_like_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, host)) => {
            !local.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        }
        None => false,
    }
}
