//! The home page.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use peakend_app::insight::figure::FigureTable;
use peakend_app::insight::home::{Home, PillarPulse, read};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::{ChangeView, FigureView, FilterParams, PeriodView, change_view, figure_view, voices_href};
use super::metric::{Texts, texts};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// A metric with the period before.
#[derive(Debug, Serialize, ToSchema)]
struct HeadlineView {
    #[serde(flatten)]
    figure: FigureView,
    previous: Option<FigureView>,
    change: Option<ChangeView>,
    /// `points`, `percent` or `count`
    unit: String,
    /// False while the period still runs.
    complete: bool,
    notes: Vec<String>,
    /// Query of exactly the voices behind it.
    voices_href: Option<String>,
}

fn headline(table: &FigureTable) -> HeadlineView {
    HeadlineView {
        figure: figure_view(table.metric, &table.total.answer),
        previous: table.total.previous.as_ref().filter(|p| p.is_ok()).map(|p| figure_view(table.metric, p)),
        change: table.total.change.as_ref().map(change_view),
        unit: table.metric.unit.name().to_owned(),
        complete: table.compared.is_none_or(|(_, complete)| complete),
        notes: table.notes.iter().map(|n| (*n).to_owned()).collect(),
        voices_href: table.total.voices.as_deref().map(voices_href),
    }
}

/// A point of a trend; value and limits are absent where the figure is refused.
#[derive(Debug, Serialize, ToSchema)]
struct TrendPoint {
    bucket: String,
    value: Option<f64>,
    n: Option<u64>,
    low: Option<f64>,
    high: Option<f64>,
}

fn trend(table: &FigureTable) -> Vec<TrendPoint> {
    let point = |row: &peakend_app::insight::figure::FigureRow| {
        let shown = row.answer.as_ref().ok();
        Some(TrendPoint {
            bucket: row.bucket?.to_string(),
            value: shown.and_then(|s| s.value),
            n: shown.map(|s| s.n),
            low: shown.and_then(|s| s.interval).map(|i| i.0),
            high: shown.and_then(|s| s.interval).map(|i| i.1),
        })
    };
    table.rows.iter().filter_map(point).collect()
}

/// The weakest touchpoint.
#[derive(Debug, Serialize, ToSchema)]
struct WeakestView {
    touchpoint: String,
    /// Name by language.
    name: Option<Texts>,
    value: f64,
    n: u64,
}

/// One pillar.
#[derive(Debug, Serialize, ToSchema)]
struct PulseView {
    pillar: String,
    headline: HeadlineView,
    trend: Vec<TrendPoint>,
    secondary: Vec<HeadlineView>,
    weakest: Option<WeakestView>,
    voices_href: Option<String>,
}

fn pulse(p: &PillarPulse) -> PulseView {
    PulseView {
        pillar: p.pillar.name().to_owned(),
        headline: headline(&p.headline),
        trend: trend(&p.trend),
        secondary: p.secondary.iter().map(headline).collect(),
        weakest: p.weakest.as_ref().map(|w| WeakestView {
            touchpoint: w.touchpoint.clone(),
            name: w.name.as_ref().map(texts),
            value: w.value,
            n: w.n,
        }),
        voices_href: p.headline.total.voices.as_deref().map(voices_href),
    }
}

/// A step of the loop with its count.
#[derive(Debug, Serialize, ToSchema)]
struct FunnelStepView {
    /// `voices`, `findings`, `cases`, `initiatives` or `proven`
    step: String,
    count: i64,
    /// Parts of the count, such as cases closed in time.
    detail: BTreeMap<String, i64>,
}

/// Something that waits for the reader.
#[derive(Debug, Serialize, ToSchema)]
struct TodayView {
    kind: String,
    count: i64,
    /// Code of the translated text.
    title_code: String,
    args: BTreeMap<String, String>,
    /// Page of the app.
    href: String,
}

/// Money proven so far, in the main currency; the limits are sums of limits.
#[derive(Debug, Serialize, ToSchema)]
struct ProvenView {
    amount_minor: i64,
    low_minor: i64,
    high_minor: i64,
    currency: String,
    entries: u64,
    /// `gain`, `loss` or `not_proven`
    verdict: String,
}

/// The home page.
#[derive(Debug, Serialize, ToSchema)]
struct HomeView {
    period: PeriodView,
    pillars: Vec<PulseView>,
    funnel: Vec<FunnelStepView>,
    today: Vec<TodayView>,
    proven: Option<ProvenView>,
}

fn step(step: &str, count: i64, detail: &[(&str, i64)]) -> FunnelStepView {
    let detail = detail.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    FunnelStepView { step: step.to_owned(), count, detail }
}

fn today(home: &Home) -> Vec<TodayView> {
    let w = &home.waiting;
    let all = [
        ("overdue_cases", w.overdue_cases, "/act/cases?view=overdue"),
        ("my_cases", w.my_cases, "/act/cases?view=mine"),
        ("unowned_cases", w.unowned_cases, "/act/cases?view=team"),
        ("new_findings", w.new_findings, "/insight/findings?phase=new"),
        ("due_evaluations", w.due_evaluations, "/value/evaluations"),
        ("withheld_asks", w.withheld_asks, "/sense/asks?state=withheld"),
    ];
    all.into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(kind, count, href)| TodayView {
            kind: kind.to_owned(),
            count,
            title_code: format!("today.{kind}"),
            args: [("count".to_owned(), count.to_string())].into(),
            href: href.to_owned(),
        })
        .collect()
}

fn view(home: &Home) -> HomeView {
    let c = &home.counts;
    let cases = [("closed", c.cases_closed), ("in_time", c.cases_in_time), ("recovered", c.recovered)];
    let verdict = |low: i64, high: i64| match (low > 0, high < 0) {
        (true, _) => "gain",
        (_, true) => "loss",
        _ => "not_proven",
    };
    HomeView {
        period: PeriodView { from: home.period.from.to_string(), to: home.period.to.to_string() },
        pillars: home.pillars.iter().map(pulse).collect(),
        funnel: vec![
            step("voices", i64::try_from(home.voices).unwrap_or(i64::MAX), &[]),
            step("findings", c.findings, &[]),
            step("cases", c.cases, &cases),
            step("initiatives", c.initiatives, &[]),
            step("proven", c.proven, &[]),
        ],
        today: today(home),
        proven: home.booked.as_ref().map(|b| ProvenView {
            amount_minor: b.amount.minor,
            low_minor: b.amount.low,
            high_minor: b.amount.high,
            currency: b.currency.clone(),
            entries: b.entries,
            verdict: verdict(b.amount.low, b.amount.high).to_owned(),
        }),
    }
}

/// The pulse of three pillars, the loop in figures, and what needs the reader today.
#[utoipa::path(get, path = "/api/v1/home", tag = "insight", params(FilterParams),
    responses((status = 200, body = HomeView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn show(
    caller: Caller,
    State(app): State<ServerState>,
    Query(filters): Query<FilterParams>,
) -> Result<Json<HomeView>, Problem> {
    let (from, to) = filters.days(&caller, &app).await?;
    let home = read(&caller.ctx(&app), from, to, &filters.filter()?).await?;
    Ok(Json(view(&home)))
}
