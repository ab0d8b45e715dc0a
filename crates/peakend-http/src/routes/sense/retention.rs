//! Retention: how long what was heard is kept, and what a setting would remove.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::sense::retention::{self, RetentionPreview};
use peakend_domain::sense::retention::{RetentionChange, RetentionSetting, SurveyMonths, parse_survey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(show, set)).routes(routes!(preview))
}

/// Months that each kind of record is kept, 1 to 600; null keeps it for good.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetentionBody {
    /// Responses and signals with answers and words, and the words of closed cases.
    voices: Option<u16>,
    /// Events and the decisions to ask that followed them.
    events: Option<u16>,
    /// Operating figures.
    outcomes: Option<u16>,
    /// Months that the voices of single surveys are kept, by survey code, whatever `voices` says; null keeps them
    /// for good. Left out, they stay as they are set; an empty object leaves none.
    surveys: Option<BTreeMap<String, Option<u16>>>,
}

/// The setting.
#[derive(Debug, Serialize, ToSchema)]
struct RetentionView {
    keep: RetentionBody,
    /// Null while everything is kept for good because nobody set anything.
    saved_at: Option<String>,
    /// Id of the user or key, or `system`.
    saved_by: Option<String>,
    last_run: Option<RetentionRunView>,
}

/// What the last daily run removed.
#[derive(Debug, Serialize, ToSchema)]
struct RetentionRunView {
    at: String,
    voices: u64,
    /// Closed cases that lost person and words, and stay as numbers.
    cases: u64,
    events: u64,
    asks: u64,
    /// Entries of the intake log that hold only id and kind now.
    log_entries: u64,
    /// Rows of the warehouse: voices and operating figures.
    warehouse_rows: u64,
}

/// Months as in the setting; what is left out is kept for good.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RetentionParams {
    voices: Option<u16>,
    events: Option<u16>,
    outcomes: Option<u16>,
    /// Surveys with a time of their own as `code:months`, apart by commas; without months a survey is kept for good.
    /// Left out, they count as they are set; `none` stands for no survey at all.
    #[param(example = "visit:6,relationship:")]
    surveys: Option<String>,
}

/// What a setting would remove if it were in force today.
#[derive(Debug, Serialize, ToSchema)]
struct RetentionPreviewView {
    /// First day whose voices stay; null when all do.
    voices_from: Option<String>,
    /// First day whose events stay; null when all do.
    events_from: Option<String>,
    /// First month whose operating figures stay; null when all do.
    outcomes_from: Option<String>,
    /// Voices that would go, without those of employees.
    voices: u64,
    /// Events that would go.
    events: u64,
    /// The voices by survey: of those with a time of their own, of those that would lose some, and of employees.
    surveys: Vec<SurveyPreviewView>,
}

/// What a setting would remove of a survey.
#[derive(Debug, Serialize, ToSchema)]
struct SurveyPreviewView {
    survey: String,
    /// First day whose voices stay; null when all do.
    voices_from: Option<String>,
    /// Voices that would go; null for surveys of employees, whose counts leave only through the release gate.
    voices: Option<u64>,
}

/// How long what was heard is kept.
#[utoipa::path(get, path = "/api/v1/retention", tag = "sense",
    responses((status = 200, body = RetentionView), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show(caller: Caller, State(app): State<ServerState>) -> Result<Json<RetentionView>, Problem> {
    Ok(Json(view(retention::find(&caller.ctx(&app)).await?)))
}

/// Set how long what was heard is kept. What is older goes at once, then daily, and never comes back.
#[utoipa::path(put, path = "/api/v1/retention", tag = "sense", request_body = RetentionBody,
    responses((status = 200, body = RetentionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn set(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<RetentionBody>,
) -> Result<Json<RetentionView>, Problem> {
    let RetentionBody { voices, events, outcomes, surveys } = body;
    let change = RetentionChange { voices, events, outcomes, surveys };
    Ok(Json(view(Some(retention::set(&caller.ctx(&app), change).await?))))
}

/// What a setting would remove today.
#[utoipa::path(get, path = "/api/v1/retention/preview", tag = "sense", params(RetentionParams),
    responses((status = 200, body = RetentionPreviewView), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn preview(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<RetentionParams>,
) -> Result<Json<RetentionPreviewView>, Problem> {
    let RetentionParams { voices, events, outcomes, surveys } = params;
    let surveys = surveys.map(|text| own_times(&text)).transpose()?;
    let change = RetentionChange { voices, events, outcomes, surveys };
    let seen = retention::preview(&caller.ctx(&app), change).await?;
    let RetentionPreview { limits, voices, surveys, events } = seen;
    let surveys = surveys.into_iter().map(|one| SurveyPreviewView {
        survey: one.code,
        voices_from: one.from.map(|day| day.to_string()),
        voices: one.voices,
    });
    Ok(Json(RetentionPreviewView {
        voices_from: limits.voices.map(|day| day.to_string()),
        events_from: limits.events.map(|day| day.to_string()),
        outcomes_from: limits.outcomes.map(|month| month.to_string()),
        voices,
        events,
        surveys: surveys.collect(),
    }))
}

fn own_times(text: &str) -> Result<SurveyMonths, Error> {
    let all = text.split(',').filter(|one| !matches!(one.trim(), "" | "none"));
    all.map(|one| parse_survey(one).map_err(|fault| Error::Invalid(vec![fault]))).collect()
}

fn view(setting: Option<RetentionSetting>) -> RetentionView {
    let keep = setting.as_ref().map(|s| s.keep.clone()).unwrap_or_default();
    RetentionView {
        keep: RetentionBody {
            voices: keep.voices,
            events: keep.events,
            outcomes: keep.outcomes,
            surveys: Some(keep.surveys),
        },
        saved_at: setting.as_ref().map(|s| s.saved_at.to_string()),
        saved_by: setting.as_ref().map(|s| s.saved_by.clone()),
        last_run: setting.and_then(|s| s.last_run).map(|run| RetentionRunView {
            at: run.at.to_string(),
            voices: run.removed.voices,
            cases: run.removed.cases,
            events: run.removed.events,
            asks: run.removed.asks,
            log_entries: run.removed.log_entries,
            warehouse_rows: run.removed.warehouse_rows,
        }),
    }
}
