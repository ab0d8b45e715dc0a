//! Handing events to the warehouse: read from the store in the order of the log,
//! from where the warehouse has been, so that none is passed over or counted twice.

use peakend_domain::insight::behaviour::written;
use peakend_domain::sense::event::Event;
use peakend_domain::{OrgId, day_of, micros};
use peakend_query::{EventFact, Properties};
use peakend_store::admin::org;
use peakend_store::sense::event;

use crate::sense::place::zone;
use crate::{App, Error};

/// Events read at one time: it takes milliseconds, in which others wait for the processor.
const PIECE: i64 = 2_000;
/// Hot events after which a segment is sealed.
const SEAL_AT: u64 = 50_000;

/// Pieces that a question waits for; with more to read it is asked again later.
const PATIENCE: usize = 100;
/// Seconds after which it is.
const AGAIN_AFTER_S: u32 = 10;

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
        let events = event::after(&mut tx, of, head, PIECE).await?;
        drop(tx);
        if events.is_empty() {
            return Ok(0);
        }
        let facts: Vec<EventFact> = events.iter().map(|e| fact(e, day_of(e.at, &zone).0)).collect();
        let count = facts.len() as u64;
        self.warehouse.append_events(of.as_str(), facts).await?;
        let since = hot.entry(of.clone()).or_default();
        *since += count;
        if *since >= SEAL_AT {
            self.warehouse.seal_events(of.as_str()).await?;
            *since = 0;
        }
        Ok(count)
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
fn fact(e: &Event, day: i32) -> EventFact {
    let pairs = e.properties.as_object().into_iter().flatten();
    EventFact {
        seq: u64::try_from(e.seq).unwrap_or(0),
        person: e.person.clone(),
        name: e.name.clone(),
        at: micros(e.at),
        day,
        properties: Properties::of(pairs.filter_map(|(name, value)| Some((name.as_str(), written(value)?)))),
    }
}
