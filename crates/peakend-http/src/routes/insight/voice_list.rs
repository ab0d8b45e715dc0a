//! The voices behind a figure.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::insight::voice_list::{FEWEST_TEXTS, Heard, VoicesWanted, list as list_voices, one as one_voice};
use peakend_domain::Pillar;
use peakend_domain::sense::voice::Voice;
use peakend_query::{Tone, VoiceOrder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::FilterParams;
use super::finding::{limit, offset};
use super::metric::Texts;
use crate::Problem;
use crate::caller::Caller;
use crate::query::{Path, Query};
use crate::routes::sense::reading::{ReadingView, reading_view};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// The case that works on a voice.
#[derive(Debug, Serialize, ToSchema)]
struct VoiceCase {
    id: String,
    number: i64,
    phase: String,
}

/// A voice. Of employees only text, language and theme are told.
#[derive(Debug, Serialize, ToSchema)]
struct VoiceView {
    id: String,
    /// `response` or `signal`
    kind: String,
    pillar: String,
    text: String,
    language: String,
    theme: String,
    /// `negative`, `neutral` or `positive`; absent when undetermined.
    #[serde(skip_serializing_if = "Option::is_none")]
    tone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentiment: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nps: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csat: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ces: Option<u8>,
    /// Absent among employees.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    survey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    survey_version: Option<i64>,
    unit: String,
    line: String,
    journey: String,
    stage: String,
    touchpoint: String,
    channel: String,
    segment: String,
    /// The organisation's own, by name; absent when there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    /// Person id; empty when anonymous.
    person: String,
    author: String,
    url: String,
    /// Themes and tone with the words they rest on; absent without words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<ReadingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<VoiceCase>,
}

pub(in crate::routes) fn tone(sentiment: i8) -> &'static str {
    Tone::of(sentiment).name()
}

fn voice_view(v: Voice) -> VoiceView {
    let told = v.pillar != Pillar::Employee;
    VoiceView {
        kind: v.kind.name().to_owned(),
        pillar: v.pillar.name().to_owned(),
        tone: v.sentiment.map(|s| tone(s).to_owned()),
        sentiment: v.sentiment,
        nps: v.nps,
        csat: v.csat,
        ces: v.ces,
        at: told.then(|| v.at.to_string()),
        survey_version: v.survey_version,
        reading: reading_view(&v.text, &v.reading),
        id: v.id,
        text: v.text,
        language: v.language,
        theme: v.theme,
        survey: v.survey_code,
        unit: v.unit_code,
        line: v.line_code,
        journey: v.journey_code,
        stage: v.stage_code,
        touchpoint: v.touchpoint_code,
        channel: v.channel_code,
        segment: v.segment,
        attributes: v.attributes,
        person: v.person,
        author: v.author,
        url: v.url,
        case: None,
    }
}

fn heard_view(heard: Heard) -> VoiceView {
    let case = heard.case.map(|c| VoiceCase { id: c.id, number: c.number, phase: c.phase });
    VoiceView { case, ..voice_view(heard.voice) }
}

/// Names of codes: dimension, then code, then language.
type NamesView = BTreeMap<String, BTreeMap<String, Texts>>;

fn names_view(names: &BTreeMap<(String, String), peakend_domain::LocalText>, used: &[VoiceView]) -> NamesView {
    let mut view = NamesView::new();
    for voice in used {
        for (dimension, code) in [
            ("unit", &voice.unit),
            ("line", &voice.line),
            ("journey", &voice.journey),
            ("stage", &voice.stage),
            ("touchpoint", &voice.touchpoint),
            ("channel", &voice.channel),
            ("survey", &voice.survey),
            ("theme", &voice.theme),
        ]
        .into_iter()
        .chain(voice.reading.iter().flat_map(|r| r.theme_codes()).map(|code| ("theme", code)))
        {
            if let Some(name) = names.get(&(dimension.to_owned(), code.clone())) {
                view.entry(dimension.to_owned()).or_default().insert(code.clone(), name.0.clone());
            }
        }
    }
    view
}

/// Order and page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Words that the text holds, such as `refund`; not for texts of employees
    q: Option<String>,
    /// `newest` (default) or `lowest_nps`
    order: Option<String>,
    /// From the page before
    cursor: Option<String>,
    /// At most 200
    limit: Option<u64>,
}

/// A page of voices.
#[derive(Debug, Serialize, ToSchema)]
struct VoiceListPage {
    items: Vec<VoiceView>,
    next_cursor: Option<String>,
    total: u64,
    /// Names of the codes on this page: dimension, then code, then language.
    names: NamesView,
    /// Set when texts of employees are withheld: the code of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<String>,
    /// Fewest texts of employees that are read together.
    fewest_texts: u64,
    /// Whether a search found more than it counts, so that `total` is a lower bound.
    truncated: bool,
}

/// Voices, exactly those that a figure with the same filters counts. Employees
/// only with `pillar=employee`: texts of groups of at least ten, in an order
/// that says nothing, without scores, places or times.
#[utoipa::path(get, path = "/api/v1/voices", tag = "insight", params(ListParams, FilterParams),
    responses((status = 200, body = VoiceListPage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn list(
    caller: Caller,
    State(app): State<ServerState>,
    Query(asked): Query<ListParams>,
    Query(filters): Query<FilterParams>,
) -> Result<Json<VoiceListPage>, Problem> {
    let (from, to) = filters.days(&caller, &app).await?;
    let order = match asked.order.as_deref() {
        None | Some("" | "newest") => VoiceOrder::Newest,
        Some("lowest_nps") => VoiceOrder::LowestNps,
        Some(_) => return Err(Error::field("order", "unknown_order", "use newest or lowest_nps").into()),
    };
    let wanted = VoicesWanted {
        filter: filters.filter()?,
        words: asked.q.unwrap_or_default(),
        from,
        to,
        order,
        offset: offset(asked.cursor.as_deref())?,
        limit: limit(asked.limit),
    };
    let page = list_voices(&caller.ctx(&app), &wanted).await?;
    let items: Vec<VoiceView> = page.items.into_iter().map(heard_view).collect();
    Ok(Json(VoiceListPage {
        names: names_view(&page.names, &items),
        items,
        next_cursor: page.next.map(|n| n.to_string()),
        total: page.total,
        withheld: page.withheld.map(ToOwned::to_owned),
        fewest_texts: FEWEST_TEXTS,
        truncated: page.truncated,
    }))
}

/// The person who spoke, in short.
#[derive(Debug, Serialize, ToSchema)]
struct PersonStrip {
    id: String,
    kind: String,
    name: String,
    segment: String,
    unit: String,
    line: String,
}

/// One voice with the person, their other voices and the answers.
#[derive(Debug, Serialize, ToSchema)]
struct OneVoiceView {
    voice: VoiceView,
    /// Answers by question id.
    answers: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonStrip>,
    /// The person's other voices, latest first.
    others: Vec<VoiceView>,
    names: NamesView,
}

/// One voice. A single voice of an employee cannot be read.
#[utoipa::path(get, path = "/api/v1/voices/{id}", tag = "insight", params(("id" = String, Path,)),
    responses((status = 200, body = OneVoiceView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<OneVoiceView>, Problem> {
    let found = one_voice(&caller.ctx(&app), &id).await?;
    let answers = found.heard.voice.answers.clone();
    let voice = heard_view(found.heard);
    let mut shown = vec![voice];
    shown.extend(found.others.into_iter().map(voice_view));
    let names = names_view(&found.names, &shown);
    let others = shown.split_off(1);
    let Some(voice) = shown.pop() else { return Err(Error::NotFound("voice").into()) };
    let person = found.person.map(|p| PersonStrip {
        id: p.id.to_string(),
        kind: p.kind.name().to_owned(),
        name: p.name,
        segment: p.segment,
        unit: p.unit,
        line: p.line,
    });
    Ok(Json(OneVoiceView { voice, answers, person, others, names }))
}
