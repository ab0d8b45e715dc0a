//! Evaluations: who was treated, who compares with them, what came of it.
//!
//! Persons are chosen by their voices (and cases) alone, before their outcomes
//! are looked at; the outcomes are fetched once.

mod cohort;
mod judge;
mod panel;

use peakend_domain::value::evaluation::{Design, Evaluation, EvaluationRefusal, Subject, Verdict};
use peakend_domain::{EvaluationId, LedgerEntryId, Month, Permission, Pillar, UnitScope, day_of};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::person;
use peakend_store::value::{evaluation, ledger};

use crate::sense::place::zone;
use crate::{Ctx, Error};

pub(super) use cohort::{Merged, merged, now_called};
pub use evaluation::Wanted;

/// What to evaluate, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Subject.
    pub subject: Subject,
    /// Design.
    pub design: Design,
}

/// Evaluate, and keep what came out, whatever it is.
pub async fn evaluate(ctx: &Ctx<'_>, request: Request) -> Result<Evaluation, Error> {
    ctx.require(Permission::Improve)?;
    if ctx.scope().units != UnitScope::All {
        return Err(refused(EvaluationRefusal::WholeOrganisation));
    }
    let faults = request.design.faults();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut tx = ctx.app.store.read().await?;
    let kind = super::outcome::kind(&mut tx, ctx.org(), &request.design.outcome).await?;
    let now = this_month(&mut tx, ctx).await?;
    let cohort = match &request.subject {
        Subject::Initiative { id } => cohort::of_initiative(&mut tx, ctx, id, &request.design, now).await?,
        Subject::Cases(cases) => cohort::of_cases(&mut tx, ctx, cases, &request.design, now).await?,
    };
    let merged = person::merged(&mut tx, ctx.org()).await?;
    drop(tx);
    let panel = panel::fetch(ctx, &kind, &cohort, &merged).await?;
    let (title, pillar, design, unit) = (cohort.title.clone(), cohort.pillar, request.design.clone(), kind);
    let judged = tokio::task::spawn_blocking(move || judge::judge(cohort, &panel, &design, &unit))
        .await
        .map_err(|e| Error::Fault(format!("could not compute an evaluation: {e}")))?;
    let made = Evaluation {
        org: ctx.org().clone(),
        id: EvaluationId::new(ctx.now(), &*ctx.app.entropy),
        subject: request.subject,
        pillar,
        title,
        design: request.design,
        result: judged.result,
        created_at: ctx.now(),
        created_by: ctx.actor.label(),
    };
    let mut tx = ctx.app.store.begin().await?;
    evaluation::insert(&mut tx, &made).await?;
    evaluation::insert_persons(&mut tx, ctx.org(), &made.id, &judged.treated).await?;
    let detail = serde_json::json!({ "subject": made.subject.key(), "verdict": made.result.verdict });
    audit::record(&mut tx, ctx.actor, ctx.now(), "evaluation.made", made.id.as_str(), &detail).await?;
    // what is answered now is what will be answered ever after, to the last digit
    let kept = evaluation::find(&mut tx, ctx.org(), &made.id).await?.ok_or(Error::NotFound("evaluation"))?;
    tx.commit().await?;
    Ok(kept)
}

/// One evaluation and its entry in the ledger, when it was booked.
pub async fn find(ctx: &Ctx<'_>, id: &EvaluationId) -> Result<(Evaluation, Option<LedgerEntryId>), Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let found = evaluation::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("evaluation"))?;
    let entry = ledger::of_evaluation(&mut tx, ctx.org(), id).await?;
    Ok((found, entry))
}

/// A page of evaluations, newest first, and how many there are.
pub async fn list(ctx: &Ctx<'_>, wanted: &Wanted, offset: i64, limit: i64) -> Result<(Vec<Evaluation>, i64), Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let total = evaluation::count(&mut tx, ctx.org(), wanted).await?;
    Ok((evaluation::page(&mut tx, ctx.org(), wanted, offset, limit).await?, total))
}

/// Filters as they come in an address; unknown words are faults.
pub fn wanted(subject_kind: &str, subject_id: &str, pillar: &str, verdict: &str) -> Result<Wanted, Error> {
    let word = |path: &str| Error::field(path, "unknown", format!("no such {path}"));
    Ok(Wanted {
        subject_kind: subject_kind.to_owned(),
        subject_id: subject_id.to_owned(),
        pillar: (!pillar.is_empty()).then(|| Pillar::parse(pillar).ok_or_else(|| word("pillar"))).transpose()?,
        verdict: (!verdict.is_empty()).then(|| Verdict::parse(verdict).ok_or_else(|| word("verdict"))).transpose()?,
    })
}

fn refused(why: EvaluationRefusal) -> Error {
    Error::refused(why.code(), why.to_string())
}

async fn this_month(tx: &mut Tx, ctx: &Ctx<'_>) -> Result<Month, Error> {
    Ok(Month::of(day_of(ctx.now(), &zone(tx, ctx.org()).await?)))
}
