//! Evaluations: make one, list, read.
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::value::evaluation::{self, Request};
use peakend_app::value::outcome;
use peakend_domain::value::evaluation::{ClosedCases, Design, Subject};
use peakend_domain::{EvaluationId, InitiativeId, Month, Pillar};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;
use view::{EvaluationPage, EvaluationView};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(evaluations, evaluate)).routes(routes!(one))
}

/// Which evaluations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EvaluationParams {
    /// `initiative`, `cases`
    subject_kind: Option<String>,
    /// Id of the initiative
    subject_id: Option<String>,
    pillar: Option<String>,
    /// `gain`, `loss`, `not_proven`
    verdict: Option<String>,
    cursor: Option<String>,
    /// At most 200
    limit: Option<i64>,
}

/// What to evaluate, and how.
#[derive(Debug, Deserialize, ToSchema)]
struct NewEvaluation {
    /// `initiative`, `cases`
    subject_kind: String,
    /// Id of the initiative.
    subject_id: Option<String>,
    /// Of cases: `customer` (default) or `brand`.
    pillar: Option<String>,
    /// Of cases: first month of resolution, `YYYY-MM`.
    from: Option<String>,
    /// Of cases: last month of resolution.
    to: Option<String>,
    /// Of cases: only at this touchpoint.
    touchpoint: Option<String>,
    /// Of cases: only where the re-ask said recovered.
    #[serde(default)]
    recovered_only: bool,
    /// Code of the outcome kind.
    outcome_kind: String,
    /// Months before, 2 to 24; 6 when absent.
    months_before: Option<i32>,
    /// Months after, 1 to 24; 6 when absent.
    months_after: Option<i32>,
    /// Controls per treated person, 1 to 5; 1 when absent.
    controls: Option<i32>,
    /// Most by which a matched control may differ, in standard deviations; 0.25 when absent.
    calliper: Option<f64>,
}

impl NewEvaluation {
    fn request(self) -> Result<Request, Error> {
        let usual = Design::of(&self.outcome_kind);
        let design = Design {
            months_before: self.months_before.unwrap_or(usual.months_before),
            months_after: self.months_after.unwrap_or(usual.months_after),
            controls: self.controls.unwrap_or(usual.controls),
            calliper: self.calliper.unwrap_or(usual.calliper),
            ..usual
        };
        let subject = match self.subject_kind.as_str() {
            "initiative" => {
                let id = self.subject_id.as_deref().map(InitiativeId::parse).and_then(Result::ok);
                let missing = || Error::field("subject_id", "unknown", "name the initiative by its id");
                Subject::Initiative { id: id.ok_or_else(missing)? }
            }
            "cases" => Subject::Cases(ClosedCases {
                pillar: pillar(self.pillar.as_deref().unwrap_or("customer"))?,
                from: month("from", self.from.as_deref())?,
                to: month("to", self.to.as_deref())?,
                touchpoint: self.touchpoint.unwrap_or_default(),
                recovered_only: self.recovered_only,
            }),
            _ => return Err(Error::field("subject_kind", "unknown", "use initiative or cases")),
        };
        Ok(Request { subject, design })
    }
}

fn pillar(name: &str) -> Result<Pillar, Error> {
    Pillar::parse(name).ok_or_else(|| Error::field("pillar", "unknown", "use brand or customer"))
}

fn month(path: &str, text: Option<&str>) -> Result<Month, Error> {
    let read = text.and_then(Month::parse);
    read.ok_or_else(|| Error::field(path, "not_a_month", "write a month such as 2026-01"))
}

/// Evaluations, newest first.
#[utoipa::path(get, path = "/api/v1/evaluations", tag = "value", params(EvaluationParams),
    responses((status = 200, body = EvaluationPage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn evaluations(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<EvaluationParams>,
) -> Result<Json<EvaluationPage>, Problem> {
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    let wanted = evaluation::wanted(
        &text(&params.subject_kind),
        &text(&params.subject_id),
        &text(&params.pillar),
        &text(&params.verdict),
    )?;
    let bad = |_| Error::field("cursor", "bad_cursor", "use the next_cursor of the page before");
    let cursor = params.cursor.as_deref().filter(|c| !c.is_empty());
    let offset = cursor.map(|c| c.parse::<i64>().map_err(bad)).transpose()?.unwrap_or(0).max(0);
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let ctx = caller.ctx(&app);
    let (items, total) = evaluation::list(&ctx, &wanted, offset, limit).await?;
    Ok(Json(view::page(&items, &outcome::measures(&ctx).await?, offset, total)))
}

/// Evaluate: chooses persons, matches controls, compares. The result is kept whatever it says.
#[utoipa::path(post, path = "/api/v1/evaluations", tag = "value", request_body = NewEvaluation,
    responses((status = 201, body = EvaluationView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn evaluate(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewEvaluation>,
) -> Result<(StatusCode, Json<EvaluationView>), Problem> {
    let ctx = caller.ctx(&app);
    let made = evaluation::evaluate(&ctx, new.request()?).await?;
    Ok((StatusCode::CREATED, Json(view::one(&made, &outcome::measures(&ctx).await?, None))))
}

/// One evaluation with everything it rests on.
#[utoipa::path(get, path = "/api/v1/evaluations/{id}", tag = "value", params(("id" = String, Path)),
    responses((status = 200, body = EvaluationView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<EvaluationView>, Problem> {
    let ctx = caller.ctx(&app);
    let id = EvaluationId::parse(&id).map_err(|_| Error::NotFound("evaluation"))?;
    let (found, entry) = evaluation::find(&ctx, &id).await?;
    Ok(Json(view::one(&found, &outcome::measures(&ctx).await?, entry)))
}
