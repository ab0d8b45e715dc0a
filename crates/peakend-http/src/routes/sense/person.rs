//! Persons: the list, the page about one, adding by API.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::sense::person;
use peakend_domain::PersonId;
use peakend_domain::sense::person::{Alias, AliasKind, Person};
use peakend_domain::sense::voice::Voice;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(people, put)).routes(routes!(page))
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
struct PersonView {
    id: String,
    /// `audience`, `lead`, `customer` or `employee`
    kind: String,
    /// Empty when not known, like the texts below.
    name: String,
    unit: String,
    line: String,
    segment: String,
    language: String,
    /// Everything else that is known.
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, serde_json::Value>,
    created_at: String,
    updated_at: String,
}

/// A page of persons.
#[derive(Debug, Serialize, ToSchema)]
struct PersonPage {
    items: Vec<PersonView>,
    next_cursor: Option<String>,
    total: i64,
}

/// A person with everything that leads there.
#[derive(Debug, Serialize, ToSchema)]
struct PersonFile {
    person: PersonView,
    aliases: Vec<AliasView>,
    /// What they said, newest first, at most 100.
    voices: Vec<PersonVoice>,
    /// What was done for them, newest first, at most 100.
    cases: Vec<PersonCaseView>,
}

/// One name of a person.
#[derive(Debug, Serialize, ToSchema)]
struct AliasView {
    /// `user_id`, `customer_id`, `employee_id`, `email`, `phone` or `anonymous_id`
    kind: String,
    value: String,
}

/// A voice in a person's history.
#[derive(Debug, Serialize, ToSchema)]
struct PersonVoice {
    id: String,
    /// `response` or `signal`
    kind: String,
    at: String,
    pillar: String,
    survey: String,
    touchpoint: String,
    channel: String,
    nps: Option<u8>,
    csat: Option<u8>,
    ces: Option<u8>,
    sentiment: Option<i8>,
    text: String,
}

/// A case in a person's history.
#[derive(Debug, Serialize, ToSchema)]
struct PersonCaseView {
    id: String,
    number: i64,
    title: String,
    phase: String,
    opened_at: String,
}

/// How to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PeopleQuery {
    /// Part of a name, or the beginning of an alias.
    #[serde(default)]
    q: String,
    /// From the page before.
    #[serde(default)]
    cursor: String,
    /// At most 200; 50 when absent.
    limit: Option<i64>,
}

/// A person to add or to learn about.
#[derive(Debug, Deserialize, ToSchema)]
struct NewPerson {
    /// Values by alias kind, such as `{"customer_id": "1042", "email": "a@example.com"}`.
    aliases: BTreeMap<String, String>,
    /// What is known: `kind`, `name`, `unit`, `line`, `segment`, `language`, and any other.
    #[serde(default)]
    #[schema(value_type = Object)]
    traits: BTreeMap<String, serde_json::Value>,
}

/// Who it is.
#[derive(Debug, Serialize, ToSchema)]
struct PersonKnown {
    id: String,
}

/// Persons within the caller's scope, newest first.
#[utoipa::path(get, path = "/api/v1/people", tag = "sense", params(PeopleQuery),
    responses((status = 200, body = PersonPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn people(
    caller: Caller,
    State(app): State<ServerState>,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<PersonPage>, Problem> {
    let list = person::list(&caller.ctx(&app), &query.q, &query.cursor, query.limit.unwrap_or(50)).await?;
    Ok(Json(PersonPage {
        items: list.items.into_iter().map(view).collect(),
        next_cursor: list.next_cursor,
        total: list.total,
    }))
}

/// The page about a person; the id of a merged person leads to who it is now.
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "sense", params(("id" = String, Path)),
    responses((status = 200, body = PersonFile), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn page(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<PersonFile>, Problem> {
    let id = PersonId::parse(&id).map_err(|_| Error::NotFound("person"))?;
    let file = person::page(&caller.ctx(&app), &id).await?;
    Ok(Json(PersonFile {
        person: view(file.person),
        aliases: file
            .aliases
            .into_iter()
            .map(|a| AliasView { kind: a.kind.name().to_owned(), value: a.value })
            .collect(),
        voices: file.voices.into_iter().map(voice).collect(),
        cases: file
            .cases
            .into_iter()
            .map(|c| PersonCaseView {
                id: c.id,
                number: c.number,
                title: c.title,
                phase: c.phase,
                opened_at: c.opened_at.to_string(),
            })
            .collect(),
    }))
}

/// Add a person, or tell something new about one who is known by an alias.
#[utoipa::path(post, path = "/api/v1/people", tag = "sense", request_body = NewPerson,
    responses((status = 200, body = PersonKnown), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn put(
    caller: Caller,
    State(app): State<ServerState>,
    Body(new): Body<NewPerson>,
) -> Result<Json<PersonKnown>, Problem> {
    let mut faults = Vec::new();
    let mut aliases = Vec::new();
    for (kind, value) in &new.aliases {
        let parsed = AliasKind::parse(kind).map(|kind| Alias::parse(kind, value));
        match parsed {
            Some(Ok(alias)) => aliases.push(alias),
            Some(Err(fault)) => faults.push(peakend_domain::FieldFault { path: format!("aliases.{kind}"), ..fault }),
            None => faults.push(peakend_domain::FieldFault::new(
                format!("aliases.{kind}"),
                "unknown_alias_kind",
                "use user_id, customer_id, employee_id, email, phone or anonymous_id",
            )),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults).into());
    }
    let id = person::put(&caller.ctx(&app), &aliases, &new.traits).await?;
    Ok(Json(PersonKnown { id: id.to_string() }))
}

fn view(p: Person) -> PersonView {
    PersonView {
        id: p.id.to_string(),
        kind: p.kind.name().to_owned(),
        name: p.name,
        unit: p.unit,
        line: p.line,
        segment: p.segment,
        language: p.language,
        attributes: p.attributes,
        created_at: p.created_at.to_string(),
        updated_at: p.updated_at.to_string(),
    }
}

fn voice(v: Voice) -> PersonVoice {
    PersonVoice {
        id: v.id,
        kind: v.kind.name().to_owned(),
        at: v.at.to_string(),
        pillar: v.pillar.name().to_owned(),
        survey: v.survey_code,
        touchpoint: v.touchpoint_code,
        channel: v.channel_code,
        nps: v.nps,
        csat: v.csat,
        ces: v.ces,
        sentiment: v.sentiment,
        text: v.text,
    }
}
