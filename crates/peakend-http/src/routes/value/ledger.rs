//! The ledger: entries with totals, booking, the trail in both directions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::value::{ledger, outcome};
use peakend_domain::value::ledger::{Amount, LedgerEntry, LedgerTotal};
use peakend_domain::{EvaluationId, LedgerEntryId, PersonId, Pillar};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{MeasureView, measure};
use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(entries, book))
        .routes(routes!(one))
        .routes(routes!(trail))
        .routes(routes!(of_person))
        .routes(routes!(of_voice))
}

/// Money with its 95 % interval, in minor units; an improvement is positive.
#[derive(Debug, Serialize, ToSchema)]
struct AmountView {
    amount_minor: i64,
    low_minor: i64,
    high_minor: i64,
}

impl From<Amount> for AmountView {
    fn from(a: Amount) -> Self {
        Self { amount_minor: a.minor, low_minor: a.low, high_minor: a.high }
    }
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerEntryView {
    id: String,
    evaluation: String,
    /// `initiative`, `cases`
    subject_kind: String,
    subject_id: String,
    /// Name of the initiative; empty for cases.
    title: String,
    outcome_kind: String,
    pillar: String,
    verdict: String,
    /// Absent when nothing is proven or the outcome is not money.
    amount: Option<AmountView>,
    cost_minor: i64,
    currency: String,
    /// First month after the change that was observed.
    from: String,
    /// Last one.
    to: String,
    booked_at: String,
    booked_by: String,
    note: String,
}

impl From<LedgerEntry> for LedgerEntryView {
    fn from(e: LedgerEntry) -> Self {
        Self {
            id: e.id.to_string(),
            evaluation: e.evaluation.to_string(),
            subject_kind: e.subject_kind,
            subject_id: e.subject_key,
            title: e.title,
            outcome_kind: e.outcome,
            pillar: e.pillar.name().to_owned(),
            verdict: e.verdict.name().to_owned(),
            amount: e.amount.map(AmountView::from),
            cost_minor: e.cost_minor,
            currency: e.currency,
            from: e.from.to_string(),
            to: e.to.to_string(),
            booked_at: e.booked_at.to_string(),
            booked_by: e.booked_by,
            note: e.note,
        }
    }
}

/// What a pillar's entries of one outcome come to.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerTotalView {
    pillar: String,
    measure: MeasureView,
    entries: u64,
    gains: u64,
    losses: u64,
    not_proven: u64,
    /// Sum of independent evaluations: half-widths add as the root of their squares.
    amount: Option<AmountView>,
    cost_minor: i64,
    currency: String,
}

/// The whole ledger.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerView {
    items: Vec<LedgerEntryView>,
    totals: Vec<LedgerTotalView>,
    total: u64,
    next_cursor: Option<String>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LedgerParams {
    pillar: Option<String>,
    /// Entries before this one (its id)
    cursor: Option<String>,
    /// At most 200
    limit: Option<usize>,
}

/// Entries, newest first, with totals by pillar and outcome over all of them.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "value", params(LedgerParams),
    responses((status = 200, body = LedgerView), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn entries(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<LedgerParams>,
) -> Result<Json<LedgerView>, Problem> {
    let ctx = caller.ctx(&app);
    let unknown = || Error::field("pillar", "unknown", "use brand, customer or employee");
    let pillar = params.pillar.filter(|p| !p.is_empty());
    let pillar = pillar.map(|p| Pillar::parse(&p).ok_or_else(unknown)).transpose()?;
    let (all, totals) = ledger::list(&ctx, pillar).await?;
    let measures = outcome::measures(&ctx).await?;
    let total = all.len() as u64;
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let cursor = params.cursor.filter(|c| !c.is_empty());
    let mut rest = all.into_iter().skip_while(|e| cursor.as_ref().is_some_and(|c| e.id.as_str() != c));
    if cursor.is_some() {
        rest.next();
    }
    let mut items: Vec<LedgerEntryView> = rest.take(limit + 1).map(LedgerEntryView::from).collect();
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = if has_more { items.last().map(|e| e.id.clone()) } else { None };
    let view = |t: LedgerTotal| LedgerTotalView {
        pillar: t.pillar.name().to_owned(),
        measure: measure(&measures, &t.outcome),
        entries: t.entries,
        gains: t.gains,
        losses: t.losses,
        not_proven: t.not_proven,
        amount: t.amount.map(AmountView::from),
        cost_minor: t.cost_minor,
        currency: measures.currency.clone(),
    };
    Ok(Json(LedgerView { items, totals: totals.into_iter().map(view).collect(), total, next_cursor }))
}

/// What to book.
#[derive(Debug, Deserialize, ToSchema)]
struct NewLedgerEntry {
    /// Id of the evaluation; the amount is its own.
    evaluation: String,
    /// What the work cost, in minor units.
    #[serde(default)]
    cost_minor: i64,
    #[serde(default)]
    note: String,
}

/// Book an evaluation, once. What is not proven is booked without an amount.
#[utoipa::path(post, path = "/api/v1/ledger", tag = "value", request_body = NewLedgerEntry,
    responses((status = 201, body = LedgerEntryView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn book(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewLedgerEntry>,
) -> Result<(StatusCode, Json<LedgerEntryView>), Problem> {
    let evaluation = EvaluationId::parse(&new.evaluation).map_err(|_| Error::NotFound("evaluation"))?;
    let request = ledger::Request { evaluation, cost_minor: new.cost_minor, note: new.note };
    let entry = ledger::book(&caller.ctx(&app), request).await?;
    Ok((StatusCode::CREATED, Json(entry.into())))
}

fn parse(id: &str) -> Result<LedgerEntryId, Error> {
    LedgerEntryId::parse(id).map_err(|_| Error::NotFound("ledger entry"))
}

/// One entry.
#[utoipa::path(get, path = "/api/v1/ledger/{id}", tag = "value", params(("id" = String, Path)),
    responses((status = 200, body = LedgerEntryView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<LedgerEntryView>, Problem> {
    Ok(Json(ledger::find(&caller.ctx(&app), &parse(&id)?).await?.into()))
}

/// A station between amount and sentences.
#[derive(Debug, Serialize, ToSchema)]
struct TrailStep {
    /// `ledger_entry`, `evaluation`, `initiative`, `cases`, `finding`
    kind: String,
    id: String,
    title: String,
    /// The page that shows it.
    href: String,
}

/// A sentence a customer wrote.
#[derive(Debug, Serialize, ToSchema)]
struct TrailSentence {
    voice: String,
    at: String,
    score: Option<u8>,
    text: String,
    /// The page that shows it.
    href: String,
}

/// From an amount back to the sentences.
#[derive(Debug, Serialize, ToSchema)]
struct TrailView {
    steps: Vec<TrailStep>,
    /// All sentences of the persons compared.
    sentence_count: u64,
    /// The unhappiest 20; none for who may not read voices.
    sentences: Vec<TrailSentence>,
}

/// The trail of an entry.
#[utoipa::path(get, path = "/api/v1/ledger/{id}/trail", tag = "value", params(("id" = String, Path)),
    responses((status = 200, body = TrailView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn trail(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<TrailView>, Problem> {
    let trail = ledger::trail(&caller.ctx(&app), &parse(&id)?).await?;
    let step = |s: ledger::Step| TrailStep { kind: s.kind.to_owned(), id: s.id, title: s.title, href: s.href };
    let sentence = |s: ledger::Sentence| TrailSentence {
        voice: s.voice,
        at: s.at.to_string(),
        score: s.score,
        text: s.text,
        href: s.href,
    };
    Ok(Json(TrailView {
        steps: trail.steps.into_iter().map(step).collect(),
        sentence_count: trail.sentence_count,
        sentences: trail.sentences.into_iter().map(sentence).collect(),
    }))
}

/// Entries that a voice or person contributed to.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerForward {
    items: Vec<LedgerEntryView>,
}

/// Entries to whose amount a person contributed.
#[utoipa::path(get, path = "/api/v1/people/{id}/ledger", tag = "value", params(("id" = String, Path)),
    responses((status = 200, body = LedgerForward), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn of_person(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<LedgerForward>, Problem> {
    let id = PersonId::parse(&id).map_err(|_| Error::NotFound("person"))?;
    let items = ledger::of_person(&caller.ctx(&app), &id).await?;
    Ok(Json(LedgerForward { items: items.into_iter().map(LedgerEntryView::from).collect() }))
}

/// Entries that began, among others, with this voice.
#[utoipa::path(get, path = "/api/v1/voices/{id}/ledger", tag = "value", params(("id" = String, Path)),
    responses((status = 200, body = LedgerForward), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn of_voice(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<LedgerForward>, Problem> {
    let items = ledger::of_voice(&caller.ctx(&app), &id).await?;
    Ok(Json(LedgerForward { items: items.into_iter().map(LedgerEntryView::from).collect() }))
}
