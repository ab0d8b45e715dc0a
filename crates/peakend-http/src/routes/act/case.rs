//! Cases: the inbox, one case, and what is done to it.
mod body;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::act::case::{self, CaseFilter, CaseOrder, CaseQuery, Seen};
use peakend_app::{Ctx, Error};
use peakend_domain::act::case::{Case, Phase, Priority};
use peakend_domain::act::recovery::Recovery;
use peakend_domain::{CaseId, Day, UserId};
use peakend_query::Tone;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::name::{day, pillar, word};
use crate::query::{Body, Path, Query};
use crate::server::ServerState;
use body::{
    AssignmentBody, CaseContactBody, CaseNoteBody, CaseOfferBody, NewCase, ReopeningBody, ResolutionBody, TakingBody,
};
use view::{CasePage, CaseView, OwnerPage};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(cases, open))
        .routes(routes!(one))
        .routes(routes!(take))
        .routes(routes!(assign))
        .routes(routes!(contact))
        .routes(routes!(note))
        .routes(routes!(offer))
        .routes(routes!(resolve))
        .routes(routes!(reopen))
        .routes(routes!(owners))
}

/// Tab and filters of the inbox.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CaseParams {
    /// `mine`, `team`, `overdue`, `closed` or `all` (the default)
    view: Option<String>,
    /// `due` (what is due next first), `newest` or `score` (worst first); when absent `due` on the tabs of work, `newest` on the others. A cursor belongs to the order it was made in.
    order: Option<String>,
    /// `open`, `taken`, `contacted`, `recovering`, `resolved`, `reopened`
    phase: Option<String>,
    /// `urgent`, `high`, `normal`
    priority: Option<String>,
    /// `brand` or `customer`
    pillar: Option<String>,
    /// `not_asked`, `waiting`, `recovered`, `not_recovered`, `unknown`
    recovery: Option<String>,
    /// Touchpoint code
    touchpoint: Option<String>,
    /// Business line code
    line: Option<String>,
    /// Unit code; everything below it counts too
    unit: Option<String>,
    /// Owner's user id
    owner: Option<String>,
    /// Person id
    person: Option<String>,
    /// Root cause
    root_cause: Option<String>,
    /// Theme codes of the voice that opened it, joined by commas; what is below them counts too
    theme: Option<String>,
    /// Tone of that voice: `negative`, `neutral` or `positive`
    tone: Option<String>,
    /// Language tags of that voice, joined by commas
    language: Option<String>,
    /// Opened on this day or later (UTC)
    from: Option<String>,
    /// Opened on this day or earlier (UTC)
    to: Option<String>,
    /// Where to go on
    cursor: Option<String>,
    /// Rows, at most 200
    limit: Option<i64>,
}

/// The inbox: a tab, its rows with their clocks, and the counts of all tabs.
#[utoipa::path(get, path = "/api/v1/cases", tag = "act", params(CaseParams),
    responses((status = 200, body = CasePage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn cases(
    caller: Caller,
    State(app): State<ServerState>,
    Query(params): Query<CaseParams>,
) -> Result<Json<CasePage>, Problem> {
    let list = case::list(&caller.ctx(&app), &query(params)?).await?;
    Ok(Json(view::page(list)))
}

/// Open a case about a voice by hand.
#[utoipa::path(post, path = "/api/v1/cases", tag = "act", request_body = NewCase,
    responses((status = 201, body = CaseView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn open(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewCase>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    let priority = new.priority.as_deref().unwrap_or("normal");
    let priority = word("priority", priority, Priority::parse, "urgent, high, normal")?;
    done(&ctx, case::open_by_hand(&ctx, &new.voice, priority).await).await
}

/// One case with its voices, person, clocks and history.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "act", params(("id" = String, Path)),
    responses((status = 200, body = CaseView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<CaseView>, Problem> {
    Ok(Json(view::one(case::read(&caller.ctx(&app), &parse(&id)?).await?)))
}

/// Take the case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/takings", tag = "act", params(("id" = String, Path)),
    request_body = TakingBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn take(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<TakingBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    done(&ctx, case::take(&ctx, &seen(&id, body.revision)?).await).await
}

/// Hand the case to somebody.
#[utoipa::path(post, path = "/api/v1/cases/{id}/assignments", tag = "act", params(("id" = String, Path)),
    request_body = AssignmentBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn assign(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<AssignmentBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    let to = UserId::parse(&body.to).map_err(|e| Error::field("to", "bad_id", e.to_string()))?;
    done(&ctx, case::assign(&ctx, &seen(&id, body.revision)?, &to).await).await
}

/// Log an attempt to reach the person.
#[utoipa::path(post, path = "/api/v1/cases/{id}/contacts", tag = "act", params(("id" = String, Path)),
    request_body = CaseContactBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn contact(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<CaseContactBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    let seen = seen(&id, body.revision)?;
    done(&ctx, case::contact(&ctx, &seen, body.contact()?).await).await
}

/// Write a note.
#[utoipa::path(post, path = "/api/v1/cases/{id}/notes", tag = "act", params(("id" = String, Path)),
    request_body = CaseNoteBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn note(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<CaseNoteBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    done(&ctx, case::note(&ctx, &seen(&id, body.revision)?, &body.text).await).await
}

/// Log an offer.
#[utoipa::path(post, path = "/api/v1/cases/{id}/offers", tag = "act", params(("id" = String, Path)),
    request_body = CaseOfferBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn offer(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<CaseOfferBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    let seen = seen(&id, body.revision)?;
    done(&ctx, case::offer(&ctx, &seen, body.offer()).await).await
}

/// Close the case with its root cause; the person is asked again.
#[utoipa::path(post, path = "/api/v1/cases/{id}/resolutions", tag = "act", params(("id" = String, Path)),
    request_body = ResolutionBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn resolve(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<ResolutionBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    let seen = seen(&id, body.revision)?;
    done(&ctx, case::resolve(&ctx, &seen, body.resolution()?).await).await
}

/// Open a closed case again, with a new clock.
#[utoipa::path(post, path = "/api/v1/cases/{id}/reopenings", tag = "act", params(("id" = String, Path)),
    request_body = ReopeningBody, responses((status = 201, body = CaseView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn reopen(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<ReopeningBody>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let ctx = caller.ctx(&app);
    done(&ctx, case::reopen(&ctx, &seen(&id, body.revision)?, &body.reason).await).await
}

/// Members of staff to whom a case can be handed.
#[utoipa::path(get, path = "/api/v1/case-owners", tag = "act",
    responses((status = 200, body = OwnerPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn owners(caller: Caller, State(app): State<ServerState>) -> Result<Json<OwnerPage>, Problem> {
    Ok(Json(view::owners(case::owners(&caller.ctx(&app)).await?)))
}

/// The answer to any deed: the case as it stands now.
async fn done(ctx: &Ctx<'_>, result: Result<Case, Error>) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let reading = case::read(ctx, &result?.opening.id).await?;
    Ok((StatusCode::CREATED, Json(view::one(reading))))
}

fn parse(id: &str) -> Result<CaseId, Error> {
    CaseId::parse(id).map_err(|_| Error::NotFound("case"))
}

fn seen(id: &str, revision: Option<i64>) -> Result<Seen, Error> {
    Ok(Seen { id: parse(id)?, revision })
}

fn query(params: CaseParams) -> Result<CaseQuery, Error> {
    let tab = params.view.as_deref().unwrap_or("all");
    let midnight = |d: Day| jiff::Timestamp::from_second(i64::from(d.0) * 86_400).unwrap_or(jiff::Timestamp::MIN);
    let instant = |path: &str, text: Option<String>, plus: i32| -> Result<Option<jiff::Timestamp>, Error> {
        text.map(|t| day(path, &t).map(|d| midnight(Day(d.0 + plus)))).transpose()
    };
    let filter = CaseFilter {
        phase: maybe("phase", params.phase, Phase::parse, "open, taken, contacted, recovering, resolved, reopened")?,
        priority: maybe("priority", params.priority, Priority::parse, "urgent, high, normal")?,
        pillar: params.pillar.map(|p| pillar("pillar", &p)).transpose()?,
        recovery: maybe(
            "recovery",
            params.recovery,
            Recovery::parse,
            "not_asked, waiting, recovered, not_recovered, unknown",
        )?,
        touchpoint: params.touchpoint.unwrap_or_default(),
        line: params.line.unwrap_or_default(),
        unit: params.unit.unwrap_or_default(),
        owner: params.owner.unwrap_or_default(),
        person: params.person.unwrap_or_default(),
        root_cause: params.root_cause.unwrap_or_default(),
        themes: listed(params.theme),
        languages: listed(params.language),
        sentiment: maybe("tone", params.tone, tone, "negative, neutral, positive")?,
        from: instant("from", params.from, 0)?,
        until: instant("to", params.to, 1)?,
    };
    let after = params.cursor.filter(|c| !c.is_empty()).map(|c| view::cursor(&c)).transpose()?;
    let view = word("view", tab, view::tab, "mine, team, overdue, closed, all")?;
    let order = maybe("order", params.order, CaseOrder::parse, "due, newest, score")?;
    Ok(CaseQuery { view, order, filter, after, limit: params.limit.unwrap_or(50) })
}

/// Codes joined by commas.
fn listed(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').map(str::trim).filter(|code| !code.is_empty()).map(ToOwned::to_owned).collect()
}

/// The sentiments of a tone.
fn tone(name: &str) -> Option<(i8, i8)> {
    let tone = [Tone::Negative, Tone::Neutral, Tone::Positive].into_iter().find(|t| t.name() == name)?;
    Some(tone.range())
}

fn maybe<T>(path: &str, text: Option<String>, parse: fn(&str) -> Option<T>, known: &str) -> Result<Option<T>, Error> {
    text.filter(|t| !t.is_empty()).map(|t| word(path, &t, parse, known)).transpose()
}
