//! The writer of the log: commits whatever has queued while the previous sync
//! ran (natural group commit, no timer).
//!
//! A full disk refuses until there is room; a disk that fails ends the writer
//! for good, because nobody knows what it kept: the process must start again
//! and read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::tail::Tail;
use super::{IntakeEntry, LoggedEntry, Receipt, append};
use crate::{DiskFault, Store, StoreError};

/// What one caller brought, committed as a whole.
struct Waiting {
    entries: Vec<IntakeEntry>,
    reply: oneshot::Sender<Result<Vec<Receipt>, Arc<StoreError>>>,
}

/// The single writer of the log, with a bounded queue in front.
#[derive(Debug, Clone)]
pub struct IntakeWriter {
    queue: mpsc::UnboundedSender<Waiting>,
    shared: Arc<Shared>,
}

/// What the writer's task and its callers both see.
#[derive(Debug)]
struct Shared {
    /// Entries in the queue, which bounds it.
    queued: AtomicUsize,
    written: Arc<Notify>,
    halted: watch::Sender<bool>,
    recent: AtomicU64,
    last: AtomicI64,
    tail: Tail,
}

/// Seconds after which a caller tries again when the disk was full.
const ROOM_AFTER_S: u32 = 5;
/// Entries that may wait for a commit before callers are told to come back.
const QUEUE: usize = 8192;
/// Entries per commit after which no more callers are gathered.
const BATCH: usize = 512;

impl IntakeWriter {
    /// Start the writer task on the current runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (queue, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queued: AtomicUsize::new(0),
            written: Arc::new(Notify::new()),
            halted: watch::Sender::new(false),
            recent: AtomicU64::new(0),
            last: AtomicI64::new(0),
            tail: Tail::default(),
        });
        tokio::spawn(run(store, receiver, Arc::clone(&shared)));
        Self { queue, shared }
    }

    /// Take one entry in; returns after the commit is on stable storage.
    pub async fn submit(&self, entry: IntakeEntry) -> Result<Receipt, StoreError> {
        let receipts = self.submit_many(vec![entry]).await?;
        receipts.first().copied().ok_or_else(|| StoreError::IntakeStopped("the writer gave no receipt".to_owned()))
    }

    /// Take some entries in, all or none; one receipt each, in order, after the
    /// commit is on stable storage.
    pub async fn submit_many(&self, entries: Vec<IntakeEntry>) -> Result<Vec<Receipt>, StoreError> {
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
            Ok(Err(e)) => Err(StoreError::IntakeStopped(e.to_string())),
            Err(_) => Err(ended()),
        }
    }

    /// Woken after each commit; consumers wait on it.
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

    /// The last position written here; 0 when none.
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
        self.shared.halted.send_replace(true);
    }

    /// Returns when nothing is taken in any more; then the process must end.
    pub async fn halted(&self) {
        let mut state = self.shared.halted.subscribe();
        // the sender lives in `self`: the wait cannot fail
        let _seen = state.wait_for(|halted| *halted).await;
    }
}

async fn run(store: Store, mut receiver: mpsc::UnboundedReceiver<Waiting>, shared: Arc<Shared>) {
    // callers that wait when it halts learn from the closed queue that nothing was acknowledged
    while !*shared.halted.borrow() {
        let (mut entries, mut replies) = (Vec::new(), Vec::new());
        let Some(first) = receiver.recv().await else { return };
        let mut next = Some(first);
        while let Some(Waiting { entries: some, reply }) = next {
            replies.push((some.len(), reply));
            entries.extend(some);
            next = if entries.len() < BATCH { receiver.try_recv().ok() } else { None };
        }
        shared.queued.fetch_sub(entries.len(), Ordering::Relaxed);
        match commit(&store, &entries).await {
            Ok(receipts) => {
                let new = receipts.iter().filter_map(|receipt| match receipt {
                    Receipt::Accepted { seq } => Some(*seq),
                    Receipt::Replayed { .. } | Receipt::Conflict => None,
                });
                shared.last.fetch_max(new.max().unwrap_or(0), Ordering::Release);
                let mut told = receipts.iter().copied();
                for (count, reply) in replies {
                    // a caller that has left no longer needs its receipts
                    let _gone = reply.send(Ok(told.by_ref().take(count).collect()));
                }
                shared.tail.keep(entries.into_iter().zip(receipts).filter_map(|(entry, receipt)| match receipt {
                    Receipt::Accepted { seq } => Some(LoggedEntry { seq, entry }),
                    Receipt::Replayed { .. } | Receipt::Conflict => None,
                }));
                shared.written.notify_waiters();
                shared.written.notify_one();
            }
            Err(e) => refuse(&store, &shared, replies.into_iter().map(|(_, reply)| reply), e).await,
        }
    }
}

async fn refuse(
    store: &Store,
    shared: &Shared,
    replies: impl Iterator<Item = oneshot::Sender<Result<Vec<Receipt>, Arc<StoreError>>>>,
    e: StoreError,
) {
    tracing::error!(error = %e, "intake commit failed; nothing of the batch is acknowledged");
    let fault = e.disk();
    let e = Arc::new(e);
    if fault == Some(DiskFault::Broken) {
        shared.halted.send_replace(true);
    }
    for reply in replies {
        let _gone = reply.send(Err(Arc::clone(&e)));
    }
    if fault == Some(DiskFault::Full)
        && let Err(e) = store.make_room().await
    {
        tracing::warn!(error = %e, "there is no room to copy the write-ahead log either");
    }
}

async fn commit(store: &Store, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    let mut tx = store.begin_flow().await?;
    let receipts = append(&mut tx, entries).await?;
    tx.commit().await?;
    Ok(receipts)
}
