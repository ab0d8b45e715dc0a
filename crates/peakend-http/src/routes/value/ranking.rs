//! Who is at stake: persons behind voices by an operating figure.

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::value::outcome;
use peakend_app::value::ranking::{self, RankedPerson, RankingWanted};
use peakend_domain::Month;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{MeasureView, measure};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::routes::insight::figure::FilterParams;
use crate::server::ServerState;

pub(super) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Whom to rank.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RankingParams {
    /// Outcome kind, such as `aum`
    outcome: String,
    /// Month of the figure, `YYYY-MM`; the newest there is when absent
    month: Option<String>,
    /// 1 to 200 persons; 20 when absent
    limit: Option<u64>,
}

/// One person.
#[derive(Debug, Serialize, ToSchema)]
struct RankedView {
    /// Person id.
    person: String,
    /// Empty when unknown.
    name: String,
    /// Customer number, or another name they are known by; empty when unknown.
    alias: String,
    segment: String,
    unit: String,
    /// Whether there is a page about them within your scope.
    page: bool,
    /// In the kind's smallest unit.
    value: i64,
    /// So many of the voices are theirs.
    voices: u64,
}

/// The ranking.
#[derive(Debug, Serialize, ToSchema)]
struct RankingView {
    measure: MeasureView,
    /// `YYYY-MM` of the figures; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<String>,
    /// First day of the voices.
    from: String,
    /// Last day.
    to: String,
    /// Largest figure first.
    rows: Vec<RankedView>,
}

/// The persons behind some voices with the largest operating figure: for example the detractors of a quarter by assets.
#[utoipa::path(get, path = "/api/v1/ranking", tag = "value", params(RankingParams, FilterParams),
    responses((status = 200, body = RankingView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn read(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<RankingParams>,
    Query(filters): Query<FilterParams>,
) -> Result<Json<RankingView>, Problem> {
    let month = match params.month.as_deref().filter(|m| !m.trim().is_empty()) {
        None => None,
        Some(text) => Some(
            Month::parse(text).ok_or_else(|| Error::field("month", "not_a_month", "write a month such as 2026-01"))?,
        ),
    };
    let (from, to) = filters.days(&caller, &app).await?;
    let ctx = caller.ctx(&app);
    let wanted = RankingWanted {
        filter: filters.filter()?,
        from,
        to,
        kind: params.outcome,
        month,
        limit: params.limit.unwrap_or(20),
    };
    let ranking = ranking::read(&ctx, &wanted).await?;
    let measures = outcome::measures(&ctx).await?;
    Ok(Json(RankingView {
        measure: measure(&measures, &ranking.kind.code),
        month: ranking.month.map(|m| m.to_string()),
        from: from.to_string(),
        to: to.to_string(),
        rows: ranking.rows.into_iter().map(ranked_view).collect(),
    }))
}

fn ranked_view(row: RankedPerson) -> RankedView {
    let page = row.person.is_some();
    let (name, segment, unit) = row.person.map(|p| (p.name, p.segment, p.unit)).unwrap_or_default();
    RankedView { person: row.id, name, alias: row.alias, segment, unit, page, value: row.value, voices: row.voices }
}
