//! Voices that were loaded from files, past the log: the warehouse alone has them.

use peakend_domain::sense::reading::Reading;
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Day, Pillar};
use peakend_query::{DayRange, Dimension, Filter, VoiceFact, VoiceKind, VoiceList, VoiceOrder};

use super::{Frame, Heard, OneVoice, without_employees};
use crate::{Ctx, Error};

/// Other voices of a person that are shown.
const OTHERS: u64 = 20;

/// A voice loaded from a file: its scores and places are all there is of it.
pub(super) fn loaded(ctx: &Ctx<'_>, fact: VoiceFact) -> Option<Voice> {
    if !fact.is_loaded() {
        return None;
    }
    Some(Voice {
        org: ctx.org().clone(),
        id: fact.id,
        seq: 0,
        kind: match fact.kind {
            VoiceKind::Response => peakend_domain::sense::voice::VoiceKind::Response,
            VoiceKind::Signal => peakend_domain::sense::voice::VoiceKind::Signal,
        },
        pillar: Pillar::parse(&fact.pillar)?,
        survey_code: fact.survey,
        survey_version: None,
        person: fact.person,
        unit_code: fact.unit,
        unit_path: String::new(),
        line_code: fact.line,
        journey_code: fact.journey,
        stage_code: fact.stage,
        touchpoint_code: fact.touchpoint,
        channel_code: fact.channel,
        segment: fact.segment,
        theme: fact.theme,
        language: fact.language,
        at: jiff::Timestamp::from_microsecond(fact.at).ok()?,
        day: Day(fact.day),
        nps: fact.nps,
        csat: fact.csat,
        ces: fact.ces,
        sentiment: fact.sentiment,
        answers: serde_json::Value::Null,
        text: String::new(),
        author: String::new(),
        url: String::new(),
        reading: Reading::default(),
        attributes: fact.attributes,
        quiet: true,
    })
}

/// One of them, within what the actor may see, with others of the same person.
pub(super) async fn one(ctx: &Ctx<'_>, id: &str) -> Result<OneVoice, Error> {
    let frame = Frame::open(ctx).await?;
    let found = facts(ctx, &frame, Filter::Id(vec![id.to_owned()]), 1).await?;
    let voice = found.into_iter().find_map(|fact| loaded(ctx, fact)).ok_or(Error::NotFound("voice"))?;
    let mut others = Vec::new();
    if !voice.person.is_empty() {
        let of_person = Filter::In(Dimension::Person, vec![voice.person.clone()]);
        others = facts(ctx, &frame, of_person, OTHERS + 1).await?;
        others.retain(|fact| fact.id != id);
    }
    let others = others.into_iter().filter_map(|fact| loaded(ctx, fact)).collect();
    Ok(OneVoice { heard: Heard { voice, case: None }, person: None, others, names: frame.names })
}

async fn facts(ctx: &Ctx<'_>, frame: &Frame, wanted: Filter, limit: u64) -> Result<Vec<VoiceFact>, Error> {
    let list = VoiceList {
        org: ctx.org().as_str().to_owned(),
        period: DayRange { from: i32::MIN, to: i32::MAX },
        filter: frame.scope().and(without_employees()).and(wanted),
        order: VoiceOrder::Newest,
        offset: 0,
        limit,
    };
    Ok(ctx.app.warehouse.voices(&list).await?.voices)
}
