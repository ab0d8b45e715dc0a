//! What staff do to a case.

use peakend_domain::act::alert;
use peakend_domain::act::case::{
    CONTACT_CHANNELS, Case, CaseOpening, Contact, Deed, OFFER_KINDS, Offer, Priority, Resolution,
};
use peakend_domain::act::sla::{Sla, SlaTargets};
use peakend_domain::{CaseId, FieldFault, Permission, UserId};
use peakend_store::Tx;
use peakend_store::act::calendar as calendars;
use peakend_store::act::case::{self as store, CaseSight};
use peakend_store::admin::user;
use peakend_store::sense::voice;

use super::{apply_in, changed, open_in};
use crate::act::{calendar, recovery};
use crate::sense::place::Places;
use crate::{Ctx, Error};

/// Which case, and the revision the caller saw (none: whatever stands now).
#[derive(Debug, Clone)]
pub struct Seen {
    /// The case.
    pub id: CaseId,
    /// Revision the caller decided on.
    pub revision: Option<i64>,
}

/// Longest text of a note, in letters.
const LONGEST: usize = 4000;
/// Business minutes a reopened or hand-made case has for contact and resolution.
const AGAIN: SlaTargets = SlaTargets { contact_minutes: 240, resolve_minutes: 960 };

/// Take it.
pub async fn take(ctx: &Ctx<'_>, seen: &Seen) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let by = ctx.actor.user().cloned().ok_or_else(|| {
        Error::refused("takes_a_person", "a key cannot take a case: sign in, or assign it to somebody")
    })?;
    deed(ctx, seen, &[], Deed::Taken { by }).await
}

/// Hand it to a member of staff who may work cases.
pub async fn assign(ctx: &Ctx<'_>, seen: &Seen, to: &UserId) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let mut tx = ctx.app.store.read().await?;
    load(&mut tx, ctx, seen).await?;
    let found = user::find(&mut tx, ctx.org(), to).await?;
    drop(tx);
    if !found.is_some_and(|u| u.disabled_at.is_none() && u.role.may(Permission::WorkCases)) {
        return Err(Error::field("to", "cannot_own", "choose somebody of the staff who may work cases"));
    }
    deed(ctx, seen, &[], Deed::Assigned { to: to.clone() }).await
}

/// Log an attempt to reach the person.
pub async fn contact(ctx: &Ctx<'_>, seen: &Seen, contact: Contact) -> Result<Case, Error> {
    let faults = [one_of("channel", &contact.channel, &CONTACT_CHANNELS), short("note", &contact.note)];
    deed(ctx, seen, &faults, Deed::Contacted(contact)).await
}

/// Write a remark.
pub async fn note(ctx: &Ctx<'_>, seen: &Seen, text: &str) -> Result<Case, Error> {
    let empty = text.trim().is_empty().then(|| FieldFault::new("text", "text_empty", "write something first"));
    let faults = [empty, short("text", text)];
    deed(ctx, seen, &faults, Deed::Noted { text: text.trim().to_owned() }).await
}

/// Log an offer.
pub async fn offer(ctx: &Ctx<'_>, seen: &Seen, offer: Offer) -> Result<Case, Error> {
    let negative = offer.amount.as_ref().is_some_and(|m| m.minor < 0);
    let amount = negative.then(|| FieldFault::new("amount", "amount_negative", "an amount is zero or more"));
    let faults = [one_of("kind", &offer.kind, &OFFER_KINDS), amount, short("note", &offer.note)];
    deed(ctx, seen, &faults, Deed::Offered(offer)).await
}

/// Close it, and plan to ask the person again.
pub async fn resolve(ctx: &Ctx<'_>, seen: &Seen, resolution: Resolution) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let now = ctx.now();
    let mut tx = ctx.app.store.begin().await?;
    let case = load(&mut tx, ctx, seen).await?;
    check(&[short("note", &resolution.note)])?;
    let reask = recovery::plan_in(&mut tx, ctx.app, &case, now).await?;
    let deed = Deed::Resolved { resolution, reask };
    let case = apply_in(&mut tx, ctx.actor, &*ctx.app.entropy, case, &deed, now).await?;
    tx.commit().await?;
    Ok(case)
}

/// Open it again, with a new clock.
pub async fn reopen(ctx: &Ctx<'_>, seen: &Seen, reason: &str) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let now = ctx.now();
    let mut tx = ctx.app.store.begin().await?;
    let case = load(&mut tx, ctx, seen).await?;
    let empty = reason.trim().is_empty().then(|| FieldFault::new("reason", "text_empty", "say why"));
    check(&[empty, short("reason", reason)])?;
    let sla = clock_in(&mut tx, ctx, &case).await?;
    let deed = Deed::Reopened { reason: reason.trim().to_owned(), sla };
    let case = apply_in(&mut tx, ctx.actor, &*ctx.app.entropy, case, &deed, now).await?;
    tx.commit().await?;
    Ok(case)
}

/// Open a case about a voice by hand.
pub async fn open_by_hand(ctx: &Ctx<'_>, voice_id: &str, priority: Priority) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let now = ctx.now();
    let mut tx = ctx.app.store.begin().await?;
    let voice = voice::find(&mut tx, ctx.scope(), voice_id).await?.ok_or(Error::NotFound("voice"))?;
    if !voice.pillar.opens_cases() {
        return Err(Error::refused(
            "employee_opens_no_case",
            "employee voices open no cases: nobody may be recognised",
        ));
    }
    if !voice.person.is_empty() {
        let open = store::open_of(&mut tx, ctx.org(), &voice.person, &voice.touchpoint_code).await?;
        if let Some(open) = open.filter(|case| case.takes_in(now)) {
            let message = format!("case {} about this is open: go on there", open.opening.number);
            return Err(Error::conflict("case_open_already", message));
        }
    }
    let places = Places::load(&mut tx, ctx.org()).await?;
    let standard = calendar::standard_in(&mut tx, &*ctx.app.entropy, ctx.org(), now).await?;
    let owner = places.owner(&voice.touchpoint_code, &voice.unit_code, voice.day);
    let owner = owner.or_else(|| ctx.actor.user().cloned());
    let sla = start(&standard.calendar()?, now)?;
    let opening = CaseOpening {
        org: ctx.org().clone(),
        id: CaseId::new(now, &*ctx.app.entropy),
        number: store::next_number(&mut tx, ctx.org()).await?,
        pillar: voice.pillar,
        person: voice.person.clone(),
        voice: voice.id.clone(),
        rule: String::new(),
        touchpoint_code: voice.touchpoint_code.clone(),
        line_code: voice.line_code.clone(),
        unit_code: voice.unit_code.clone(),
        unit_path: voice.unit_path.clone(),
        priority,
        score: alert::score(&voice),
        title: alert::title(&voice),
        calendar: standard.id,
        at: now,
    };
    let case = open_in(&mut tx, ctx.actor, &*ctx.app.entropy, Case::open(opening, owner, sla)).await?;
    tx.commit().await?;
    Ok(case)
}

/// Find the case, then look at the input: faults of a case that is not the
/// actor's would tell that it exists.
async fn deed(ctx: &Ctx<'_>, seen: &Seen, faults: &[Option<FieldFault>], deed: Deed) -> Result<Case, Error> {
    ctx.require(Permission::WorkCases)?;
    let mut tx = ctx.app.store.begin().await?;
    let case = load(&mut tx, ctx, seen).await?;
    check(faults)?;
    let case = apply_in(&mut tx, ctx.actor, &*ctx.app.entropy, case, &deed, ctx.now()).await?;
    tx.commit().await?;
    Ok(case)
}

/// The case within the actor's sight, at the revision they saw.
async fn load(tx: &mut Tx, ctx: &Ctx<'_>, seen: &Seen) -> Result<Case, Error> {
    let sight = CaseSight { scope: ctx.scope(), own: ctx.actor.user() };
    let case = store::find(tx, sight, &seen.id).await?.ok_or(Error::NotFound("case"))?;
    match seen.revision {
        Some(revision) if revision != case.revision => Err(changed()),
        _ => Ok(case),
    }
}

async fn clock_in(tx: &mut Tx, ctx: &Ctx<'_>, case: &Case) -> Result<Sla, Error> {
    let stored = match calendars::find(tx, ctx.org(), &case.opening.calendar).await? {
        Some(found) => found,
        None => calendar::standard_in(tx, &*ctx.app.entropy, ctx.org(), ctx.now()).await?,
    };
    start(&stored.calendar()?, ctx.now())
}

fn start(calendar: &peakend_domain::act::calendar::Calendar, now: jiff::Timestamp) -> Result<Sla, Error> {
    Sla::start(calendar, now, AGAIN).map_err(|e| Error::refused("calendar_too_few_hours", e.to_string()))
}

fn one_of(path: &str, value: &str, allowed: &[&str]) -> Option<FieldFault> {
    let what = format!("choose one of {}", allowed.join(", "));
    (!allowed.contains(&value)).then(|| FieldFault::new(path, "not_in_list", what))
}

fn short(path: &str, text: &str) -> Option<FieldFault> {
    let what = format!("at most {LONGEST} letters");
    (text.chars().count() > LONGEST).then(|| FieldFault::new(path, "text_too_long", what))
}

fn check(faults: &[Option<FieldFault>]) -> Result<(), Error> {
    let found: Vec<FieldFault> = faults.iter().flatten().cloned().collect();
    if found.is_empty() { Ok(()) } else { Err(Error::Invalid(found)) }
}
