//! Event rules, their dry runs, and the contact rule.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::sense::event_rule::{self, RuleText};
use peakend_domain::sense::contact_rule::ContactRule;
use peakend_domain::sense::event_rule::EventRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(rules, add))
        .routes(routes!(save))
        .routes(routes!(try_out))
        .routes(routes!(names))
        .routes(routes!(contact, set_contact))
}

/// An event rule.
#[derive(Debug, Serialize, ToSchema)]
struct RuleView {
    id: String,
    code: String,
    name: String,
    event_name: String,
    /// Expression over `event.…`; empty always holds.
    condition: String,
    /// Survey id.
    survey: String,
    delay_seconds: i64,
    enabled: bool,
    /// Name to `properties.…` or a fixed text.
    context: BTreeMap<String, String>,
}

/// All rules in the order of their codes.
#[derive(Debug, Serialize, ToSchema)]
struct RuleList {
    items: Vec<RuleView>,
    next_cursor: Option<String>,
    total: usize,
}

/// An event rule to add, change or try.
#[derive(Debug, Deserialize, ToSchema)]
struct RuleBody {
    /// Fixed once made.
    #[serde(default)]
    code: String,
    name: String,
    event_name: String,
    #[serde(default)]
    condition: String,
    /// Survey id or code.
    survey: String,
    #[serde(default)]
    delay_seconds: i64,
    #[serde(default = "on")]
    enabled: bool,
    #[serde(default)]
    context: BTreeMap<String, String>,
}

fn on() -> bool {
    true
}

/// What a rule would have done with the last 24 hours' events.
#[derive(Debug, Serialize, ToSchema)]
struct DryRunView {
    /// RFC 3339
    from: String,
    /// RFC 3339, not included
    to: String,
    /// Events of that name.
    events: u64,
    /// Events that fulfil the condition.
    matched: u64,
    /// Times somebody would have been asked.
    would_ask: u64,
    /// Times nobody would have been, by reason.
    withheld: BTreeMap<String, u64>,
    /// Whether there were more events than were looked at.
    truncated: bool,
}

/// A name of events and how often it came in within 30 days.
#[derive(Debug, Serialize, ToSchema)]
struct EventName {
    name: String,
    count: i64,
}

/// Names of events, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
struct EventNames {
    items: Vec<EventName>,
}

/// How often one person may be asked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct ContactBody {
    /// Days between two asks of one person over all surveys; 0 allows any number.
    minimum_gap_days: u32,
}

impl RuleBody {
    fn text(self) -> RuleText {
        RuleText {
            code: self.code,
            name: self.name,
            event_name: self.event_name,
            condition: self.condition,
            survey: self.survey,
            delay_seconds: self.delay_seconds,
            enabled: self.enabled,
            context: self.context,
        }
    }
}

fn view(r: EventRule) -> RuleView {
    RuleView {
        id: r.id.to_string(),
        code: r.code,
        name: r.name,
        event_name: r.event_name,
        condition: r.condition,
        survey: r.survey.to_string(),
        delay_seconds: r.delay_seconds,
        enabled: r.enabled,
        context: r.context,
    }
}

/// Event rules.
#[utoipa::path(get, path = "/api/v1/event-rules", tag = "sense",
    responses((status = 200, body = RuleList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn rules(caller: Caller, State(app): State<ServerState>) -> Result<Json<RuleList>, Problem> {
    let items: Vec<RuleView> = event_rule::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(RuleList { total: items.len(), items, next_cursor: None }))
}

/// Add an event rule.
#[utoipa::path(post, path = "/api/v1/event-rules", tag = "sense", request_body = RuleBody,
    responses((status = 201, body = RuleView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<RuleBody>,
) -> Result<(StatusCode, Json<RuleView>), Problem> {
    let made = event_rule::create(&caller.ctx(&app), &body.text()).await?;
    Ok((StatusCode::CREATED, Json(view(made))))
}

/// Change everything but the code.
#[utoipa::path(put, path = "/api/v1/event-rules/{id}", tag = "sense", params(("id" = String, Path)),
    request_body = RuleBody,
    responses((status = 200, body = RuleView), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn save(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<RuleBody>,
) -> Result<Json<RuleView>, Problem> {
    Ok(Json(view(event_rule::save(&caller.ctx(&app), &id, &body.text()).await?)))
}

/// Try a rule, saved or not, on the last 24 hours' events; nothing is written.
#[utoipa::path(post, path = "/api/v1/event-rules/dry-runs", tag = "sense", request_body = RuleBody,
    responses((status = 200, body = DryRunView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn try_out(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<RuleBody>,
) -> Result<Json<DryRunView>, Problem> {
    let mut text = body.text();
    if text.code.is_empty() {
        // a rule that is not saved yet needs no code to be tried
        "trial".clone_into(&mut text.code);
    }
    let run = event_rule::dry_run(&caller.ctx(&app), &text).await?;
    Ok(Json(DryRunView {
        from: run.from.to_string(),
        to: run.to.to_string(),
        events: run.events,
        matched: run.matched,
        would_ask: run.would_ask,
        withheld: run.withheld,
        truncated: run.truncated,
    }))
}

/// Names of events that came in.
#[utoipa::path(get, path = "/api/v1/event-names", tag = "sense",
    responses((status = 200, body = EventNames), (status = 403, body = Problem)))]
async fn names(caller: Caller, State(app): State<ServerState>) -> Result<Json<EventNames>, Problem> {
    let all = event_rule::event_names(&caller.ctx(&app)).await?;
    Ok(Json(EventNames { items: all.into_iter().map(|(name, count)| EventName { name, count }).collect() }))
}

/// The contact rule.
#[utoipa::path(get, path = "/api/v1/contact-rule", tag = "sense",
    responses((status = 200, body = ContactBody), (status = 403, body = Problem)))]
async fn contact(caller: Caller, State(app): State<ServerState>) -> Result<Json<ContactBody>, Problem> {
    let rule = event_rule::contact(&caller.ctx(&app)).await?;
    Ok(Json(ContactBody { minimum_gap_days: rule.minimum_gap_days }))
}

/// Set the contact rule.
#[utoipa::path(put, path = "/api/v1/contact-rule", tag = "sense", request_body = ContactBody,
    responses((status = 200, body = ContactBody), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn set_contact(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<ContactBody>,
) -> Result<Json<ContactBody>, Problem> {
    let rule = ContactRule { minimum_gap_days: body.minimum_gap_days };
    let rule = event_rule::set_contact(&caller.ctx(&app), rule).await?;
    Ok(Json(ContactBody { minimum_gap_days: rule.minimum_gap_days }))
}
