//! Jobs: written in the transaction that needs them, run later, seen and replayed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use peakend_domain::act::case::Deed;
use peakend_domain::act::job::{Job, JobRequest, JobState, LEASE_SECONDS};
use peakend_domain::{Entropy, JobId, OrgId, Permission};
use peakend_store::Tx;
use peakend_store::act::job as store;
use peakend_store::admin::audit;

use super::recovery;
use crate::insight::rereading;
use crate::sense::{erasure, retention};
use crate::{App, Ctx, Error};

/// Longest that a job may speak to the world outside: half of its lease, so that
/// its effects are written while it still holds it.
const DELIVERY: Duration = Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 2);

/// Write a job; `false` when one of the same kind and key exists.
pub async fn enqueue(
    tx: &mut Tx,
    entropy: &dyn Entropy,
    org: &OrgId,
    request: &JobRequest,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(store::enqueue(tx, org, &JobId::new(now, entropy), request, now).await?)
}

impl App {
    /// Run every job that is due; returns how many were done. A job that fails
    /// waits longer each time and is kept as dead after its last attempt.
    pub async fn run_jobs(&self, now: Timestamp) -> Result<u64, Error> {
        let mut done = 0;
        while let Some(state) = self.run_next_job(now).await? {
            done += u64::from(state == JobState::Done);
        }
        Ok(done)
    }

    /// Lease the job that is due longest and run it; its state then, `None` when
    /// nothing is due. Each job has a lease of its own: those behind one that
    /// stalls stay free for another worker.
    pub async fn run_next_job(&self, now: Timestamp) -> Result<Option<JobState>, Error> {
        let mut tx = self.store.begin_flow().await?;
        let leased = store::claim(&mut tx, now, 1).await?.pop();
        tx.commit().await?;
        let Some(job) = leased else { return Ok(None) };
        self.run_job(&job, now).await.map(Some)
    }

    /// One job in one transaction with its effects.
    async fn run_job(&self, job: &Job, now: Timestamp) -> Result<JobState, Error> {
        // the world outside is spoken to before the writer is held
        let delivered = match job.request.kind.as_str() {
            recovery::REASK => tokio::time::timeout(DELIVERY, recovery::deliver(self, job))
                .await
                .unwrap_or_else(|_| Err(Error::Fault(format!("nobody answered for {} s", DELIVERY.as_secs())))),
            erasure::ERASE => self.finish_erasures(&job.org).await.map(|_| None),
            retention::RETAIN => self.retain(&job.org).await.map(|_| None),
            rereading::REREAD => match self.reread_part(job, now).await {
                Ok(false) => return Ok(JobState::Waiting),
                Ok(true) => Ok(None),
                Err(e) => Err(e),
            },
            _ => Ok(None),
        };
        let mut tx = self.store.begin().await?;
        let ran = match delivered {
            Ok(deed) => run_in(&mut tx, self, job, deed.as_ref(), now).await,
            Err(e) => Err(e),
        };
        let outcome = match ran {
            // the lease may have passed on while this ran: then the other worker's effects count
            Ok(()) if store::finish(&mut tx, job, now).await? => {
                tx.commit().await?;
                return Ok(JobState::Done);
            }
            Ok(()) => return Ok(JobState::Running),
            Err(e) => e,
        };
        drop(tx);
        let reason = reason(&outcome);
        let mut tx = self.store.begin().await?;
        let state = store::fail(&mut tx, job, &reason, now).await?;
        tx.commit().await?;
        if state == JobState::Dead {
            tracing::error!(job = job.id.as_str(), kind = job.request.kind, reason, "a job is given up");
        }
        Ok(state)
    }
}

async fn run_in(tx: &mut Tx, app: &App, job: &Job, deed: Option<&Deed>, now: Timestamp) -> Result<(), Error> {
    match job.request.kind.as_str() {
        recovery::REASK => recovery::send_in(tx, app, job, deed, now).await,
        recovery::REASK_CLOSE => recovery::close_in(tx, app, job, now).await,
        // its steps are transactions of their own: each can be repeated
        erasure::ERASE | rereading::REREAD | retention::RETAIN => Ok(()),
        other => Err(Error::Fault(format!("no worker knows jobs of kind {other}"))),
    }
}

fn reason(e: &Error) -> String {
    let mut text = e.to_string();
    let mut next = std::error::Error::source(e);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// A page of jobs, newest first.
#[derive(Debug, Clone)]
pub struct JobPage {
    /// The rows.
    pub items: Vec<Job>,
    /// How many there are in all.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many there are per state.
    pub counts: BTreeMap<String, i64>,
}

/// Jobs of a state, or all.
pub async fn list(ctx: &Ctx<'_>, state: Option<JobState>, cursor: &str, limit: i64) -> Result<JobPage, Error> {
    ctx.require(Permission::Administer)?;
    let mut tx = ctx.app.store.read().await?;
    let (items, total, next) = store::page(&mut tx, ctx.org(), state, cursor, limit.clamp(1, 200)).await?;
    let counts = store::counts(&mut tx, ctx.org()).await?;
    Ok(JobPage { items, total, next, counts })
}

/// Let a dead job begin anew.
pub async fn replay(ctx: &Ctx<'_>, id: &JobId) -> Result<Job, Error> {
    ctx.require(Permission::Administer)?;
    let mut tx = ctx.app.store.begin().await?;
    let job = store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("job"))?;
    if !store::replay(&mut tx, ctx.org(), id, ctx.now()).await? {
        return Err(Error::refused("job_not_dead", "only a job that was given up can be replayed"));
    }
    let detail = serde_json::json!({"kind": job.request.kind});
    audit::record(&mut tx, ctx.actor, ctx.now(), "job.replayed", id.as_str(), &detail).await?;
    let job = store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("job"))?;
    tx.commit().await?;
    Ok(job)
}
