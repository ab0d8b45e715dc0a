//! Signals: taken in one by one or many at once, made into voices.

use jiff::tz::TimeZone;
use peakend_domain::Permission;
use peakend_domain::sense::attribute::{self, Attributes};
use peakend_domain::sense::person::{Alias, Person};
use peakend_domain::sense::place::Place;
use peakend_domain::sense::reading::Reading;
use peakend_domain::sense::response::PersonRef;
use peakend_domain::sense::signal::SignalBody;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_store::sense::intake::{IntakeEntry, IntakeKind, LoggedEntry};
use serde_json::{Value, json};

use super::attribute::Door;
use super::mask;
use super::place::Places;
use super::reading::OrgReader;
use super::response::{Taken, entry, hash, instant, send_many, split};
use crate::{Ctx, Error};

/// Most signals of one request.
pub const MOST: usize = 1000;

/// Take a signal in: [`SignalBody`] as JSON and an `id`.
pub async fn submit(ctx: &Ctx<'_>, sent: &Value) -> Result<Taken, Error> {
    let mut results = submit_many(ctx, std::slice::from_ref(sent)).await?;
    results.pop().unwrap_or_else(|| Err(Error::Fault("a signal got no result".to_owned())))
}

/// Take many signals in at once; each has its own result, in order.
pub async fn submit_many(ctx: &Ctx<'_>, sent: &[Value]) -> Result<Vec<Result<Taken, Error>>, Error> {
    ctx.require(Permission::Ingest)?;
    if sent.len() > MOST {
        return Err(Error::field("body", "too_many", format!("{} signals, at most {MOST} at once", sent.len())));
    }
    let (mut door, mut entries) = (Door::of(ctx.app, ctx.org()), Vec::with_capacity(sent.len()));
    for one in sent {
        entries.push(sound(ctx, &mut door, one).await);
    }
    send_many(ctx.app, entries).await
}

async fn sound(ctx: &Ctx<'_>, door: &mut Door<'_>, sent: &Value) -> Result<IntakeEntry, Error> {
    let (id, mut body) = split::<SignalBody>(ctx.app, sent, "sig")?;
    let faults = body.check();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    door.admit("attributes", &attributes(&body)).await?;
    mask::signal(&mut body);
    entry(ctx.app, ctx.org(), IntakeKind::Signal, id, &body, hash(sent))
}

/// Read a logged signal; none (with a line in the log) when it does not read.
pub(super) fn read(entry: &LoggedEntry) -> Option<SignalBody> {
    let mut body: SignalBody = serde_json::from_str(&entry.entry.body)
        .inspect_err(|e| tracing::error!(seq = entry.seq, reason = %e, "a signal in the log does not read"))
        .ok()?;
    // what was logged before words were masked at the door
    mask::signal(&mut body);
    Some(body)
}

/// Whether a stored voice says what its entry in the log says; none when the entry does not read.
pub(crate) fn agrees(entry: &LoggedEntry, voice: &Voice) -> Option<bool> {
    let body = read(entry)?;
    let author = if body.pillar.keeps_persons() { body.author.as_str() } else { "" };
    let scores = (body.nps, body.satisfaction(), body.ces) == (voice.nps, voice.csat, voice.ces);
    Some(
        scores
            && attributes(&body) == voice.attributes
            && body.text.trim() == voice.text
            && author == voice.author
            && body.url == voice.url,
    )
}

/// The aliases to resolve; none for pillars that keep nobody's name.
pub(super) fn aliases(body: &SignalBody) -> Vec<Alias> {
    if !body.pillar.keeps_persons() {
        return Vec::new();
    }
    body.person.as_ref().and_then(|p| p.aliases("person").ok()).unwrap_or_default()
}

/// The person named by id.
pub(super) fn person_id(body: &SignalBody) -> Option<&str> {
    match &body.person {
        Some(PersonRef::Id(id)) if body.pillar.keeps_persons() => Some(id),
        _ => None,
    }
}

/// What the organisation says of it; nothing where nobody's name is kept.
fn attributes(body: &SignalBody) -> Attributes {
    if body.pillar.keeps_persons() { attribute::read(&body.attributes) } else { Attributes::new() }
}

/// The voice it makes.
pub(super) fn voice(
    body: &SignalBody,
    entry: &LoggedEntry,
    places: &Places,
    zone: &TimeZone,
    reader: &OrgReader,
    person: Option<&Person>,
) -> Voice {
    let text = body.text.trim();
    let (at, day) = instant(body.pillar, body.at.unwrap_or(entry.entry.received_at), zone);
    let given = |field: &Option<String>| field.clone().unwrap_or_default();
    let unit = given(&body.unit);
    let home = person.map(|p| p.unit.clone()).unwrap_or_default();
    let place = Place {
        unit: if unit.is_empty() { home } else { unit },
        line: given(&body.line),
        touchpoint: given(&body.touchpoint),
        channel: body.channel.clone(),
        ..Place::default()
    };
    let place = places.locate(place, day);
    let mut voice = Voice {
        org: entry.entry.org.clone(),
        id: format!("s.{}", entry.entry.id),
        seq: entry.seq,
        kind: VoiceKind::Signal,
        pillar: body.pillar,
        survey_code: String::new(),
        survey_version: None,
        person: person.map(|p| p.id.to_string()).unwrap_or_default(),
        unit_code: place.unit,
        unit_path: place.unit_path,
        line_code: place.line,
        journey_code: place.journey,
        stage_code: place.stage,
        touchpoint_code: place.touchpoint,
        channel_code: place.channel,
        segment: person.map(|p| p.segment.clone()).unwrap_or_default(),
        theme: String::new(),
        language: String::new(),
        at,
        day,
        nps: body.nps,
        csat: body.satisfaction(),
        ces: body.ces,
        sentiment: None,
        answers: json!({}),
        text: text.to_owned(),
        author: if body.pillar.keeps_persons() { body.author.clone() } else { String::new() },
        url: body.url.clone(),
        reading: Reading::default(),
        attributes: attributes(body),
        quiet: body.quiet,
    };
    reader.read(text).put(&mut voice, body.language.as_deref().filter(|l| !l.is_empty()));
    voice
}
