//! Outcome kinds, batches of outcomes, a person's series, totals by month.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::value::outcome::{self, Batch, BatchRow, Measures, MonthRange};
use peakend_domain::value::outcome::{Absent, Better, Nature, OutcomeKind, OutcomeUnit};
use peakend_domain::{LocalText, Month, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(kinds, add_kind)).routes(routes!(totals, send)).routes(routes!(of_person))
}

/// A kind of outcome.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct OutcomeKindView {
    code: String,
    /// Texts by language tag.
    name: BTreeMap<String, String>,
    /// `money` (minor units), `count`, `flag` (0 or 1)
    unit: String,
    /// `higher`, `lower`
    better: String,
    /// `flow` (months add up) or `stock` (they never do)
    nature: String,
    /// What a missing month means: `unknown` or `zero`
    absent: String,
}

impl From<&OutcomeKind> for OutcomeKindView {
    fn from(kind: &OutcomeKind) -> Self {
        Self {
            code: kind.code.clone(),
            name: kind.name.0.clone(),
            unit: kind.unit.name().to_owned(),
            better: kind.better.name().to_owned(),
            nature: kind.nature.name().to_owned(),
            absent: kind.absent.name().to_owned(),
        }
    }
}

/// In what a value is written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct MeasureView {
    /// Outcome kind.
    outcome: OutcomeKindView,
    /// ISO 4217 code; values of money are in its minor unit. Absent for counts and flags.
    currency: Option<String>,
}

/// The measure of a kind; a kind that is gone is written as a count.
pub(super) fn measure(measures: &Measures, code: &str) -> MeasureView {
    let kind = measures.kinds.get(code);
    let bare = || OutcomeKind {
        code: code.to_owned(),
        name: LocalText::one(code),
        unit: OutcomeUnit::Count,
        better: Better::Higher,
        nature: Nature::Flow,
        absent: Absent::Unknown,
    };
    let is_money = kind.is_some_and(|k| k.unit == OutcomeUnit::Money);
    MeasureView {
        outcome: kind.map_or_else(|| OutcomeKindView::from(&bare()), OutcomeKindView::from),
        currency: is_money.then(|| measures.currency.clone()),
    }
}

/// All kinds.
#[derive(Debug, Serialize, ToSchema)]
struct OutcomeKindList {
    items: Vec<OutcomeKindView>,
    /// ISO 4217 code of money.
    currency: String,
}

/// Outcome kinds by code.
#[utoipa::path(get, path = "/api/v1/outcome-kinds", tag = "value",
    responses((status = 200, body = OutcomeKindList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn kinds(caller: Caller, State(app): State<ServerState>) -> Result<Json<OutcomeKindList>, Problem> {
    let measures = outcome::measures(&caller.ctx(&app)).await?;
    let items = measures.kinds.values().map(OutcomeKindView::from).collect();
    Ok(Json(OutcomeKindList { items, currency: measures.currency }))
}

/// Add a kind of your own. A kind never changes afterwards.
#[utoipa::path(post, path = "/api/v1/outcome-kinds", tag = "value", request_body = OutcomeKindView,
    responses((status = 201, body = OutcomeKindView), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn add_kind(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<OutcomeKindView>,
) -> Result<(StatusCode, Json<OutcomeKindView>), Problem> {
    let unknown = |path: &str| Error::field(path, "unknown", format!("no such {path}"));
    let kind = OutcomeKind {
        code: new.code,
        name: LocalText(new.name),
        unit: OutcomeUnit::parse(&new.unit).ok_or_else(|| unknown("unit"))?,
        better: Better::parse(&new.better).ok_or_else(|| unknown("better"))?,
        nature: Nature::parse(&new.nature).ok_or_else(|| unknown("nature"))?,
        absent: Absent::parse(&new.absent).ok_or_else(|| unknown("absent"))?,
    };
    let added = outcome::add(&caller.ctx(&app), kind).await?;
    Ok((StatusCode::CREATED, Json(OutcomeKindView::from(&added))))
}

/// One value of one person in one month.
#[derive(Debug, Deserialize, ToSchema)]
struct OutcomeRow {
    /// Person id; or else `alias`.
    person: Option<String>,
    /// One alias kind and its value, such as `{"customer_id": "c-1"}`.
    #[serde(default)]
    alias: BTreeMap<String, String>,
    /// Outcome kind.
    kind: String,
    /// `YYYY-MM`
    month: String,
    /// In the kind's smallest unit: minor units of money, ones, 0 or 1.
    value: i64,
}

/// A small batch; more come as a file.
#[derive(Debug, Deserialize, ToSchema)]
struct OutcomeBatch {
    /// Your own id of the batch: the same id with the same rows is taken once.
    batch: String,
    /// 1 to 5,000 rows.
    rows: Vec<OutcomeRow>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct BatchReceipt {
    rows: u64,
    /// Whether it had been taken before.
    repeated: bool,
}

/// Send outcomes. A later batch wins for the same person, kind and month.
#[utoipa::path(post, path = "/api/v1/outcomes", tag = "value", request_body = OutcomeBatch,
    responses((status = 200, body = BatchReceipt), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn send(
    caller: Caller,
    State(app): State<ServerState>,
    Body(given): Body<OutcomeBatch>,
) -> Result<Json<BatchReceipt>, Problem> {
    let rows = given
        .rows
        .into_iter()
        .map(|r| BatchRow { person: r.person, alias: r.alias, kind: r.kind, month: r.month, value: r.value })
        .collect();
    let sent = outcome::send(&caller.ctx(&app), &Batch { id: given.batch, rows }).await?;
    Ok(Json(BatchReceipt { rows: sent.rows, repeated: sent.repeated }))
}

/// Which months.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MonthParams {
    /// First month, `YYYY-MM` or a day within it
    from: String,
    /// Last month, inclusive
    to: String,
}

/// Which totals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TotalParams {
    /// Outcome kind
    kind: String,
    /// First month, `YYYY-MM` or a day within it
    from: String,
    /// Last month, inclusive
    to: String,
}

fn range(from: &str, to: &str) -> Result<MonthRange, Error> {
    let month = |path: &str, text: &str| {
        Month::parse(text).ok_or_else(|| Error::field(path, "not_a_month", "write a month such as 2026-01"))
    };
    Ok(MonthRange { from: month("from", from)?, to: month("to", to)? })
}

/// All persons of a month together.
#[derive(Debug, Serialize, ToSchema)]
struct MonthTotalView {
    /// `YYYY-MM`
    month: String,
    /// Persons with a value.
    persons: u64,
    /// Sum, in the kind's smallest unit.
    sum: i64,
}

/// Totals of a kind.
#[derive(Debug, Serialize, ToSchema)]
struct OutcomeTotals {
    measure: MeasureView,
    months: Vec<MonthTotalView>,
}

/// Totals of a kind by month, over the whole organisation.
#[utoipa::path(get, path = "/api/v1/outcomes", tag = "value", params(TotalParams),
    responses((status = 200, body = OutcomeTotals), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn totals(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<TotalParams>,
) -> Result<Json<OutcomeTotals>, Problem> {
    let ctx = caller.ctx(&app);
    let (kind, months) = outcome::totals(&ctx, &params.kind, range(&params.from, &params.to)?).await?;
    let months = months
        .into_iter()
        .map(|t| MonthTotalView { month: t.month.to_string(), persons: t.persons, sum: t.sum })
        .collect();
    Ok(Json(OutcomeTotals { measure: measure(&outcome::measures(&ctx).await?, &kind.code), months }))
}

/// A person's value in a month.
#[derive(Debug, Serialize, ToSchema)]
struct MonthValue {
    /// `YYYY-MM`
    month: String,
    /// In the kind's smallest unit.
    value: i64,
}

/// One kind of a person.
#[derive(Debug, Serialize, ToSchema)]
struct OutcomeSeries {
    kind: OutcomeKindView,
    months: Vec<MonthValue>,
}

/// All kinds of a person.
#[derive(Debug, Serialize, ToSchema)]
struct PersonOutcomes {
    series: Vec<OutcomeSeries>,
}

/// The outcomes of one person, by month. Never of an employee.
#[utoipa::path(get, path = "/api/v1/people/{id}/outcomes", tag = "value", params(("id" = String, Path), MonthParams),
    responses((status = 200, body = PersonOutcomes), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn of_person(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Query(params): Query<MonthParams>,
) -> Result<Json<PersonOutcomes>, Problem> {
    let id = PersonId::parse(&id).map_err(|_| Error::NotFound("person"))?;
    let series = outcome::of_person(&caller.ctx(&app), &id, range(&params.from, &params.to)?).await?;
    let month = |(month, value): (Month, i64)| MonthValue { month: month.to_string(), value };
    let series = series
        .into_iter()
        .map(|s| OutcomeSeries {
            kind: OutcomeKindView::from(&s.kind),
            months: s.months.into_iter().map(month).collect(),
        })
        .collect();
    Ok(Json(PersonOutcomes { series }))
}
