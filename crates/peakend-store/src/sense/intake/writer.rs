//! The writer of the log: makes durable whatever has queued while the previous
//! sync ran (natural group commit, no timer).
//!
//! Over an embedded database it writes the journal, from which entries are moved
//! into the log; over PostgreSQL, or where another process owns the journal, it
//! commits to the log itself. A full disk refuses until there is room; a disk
//! that fails ends the writer for good, because nobody knows what it kept: the
//! process must start again and read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use peakend_domain::OrgId;

use super::front::Front;
use super::pending::Pending;
use super::tail::Tail;
use super::{IntakeEntry, IntakeKind, LoggedEntry, Receipt, append, find, is_same};
use crate::{DiskFault, Engine, Store, StoreError};

/// What became of an entry that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It is on stable storage now.
    Accepted,
    /// The same id and body had been taken in before.
    Replayed,
    /// The same id with another body had been taken in before; nothing changed.
    Conflict,
}

impl Ack {
    /// Of an id that was taken in before, with this body or another.
    pub(super) fn again(same: bool) -> Self {
        if same { Self::Replayed } else { Self::Conflict }
    }
}

impl From<Receipt> for Ack {
    fn from(receipt: Receipt) -> Self {
        match receipt {
            Receipt::Accepted { .. } => Self::Accepted,
            Receipt::Replayed { .. } => Self::Replayed,
            Receipt::Conflict => Self::Conflict,
        }
    }
}

/// What one caller brought, made durable as a whole.
struct Waiting {
    entries: Vec<IntakeEntry>,
    reply: oneshot::Sender<Result<Vec<Ack>, Arc<StoreError>>>,
}

/// The single writer of the log, with a bounded queue in front.
#[derive(Debug, Clone)]
pub struct IntakeWriter {
    queue: mpsc::UnboundedSender<Waiting>,
    store: Store,
    shared: Arc<Shared>,
}

/// What the writer's tasks and its callers see.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Entries in the queue, which bounds it.
    queued: AtomicUsize,
    written: Arc<Notify>,
    halted: watch::Sender<bool>,
    recent: AtomicU64,
    last: AtomicI64,
    tail: Tail,
    /// What is acknowledged and not in the log yet.
    pub(super) pending: Pending,
    /// Callers of the last group that was made durable.
    pub(super) callers: AtomicUsize,
}

impl Shared {
    /// Entries stand in the log now: whoever follows it is woken.
    pub(super) fn logged(&self, entries: impl Iterator<Item = IntakeEntry>, receipts: &[Receipt]) {
        let new: Vec<LoggedEntry> = entries
            .zip(receipts)
            .filter_map(|(entry, receipt)| match receipt {
                Receipt::Accepted { seq } => Some(LoggedEntry { seq: *seq, entry }),
                Receipt::Replayed { .. } | Receipt::Conflict => None,
            })
            .collect();
        self.last.fetch_max(new.iter().map(|e| e.seq).max().unwrap_or(0), Ordering::Release);
        self.tail.keep(new.into_iter());
        self.written.notify_waiters();
        self.written.notify_one();
    }

    /// Take nothing in any more.
    pub(super) fn halt(&self) {
        self.halted.send_replace(true);
        self.pending.end();
    }

    /// Whether nothing is taken in any more.
    pub(super) fn halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// What follows from a disk that refused something.
    pub(super) async fn refused(&self, store: &Store, e: &StoreError) {
        match e.disk() {
            Some(DiskFault::Broken) => self.halt(),
            Some(DiskFault::Full) => {
                if let Err(e) = store.make_room().await {
                    tracing::warn!(error = %e, "there is no room to copy the write-ahead log either");
                }
            }
            None => {}
        }
    }
}

/// Seconds after which a caller tries again when the disk was full.
const ROOM_AFTER_S: u32 = 5;
/// Wait for others who append to the log until callers are told to come back.
const AT_THE_GATE: Duration = Duration::from_secs(20);
/// Entries that may wait for a commit before callers are told to come back.
const QUEUE: usize = 8192;
/// Entries per commit after which no more callers are gathered.
const BATCH: usize = 512;

impl IntakeWriter {
    /// Start the writer task on the current runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (queue, receiver) = mpsc::unbounded_channel();
        let shared = Arc::<Shared>::default();
        tokio::spawn(run(store.clone(), receiver, Arc::clone(&shared)));
        Self { queue, store, shared }
    }

    /// Take one entry in; returns when it is on stable storage.
    pub async fn submit(&self, entry: IntakeEntry) -> Result<Ack, StoreError> {
        let receipts = self.submit_many(vec![entry]).await?;
        receipts.first().copied().ok_or_else(|| StoreError::IntakeStopped("the writer gave no receipt".to_owned()))
    }

    /// Take some entries in, all or none; one receipt each, in order, when they are
    /// on stable storage.
    pub async fn submit_many(&self, entries: Vec<IntakeEntry>) -> Result<Vec<Ack>, StoreError> {
        let count = entries.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        self.shared.recent.fetch_add(1, Ordering::Relaxed);
        let room = |queued: usize| (queued + count <= QUEUE).then_some(queued + count);
        if self.shared.queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_err() {
            return Err(StoreError::Busy { retry_after_s: 2 });
        }
        let ended = || StoreError::IntakeStopped("the writer has ended".to_owned());
        let (reply, answer) = oneshot::channel();
        self.queue.send(Waiting { entries, reply }).map_err(|_| ended())?;
        match answer.await {
            Ok(Ok(receipts)) => Ok(receipts),
            Ok(Err(e)) if e.disk() == Some(DiskFault::Full) => Err(StoreError::Full { retry_after_s: ROOM_AFTER_S }),
            Ok(Err(e)) => match *e {
                StoreError::Busy { retry_after_s } => Err(StoreError::Busy { retry_after_s }),
                _ => Err(StoreError::IntakeStopped(e.to_string())),
            },
            Err(_) => Err(ended()),
        }
    }

    /// Whether an id was taken in before, and if so, whether with this body.
    pub async fn taken(
        &self,
        org: &OrgId,
        kind: IntakeKind,
        id: &str,
        body_hash: &str,
    ) -> Result<Option<bool>, StoreError> {
        if let Some(same) = self.shared.pending.same(org, kind, id, body_hash) {
            return Ok(Some(same));
        }
        let mut tx = self.store.read().await?;
        Ok(find(&mut tx, org, kind, id).await?.map(|before| is_same(&before, body_hash)))
    }

    /// Returns when everything acknowledged before stands in the log.
    pub async fn settled(&self) -> Result<(), StoreError> {
        self.shared.pending.settled(&self.store).await
    }

    /// Woken whenever something stands in the log; consumers wait on it.
    #[must_use]
    pub fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.written)
    }

    /// At most so many entries from the position after `seq` on, from memory and
    /// without a gap; none when the log must be read. Each is answered once, and
    /// may have been erased meanwhile: count them in the log before they are used.
    #[must_use]
    pub fn newest(&self, seq: i64, most: usize) -> Vec<LoggedEntry> {
        self.shared.tail.take(seq, most)
    }

    /// The last position that something submitted here stands at; 0 when none.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.shared.last.load(Ordering::Acquire)
    }

    /// How many callers came since this was last asked: while they come, who
    /// else writes keeps it short.
    #[must_use]
    pub fn recent(&self) -> u64 {
        self.shared.recent.swap(0, Ordering::Relaxed)
    }

    /// Take nothing in any more: the disk has failed.
    pub fn halt(&self) {
        self.shared.halt();
    }

    /// Returns when nothing is taken in any more; then the process must end.
    pub async fn halted(&self) {
        let mut state = self.shared.halted.subscribe();
        // the sender lives in `self`: the wait cannot fail
        let _seen = state.wait_for(|halted| *halted).await;
    }
}

async fn run(store: Store, mut receiver: mpsc::UnboundedReceiver<Waiting>, shared: Arc<Shared>) {
    let mut front = None;
    // callers that wait when it halts learn from the closed queue that nothing was acknowledged
    while !shared.halted() {
        let Some(first) = receiver.recv().await else { return };
        if front.is_none() && store.engine() == Engine::Sqlite {
            front = Front::begin(&store, &shared).await;
        }
        if let Some(front) = &front {
            // what came meanwhile is gathered afterwards
            front.room().await;
        }
        if shared.halted() {
            return;
        }
        let (mut entries, mut replies) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(Waiting { entries: some, reply }) = next {
            replies.push((some.len(), reply));
            entries.extend(some);
            next = if entries.len() < BATCH { receiver.try_recv().ok() } else { None };
        }
        shared.queued.fetch_sub(entries.len(), Ordering::Relaxed);
        shared.callers.store(replies.len(), Ordering::Relaxed);
        let done = match &mut front {
            Some(front) => front.take_in(entries).await,
            None => commit(&store, &shared, entries).await,
        };
        match done {
            Ok(acks) => {
                let mut told = acks.into_iter();
                for (count, reply) in replies {
                    // a caller that has left no longer needs its receipts
                    let _gone = reply.send(Ok(told.by_ref().take(count).collect()));
                }
            }
            Err(e) => {
                tracing::error!(error = %e, "intake failed; nothing of the batch is acknowledged");
                shared.refused(&store, &e).await;
                let e = Arc::new(e);
                for (_, reply) in replies {
                    let _gone = reply.send(Err(Arc::clone(&e)));
                }
            }
        }
    }
}

async fn commit(store: &Store, shared: &Shared, entries: Vec<IntakeEntry>) -> Result<Vec<Ack>, StoreError> {
    let gate = tokio::time::timeout(AT_THE_GATE, store.gate()).await;
    let gate = gate.unwrap_or(Err(StoreError::Busy { retry_after_s: 2 }))?;
    let mut tx = store.begin_flow().await?;
    let receipts = append(&mut tx, &gate, &entries).await?;
    tx.commit().await?;
    drop(gate);
    shared.logged(entries.into_iter(), &receipts);
    Ok(receipts.into_iter().map(Ack::from).collect())
}
