//! Responses: taken in by API and by the respondent's page, made into voices.

use std::sync::Arc;

use jiff::tz::TimeZone;
use peakend_domain::sense::attribute::Attributes;
use peakend_domain::sense::person::{Alias, Person};
use peakend_domain::sense::reading::Reading;
use peakend_domain::sense::response::{
    PersonRef, ResponseBody, check_context, check_id, context_attributes, context_place, context_text,
};
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{Day, FieldFault, OrgId, Permission, Pillar, canonical_json, day_of};
use peakend_store::Tx;
use peakend_store::sense::intake::{Ack, IntakeEntry, IntakeKind, LoggedEntry};
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use super::attribute::Door;
use super::link::OpenLink;
use super::mask;
use super::place::Places;
use super::reading::OrgReader;
use super::survey::{Published, Shelf, published};
use crate::{App, Ctx, Error, sha256_hex};

/// What became of something that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// Whether it had been taken in before.
    pub replayed: bool,
}

/// Take a response in by API; acknowledged when it is on stable storage.
///
/// `sent` is the JSON as it came: [`ResponseBody`] and an `id`. Without an id a
/// fresh one is made, and sending again makes a second response.
pub async fn submit(ctx: &Ctx<'_>, sent: &Value) -> Result<Taken, Error> {
    ctx.require(Permission::Ingest)?;
    let (id, mut body) = split::<ResponseBody>(ctx.app, sent, "rsp")?;
    let found = published(ctx.app, ctx.org(), &body.survey, body.version).await?;
    let survey = match accepted(found, &body) {
        Ok(survey) => survey,
        Err(refusal) => {
            // what was taken in before is answered as it was then, whatever has changed since
            return match ctx.app.intake.taken(ctx.org(), IntakeKind::Response, &id, &hash(sent)).await? {
                Some(true) => Ok(Taken { id, replayed: true }),
                Some(false) => Err(conflict(&id)),
                None => Err(refusal),
            };
        }
    };
    Door::of(ctx.app, ctx.org()).admit("context.attributes", &context_attributes(&body.context)).await?;
    mask::answers(&survey.survey, &mut body.answers);
    send(ctx.app, ctx.org(), IntakeKind::Response, id, &body, hash(sent)).await
}

/// Take in what a respondent answered on the page behind a link.
pub async fn submit_page(
    app: &App,
    open: &OpenLink,
    id: &str,
    answers: &Map<String, Value>,
    language: &str,
) -> Result<Taken, Error> {
    let id = open.response_id().unwrap_or_else(|| id.to_owned());
    check_id("id", &id).map_err(|f| Error::Invalid(vec![f]))?;
    let survey = &open.published.survey;
    let mut kept = survey.check_answers(answers, &open.link.context).map_err(Error::Invalid)?;
    // a version published between two attempts must not turn a replay into a conflict
    let said = sha256_hex(canonical_json(&Value::Object(kept.clone())).as_bytes());
    mask::answers(survey, &mut kept);
    let body = ResponseBody {
        survey: survey.code.clone(),
        version: Some(open.published.version),
        person: open.link.person.clone().map(PersonRef::Id),
        context: open.link.context.clone(),
        answers: kept,
        at: None,
        language: Some(language.to_owned()),
        ask: open.link.ask.clone(),
        case: open.link.case.clone(),
        quiet: false,
    };
    send(app, &open.org, IntakeKind::Response, id, &body, said).await
}

/// Take the client's id out of a JSON body and read the rest.
pub(super) fn split<T: serde::de::DeserializeOwned>(
    app: &App,
    sent: &Value,
    prefix: &str,
) -> Result<(String, T), Error> {
    let Some(map) = sent.as_object() else {
        return Err(Error::field("body", "not_an_object", "expected a JSON object"));
    };
    let id = match map.get("id") {
        None | Some(Value::Null) => {
            let random = app.entropy.bytes();
            format!("{prefix}-{}", sha256_hex(&random).get(..32).unwrap_or_default())
        }
        Some(Value::String(id)) => id.clone(),
        Some(_) => return Err(Error::field("id", "bad_id", "an id is a text")),
    };
    check_id("id", &id).map_err(|f| Error::Invalid(vec![f]))?;
    let rest = map.iter().filter(|(name, _)| *name != "id").map(|(name, value)| (name.as_str(), value));
    let body = T::deserialize(MapDeserializer::new(rest))
        .map_err(|e: serde_json::Error| Error::field("body", "malformed", format!("the body does not read: {e}")))?;
    Ok((id, body))
}

/// Hash of what was sent, whatever the order of its keys.
pub(super) fn hash(sent: &Value) -> String {
    sha256_hex(canonical_json(sent).as_bytes())
}

fn conflict(id: &str) -> Error {
    Error::conflict("id_taken", format!("id `{id}` was sent before with another body: choose a new id"))
}

/// Hand a body to the intake log and wait until it is synced.
pub(super) async fn send<T: serde::Serialize>(
    app: &App,
    org: &OrgId,
    kind: IntakeKind,
    id: String,
    body: &T,
    body_hash: String,
) -> Result<Taken, Error> {
    let entry = entry(app, org, kind, id.clone(), body, body_hash)?;
    taken(id, app.intake.submit(entry).await?)
}

/// Hand what is sound among some bodies to the intake log in one piece; each
/// keeps its own result, in order.
pub(super) async fn send_many(
    app: &App,
    entries: Vec<Result<IntakeEntry, Error>>,
) -> Result<Vec<Result<Taken, Error>>, Error> {
    let (mut sound, mut results) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    for entry in entries {
        results.push(entry.map(|entry| {
            let id = entry.id.clone();
            sound.push(entry);
            id
        }));
    }
    let mut receipts = app.intake.submit_many(sound).await?.into_iter();
    let mut receipt = |id| match receipts.next() {
        Some(receipt) => taken(id, receipt),
        None => Err(Error::Fault("the intake log gave fewer receipts than it got entries".to_owned())),
    };
    Ok(results.into_iter().map(|id| id.and_then(&mut receipt)).collect())
}

pub(super) fn entry<T: serde::Serialize>(
    app: &App,
    org: &OrgId,
    kind: IntakeKind,
    id: String,
    body: &T,
    body_hash: String,
) -> Result<IntakeEntry, Error> {
    let body = serde_json::to_string(body).map_err(|e| Error::Fault(format!("write an intake body: {e}")))?;
    Ok(IntakeEntry { org: org.clone(), kind, id, body_hash, body, received_at: app.now() })
}

fn taken(id: String, ack: Ack) -> Result<Taken, Error> {
    match ack {
        Ack::Accepted => Ok(Taken { id, replayed: false }),
        Ack::Replayed => Ok(Taken { id, replayed: true }),
        Ack::Conflict => Err(conflict(&id)),
    }
}

/// Check a body against its survey, which is returned.
pub async fn check(
    tx: &mut Tx,
    org: &OrgId,
    shelf: &mut Shelf<'_>,
    body: &ResponseBody,
) -> Result<Arc<Published>, Error> {
    accepted(shelf.get(tx, org, &body.survey, body.version).await?, body)
}

fn accepted(found: Option<Arc<Published>>, body: &ResponseBody) -> Result<Arc<Published>, Error> {
    let Some(published) = found else {
        let message = format!("there is no published survey `{}`", body.survey);
        return Err(Error::Invalid(vec![
            FieldFault::new("survey", "unknown_survey", message).arg("value", body.survey.as_str()),
        ]));
    };
    if published.row.closed_at.is_some() && !body.quiet {
        return Err(Error::refused("survey_closed", format!("survey `{}` is closed to answers", body.survey)));
    }
    let mut faults = check_context("context", &body.context);
    if let Some(Err(more)) = body.person.as_ref().map(|p| p.aliases("person")) {
        faults.extend(more);
    }
    if let Err(more) = published.survey.sound_answers(&body.answers, &body.context) {
        faults.extend(more);
    }
    if faults.is_empty() { Ok(published) } else { Err(Error::Invalid(faults)) }
}

/// A response that was read from the log, with its survey.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) body: ResponseBody,
    pub(super) published: Arc<Published>,
}

/// Read a logged response; none (with a line in the log) when it does not read.
pub(super) fn read(entry: &LoggedEntry) -> Option<ResponseBody> {
    serde_json::from_str(&entry.entry.body)
        .inspect_err(|e| tracing::error!(seq = entry.seq, reason = %e, "a response in the log does not read"))
        .ok()
}

/// A logged response with the survey that was found for it; none (with a line in
/// the log) when none was: then it makes no voice.
pub(super) fn heard(entry: &LoggedEntry, mut body: ResponseBody, found: Option<Arc<Published>>) -> Option<Heard> {
    let Some(published) = found else {
        tracing::error!(seq = entry.seq, survey = body.survey, "a response in the log names no published survey");
        return None;
    };
    // what was logged before words were masked at the door
    mask::answers(&published.survey, &mut body.answers);
    Some(Heard { body, published })
}

/// Whether a stored voice says what its entry in the log says: answers, words
/// and scores. None when the entry makes no voice by itself any more.
pub(crate) async fn agrees(
    tx: &mut Tx,
    org: &OrgId,
    shelf: &mut Shelf<'_>,
    entry: &LoggedEntry,
    voice: &Voice,
) -> Result<Option<bool>, Error> {
    let Some(body) = read(entry) else { return Ok(None) };
    let found = shelf.get(tx, org, &body.survey, body.version).await?;
    let Some(heard) = heard(entry, body, found) else { return Ok(None) };
    let (survey, context) = (&heard.published.survey, &heard.body.context);
    let answers = survey.check_answers(&heard.body.answers, context).unwrap_or_else(|_| heard.body.answers.clone());
    let scores = survey.scores(&answers);
    let same = (scores.nps, scores.csat, scores.ces) == (voice.nps, voice.csat, voice.ces)
        && survey.words(&answers) == voice.text
        && Value::Object(answers) == voice.answers
        && (!survey.pillar.keeps_persons() || context_attributes(&heard.body.context) == voice.attributes);
    Ok(Some(same))
}

impl Heard {
    /// The aliases to resolve; none for pillars that keep nobody's name.
    pub(super) fn aliases(&self) -> Vec<Alias> {
        if !self.published.survey.pillar.keeps_persons() {
            return Vec::new();
        }
        self.body.person.as_ref().and_then(|p| p.aliases("person").ok()).unwrap_or_default()
    }

    /// The person named by id.
    pub(super) fn person_id(&self) -> Option<&str> {
        match &self.body.person {
            Some(PersonRef::Id(id)) if self.published.survey.pillar.keeps_persons() => Some(id),
            _ => None,
        }
    }

    /// The voice it makes.
    pub(super) fn voice(
        &self,
        entry: &LoggedEntry,
        places: &Places,
        zone: &TimeZone,
        reader: &OrgReader,
        person: Option<&Person>,
    ) -> Voice {
        let (body, survey) = (&self.body, &self.published.survey);
        let answers = survey.check_answers(&body.answers, &body.context).unwrap_or_else(|_| body.answers.clone());
        let scores = survey.scores(&answers);
        let words = survey.words(&answers);
        let read = reader.read(&words);
        let (at, day) = instant(survey.pillar, body.at.unwrap_or(entry.entry.received_at), zone);
        let mut place = context_place(&body.context);
        for (slot, otherwise) in [(&mut place.touchpoint, &survey.touchpoint), (&mut place.channel, &survey.channel)] {
            if slot.is_empty() {
                slot.clone_from(otherwise);
            }
        }
        if let (true, Some(person)) = (place.unit.is_empty(), person) {
            place.unit.clone_from(&person.unit);
        }
        let place = places.locate(place, day);
        let segment = context_text(&body.context, "segment");
        // the page's language is a guess: the words know better
        let stated = body.language.clone().filter(|_| read.language().is_empty());
        let mut voice = Voice {
            org: entry.entry.org.clone(),
            id: format!("r.{}", entry.entry.id),
            seq: entry.seq,
            kind: VoiceKind::Response,
            pillar: survey.pillar,
            survey_code: survey.code.clone(),
            survey_version: Some(self.published.version),
            person: person.map(|p| p.id.to_string()).unwrap_or_default(),
            unit_code: place.unit,
            unit_path: place.unit_path,
            line_code: place.line,
            journey_code: place.journey,
            stage_code: place.stage,
            touchpoint_code: place.touchpoint,
            channel_code: place.channel,
            segment: if segment.is_empty() { person.map(|p| p.segment.clone()).unwrap_or_default() } else { segment },
            theme: String::new(),
            language: String::new(),
            at,
            day,
            nps: scores.nps,
            csat: scores.csat,
            ces: scores.ces,
            sentiment: None,
            answers: Value::Object(answers),
            text: words,
            author: String::new(),
            url: String::new(),
            reading: Reading::default(),
            attributes: if survey.pillar.keeps_persons() {
                context_attributes(&body.context)
            } else {
                Attributes::new()
            },
            quiet: body.quiet,
        };
        read.put(&mut voice, stated.as_deref());
        voice
    }
}

/// When a voice was heard: to the day alone for pillars that keep nobody's hour.
pub(super) fn instant(pillar: Pillar, at: jiff::Timestamp, zone: &TimeZone) -> (jiff::Timestamp, Day) {
    let day = day_of(at, zone);
    if pillar.keeps_persons() {
        return (at, day);
    }
    let midnight = day.date().to_zoned(zone.clone()).map(|z| z.timestamp());
    (midnight.unwrap_or(at), day)
}
