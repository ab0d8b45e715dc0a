//! Handing events to the warehouse, in the order of the log, so that none is passed
//! over or counted twice: by the loop that has just stored them, or read from the
//! store from where the warehouse has been.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use peakend_domain::insight::behaviour::written;
use peakend_domain::sense::event::Event;
use peakend_domain::{OrgId, day_of, micros};
use peakend_query::{EventFact, Properties};
use peakend_store::admin::org;
use peakend_store::sense::{event, intake};

use crate::sense::place::zone;
use crate::sense::pump::CONSUMER;
use crate::{App, Error};

/// Events read at one time: it takes milliseconds, in which others wait for the processor.
const PIECE: i64 = 2_000;
/// Hot events after which a segment is sealed.
const SEAL_AT: u64 = 50_000;

/// Pieces that a question waits for; with more to read it is asked again later.
const PATIENCE: usize = 100;
/// Seconds after which it is.
const AGAIN_AFTER_S: u32 = 10;

/// How far the events of an organisation have been handed over.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// So many since a segment was sealed.
    unsealed: u64,
    /// Position of the log up to which none is missing.
    until: i64,
}

impl App {
    /// Hand the warehouse every event that was taken in; returns how many were new to it.
    pub async fn follow_events(&self, of: &OrgId) -> Result<u64, Error> {
        let mut new = 0;
        loop {
            let count = self.follow_piece(of).await?;
            new += count;
            // a piece that is not full was the end; what came in since would keep this going for ever
            if count < PIECE.unsigned_abs() {
                return Ok(new);
            }
        }
    }

    /// The same for a question, which does not wait for millions of them.
    pub(super) async fn follow_soon(&self, of: &OrgId) -> Result<(), Error> {
        for _ in 0..PATIENCE {
            if self.follow_piece(of).await? < PIECE.unsigned_abs() {
                return Ok(());
            }
        }
        Err(Error::Busy { retry_after_s: AGAIN_AFTER_S })
    }

    async fn follow_piece(&self, of: &OrgId) -> Result<u64, Error> {
        // erasure and retention hold this too: nothing removed meanwhile is handed over
        let mut hot = self.following.lock().await;
        let head = i64::try_from(self.warehouse.event_head(of.as_str()).await?).unwrap_or(i64::MAX);
        let mut tx = self.store.read().await?;
        let zone = zone(&mut tx, of).await?;
        let processed = intake::offset(&mut tx, CONSUMER).await?;
        let events = event::after(&mut tx, of, head, PIECE).await?;
        drop(tx);
        let facts: Vec<EventFact> = events.iter().map(|e| fact(e, &zone)).collect();
        let count = facts.len() as u64;
        if count > 0 {
            self.warehouse.append_events(of.as_str(), facts).await?;
        }
        let followed = hot.entry(of.clone()).or_default();
        followed.unsealed += count;
        if count < PIECE.unsigned_abs() {
            followed.until = followed.until.max(processed);
        }
        if followed.unsealed >= SEAL_AT {
            self.warehouse.seal_events(of.as_str()).await?;
            followed.unsealed = 0;
        }
        Ok(count)
    }

    /// Hand over what the loop made of the entries after `from` up to `last`, where
    /// nothing before them is missing; [`App::follow_events`] reads the rest.
    pub(crate) async fn hand_over(
        &self,
        hot: &mut BTreeMap<OrgId, Followed>,
        (from, last): (i64, i64),
        events: Vec<(OrgId, Vec<EventFact>)>,
    ) -> Result<(), Error> {
        for (org, facts) in events.into_iter().filter(|(_, facts)| !facts.is_empty()) {
            if let Some(followed) = hot.get_mut(&org).filter(|f| f.until == from) {
                followed.unsealed += facts.len() as u64;
                self.warehouse.append_events(org.as_str(), facts).await?;
            }
        }
        for followed in hot.values_mut().filter(|f| f.until == from) {
            followed.until = last;
        }
        Ok(())
    }

    /// The same for every organisation, so that a question finds little left to read.
    pub async fn follow_all_events(&self) -> Result<u64, Error> {
        let mut tx = self.store.read().await?;
        let orgs = org::all(&mut tx).await?;
        drop(tx);
        let mut new = 0;
        for org in orgs {
            new += self.follow_events(&org.id).await?;
        }
        Ok(new)
    }
}

/// An event as the warehouse counts it: of its properties only short single values.
pub(crate) fn fact(e: &Event, zone: &TimeZone) -> EventFact {
    let pairs = e.properties.as_object().into_iter().flatten();
    EventFact {
        seq: u64::try_from(e.seq).unwrap_or(0),
        person: e.person.clone(),
        name: e.name.clone(),
        at: micros(e.at),
        day: day_of(e.at, zone).0,
        properties: Properties::of(pairs.filter_map(|(name, value)| Some((name.as_str(), written(value)?)))),
    }
}
