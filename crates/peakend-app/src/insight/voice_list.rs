//! Which voices: the filters that every figure and every list share, and the
//! lists themselves.

mod filter;
mod loaded;
mod search;

use std::collections::HashMap;
use std::sync::Arc;

use peakend_domain::insight::voice_list::shuffled;
use peakend_domain::pillar::employee;
use peakend_domain::sense::person::Person;
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Day, LocalText, Permission, PersonId, Pillar, UnitScope};
use peakend_query::{DayRange, Dimension, Filter, VoiceList, VoiceOrder};
use peakend_store::Tx;
use peakend_store::insight::figure::{self as store, Names};
use peakend_store::insight::voice_list::{CaseLink, cases_of};
use peakend_store::sense::{person, voice};

pub use filter::{CODED, VoiceFilter};
use filter::{band_filter, tone_filter};
use loaded::loaded;

use super::release;
use super::theme::{local, with_below};
use crate::sense::reading::OrgReader;
use crate::{Ctx, Error};

/// The frame in which a reader's question is answered.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) today: Day,
    pub(crate) names: Names,
    /// Units the actor may see; `None` for all.
    units: Option<Vec<String>>,
    /// The organisation's themes.
    reader: Arc<OrgReader>,
}

impl Frame {
    pub(crate) async fn open(ctx: &Ctx<'_>) -> Result<Self, Error> {
        let mut tx = ctx.app.store.read().await?;
        let org = peakend_store::admin::org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
        let zone = jiff::tz::TimeZone::get(&org.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let today = peakend_domain::day_of(ctx.now(), &zone);
        let units = match &ctx.scope().units {
            UnitScope::All => None,
            UnitScope::Subtree(path) => Some(store::units_below(&mut tx, ctx.org(), path, today.0).await?),
        };
        let reader = ctx.app.readers.current(&mut tx, ctx.org()).await?;
        Ok(Self { today, names: names(ctx, &mut tx).await?, units, reader })
    }

    /// The name of a code, when the organisation has given one.
    pub(crate) fn name(&self, dimension: Dimension, code: &str) -> Option<LocalText> {
        self.names.get(&(dimension.name().to_owned(), code.to_owned())).cloned()
    }

    /// What the actor may see at all.
    pub(crate) fn scope(&self) -> Filter {
        self.units.as_ref().map_or(Filter::All, |codes| Filter::In(Dimension::Unit, codes.clone()))
    }

    /// The reader's filters within the actor's scope, without the pillar of employees.
    pub(crate) async fn resolve(&self, ctx: &Ctx<'_>, wanted: &VoiceFilter) -> Result<Filter, Error> {
        let mut filter = self.scope();
        if let Some(pillar) = wanted.pillar {
            filter = filter.and(Filter::In(Dimension::Pillar, vec![pillar.name().to_owned()]));
        }
        for dimension in CODED {
            if let Some(codes) = wanted.codes.get(dimension.name()) {
                let below = (dimension == Dimension::Theme).then(|| with_below(self.reader.scheme(), codes));
                filter = filter.and(Filter::In(dimension, below.unwrap_or_else(|| codes.clone())));
            }
        }
        if let Some(code) = &wanted.theme_at {
            filter = filter.and(Filter::In(Dimension::Theme, vec![code.clone()]));
        }
        if let Some(code) = &wanted.unit {
            let mut tx = ctx.app.store.read().await?;
            let path = store::unit_path(&mut tx, ctx.org(), code, self.today.0).await?;
            let path =
                path.ok_or_else(|| Error::field("unit", "unknown_unit", format!("there is no unit `{code}`")))?;
            let below = store::units_below(&mut tx, ctx.org(), &path, self.today.0).await?;
            filter = filter.and(Filter::In(Dimension::Unit, below));
        }
        if let Some(code) = &wanted.unit_at {
            filter = filter.and(Filter::In(Dimension::Unit, vec![code.clone()]));
        }
        for (name, values) in &wanted.attributes {
            filter = filter.and(Filter::In(Dimension::Attribute(*name), values.clone()));
        }
        if let Some(kind) = wanted.kind {
            filter = filter.and(Filter::Kind(kind));
        }
        if let Some(band) = &wanted.band {
            filter = filter.and(band_filter(band)?);
        }
        if let Some(tone) = &wanted.tone {
            filter = filter.and(tone_filter(tone)?);
        }
        Ok(filter)
    }
}

/// Names of the organisation's codes, those of its themes among them.
pub(super) async fn names(ctx: &Ctx<'_>, tx: &mut Tx) -> Result<Names, Error> {
    let mut names = store::names(tx, ctx.org()).await?;
    let reader = ctx.app.readers.current(tx, ctx.org()).await?;
    let themes = reader.scheme().themes.iter();
    names.extend(themes.map(|t| ((Dimension::Theme.name().to_owned(), t.code.clone()), local(&t.name))));
    Ok(names)
}

/// Employees never mix with anybody else.
pub(crate) fn without_employees() -> Filter {
    Filter::Not(Box::new(employees()))
}

pub(crate) fn employees() -> Filter {
    Filter::In(Dimension::Pillar, vec![Pillar::Employee.name().to_owned()])
}

/// A page of voices is wanted.
#[derive(Debug, Clone)]
pub struct VoicesWanted {
    /// Which.
    pub filter: VoiceFilter,
    /// Words that the text holds; empty for any text or none.
    pub words: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// In which order.
    pub order: VoiceOrder,
    /// Skip so many.
    pub offset: u64,
    /// At most so many.
    pub limit: u64,
}

/// A voice with what belongs to it.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The voice.
    pub voice: Voice,
    /// The case that works on it.
    pub case: Option<CaseLink>,
}

/// A page of voices.
#[derive(Debug, Clone)]
pub struct Voices {
    /// The page. In a list of employees' texts each voice holds its text and
    /// language and nothing else.
    pub items: Vec<Heard>,
    /// How many match; as many as may be read, among employees.
    pub total: u64,
    /// Offset of the next page.
    pub next: Option<u64>,
    /// Names of codes.
    pub names: Names,
    /// Set when texts of employees are withheld.
    pub withheld: Option<&'static str>,
    /// Whether a search stopped before its end, so that `total` is a lower bound.
    pub truncated: bool,
}

/// The voices behind a figure.
pub async fn list(ctx: &Ctx<'_>, wanted: &VoicesWanted) -> Result<Voices, Error> {
    ctx.require(Permission::ReadVoices)?;
    let frame = Frame::open(ctx).await?;
    if wanted.filter.pillar == Some(Pillar::Employee) {
        return texts_of_employees(ctx, frame, wanted).await;
    }
    let filter = frame.resolve(ctx, &wanted.filter).await?.and(without_employees());
    if !wanted.words.trim().is_empty() {
        return search::search(ctx, frame, wanted, &filter).await;
    }
    let page = ctx
        .app
        .warehouse
        .voices(&VoiceList {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: wanted.from.0, to: wanted.to.0 },
            filter,
            order: wanted.order,
            offset: wanted.offset,
            limit: wanted.limit,
        })
        .await?;
    let ids: Vec<String> = page.voices.iter().map(|v| v.id.clone()).collect();
    let mut tx = ctx.app.store.read().await?;
    let mut cases = cases_of(&mut tx, ctx.scope(), &ids).await?;
    let known = voice::by_ids(&mut tx, ctx.scope(), &ids).await?;
    let mut known: HashMap<String, Voice> = known.into_iter().map(|voice| (voice.id.clone(), voice)).collect();
    let items = page.voices.into_iter().filter_map(|fact| known.remove(&fact.id).or_else(|| loaded(ctx, fact)));
    let items = items.map(|voice| Heard { case: cases.remove(&voice.id), voice }).collect();
    let reached = wanted.offset + ids.len() as u64;
    let next = (reached < page.total && !ids.is_empty()).then_some(reached);
    Ok(Voices { items, total: page.total, next, names: frame.names, withheld: None, truncated: false })
}

async fn texts_of_employees(ctx: &Ctx<'_>, frame: Frame, wanted: &VoicesWanted) -> Result<Voices, Error> {
    if !wanted.words.trim().is_empty() {
        let message = "texts of employees cannot be searched: that would tell in which group a word was written";
        return Err(Error::refused("employee_search", message));
    }
    if wanted.filter.selects_answers() {
        return Err(Error::refused(
            "employee_filter",
            "texts of employees cannot be filtered by score, tone, kind or attribute: that would tell who answered what",
        ));
    }
    let filter = frame.resolve(ctx, &wanted.filter).await?;
    let ids = match release::texts(ctx, filter, wanted.from, wanted.to).await? {
        Ok(ids) => ids,
        Err(why) => {
            return Ok(Voices {
                items: Vec::new(),
                total: 0,
                next: None,
                names: frame.names,
                withheld: Some(why.code()),
                truncated: false,
            });
        }
    };
    let mut ids = ids;
    ids.sort_by_cached_key(|id| (shuffled(ctx.org().as_str(), id), id.clone()));
    let total = ids.len() as u64;
    let skip = usize::try_from(wanted.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let page: Vec<String> = ids.into_iter().skip(skip).take(take).collect();
    let mut tx = ctx.app.store.read().await?;
    let voices = voice::by_ids(&mut tx, ctx.scope(), &page).await?;
    let items: Vec<Heard> = voices.into_iter().map(|v| Heard { voice: bare_text(v), case: None }).collect();
    let reached = wanted.offset + page.len() as u64;
    let next = (reached < total && !page.is_empty()).then_some(reached);
    Ok(Voices { items, total, next, names: frame.names, withheld: None, truncated: false })
}

/// A text without anything that tells when, where or with which scores.
fn bare_text(v: Voice) -> Voice {
    let hidden = shuffled("text", &v.id);
    Voice {
        id: format!("text-{hidden:016x}"),
        seq: 0,
        survey_code: String::new(),
        survey_version: None,
        person: String::new(),
        unit_code: String::new(),
        unit_path: String::new(),
        line_code: String::new(),
        journey_code: String::new(),
        stage_code: String::new(),
        touchpoint_code: String::new(),
        channel_code: String::new(),
        segment: String::new(),
        at: jiff::Timestamp::UNIX_EPOCH,
        day: Day(0),
        nps: None,
        csat: None,
        ces: None,
        answers: serde_json::Value::Null,
        author: String::new(),
        url: String::new(),
        ..v
    }
}

/// One voice with the person who spoke and the case that works on it.
#[derive(Debug, Clone)]
pub struct OneVoice {
    /// The voice and its case.
    pub heard: Heard,
    /// Who spoke, when known.
    pub person: Option<Person>,
    /// The person's other voices, latest first.
    pub others: Vec<Voice>,
    /// Names of codes.
    pub names: Names,
}

/// One voice. A single voice of an employee does not exist for a reader.
pub async fn one(ctx: &Ctx<'_>, id: &str) -> Result<OneVoice, Error> {
    ctx.require(Permission::ReadVoices)?;
    let mut tx = ctx.app.store.read().await?;
    let Some(found) = voice::find(&mut tx, ctx.scope(), id).await? else {
        drop(tx);
        return loaded::one(ctx, id).await;
    };
    let voice = Some(found).filter(|v| v.pillar != Pillar::Employee).ok_or(Error::NotFound("voice"))?;
    let case = cases_of(&mut tx, ctx.scope(), &[id.to_owned()]).await?.remove(id);
    let (mut who, mut others) = (None, Vec::new());
    if !voice.person.is_empty() {
        who = person::find(&mut tx, ctx.scope(), &PersonId::stored(voice.person.clone())).await?;
        others = voice::of_person(&mut tx, ctx.scope(), &voice.person, 20).await?;
        others.retain(|v| v.id != voice.id && v.pillar != Pillar::Employee);
    }
    let names = names(ctx, &mut tx).await?;
    Ok(OneVoice { heard: Heard { voice, case }, person: who, others, names })
}

/// Fewest texts of employees that are read together.
pub const FEWEST_TEXTS: u64 = employee::MINIMUM_COMMENTS;

/// The days asked for; the last 90 days up to today where nothing is said.
pub async fn period(ctx: &Ctx<'_>, from: Option<Day>, to: Option<Day>) -> Result<(Day, Day), Error> {
    let mut tx = ctx.app.store.read().await?;
    let org = peakend_store::admin::org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    let zone = jiff::tz::TimeZone::get(&org.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let to = to.unwrap_or_else(|| peakend_domain::day_of(ctx.now(), &zone));
    Ok((from.unwrap_or(Day(to.0 - 89)), to))
}
