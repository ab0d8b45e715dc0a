//! Rereading: all voices are read again with the themes in use, in chunks that
//! can be interrupted anywhere.
//!
//! A chunk's voices and the record of the work change in one transaction, by
//! position of the log: whoever comes after a crash goes on where it stood. The
//! warehouse follows in larger steps; what it was given twice is the same rows.

use jiff::Timestamp;
use peakend_domain::act::job::{Job, JobRequest, JobState};
use peakend_domain::insight::rereading::{Rereading, RereadingState};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{OrgId, Permission, RereadingId, UnitScope};
use peakend_store::Tx;
use peakend_store::act::job as jobs;
use peakend_store::admin::audit;
use peakend_store::insight::rereading as store;
use peakend_store::sense::voice;
use serde_json::json;

use crate::act::job::enqueue;
use crate::sense::{fact, reading};
use crate::{App, Ctx, Error};

/// Kind of the job.
pub(crate) const REREAD: &str = "reread";
/// Voices per transaction.
const CHUNK: i64 = 1_000;
/// Chunks until other jobs have their turn.
const CHUNKS: usize = 10;
/// Positions of the log after which the warehouse is brought in line: it writes
/// every segment anew that holds one of them.
const STEP: i64 = 100_000;

/// A rereading, and what became of its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRereading {
    /// How far it is.
    pub rereading: Rereading,
    /// Why its job was given up, while it is not over: it goes on when the job is tried again.
    pub given_up: Option<String>,
}

/// The last rereading; `None` when there has been none.
pub async fn latest(ctx: &Ctx<'_>) -> Result<Option<LastRereading>, Error> {
    ctx.require(Permission::Configure)?;
    let mut tx = ctx.app.store.read().await?;
    let Some(rereading) = store::latest(&mut tx, ctx.org()).await? else { return Ok(None) };
    let given_up = given_up(&mut tx, ctx.org(), &rereading).await?;
    Ok(Some(LastRereading { rereading, given_up }))
}

async fn given_up(tx: &mut Tx, org: &OrgId, rereading: &Rereading) -> Result<Option<String>, Error> {
    if rereading.state.is_over() {
        return Ok(None);
    }
    let job = jobs::of_key(tx, org, REREAD, rereading.id.as_str()).await?;
    Ok(job.filter(|job| job.state == JobState::Dead).map(|job| job.last_error))
}

/// Begin to read all voices again with the themes in use.
pub async fn start(ctx: &Ctx<'_>) -> Result<Rereading, Error> {
    ctx.require(Permission::Configure)?;
    whole_organisation(ctx)?;
    let (app, now) = (ctx.app, ctx.now());
    let mut tx = app.store.begin().await?;
    let version = app.readers.current(&mut tx, ctx.org()).await?.scheme().version;
    let total = store::voices_with_words(&mut tx, ctx.org()).await?;
    let new = Rereading::new(RereadingId::new(now, &*app.entropy), version, total, ctx.actor.label(), now);
    if !store::insert(&mut tx, ctx.org(), &new).await? {
        let message = "all voices are being read again already: wait until that is done, or stop it";
        return Err(Error::conflict("rereading_under_way", message));
    }
    let request = JobRequest {
        kind: REREAD.to_owned(),
        payload: json!({ "rereading": new.id }),
        run_at: now,
        unique_key: new.id.to_string(),
    };
    enqueue(&mut tx, &*app.entropy, ctx.org(), &request, now).await?;
    let detail = json!({ "version": version, "voices": total });
    audit::record(&mut tx, ctx.actor, now, "rereading.started", new.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(new)
}

/// Stop the one that is under way. What was read stays read; figures are brought in line with it.
pub async fn stop(ctx: &Ctx<'_>) -> Result<Rereading, Error> {
    ctx.require(Permission::Configure)?;
    whole_organisation(ctx)?;
    loop {
        let mut tx = ctx.app.store.begin().await?;
        let was = store::latest(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("rereading"))?;
        let mut next = was.clone();
        if !next.stop() {
            return Ok(was);
        }
        if given_up(&mut tx, ctx.org(), &was).await?.is_some() {
            // no job will end it
            next.finish(ctx.now());
        }
        // a chunk may have been written in between
        if store::update(&mut tx, ctx.org(), &next, &was).await? {
            audit::record(&mut tx, ctx.actor, ctx.now(), "rereading.stopped", next.id.as_str(), &json!({})).await?;
            tx.commit().await?;
            return Ok(next);
        }
    }
}

/// Themes are those of the whole organisation.
pub(super) fn whole_organisation(ctx: &Ctx<'_>) -> Result<(), Error> {
    if ctx.scope().units == UnitScope::All { Ok(()) } else { Err(Error::Forbidden) }
}

/// What a part of the work came to.
enum Part {
    /// There is more to do.
    More,
    /// It is over.
    Over,
}

impl App {
    /// Do a part of a rereading and put the job back; whether it is over.
    pub(crate) async fn reread_part(&self, job: &Job, now: Timestamp) -> Result<bool, Error> {
        if self.reread(job).await? {
            return Ok(true);
        }
        let mut tx = self.store.begin().await?;
        jobs::put_back(&mut tx, job, now).await?;
        tx.commit().await?;
        Ok(false)
    }

    async fn reread(&self, job: &Job) -> Result<bool, Error> {
        let id = job.request.payload.get("rereading").and_then(serde_json::Value::as_str).unwrap_or_default();
        let id = RereadingId::stored(id.to_owned());
        for _ in 0..CHUNKS {
            if let Part::Over = self.reread_chunk(job, &id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn reread_chunk(&self, job: &Job, id: &RereadingId) -> Result<Part, Error> {
        let org = &job.org;
        let mut tx = self.store.read().await?;
        let Some(was) = store::find(&mut tx, org, id).await?.filter(|r| !r.state.is_over()) else {
            return Ok(Part::Over);
        };
        let stopping = was.state == RereadingState::Stopping;
        if stopping || was.position - was.revised >= STEP {
            drop(tx);
            return self.bring_in_line(job, was, stopping).await;
        }
        let reader = self.readers.version(&mut tx, org, was.version).await?;
        let voices = voice::with_words(&mut tx, org, was.position, CHUNK).await?;
        drop(tx);
        let Some(last) = voices.last().map(|v| v.seq) else {
            return self.bring_in_line(job, was, true).await;
        };
        let mut next = was.clone();
        let mut kept = Vec::with_capacity(voices.len());
        let mut counted_otherwise = false;
        for voice in &voices {
            let now = reading::again(&reader, voice);
            let changed = fact(&now) != fact(voice);
            counted_otherwise |= changed;
            // numbers about employees leave through the release gate alone
            if voice.pillar.keeps_persons() {
                next.count(voice, &now, changed);
            }
            if now != *voice {
                kept.push(now);
            }
        }
        next.position = last;
        if !counted_otherwise && was.revised == was.position {
            next.revised = last;
        }
        let mut tx = self.store.begin().await?;
        store::keep(&mut tx, org, &kept.iter().collect::<Vec<&Voice>>()).await?;
        let mine = jobs::renew(&mut tx, job, self.now()).await? && store::update(&mut tx, org, &next, &was).await?;
        if mine {
            tx.commit().await?;
        }
        Ok(Part::More)
    }

    /// Let the warehouse count what was read so far; the end of the work when `last`.
    async fn bring_in_line(&self, job: &Job, was: Rereading, last: bool) -> Result<Part, Error> {
        let org = &job.org;
        // a voice is stored before it is counted: nothing may stand between the two now
        let _alone = self.pumping.lock().await;
        let facts = self.facts_between(org, was.revised, was.position).await?;
        if !facts.is_empty() {
            self.warehouse.revise(org.as_str(), facts).await?;
        }
        let mut next = Rereading { revised: was.position, ..was.clone() };
        let mut tx = self.store.begin().await?;
        let stopping = was.state == RereadingState::Stopping;
        // voices that came in meanwhile were read with these themes or with newer ones, unless they came just before
        let more = !stopping && !voice::with_words(&mut tx, org, was.position, 1).await?.is_empty();
        let over = last && !more;
        if over {
            next.finish(self.now());
        }
        let mine = jobs::renew(&mut tx, job, self.now()).await? && store::update(&mut tx, org, &next, &was).await?;
        if mine {
            tx.commit().await?;
        }
        Ok(if over && mine { Part::Over } else { Part::More })
    }

    async fn facts_between(&self, org: &OrgId, from: i64, to: i64) -> Result<Vec<peakend_query::VoiceFact>, Error> {
        let (mut facts, mut at) = (Vec::new(), from);
        while at < to {
            let mut tx = self.store.read().await?;
            let page = voice::with_words(&mut tx, org, at, CHUNK).await?;
            let Some(last) = page.last() else { break };
            at = last.seq;
            facts.extend(page.iter().filter(|v| v.seq <= to).map(fact));
        }
        Ok(facts)
    }
}
