//! One batch of one organisation: take in, then decide, in the caller's transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use peakend_domain::sense::event::{Event, EventBody};
use peakend_domain::sense::person::{Alias, IdentifyBody, Person};
use peakend_domain::sense::signal::SignalBody;
use peakend_domain::sense::voice::Voice;
use peakend_domain::{CaseId, OrgId, PersonId};
use peakend_query::EventFact;
use peakend_store::sense::intake::{IntakeKind, LoggedEntry};
use peakend_store::sense::{ask, event, link, person, voice};
use peakend_store::{Tx, View};
use serde_json::Value;

use super::event_rule::{self, AskRules};
use super::person::{Version, learn_many_in, resolve_known_in};
use super::place::Places;
use super::response::{self, Heard};
use super::signal;
use super::survey::Shelf;
use crate::act::alert::{self, AlertRules};
use crate::act::recovery;
use crate::fresh::Moment;
use crate::insight::behaviour::fact;
use crate::{App, Error};

/// What an entry says, once read.
enum Said {
    Response(Box<Heard>),
    Signal(Box<SignalBody>),
    Event(EventBody),
    Identify(IdentifyBody),
}

impl Said {
    fn aliases(&self) -> Vec<Alias> {
        match self {
            Self::Response(heard) => heard.aliases(),
            Self::Signal(body) => signal::aliases(body),
            Self::Event(body) => body.aliases(),
            Self::Identify(body) => body.aliases(),
        }
    }

    fn person_id(&self) -> Option<&str> {
        match self {
            Self::Response(heard) => heard.person_id(),
            Self::Signal(body) => signal::person_id(body),
            Self::Event(_) | Self::Identify(_) => None,
        }
    }
}

/// What an organisation has set up, which everything that comes in meets.
#[derive(Debug)]
pub(crate) struct Setup {
    places: Places,
    zone: TimeZone,
    alerts: AlertRules,
    asks: AskRules,
}

/// A batch of one organisation, read together with the rules it meets.
pub(super) struct Batch<'a> {
    org: OrgId,
    said: Vec<(&'a LoggedEntry, Said)>,
    setup: Arc<Setup>,
}

/// What the loop made of a batch of one organisation.
pub(super) struct TakenIn {
    pub(super) org: OrgId,
    /// New voices, in the order of the log.
    pub(super) voices: Vec<Voice>,
    /// New events, in the order of the log.
    pub(super) events: Vec<Event>,
    /// Who holds which alias now, where that is certain.
    pub(super) held: Option<BTreeMap<Alias, PersonId>>,
    setup: Arc<Setup>,
}

impl TakenIn {
    /// The new events as the warehouse counts them.
    pub(super) fn facts(&self) -> Vec<EventFact> {
        self.events.iter().map(|event| fact(event, &self.setup.zone)).collect()
    }
}

/// Read what a batch needs, before the one writer is held. `moment` is one from
/// before `view` is opened.
pub(super) async fn prepare<'a>(
    app: &App,
    moment: Moment,
    view: &mut View<'_>,
    org: OrgId,
    entries: &[&'a LoggedEntry],
) -> Result<Batch<'a>, Error> {
    let said = read(view, &org, Shelf::lately(app, moment), entries).await?;
    let setup = match app.setups.get(moment, &org) {
        Some(known) => known,
        None => {
            let tx = view.open().await?;
            let read = Arc::new(Setup {
                places: Places::load(tx, &org).await?,
                zone: zone(tx, &org).await?,
                alerts: AlertRules::load(tx, &org).await?,
                asks: AskRules::load(tx, &org).await?,
            });
            app.setups.keep(moment, org.clone(), Arc::clone(&read));
            read
        }
    };
    Ok(Batch { said, setup, org })
}

/// Take a batch in.
pub(super) async fn batch(
    app: &App,
    tx: &mut Tx,
    batch: Batch<'_>,
    version: Option<Version>,
) -> Result<TakenIn, Error> {
    let Batch { org, said, setup } = batch;
    let (org, Setup { places, zone, alerts, asks }) = (&org, &*setup);
    let (who, persons, held) = persons(app, tx, org, &said, version).await?;
    let reader = app.readers.current(tx, org).await?;
    let now = app.now();
    let happened = said.iter().zip(&who).map(|((entry, said), who)| match said {
        Said::Event(body) => Some(happened(body, entry, who.as_ref())),
        _ => None,
    });
    let happened: Vec<Option<Event>> = happened.collect();
    let heard: Vec<Option<Voice>> = said
        .iter()
        .zip(&who)
        .map(|((entry, said), who)| {
            let person = who.as_ref().and_then(|id| persons.get(id));
            match said {
                Said::Response(heard) => Some(heard.voice(entry, places, zone, &reader, person)),
                Said::Signal(body) => Some(signal::voice(body, entry, places, zone, &reader, person)),
                Said::Identify(_) | Said::Event(_) => None,
            }
        })
        .collect();
    let mut new = voice::insert_many(tx, &heard.iter().flatten().collect::<Vec<_>>()).await?;
    event::insert_many(tx, org, &happened.iter().flatten().collect::<Vec<_>>()).await?;
    let (mut voices, mut events) = (Vec::with_capacity(new.len()), Vec::new());
    for (((entry, said), happened), heard) in said.iter().zip(happened).zip(heard) {
        if let (Said::Event(body), Some(happened)) = (said, happened) {
            if !body.quiet {
                event_rule::decide_in(tx, app, org, asks, &happened, now).await?;
            }
            events.push(happened);
        }
        let Some(heard) = heard.filter(|v| new.remove(&v.id)) else { continue };
        if let Said::Response(said) = said {
            settle(app, tx, org, said, entry, &heard).await?;
        }
        // the clock of a case starts when the voice reached us, however late the loop gets to it
        let reached = entry.entry.received_at;
        alert::decide_in(tx, &*app.entropy, alerts, places, &heard, reached).await?;
        voices.push(heard);
    }
    Ok(TakenIn { org: org.clone(), voices, events, held, setup: Arc::clone(&setup) })
}

async fn read<'a>(
    view: &mut View<'_>,
    org: &OrgId,
    mut shelf: Shelf<'_>,
    entries: &[&'a LoggedEntry],
) -> Result<Vec<(&'a LoggedEntry, Said)>, Error> {
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let said = match entry.entry.kind {
            IntakeKind::Response => match response::read(entry) {
                Some(body) => {
                    let found = match shelf.known(org, &body.survey, body.version) {
                        Some(known) => known,
                        None => shelf.get(view.open().await?, org, &body.survey, body.version).await?,
                    };
                    response::heard(entry, body, found).map(|heard| Said::Response(Box::new(heard)))
                }
                None => None,
            },
            IntakeKind::Signal => signal::read(entry).map(|b| Said::Signal(Box::new(b))),
            IntakeKind::Event => super::event::read(entry).map(Said::Event),
            IntakeKind::Identify => serde_json::from_str(&entry.entry.body)
                .inspect_err(|e| tracing::error!(seq = entry.seq, reason = %e, "an identify entry does not read"))
                .ok()
                .map(Said::Identify),
        };
        if let Some(said) = said {
            all.push((*entry, said));
        }
    }
    Ok(all)
}

/// Who each entry is about, and what is known of them after they have learned
/// what identify entries say.
async fn persons(
    app: &App,
    tx: &mut Tx,
    org: &OrgId,
    said: &[(&LoggedEntry, Said)],
    version: Option<Version>,
) -> Result<(Vec<Option<PersonId>>, BTreeMap<PersonId, Person>, Option<BTreeMap<Alias, PersonId>>), Error> {
    let now = app.now();
    let groups: Vec<Vec<Alias>> = said.iter().map(|(_, s)| s.aliases()).collect();
    let named: Vec<Vec<Alias>> = groups.iter().filter(|g| !g.is_empty()).cloned().collect();
    let known = version.map(|version| app.acquainted.of(version, org, named.iter().flatten())).unwrap_or_default();
    let found = resolve_known_in(tx, org, &named, &[], known, now, &*app.entropy).await?;
    let mut resolved = found.ids.into_iter();
    let mut who = Vec::with_capacity(said.len());
    for ((_, said), group) in said.iter().zip(&groups) {
        who.push(match said.person_id() {
            Some(id) => {
                let id = PersonId::stored(id.to_owned());
                Some(person::merged_into(tx, org, &id).await?.unwrap_or(id))
            }
            None if group.is_empty() => None,
            None => resolved.next(),
        });
    }
    let traits: Vec<_> = said
        .iter()
        .zip(&who)
        .filter_map(|((_, said), who)| match (said, who) {
            (Said::Identify(body), Some(id)) => Some((id.clone(), body.attributes())),
            _ => None,
        })
        .collect();
    learn_many_in(tx, org, &traits, now).await?;
    // what is known of a person goes into voices alone
    let speaks = |said: &Said| matches!(said, Said::Response(_) | Said::Signal(_));
    let speakers = said.iter().zip(&who).filter(|((_, said), _)| speaks(said));
    let mut ids: Vec<PersonId> = speakers.filter_map(|(_, who)| who.clone()).collect();
    ids.sort();
    ids.dedup();
    let known = person::find_many(tx, org, &ids).await?;
    Ok((who, known, found.held))
}

fn happened(body: &EventBody, entry: &LoggedEntry, who: Option<&PersonId>) -> Event {
    Event {
        id: entry.entry.id.clone(),
        seq: entry.seq,
        person: who.map(ToString::to_string).unwrap_or_default(),
        name: body.name.trim().to_owned(),
        at: body.at.unwrap_or(entry.entry.received_at),
        properties: Value::Object(body.properties.clone()),
    }
}

/// An answer ends its link, its ask and, when it is a re-ask, the case's wait.
async fn settle(
    app: &App,
    tx: &mut Tx,
    org: &OrgId,
    said: &Heard,
    entry: &LoggedEntry,
    heard: &Voice,
) -> Result<(), Error> {
    let at = entry.entry.received_at;
    if let Some(id) = &said.body.ask {
        ask::mark_answered(tx, org, id, at).await?;
    }
    if let Some(token_hash) = entry.entry.id.strip_prefix("link-") {
        link::mark_used(tx, org, token_hash, at).await?;
    }
    if let Some(Ok(case)) = said.body.case.as_deref().map(CaseId::parse) {
        recovery::settle_in(tx, &*app.entropy, &case, heard, at).await?;
    }
    Ok(())
}

async fn zone(tx: &mut Tx, org: &OrgId) -> Result<TimeZone, Error> {
    let found = peakend_store::admin::org::find(tx, org).await?;
    let name = found.map(|o| o.time_zone).unwrap_or_default();
    Ok(TimeZone::get(&name).unwrap_or(TimeZone::UTC))
}
