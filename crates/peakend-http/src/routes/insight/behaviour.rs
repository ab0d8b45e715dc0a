//! What persons did: funnels and cohorts over events.

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::insight::behaviour::{
    Cohort, CohortTable, CohortWanted, FunnelTable, FunnelWanted, Reached, Returned, Way, cohorts, funnel,
};
use peakend_app::insight::voice_list::period;
use peakend_domain::Day;
use peakend_domain::insight::behaviour::{COHORT, EventStep, FUNNEL, parse_within};
use peakend_query::Grain;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::{CountedView, FigureView, PeriodView, answer_view, counted_view};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(read_funnel)).routes(routes!(read_cohorts))
}

/// Steps, and what to count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FunnelParams {
    /// 2 to 8 events in order, with ` > ` between them; `event[property=value]` takes only those
    steps: String,
    /// Longest time from first to last step: `7d` (default), `12h`, `30m`, `45s`
    within: Option<String>,
    /// First day of the first step, `YYYY-MM-DD`; 90 days in all when absent
    from: Option<String>,
    /// Last day of the first step; today when absent
    to: Option<String>,
    /// Property of the first step's event to count apart by, such as `version`
    split: Option<String>,
}

/// Persons at one step.
#[derive(Debug, Serialize, ToSchema)]
struct ReachedView {
    /// So many took this step and those before it.
    persons: u64,
    /// Of those who began, in percent; absent at the first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_first: Option<FigureView>,
    /// Of those at the step before, in percent; absent at the first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_previous: Option<FigureView>,
    /// Median time from the step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    median_seconds: Option<u64>,
}

/// One row of a funnel.
#[derive(Debug, Serialize, ToSchema)]
struct WayView {
    /// Value of the property; empty when the first event has none, and for all.
    key: String,
    /// One per step.
    steps: Vec<ReachedView>,
}

/// How far persons went.
#[derive(Debug, Serialize, ToSchema)]
struct FunnelView {
    /// Definition id of every share.
    definition: String,
    /// Days of the first step.
    period: PeriodView,
    /// Steps as they were read.
    steps: Vec<String>,
    /// Longest time from first to last step.
    within_seconds: i64,
    /// Property the rows are apart by.
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<String>,
    /// Everybody but employees.
    total: WayView,
    /// By value of the property, most persons first.
    rows: Vec<WayView>,
    /// How the counts were made.
    counted: CountedView,
}

/// How many persons went how far along some steps. Employees are left out.
#[utoipa::path(get, path = "/api/v1/funnel", tag = "insight", params(FunnelParams),
    responses((status = 200, body = FunnelView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn read_funnel(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<FunnelParams>,
) -> Result<Json<FunnelView>, Problem> {
    let (from, to) = days(&caller, &app, &params.from, &params.to).await?;
    let wanted = FunnelWanted {
        steps: EventStep::parse_all("steps", &params.steps).map_err(one)?,
        within: parse_within("within", params.within.as_deref().unwrap_or("7d")).map_err(one)?,
        from,
        to,
        split: params.split.map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()),
    };
    let table = funnel(&caller.ctx(&app), &wanted).await?;
    Ok(Json(funnel_view(&wanted, &table)))
}

fn funnel_view(wanted: &FunnelWanted, table: &FunnelTable) -> FunnelView {
    FunnelView {
        definition: FUNNEL.to_owned(),
        period: PeriodView { from: wanted.from.to_string(), to: wanted.to.to_string() },
        steps: wanted.steps.iter().map(ToString::to_string).collect(),
        within_seconds: wanted.within,
        split: wanted.split.clone(),
        total: way_view(&table.total),
        rows: table.rows.iter().map(way_view).collect(),
        counted: counted_view(&table.provenance),
    }
}

fn way_view(way: &Way) -> WayView {
    let reached = |step: &Reached| ReachedView {
        persons: step.persons,
        of_first: step.of_first.as_ref().map(|a| answer_view("funnel", FUNNEL, a)),
        of_previous: step.of_previous.as_ref().map(|a| answer_view("funnel", FUNNEL, a)),
        median_seconds: step.median_seconds,
    };
    WayView { key: way.key.clone(), steps: way.steps.iter().map(reached).collect() }
}

/// Cohorts, and what counts as having come back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CohortParams {
    /// Event whose first time on record makes a person belong; `event[property=value]` takes only those
    first: String,
    /// Event that counts as having come back; the same when absent
    returning: Option<String>,
    /// `day`, `week` (default), `month` or `quarter`
    grain: Option<String>,
    /// Periods after a cohort's own, 1 to 60; 8 when absent
    periods: Option<usize>,
    /// First day of the first event, `YYYY-MM-DD`; 90 days in all when absent
    from: Option<String>,
    /// Last day of the first event; today when absent
    to: Option<String>,
}

/// Who came back in one period.
#[derive(Debug, Serialize, ToSchema)]
struct ReturnedView {
    /// Persons who did.
    persons: u64,
    /// Of so many.
    of: u64,
    /// In percent.
    share: FigureView,
}

/// One cohort, or all.
#[derive(Debug, Serialize, ToSchema)]
struct CohortView {
    /// Days of the first event; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<PeriodView>,
    /// Persons in it.
    persons: u64,
    /// By period, its own first; `null` where the period has not ended yet.
    returned: Vec<Option<ReturnedView>>,
}

/// Who came back.
#[derive(Debug, Serialize, ToSchema)]
struct CohortsView {
    /// Definition id of every share.
    definition: String,
    /// Days of the first event.
    period: PeriodView,
    /// The first event as it was read.
    first: String,
    /// What counts as having come back.
    returning: String,
    grain: String,
    /// All cohorts, each period over those for which it has ended.
    total: CohortView,
    /// Earliest first.
    rows: Vec<CohortView>,
    /// How the counts were made.
    counted: CountedView,
}

/// Persons by when they first did something, and how many came back. Employees are left out.
#[utoipa::path(get, path = "/api/v1/cohorts", tag = "insight", params(CohortParams),
    responses((status = 200, body = CohortsView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn read_cohorts(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<CohortParams>,
) -> Result<Json<CohortsView>, Problem> {
    let (from, to) = days(&caller, &app, &params.from, &params.to).await?;
    let name = params.grain.unwrap_or_else(|| "week".to_owned());
    let grain = match name.as_str() {
        "day" => Grain::Day,
        "week" => Grain::Week,
        "month" => Grain::Month,
        "quarter" => Grain::Quarter,
        _ => return Err(Error::field("grain", "unknown_grain", "use day, week, month or quarter").into()),
    };
    let first = EventStep::parse("first", &params.first).map_err(one)?;
    let returning = params.returning.as_deref().filter(|r| !r.trim().is_empty());
    let returning = returning.map_or_else(|| Ok(first.clone()), |r| EventStep::parse("returning", r)).map_err(one)?;
    let wanted = CohortWanted { first, returning, grain, from, to, periods: params.periods.unwrap_or(8) };
    let table = cohorts(&caller.ctx(&app), &wanted).await?;
    Ok(Json(cohorts_view(&wanted, name, &table)))
}

fn cohorts_view(wanted: &CohortWanted, grain: String, table: &CohortTable) -> CohortsView {
    CohortsView {
        definition: COHORT.to_owned(),
        period: PeriodView { from: wanted.from.to_string(), to: wanted.to.to_string() },
        first: wanted.first.to_string(),
        returning: wanted.returning.to_string(),
        grain,
        total: cohort_view(&table.total),
        rows: table.rows.iter().map(cohort_view).collect(),
        counted: counted_view(&table.provenance),
    }
}

fn cohort_view(cohort: &Cohort) -> CohortView {
    let returned =
        |r: &Returned| ReturnedView { persons: r.persons, of: r.of, share: answer_view("cohort", COHORT, &r.share) };
    CohortView {
        period: cohort.days.map(|(from, to)| PeriodView { from: from.to_string(), to: to.to_string() }),
        persons: cohort.persons,
        returned: cohort.returned.iter().map(|r| r.as_ref().map(returned)).collect(),
    }
}

fn one(fault: peakend_domain::FieldFault) -> Error {
    Error::Invalid(vec![fault])
}

async fn days(
    caller: &Caller,
    app: &ServerState,
    from: &Option<String>,
    to: &Option<String>,
) -> Result<(Day, Day), Error> {
    let read = |name: &str, text: &Option<String>| match text.as_deref().filter(|t| !t.trim().is_empty()) {
        Some(text) => Day::parse(text)
            .map(Some)
            .ok_or_else(|| Error::field(name, "not_a_day", "write a day as YYYY-MM-DD, for example 2026-11-22")),
        None => Ok(None),
    };
    period(&caller.ctx(app), read("from", from)?, read("to", to)?).await
}
