//! Drains the intake log: one consumer, each batch one transaction.
//!
//! Taking in, deciding and moving the offset commit together, so each entry
//! has its effect exactly once; the warehouse's hot tail follows the commit
//! and is refilled from the store at start.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use peakend_domain::OrgId;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_query::VoiceFact;
use peakend_store::sense::intake::{self, LoggedEntry};
use peakend_store::sense::voice;

use super::person::Version;
use super::survey::Shelf;
use super::take_in::TakenIn;
use crate::admin::backup::verify;
use crate::fresh::Moment;
use crate::{App, Error};

/// Name of the consumer whose offset is kept.
pub(crate) const CONSUMER: &str = "loop";
/// Entries per transaction while callers wait for their own: it takes milliseconds.
const BATCH: i64 = 500;
/// Entries per transaction while nobody waits, as after an import.
const BULK: i64 = 2_000;
/// Hot rows after which a segment is sealed.
const SEAL_AT: i64 = 50_000;

/// What became of one turn.
enum Pumped {
    /// So many entries were processed.
    Batch(u64),
    /// Others processed or erased them meanwhile.
    Overtaken,
    /// None wait.
    Nothing,
}

impl App {
    /// Process everything that was acknowledged; returns how many entries were processed.
    ///
    /// Only one pump may run at a time per process; a second caller waits.
    pub async fn pump(&self) -> Result<u64, Error> {
        self.intake.settled().await?;
        self.pump_log().await
    }

    /// Process everything that stands in the log, whoever wrote it.
    pub async fn pump_log(&self) -> Result<u64, Error> {
        self.drain(true).await
    }

    /// The same for what this process took in by request, without a look at what
    /// others may have written.
    pub async fn pump_own(&self) -> Result<u64, Error> {
        self.drain(self.warehouse.is_shared()).await
    }

    async fn drain(&self, others: bool) -> Result<u64, Error> {
        let mut stands = self.pumping.lock().await;
        self.catch_up().await?;
        let mut done = 0;
        loop {
            if !others && stands.is_some_and(|known| known >= self.intake.last()) {
                return Ok(done);
            }
            match self.pump_batch(&mut stands).await? {
                Pumped::Batch(n) => done += n,
                Pumped::Overtaken => {}
                Pumped::Nothing => {
                    if self.warehouse.is_shared() {
                        self.follow().await?;
                    }
                    return Ok(done);
                }
            }
        }
    }

    /// `stands` is where the loop stands, as far as is known.
    async fn pump_batch(&self, stands: &mut Option<i64>) -> Result<Pumped, Error> {
        let most = if self.intake.recent() > 0 { BATCH } else { BULK };
        let (mut from, mut entries) = match stands.take() {
            Some(known) => (known, self.intake.newest(known, usize::try_from(most).unwrap_or(usize::MAX))),
            None => (0, Vec::new()),
        };
        // a view from before they came in would not know the survey that some of them answer; as a rule
        // all that is needed is known, and none is opened: each one that is makes SQLite drop its cached pages
        let moment = Moment::of(self);
        let mut view = self.store.view();
        if entries.is_empty() {
            let tx = view.open().await?;
            from = intake::offset(tx, CONSUMER).await?;
            entries = intake::after(tx, from, most).await?;
        }
        let Some(last) = entries.last().map(|e| e.seq) else {
            *stands = Some(from);
            return Ok(Pumped::Nothing);
        };
        let mut batches = Vec::new();
        for (org, entries) in by_org(&entries) {
            batches.push(super::take_in::prepare(self, moment, &mut view, org, &entries).await?);
        }
        drop(view);
        // somebody removes or seals events just now: they are read from the store later
        let followed = if self.warehouse.is_shared() { None } else { self.following.try_lock().ok() };
        let mut tx = self.store.begin_flow().await?;
        if intake::offset_to_move(&mut tx, CONSUMER).await? != from {
            // another server on the same store was faster
            return Ok(Pumped::Overtaken);
        }
        if i64::try_from(entries.len()) != Ok(intake::count_between(&mut tx, from, last).await?) {
            // some were erased since they were read: nothing may be made of them
            return Ok(Pumped::Overtaken);
        }
        let version = Version::of(self, &mut tx).await?;
        let mut taken_in = Vec::with_capacity(batches.len());
        for batch in batches {
            taken_in.push(super::take_in::batch(self, &mut tx, batch, version).await?);
        }
        intake::advance(&mut tx, CONSUMER, last).await?;
        if self.warehouse.is_shared() {
            // the tail is read from the store: other servers process entries too
            tx.commit().await?;
            return Ok(Pumped::Batch(entries.len() as u64));
        }
        // from here on until the warehouse has them, an error or a caller who goes away leaves a gap
        self.behind.store(true, Ordering::Release);
        tx.commit().await?;
        for TakenIn { org, voices, .. } in &taken_in {
            self.warehouse.append(org.as_str(), voices.iter().map(fact).collect()).await?;
        }
        self.behind.store(false, Ordering::Release);
        *stands = Some(last);
        for TakenIn { org, held, .. } in &mut taken_in {
            match (version, held.take()) {
                (Some(version), Some(held)) => self.acquainted.learn(version, org, held),
                _ => self.acquainted.forget(),
            }
        }
        if let Some(mut followed) = followed {
            let events = taken_in.iter().map(|some| (some.org.clone(), some.facts())).collect();
            self.hand_over(&mut followed, (from, last), events).await?;
        }
        Ok(Pumped::Batch(entries.len() as u64))
    }

    /// Fill a gap before anything later is counted or sealed: what is sealed over a
    /// gap would never be counted.
    async fn catch_up(&self) -> Result<(), Error> {
        if self.behind.load(Ordering::Acquire) {
            // the commit that was left may still be under way, and a view from before it would miss it
            let mut tx = self.store.begin_flow().await?;
            intake::offset_to_move(&mut tx, CONSUMER).await?;
            drop(tx);
            self.acquainted.forget();
            self.refill().await?;
            self.behind.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// Append what the log has beyond the warehouse's head, by whichever server it
    /// came in: an unbroken tail, so that sealing it passes nothing over.
    async fn follow(&self) -> Result<(), Error> {
        let mut tx = self.store.read().await?;
        let orgs = peakend_store::admin::org::all(&mut tx).await?;
        drop(tx);
        for org in orgs {
            loop {
                let head = i64::try_from(self.warehouse.head(org.id.as_str()).await?).unwrap_or(i64::MAX);
                let mut tx = self.store.read().await?;
                let voices = voice::after(&mut tx, &org.id, head, SEAL_AT).await?;
                drop(tx);
                if voices.is_empty() {
                    break;
                }
                self.warehouse.append(org.id.as_str(), voices.iter().map(fact).collect()).await?;
            }
        }
        Ok(())
    }

    /// Refill the warehouse's hot tail from the store; call once at start.
    pub async fn refill(&self) -> Result<(), Error> {
        let mut tx = self.store.read().await?;
        let orgs = peakend_store::admin::org::all(&mut tx).await?;
        drop(tx);
        for org in orgs {
            let mut from = i64::try_from(self.warehouse.position(org.id.as_str()).await?).unwrap_or(i64::MAX);
            loop {
                let mut tx = self.store.read().await?;
                let voices = voice::after(&mut tx, &org.id, from, SEAL_AT).await?;
                // the database has no checksums: what is not sealed yet is held against the log it came from
                let differing = verify::differing(&mut tx, &org.id, &mut Shelf::default(), from, &voices).await?;
                if let Some(first) = differing.first() {
                    let all = differing.len();
                    return Err(Error::Fault(format!(
                        "the database is damaged ({all} voices, the first: {first}): run peakend verify-store and \
                         restore a backup"
                    )));
                }
                drop(tx);
                let Some(last) = voices.last() else { break };
                from = last.seq;
                let full = i64::try_from(voices.len()) == Ok(SEAL_AT);
                self.warehouse.append(org.id.as_str(), voices.iter().map(fact).collect()).await?;
                if full {
                    self.warehouse.seal(org.id.as_str()).await?;
                }
            }
        }
        Ok(())
    }
}

impl App {
    /// Make the hot rows of every organisation durable as segments.
    pub async fn seal(&self) -> Result<(), Error> {
        let _alone = self.pumping.lock().await;
        self.catch_up().await?;
        let mut tx = self.store.read().await?;
        let orgs = peakend_store::admin::org::all(&mut tx).await?;
        drop(tx);
        for org in orgs {
            self.warehouse.seal(org.id.as_str()).await?;
        }
        Ok(())
    }
}

/// Entries grouped by organisation, order kept.
fn by_org(entries: &[LoggedEntry]) -> BTreeMap<OrgId, Vec<&LoggedEntry>> {
    let mut grouped: BTreeMap<OrgId, Vec<&LoggedEntry>> = BTreeMap::new();
    for e in entries {
        grouped.entry(e.entry.org.clone()).or_default().push(e);
    }
    grouped
}

/// A voice as the warehouse counts it.
#[must_use]
pub fn fact(v: &Voice) -> VoiceFact {
    VoiceFact {
        seq: u64::try_from(v.seq).unwrap_or(0),
        id: v.id.clone(),
        kind: match v.kind {
            VoiceKind::Response => peakend_query::VoiceKind::Response,
            VoiceKind::Signal => peakend_query::VoiceKind::Signal,
        },
        pillar: v.pillar.name().to_owned(),
        survey: v.survey_code.clone(),
        line: v.line_code.clone(),
        unit: v.unit_code.clone(),
        journey: v.journey_code.clone(),
        stage: v.stage_code.clone(),
        touchpoint: v.touchpoint_code.clone(),
        channel: v.channel_code.clone(),
        segment: v.segment.clone(),
        theme: v.theme.clone(),
        language: v.language.clone(),
        person: v.person.clone(),
        at: peakend_domain::micros(v.at),
        day: v.day.0,
        nps: v.nps,
        csat: v.csat,
        ces: v.ces,
        sentiment: v.sentiment,
        has_text: !v.text.is_empty(),
        attributes: v.attributes.clone(),
    }
}
