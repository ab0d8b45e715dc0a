//! Those marked in a month, such as who left, against all others.

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::value::contrast::{self, ContrastRow, Contrasts, Of};
use peakend_app::value::outcome;
use peakend_domain::Month;
use peakend_domain::value::contrast::{DEFINITION, MONTHS_BEFORE};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{MeasureView, measure};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::routes::insight::figure::{ChangeView, FigureView, answer_view, change_view};
use crate::server::ServerState;

pub(super) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Whom to contrast.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContrastParams {
    /// Outcome kind of the unit `flag`, such as `churn`
    kind: String,
    /// Month of the mark, `YYYY-MM` or a day within it
    month: String,
}

/// One quantity in both groups.
#[derive(Debug, Serialize, ToSchema)]
struct ContrastRowView {
    /// Metric code: means of the persons' own scores in the twelve months before. Absent for an outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    /// Outcome of the month, with its unit. Absent for a metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    measure: Option<MeasureView>,
    /// Mean of the persons marked.
    marked: FigureView,
    /// Mean of the others.
    others: FigureView,
    /// Marked minus others, corrected for all rows; absent where a group has fewer than ten persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeView>,
}

/// The table.
#[derive(Debug, Serialize, ToSchema)]
struct ContrastTable {
    /// Definition id of every row.
    definition: String,
    /// The mark.
    measure: MeasureView,
    /// `YYYY-MM`
    month: String,
    /// Months of answers looked at, which end before the month.
    months_before: i32,
    /// Persons with the mark.
    marked: u64,
    /// Persons known in that month without it.
    others: u64,
    /// Metrics first, then outcomes.
    rows: Vec<ContrastRowView>,
}

/// Contrast the persons marked by a flag in a month, such as who left, with all others known in it.
#[utoipa::path(get, path = "/api/v1/outcomes/contrast", tag = "value", params(ContrastParams),
    responses((status = 200, body = ContrastTable), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn read(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<ContrastParams>,
) -> Result<Json<ContrastTable>, Problem> {
    let month = Month::parse(&params.month)
        .ok_or_else(|| Error::field("month", "not_a_month", "write a month such as 2026-01"))?;
    let ctx = caller.ctx(&app);
    let table = contrast::read(&ctx, &params.kind, month).await?;
    let measures = outcome::measures(&ctx).await?;
    Ok(Json(view(&table, &measures)))
}

fn view(table: &Contrasts, measures: &outcome::Measures) -> ContrastTable {
    ContrastTable {
        definition: DEFINITION.to_owned(),
        measure: measure(measures, &table.kind.code),
        month: table.month.to_string(),
        months_before: MONTHS_BEFORE,
        marked: table.marked,
        others: table.others,
        rows: table.rows.iter().map(|row| row_view(row, measures)).collect(),
    }
}

fn row_view(row: &ContrastRow, measures: &outcome::Measures) -> ContrastRowView {
    let (code, of_metric) = match &row.of {
        Of::Metric(code) => (*code, true),
        Of::Outcome(kind) => (kind.code.as_str(), false),
    };
    ContrastRowView {
        metric: of_metric.then(|| code.to_owned()),
        measure: (!of_metric).then(|| measure(measures, code)),
        marked: answer_view(code, DEFINITION, &row.marked),
        others: answer_view(code, DEFINITION, &row.others),
        change: row.change.as_ref().map(change_view),
    }
}
