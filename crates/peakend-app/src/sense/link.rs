//! Links: made by staff, rules and cases; followed by respondents.

use std::sync::Arc;

use peakend_domain::sense::link::{self as rule, Link, LinkState};
use peakend_domain::sense::response::check_context;
use peakend_domain::{OrgId, Permission, SurveyId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::intake::IntakeKind;
use peakend_store::sense::link;
use serde_json::{Map, Value, json};

use super::survey::{Published, Shelf};
use crate::{App, Ctx, Error, sha256_hex};

/// What a new link is for.
#[derive(Debug, Clone, Default)]
pub struct NewLink {
    /// Person id; anybody without.
    pub person: Option<String>,
    /// Ask it serves.
    pub ask: Option<String>,
    /// Case whose re-ask it serves.
    pub case: Option<String>,
    /// Place and placeholders.
    pub context: Map<String, Value>,
    /// Whether one answer ends it; always so for a person.
    pub single_use: bool,
    /// When it ends.
    pub expires_at: Option<jiff::Timestamp>,
}

/// Make a link to a published survey; returns its address, shown this once.
pub async fn create(ctx: &Ctx<'_>, survey: &str, new: NewLink) -> Result<(String, Link), Error> {
    ctx.require(Permission::Ask)?;
    let faults = check_context("context", &new.context);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut tx = ctx.app.store.begin().await?;
    let row = super::survey::find(&mut tx, ctx.org(), survey).await?;
    if row.published_version.is_none() {
        return Err(Error::refused("not_published", "publish the survey first: a link leads to a version"));
    }
    let (token, made) = create_in(&mut tx, ctx.app, ctx.org(), &row.id, new).await?;
    let detail = json!({"single_use": made.single_use});
    audit::record(&mut tx, ctx.actor, ctx.now(), "survey.link_made", row.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok((address(ctx.app, &token), made))
}

/// Make a link within the caller's transaction; returns its token.
pub async fn create_in(
    tx: &mut Tx,
    app: &App,
    org: &OrgId,
    survey: &SurveyId,
    new: NewLink,
) -> Result<(String, Link), Error> {
    let random = app.entropy.bytes();
    let mut half = [0u8; 16];
    half.copy_from_slice(random.first_chunk::<16>().unwrap_or(&[0; 16]));
    let token = rule::token(half);
    let made = Link {
        token_hash: sha256_hex(token.as_bytes()),
        survey: survey.clone(),
        single_use: new.single_use || new.person.is_some() || new.ask.is_some(),
        person: new.person,
        ask: new.ask,
        case: new.case,
        context: new.context,
        created_at: app.now(),
        expires_at: new.expires_at,
        used_at: None,
    };
    link::insert(tx, org, &made).await?;
    Ok((token, made))
}

/// The address of a token.
#[must_use]
pub fn address(app: &App, token: &str) -> String {
    format!("{}/s/{token}", app.settings.public_url)
}

/// Links of a survey that are handed out to everybody.
pub async fn list(ctx: &Ctx<'_>, survey: &str) -> Result<Vec<Link>, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    let row = super::survey::find(&mut tx, ctx.org(), survey).await?;
    Ok(link::open_of_survey(&mut tx, ctx.org(), &row.id).await?)
}

/// End a link, named by the hash that the list shows.
pub async fn end(ctx: &Ctx<'_>, token_hash: &str) -> Result<(), Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.begin().await?;
    if !link::expire(&mut tx, ctx.org(), token_hash, ctx.now()).await? {
        return Err(Error::NotFound("link"));
    }
    audit::record(&mut tx, ctx.actor, ctx.now(), "survey.link_ended", token_hash, &json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Where a token leads.
#[derive(Debug, Clone)]
pub enum Followed {
    /// To a survey that can be answered.
    Open(Box<OpenLink>),
    /// Nowhere any more: answered, ended, or the survey is closed.
    Gone(LinkState),
    /// Nowhere.
    Unknown,
}

/// A link that can be answered.
#[derive(Debug, Clone)]
pub struct OpenLink {
    /// The organisation.
    pub org: OrgId,
    /// The link.
    pub link: Link,
    /// What it asks.
    pub published: Arc<Published>,
}

impl OpenLink {
    /// The response id of a link that is answered once: a second answer meets the first.
    #[must_use]
    pub fn response_id(&self) -> Option<String> {
        self.link.single_use.then(|| format!("link-{}", self.link.token_hash))
    }
}

/// Follow a token.
pub async fn follow(app: &App, token: &str) -> Result<Followed, Error> {
    if !rule::is_token(token) {
        return Ok(Followed::Unknown);
    }
    let mut tx = app.store.read().await?;
    let Some((org, found)) = link::find(&mut tx, &sha256_hex(token.as_bytes())).await? else {
        return Ok(Followed::Unknown);
    };
    let Some(published) = Shelf::default().get(&mut tx, &org, found.survey.as_str(), None).await? else {
        return Ok(Followed::Unknown);
    };
    // a look into what was taken in reads over a connection of its own: holding this one, four would wait for ever
    drop(tx);
    let state = found.state(app.now());
    let open = OpenLink { org, link: found, published };
    let answered = match open.response_id() {
        Some(id) => app.intake.taken(&open.org, IntakeKind::Response, &id, "").await?.is_some(),
        None => false,
    };
    Ok(match state {
        _ if answered => Followed::Gone(LinkState::Used),
        LinkState::Open if open.published.row.closed_at.is_some() => Followed::Gone(LinkState::Expired),
        LinkState::Open => Followed::Open(Box::new(open)),
        gone => Followed::Gone(gone),
    })
}
