//! Business calendars.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::act::calendar::{self, CalendarDraft, StoredCalendar};
use peakend_domain::act::calendar::{CalendarDocument, DayEntry, Hours, MakeUpEntry, Week};
use peakend_domain::{CalendarId, LocalText};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(calendars, add)).routes(routes!(one, change))
}

/// An interval of a day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct CalendarHours {
    /// `HH:MM`
    from: String,
    /// `HH:MM`, up to `24:00`
    to: String,
}

/// A day off, or a day worked in exchange.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct CalendarDay {
    /// `YYYY-MM-DD`
    on: String,
    /// By language tag.
    #[serde(default)]
    name: BTreeMap<String, String>,
    /// Hours of a make-up day; those of the first working weekday when absent.
    #[serde(default)]
    hours: Vec<CalendarHours>,
}

/// A calendar as written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct CalendarBody {
    code: String,
    name: String,
    /// IANA name
    time_zone: String,
    /// Hours by weekday: `mon` … `sun`.
    week: BTreeMap<String, Vec<CalendarHours>>,
    holidays: Vec<CalendarDay>,
    /// Days worked although the week says otherwise (调休).
    make_up_days: Vec<CalendarDay>,
}

/// A calendar.
#[derive(Debug, Serialize, ToSchema)]
struct CalendarView {
    id: String,
    #[serde(flatten)]
    body: CalendarBody,
}

/// All calendars.
#[derive(Debug, Serialize, ToSchema)]
struct CalendarPage {
    items: Vec<CalendarView>,
    next_cursor: Option<String>,
    total: usize,
}

/// All calendars by name.
#[utoipa::path(get, path = "/api/v1/calendars", tag = "act",
    responses((status = 200, body = CalendarPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn calendars(caller: Caller, State(app): State<ServerState>) -> Result<Json<CalendarPage>, Problem> {
    let items: Vec<CalendarView> = calendar::list(&caller.ctx(&app)).await?.into_iter().map(view).collect();
    Ok(Json(CalendarPage { total: items.len(), items, next_cursor: None }))
}

/// Make a calendar.
#[utoipa::path(post, path = "/api/v1/calendars", tag = "act", request_body = CalendarBody,
    responses((status = 201, body = CalendarView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn add(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<CalendarBody>,
) -> Result<(StatusCode, Json<CalendarView>), Problem> {
    let made = calendar::put(&caller.ctx(&app), None, draft(body)?).await?;
    Ok((StatusCode::CREATED, Json(view(made))))
}

/// One calendar.
#[utoipa::path(get, path = "/api/v1/calendars/{id}", tag = "act", params(("id" = String, Path)),
    responses((status = 200, body = CalendarView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<CalendarView>, Problem> {
    Ok(Json(view(calendar::read(&caller.ctx(&app), &parse(&id)?).await?)))
}

/// Replace a calendar. Clocks that run keep the instants they were given.
#[utoipa::path(put, path = "/api/v1/calendars/{id}", tag = "act", params(("id" = String, Path)),
    request_body = CalendarBody, responses((status = 200, body = CalendarView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<CalendarBody>,
) -> Result<Json<CalendarView>, Problem> {
    Ok(Json(view(calendar::put(&caller.ctx(&app), Some(&parse(&id)?), draft(body)?).await?)))
}

fn parse(id: &str) -> Result<CalendarId, Error> {
    CalendarId::parse(id).map_err(|_| Error::NotFound("calendar"))
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn draft(mut body: CalendarBody) -> Result<CalendarDraft, Error> {
    if let Some(unknown) = body.week.keys().find(|day| !WEEKDAYS.contains(&day.as_str())) {
        let what = "use mon, tue, wed, thu, fri, sat, sun";
        return Err(Error::field(&format!("week.{unknown}"), "weekday_unknown", what));
    }
    let hours = |all: Vec<CalendarHours>| all.into_iter().map(|h| Hours { from: h.from, to: h.to }).collect::<Vec<_>>();
    let mut day = |name: &str| body.week.remove(name).map(hours).unwrap_or_default();
    let week = Week {
        mon: day("mon"),
        tue: day("tue"),
        wed: day("wed"),
        thu: day("thu"),
        fri: day("fri"),
        sat: day("sat"),
        sun: day("sun"),
    };
    let off = body.holidays.into_iter().map(|d| DayEntry { on: d.on, name: LocalText(d.name) });
    let worked = body.make_up_days.into_iter();
    let worked = worked.map(|d| MakeUpEntry { on: d.on, name: LocalText(d.name), hours: hours(d.hours) });
    let (holidays, make_up_days) = (off.collect(), worked.collect());
    let document = CalendarDocument { time_zone: body.time_zone, week, holidays, make_up_days };
    Ok(CalendarDraft { code: body.code, name: body.name, document })
}

fn view(stored: StoredCalendar) -> CalendarView {
    let hours = |all: Vec<Hours>| all.into_iter().map(|h| CalendarHours { from: h.from, to: h.to }).collect::<Vec<_>>();
    let document = stored.document;
    let w = document.week;
    let days = [w.mon, w.tue, w.wed, w.thu, w.fri, w.sat, w.sun];
    let week = WEEKDAYS.iter().zip(days).map(|(name, day)| ((*name).to_owned(), hours(day))).collect();
    let off = document.holidays.into_iter().map(|d| CalendarDay { on: d.on, name: d.name.0, hours: Vec::new() });
    let worked = document.make_up_days.into_iter();
    let worked = worked.map(|d| CalendarDay { on: d.on, name: d.name.0, hours: hours(d.hours) });
    CalendarView {
        id: stored.id.to_string(),
        body: CalendarBody {
            code: stored.code,
            name: stored.name,
            time_zone: document.time_zone,
            week,
            holidays: off.collect(),
            make_up_days: worked.collect(),
        },
    }
}
