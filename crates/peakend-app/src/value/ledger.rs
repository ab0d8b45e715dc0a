//! The ledger: booking what was evaluated, and the trail back to the sentences.

mod trail;

use peakend_domain::value::ledger::{Booking, LedgerEntry, LedgerRefusal, LedgerTotal, totals as sum};
use peakend_domain::{EvaluationId, LedgerEntryId, Permission, Pillar};
use peakend_store::admin::{audit, org};
use peakend_store::value::{evaluation, ledger};

use crate::{Ctx, Error};

pub use trail::{Sentence, Step, Trail, of_person, of_voice, trail};

/// What is said when booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which evaluation.
    pub evaluation: EvaluationId,
    /// What the work cost, in minor units of the organisation's currency.
    pub cost_minor: i64,
    /// A note, at most 1,000 characters.
    pub note: String,
}

/// Book an evaluation. Its verdict decides whether there is an amount.
pub async fn book(ctx: &Ctx<'_>, request: Request) -> Result<LedgerEntry, Error> {
    ctx.require(Permission::Improve)?;
    if request.note.chars().count() > 1_000 {
        return Err(Error::field("note", "too_long", "write at most 1,000 characters"));
    }
    let mut tx = ctx.app.store.begin().await?;
    ledger::lock(&mut tx, ctx.org()).await?;
    let of = evaluation::find(&mut tx, ctx.org(), &request.evaluation).await?.ok_or(Error::NotFound("evaluation"))?;
    if ledger::of_evaluation(&mut tx, ctx.org(), &of.id).await?.is_some() {
        return Err(refused(LedgerRefusal::AlreadyBooked));
    }
    let kind = super::outcome::kind(&mut tx, ctx.org(), &of.design.outcome).await?;
    let org = org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    let id = LedgerEntryId::new(ctx.now(), &*ctx.app.entropy);
    let booking = Booking { cost_minor: request.cost_minor, note: request.note, at: ctx.now(), by: ctx.actor.label() };
    let entry = LedgerEntry::book(id, &of, &kind, &org.currency, booking).map_err(refused)?;
    let counts_twice = |other: &LedgerEntry| other.amount.is_some() && entry.amount.is_some() && other.overlaps(&entry);
    if ledger::all(&mut tx, ctx.org(), Some(entry.pillar)).await?.iter().any(counts_twice) {
        return Err(refused(LedgerRefusal::SameMonths));
    }
    ledger::insert(&mut tx, &entry).await?;
    let detail = serde_json::json!({ "evaluation": of.id, "verdict": entry.verdict, "amount": entry.amount });
    audit::record(&mut tx, ctx.actor, ctx.now(), "ledger.booked", entry.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(entry)
}

fn refused(why: LedgerRefusal) -> Error {
    match why {
        LedgerRefusal::NegativeCost => Error::field("cost", "out_of_range", why.to_string()),
        LedgerRefusal::AlreadyBooked | LedgerRefusal::SameMonths => Error::conflict(why.code(), why.to_string()),
    }
}

/// Every entry, newest first, and what they come to by pillar and outcome.
pub async fn list(ctx: &Ctx<'_>, pillar: Option<Pillar>) -> Result<(Vec<LedgerEntry>, Vec<LedgerTotal>), Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let entries = ledger::all(&mut tx, ctx.org(), pillar).await?;
    let totals = sum(&entries);
    Ok((entries, totals))
}

/// One entry.
pub async fn find(ctx: &Ctx<'_>, id: &LedgerEntryId) -> Result<LedgerEntry, Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    ledger::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("ledger entry"))
}
