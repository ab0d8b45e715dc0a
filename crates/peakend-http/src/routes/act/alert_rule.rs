//! Alert rules: edit, check a condition, try it on the last thirty days.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::act::alert_rule::{self, RuleWithCount, TRIAL_DAYS};
use peakend_domain::act::alert;
use peakend_domain::act::alert_rule::{AlertRule, AlertRuleDraft};
use peakend_domain::act::case::Priority;
use peakend_domain::{AlertRuleId, CalendarId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{pillar, word};
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(rules, add)).routes(routes!(change)).routes(routes!(try_out))
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
struct AlertRuleView {
    id: String,
    code: String,
    name: String,
    pillar: String,
    /// Expression over the fields of a voice, such as `nps <= 6`.
    condition: String,
    priority: String,
    /// Business minutes until the first contact.
    contact_minutes: u32,
    /// Business minutes until it is resolved.
    resolve_minutes: u32,
    /// Calendar id.
    calendar: String,
    enabled: bool,
    created_at: String,
    /// Cases it has opened so far.
    cases: i64,
}

/// All rules, most urgent first, and the fields a condition may name.
#[derive(Debug, Serialize, ToSchema)]
struct AlertRulePage {
    items: Vec<AlertRuleView>,
    next_cursor: Option<String>,
    total: usize,
    fields: Vec<String>,
}

/// A rule as written.
#[derive(Debug, Deserialize, ToSchema)]
struct AlertRuleBody {
    code: String,
    name: String,
    /// `brand` or `customer`
    pillar: String,
    condition: String,
    /// `urgent`, `high`, `normal`
    priority: String,
    contact_minutes: u32,
    resolve_minutes: u32,
    calendar: String,
    enabled: bool,
}

/// A condition to try.
#[derive(Debug, Deserialize, ToSchema)]
struct TrialBody {
    pillar: String,
    condition: String,
}

/// What a condition would have done.
#[derive(Debug, Serialize, ToSchema)]
struct TrialView {
    days: i64,
    /// Voices looked at.
    examined: usize,
    /// Voices that meet the condition.
    matched: usize,
    /// Cases it would have opened.
    cases: usize,
    /// Whether there were more voices than a trial reads.
    truncated: bool,
    /// The latest voices that meet it.
    examples: Vec<TrialExample>,
}

/// A voice that meets the condition.
#[derive(Debug, Serialize, ToSchema)]
struct TrialExample {
    id: String,
    at: String,
    score: Option<i64>,
    text: String,
    touchpoint: String,
}

/// All alert rules.
#[utoipa::path(get, path = "/api/v1/alert-rules", tag = "act",
    responses((status = 200, body = AlertRulePage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn rules(caller: Caller, State(app): State<ServerState>) -> Result<Json<AlertRulePage>, Problem> {
    let items: Vec<AlertRuleView> = alert_rule::list(&caller.ctx(&app)).await?.into_iter().map(counted).collect();
    let fields = alert::FIELDS.iter().map(|f| (*f).to_owned()).collect();
    Ok(Json(AlertRulePage { total: items.len(), items, next_cursor: None, fields }))
}

/// Make a rule.
#[utoipa::path(post, path = "/api/v1/alert-rules", tag = "act", request_body = AlertRuleBody,
    responses((status = 201, body = AlertRuleView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<AlertRuleBody>,
) -> Result<(StatusCode, Json<AlertRuleView>), Problem> {
    let rule = alert_rule::put(&caller.ctx(&app), None, draft(body)?).await?;
    Ok((StatusCode::CREATED, Json(view(rule, 0))))
}

/// Replace a rule; cases it has opened stay as they are.
#[utoipa::path(put, path = "/api/v1/alert-rules/{id}", tag = "act", params(("id" = String, Path)),
    request_body = AlertRuleBody, responses((status = 200, body = AlertRuleView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<AlertRuleBody>,
) -> Result<Json<AlertRuleView>, Problem> {
    let ctx = caller.ctx(&app);
    let id = AlertRuleId::parse(&id).map_err(|_| Error::NotFound("alert rule"))?;
    let rule = alert_rule::put(&ctx, Some(&id), draft(body)?).await?;
    let all = alert_rule::list(&ctx).await?;
    let cases = all.iter().find(|r| r.rule.id == id).map_or(0, |r| r.cases);
    Ok(Json(view(rule, cases)))
}

/// Check a condition and try it on the voices of the last thirty days. Nothing is opened.
#[utoipa::path(post, path = "/api/v1/alert-rules/trials", tag = "act", request_body = TrialBody,
    responses((status = 200, body = TrialView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn try_out(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<TrialBody>,
) -> Result<Json<TrialView>, Problem> {
    let trial = alert_rule::try_out(&caller.ctx(&app), pillar("pillar", &body.pillar)?, &body.condition).await?;
    let examples = trial.examples.into_iter().map(|v| TrialExample {
        score: alert::score(&v),
        at: v.at.to_string(),
        id: v.id,
        text: v.text,
        touchpoint: v.touchpoint_code,
    });
    Ok(Json(TrialView {
        days: TRIAL_DAYS,
        examined: trial.examined,
        matched: trial.matched,
        cases: trial.cases,
        truncated: trial.truncated,
        examples: examples.collect(),
    }))
}

fn draft(body: AlertRuleBody) -> Result<AlertRuleDraft, Error> {
    Ok(AlertRuleDraft {
        code: body.code.trim().to_owned(),
        name: body.name,
        pillar: pillar("pillar", &body.pillar)?,
        condition: body.condition,
        priority: word("priority", &body.priority, Priority::parse, "urgent, high, normal")?,
        contact_minutes: body.contact_minutes,
        resolve_minutes: body.resolve_minutes,
        calendar: CalendarId::stored(body.calendar),
        enabled: body.enabled,
    })
}

fn counted(found: RuleWithCount) -> AlertRuleView {
    view(found.rule, found.cases)
}

fn view(rule: AlertRule, cases: i64) -> AlertRuleView {
    AlertRuleView {
        id: rule.id.to_string(),
        code: rule.code,
        name: rule.name,
        pillar: rule.pillar.name().to_owned(),
        condition: rule.condition,
        priority: rule.priority.name().to_owned(),
        contact_minutes: rule.targets.contact_minutes,
        resolve_minutes: rule.targets.resolve_minutes,
        calendar: rule.calendar.to_string(),
        enabled: rule.enabled,
        created_at: rule.created_at.to_string(),
        cases,
    }
}
