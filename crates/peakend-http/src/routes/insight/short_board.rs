//! Short boards and peaks.

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::insight::short_board::{Board, BoardGroup, BoardQuestion, boards};
use peakend_domain::insight::short_board::{BoardKind, Plank};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::{FilterParams, PeriodView, voices_href};
use super::metric::{Texts, texts};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What is ranked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardParams {
    /// Metric id
    metric: String,
    /// `short_board` (default) or `peak`
    board: Option<String>,
    /// `touchpoint` (default), `stage`, `line`, `unit` or `theme`
    plank: Option<String>,
    /// `line` ranks within each business line
    per: Option<String>,
    /// Where things should stand; the figure of the whole when absent
    target: Option<f64>,
}

/// One ranked place.
#[derive(Debug, Serialize, ToSchema)]
struct BoardView {
    rank: u64,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Texts>,
    /// Its figure.
    value: f64,
    /// 95 % interval of the figure.
    low: f64,
    high: f64,
    /// Answers.
    n: u64,
    /// Voices at that place in the period.
    reach: u64,
    /// Distance from the target.
    gap: f64,
    /// gap × reach, in points.
    impact: f64,
    impact_low: f64,
    impact_high: f64,
    /// `short` or `peak` (whole interval beyond the target), `borderline`, `met`.
    standing: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    voices_href: Option<String>,
}

fn board_view(b: &Board) -> BoardView {
    BoardView {
        rank: b.rank,
        code: b.code.clone(),
        name: b.name.as_ref().map(texts),
        value: b.performance,
        low: b.interval.0,
        high: b.interval.1,
        n: b.n,
        reach: b.reach,
        gap: b.gap,
        impact: b.impact,
        impact_low: b.impact_interval.0,
        impact_high: b.impact_interval.1,
        standing: b.standing.to_owned(),
        voices_href: b.voices.as_deref().map(voices_href),
    }
}

/// The ranking of one business line, or of everything.
#[derive(Debug, Serialize, ToSchema)]
struct BoardGroupView {
    /// Business line code; absent for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_name: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<f64>,
    boards: Vec<BoardView>,
    /// Codes left out for too few answers.
    too_few: Vec<String>,
}

fn group_view(g: &BoardGroup) -> BoardGroupView {
    BoardGroupView {
        line: g.line.as_ref().map(|(code, _)| code.clone()),
        line_name: g.line.as_ref().and_then(|(_, name)| name.as_ref().map(texts)),
        target: g.target,
        boards: g.boards.iter().map(board_view).collect(),
        too_few: g.too_few.clone(),
    }
}

/// Rankings.
#[derive(Debug, Serialize, ToSchema)]
struct BoardTableView {
    metric: String,
    definition: String,
    unit: String,
    period: PeriodView,
    plank: String,
    board: String,
    groups: Vec<BoardGroupView>,
    notes: Vec<String>,
}

/// Places ranked by gap to the target times reach.
#[utoipa::path(get, path = "/api/v1/short-boards", tag = "insight", params(BoardParams, FilterParams),
    responses((status = 200, body = BoardTableView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn list(
    caller: Caller,
    State(app): State<ServerState>,
    Query(asked): Query<BoardParams>,
    Query(filters): Query<FilterParams>,
) -> Result<Json<BoardTableView>, Problem> {
    let (from, to) = filters.days(&caller, &app).await?;
    let kind = asked.board.as_deref().unwrap_or("short_board");
    let kind =
        BoardKind::parse(kind).ok_or_else(|| Error::field("board", "unknown_board", "use short_board or peak"))?;
    let plank = Plank::parse(asked.plank.as_deref().unwrap_or("touchpoint"))
        .ok_or_else(|| Error::field("plank", "unknown_plank", "use touchpoint, stage, line, unit or theme"))?;
    let question = BoardQuestion {
        metric: asked.metric,
        kind,
        plank,
        per_line: asked.per.as_deref() == Some("line"),
        target: asked.target.filter(|t| t.is_finite()),
        from,
        to,
        filter: filters.filter()?,
    };
    let table = boards(&caller.ctx(&app), &question).await?;
    Ok(Json(BoardTableView {
        metric: table.metric.id.to_owned(),
        definition: table.metric.definition.to_owned(),
        unit: table.metric.unit.name().to_owned(),
        period: PeriodView { from: table.period.0.to_string(), to: table.period.1.to_string() },
        plank: table.plank.name().to_owned(),
        board: table.kind.name().to_owned(),
        groups: table.groups.iter().map(group_view).collect(),
        notes: table.notes.iter().map(|n| (*n).to_owned()).collect(),
    }))
}
