//! How cases are shown.

use std::collections::BTreeMap;

use peakend_app::Error;
use peakend_app::act::case::{self, CaseClocks, CaseList, CaseReading, Cursor, PlaceNames};
use peakend_domain::UserId;
use peakend_domain::act::case::{Case, CaseState};
use peakend_domain::act::sla::SlaReading;
use peakend_domain::sense::voice::Voice;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::insight::voice_list::tone;
use crate::routes::sense::reading::{ReadingView, reading_view};

/// A page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CasePage {
    items: Vec<CaseRow>,
    next_cursor: Option<String>,
    total: i64,
    counts: CaseCountsView,
}

/// Cases per tab under the same filter.
#[derive(Debug, Serialize, ToSchema)]
struct CaseCountsView {
    mine: i64,
    team: i64,
    overdue: i64,
    closed: i64,
    all: i64,
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
struct CaseRow {
    id: String,
    number: i64,
    pillar: String,
    /// `open`, `taken`, `contacted`, `recovering`, `resolved`, `reopened`
    phase: String,
    priority: String,
    /// First words of the voice.
    title: String,
    score: Option<i64>,
    /// `nps`, `csat`, `ces`; empty when not known here
    score_kind: String,
    touchpoint: PlaceName,
    unit: PlaceName,
    line: String,
    owner: Option<CaseOwner>,
    opened_at: String,
    closed_at: Option<String>,
    contact: ClockView,
    resolve: ClockView,
    root_cause: Option<String>,
    recovery: String,
    /// Send it back with every change.
    revision: i64,
}

/// A code with its names by language tag.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceName {
    code: String,
    name: BTreeMap<String, String>,
}

/// A member of staff.
#[derive(Debug, Serialize, ToSchema)]
struct CaseOwner {
    id: String,
    name: String,
}

/// Members of staff who may work cases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnerPage {
    items: Vec<CaseOwner>,
    next_cursor: Option<String>,
    total: usize,
}

pub(super) fn owners(all: Vec<(UserId, String)>) -> OwnerPage {
    let items: Vec<CaseOwner> = all.into_iter().map(|(id, name)| CaseOwner { id: id.to_string(), name }).collect();
    OwnerPage { total: items.len(), items, next_cursor: None }
}

/// One of the two clocks, in business minutes.
#[derive(Debug, Serialize, ToSchema)]
struct ClockView {
    due_at: String,
    /// `running`, `overdue`, `met`, `missed`
    state: String,
    minutes_left: Option<i64>,
    minutes_over: Option<i64>,
}

/// One case with everything around it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseView {
    #[serde(flatten)]
    row: CaseRow,
    /// The alert rule that opened it; empty when by hand.
    rule: String,
    first_contact_at: Option<String>,
    resolution_note: Option<String>,
    reask: Option<ReaskView>,
    voices: Vec<CaseVoice>,
    person: Option<CasePerson>,
    other_cases: Vec<OtherCase>,
    history: Vec<CaseEntryView>,
}

/// The second question.
#[derive(Debug, Serialize, ToSchema)]
struct ReaskView {
    survey: String,
    /// Path of the person's own link.
    link: String,
    send_at: String,
    expires_at: String,
    /// Id of the voice that answered it.
    answered_by: Option<String>,
}

/// A voice the case is about.
#[derive(Debug, Serialize, ToSchema)]
struct CaseVoice {
    id: String,
    kind: String,
    at: String,
    text: String,
    language: String,
    theme: String,
    channel: String,
    survey: String,
    nps: Option<u8>,
    csat: Option<u8>,
    ces: Option<u8>,
    sentiment: Option<i8>,
    /// `negative`, `neutral` or `positive`; absent when undetermined.
    tone: Option<String>,
    /// Themes and tone with the words they rest on; absent without words.
    reading: Option<ReadingView>,
    author: String,
    url: String,
    /// Answers by question id.
    #[schema(value_type = Object)]
    answers: serde_json::Value,
}

/// The person in short.
#[derive(Debug, Serialize, ToSchema)]
struct CasePerson {
    id: String,
    name: String,
    kind: String,
    segment: String,
    language: String,
    phone: Option<String>,
    email: Option<String>,
    /// Everything else that is known.
    #[schema(value_type = Object)]
    attributes: serde_json::Value,
}

/// Another case of the same person.
#[derive(Debug, Serialize, ToSchema)]
struct OtherCase {
    id: String,
    number: i64,
    title: String,
    phase: String,
    opened_at: String,
}

/// One entry of the history.
#[derive(Debug, Serialize, ToSchema)]
struct CaseEntryView {
    id: String,
    /// `opened`, `taken`, `assigned`, `contacted`, `noted`, `offered`, `resolved`, `reask_sent`, `settled`,
    /// `reopened`, `voice_joined`
    kind: String,
    at: String,
    author: String,
    /// Name of the author, when a member of staff.
    author_name: Option<String>,
    /// The deed.
    #[schema(value_type = Object)]
    body: serde_json::Value,
    revision: i64,
}

/// The tab of that name.
pub(super) fn tab(name: &str) -> Option<case::CaseView> {
    Some(match name {
        "mine" => case::CaseView::Mine,
        "team" => case::CaseView::Team,
        "overdue" => case::CaseView::Overdue,
        "closed" => case::CaseView::Closed,
        "all" => case::CaseView::All,
        _ => return None,
    })
}

/// A cursor as it was handed out.
pub(super) fn cursor(text: &str) -> Result<Cursor, Error> {
    let parts = text.split_once('.').and_then(|(key, id)| Some((key.parse().ok()?, id)));
    let (key, id) =
        parts.ok_or_else(|| Error::field("cursor", "bad_cursor", "use the next_cursor of the page before"))?;
    Ok(Cursor { key, id: id.to_owned() })
}

pub(super) fn page(list: CaseList) -> CasePage {
    let names = list.place_names;
    let rows = list.items.into_iter().map(|(glance, clocks)| {
        let owner = glance.case.owner.as_ref().map(|id| CaseOwner {
            name: glance.owner_name.clone().unwrap_or_else(|| id.to_string()),
            id: id.to_string(),
        });
        row(&glance.case, clocks, owner, glance.score_kind, &names)
    });
    CasePage {
        items: rows.collect(),
        next_cursor: list.next.map(|c| format!("{}.{}", c.key, c.id)),
        total: list.total,
        counts: CaseCountsView {
            mine: list.counts.mine,
            team: list.counts.team,
            overdue: list.counts.overdue,
            closed: list.counts.closed,
            all: list.counts.all,
        },
    }
}

pub(super) fn one(reading: CaseReading) -> CaseView {
    let case = &reading.case;
    let first = reading.voices.first();
    let score_kind = first.map_or("", |v| match (v.nps, v.csat, v.ces) {
        (Some(_), _, _) => "nps",
        (_, Some(_), _) => "csat",
        (_, _, Some(_)) => "ces",
        _ => "",
    });
    let name = |id: &str| reading.names.get(id).cloned();
    let owner = case
        .owner
        .as_ref()
        .map(|id| CaseOwner { name: name(id.as_str()).unwrap_or_else(|| id.to_string()), id: id.to_string() });
    let (note, reask) = match &case.state {
        CaseState::Resolved { resolution, reask, .. } => (Some(resolution.note.clone()), reask.clone()),
        _ => (None, None),
    };
    CaseView {
        row: row(case, reading.clocks, owner, score_kind, &reading.place_names),
        rule: case.opening.rule.clone(),
        first_contact_at: case.first_contact_at.map(|at| at.to_string()),
        resolution_note: note,
        reask: reask.map(|r| ReaskView {
            survey: r.survey,
            link: r.link,
            send_at: r.send_at.to_string(),
            expires_at: r.expires_at.to_string(),
            answered_by: r.answered_by,
        }),
        person: strip(&reading),
        other_cases: reading.other_cases.iter().map(other).collect(),
        history: reading
            .entries
            .iter()
            .map(|e| CaseEntryView {
                id: e.id.to_string(),
                kind: e.kind.clone(),
                at: e.at.to_string(),
                author: e.author.clone(),
                author_name: name(&e.author),
                body: e.body.clone(),
                revision: e.revision,
            })
            .collect(),
        voices: reading.voices.into_iter().map(voice).collect(),
    }
}

fn other(case: &peakend_app::act::case::PersonCase) -> OtherCase {
    OtherCase {
        id: case.id.clone(),
        number: case.number,
        title: case.title.clone(),
        phase: case.phase.clone(),
        opened_at: case.opened_at.to_string(),
    }
}

fn strip(reading: &CaseReading) -> Option<CasePerson> {
    let person = reading.person.as_ref()?;
    let alias = |kind: &str| reading.reach.iter().find(|a| a.kind.name() == kind).map(|a| a.value.clone());
    Some(CasePerson {
        id: person.id.to_string(),
        name: person.name.clone(),
        kind: person.kind.name().to_owned(),
        segment: person.segment.clone(),
        language: person.language.clone(),
        phone: alias("phone"),
        email: alias("email"),
        attributes: serde_json::to_value(&person.attributes).unwrap_or_default(),
    })
}

fn voice(v: Voice) -> CaseVoice {
    CaseVoice {
        id: v.id,
        kind: v.kind.name().to_owned(),
        at: v.at.to_string(),
        tone: v.sentiment.map(|s| tone(s).to_owned()),
        reading: reading_view(&v.text, &v.reading),
        text: v.text,
        language: v.language,
        theme: v.theme,
        channel: v.channel_code,
        survey: v.survey_code,
        nps: v.nps,
        csat: v.csat,
        ces: v.ces,
        sentiment: v.sentiment,
        author: v.author,
        url: v.url,
        answers: v.answers,
    }
}

fn row(case: &Case, clocks: CaseClocks, owner: Option<CaseOwner>, score_kind: &str, names: &PlaceNames) -> CaseRow {
    let o = &case.opening;
    let named = |code: &str, names: &BTreeMap<String, peakend_domain::LocalText>| PlaceName {
        code: code.to_owned(),
        name: names.get(code).map(|n| n.0.clone()).unwrap_or_default(),
    };
    CaseRow {
        id: o.id.to_string(),
        number: o.number,
        pillar: o.pillar.name().to_owned(),
        phase: case.state.phase().name().to_owned(),
        priority: o.priority.name().to_owned(),
        title: o.title.clone(),
        score: o.score,
        score_kind: score_kind.to_owned(),
        touchpoint: named(&o.touchpoint_code, &names.touchpoints),
        unit: named(&o.unit_code, &names.units),
        line: o.line_code.clone(),
        owner,
        opened_at: o.at.to_string(),
        closed_at: case.closed_at().map(|at| at.to_string()),
        contact: clock(clocks.contact, case.sla.contact_due_at),
        resolve: clock(clocks.resolve, case.sla.resolve_due_at),
        root_cause: case.root_cause().map(|c| c.name().to_owned()),
        recovery: case.recovery.name().to_owned(),
        revision: case.revision,
    }
}

fn clock(reading: SlaReading, due_at: jiff::Timestamp) -> ClockView {
    let (state, left, over) = match reading {
        SlaReading::Running { minutes_left } => ("running", Some(minutes_left), None),
        SlaReading::Overdue { minutes_over } => ("overdue", None, Some(minutes_over)),
        SlaReading::Met => ("met", None, None),
        SlaReading::Missed { minutes_over } => ("missed", None, Some(minutes_over)),
    };
    ClockView { due_at: due_at.to_string(), state: state.to_owned(), minutes_left: left, minutes_over: over }
}
