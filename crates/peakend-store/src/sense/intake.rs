//! The intake log: one order for everything that comes in.
//!
//! Acknowledged means committed and synced. Single entries go through
//! [`IntakeWriter`], which commits whatever has queued while the previous sync
//! ran (natural group commit, no timer). A full disk refuses until there is
//! room; a disk that fails ends the writer for good, because nobody knows what
//! it kept: the process must start again and read. The key `(org, kind, id)` is unique
//! for ever: the same body is the same entry, another body is a conflict.
//! Erasure leaves a tombstone: position, id and kind without body and hash. No
//! consumer sees it, and what is sent under its id again changes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use peakend_domain::{OrgId, micros};
use sqlx::Row as _;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::insert::{Cell, Insert};
use crate::row::Columns;
use crate::{DiskFault, Store, StoreError, Tx};

/// What kind of thing came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntakeKind {
    /// An answered survey.
    Response,
    /// Something said or written elsewhere.
    Signal,
    /// Something done.
    Event,
    /// Traits of a person.
    Identify,
}

impl IntakeKind {
    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Signal => "signal",
            Self::Event => "event",
            Self::Identify => "identify",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Response, Self::Signal, Self::Event, Self::Identify].into_iter().find(|k| k.name() == name)
    }
}

/// One thing to be taken in. `body` is canonical JSON; `body_hash` its SHA-256 in hex.
#[derive(Debug, Clone)]
pub struct IntakeEntry {
    /// Tenant.
    pub org: OrgId,
    /// Kind.
    pub kind: IntakeKind,
    /// The client's id, unique per organisation and kind.
    pub id: String,
    /// Hash of the body, for telling a replay from a conflict.
    pub body_hash: String,
    /// The body as JSON text.
    pub body: String,
    /// When it was received.
    pub received_at: jiff::Timestamp,
}

/// A stored entry with its position.
#[derive(Debug, Clone)]
pub struct LoggedEntry {
    /// Position in the log; gaps are possible, order is the order of commits.
    pub seq: i64,
    /// What was taken in.
    pub entry: IntakeEntry,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Written now.
    Accepted {
        /// Its position.
        seq: i64,
    },
    /// The same id and body had been written before.
    Replayed {
        /// Its position then.
        seq: i64,
    },
    /// The same id with another body had been written before; nothing changed.
    Conflict,
}

type Waiting = (IntakeEntry, oneshot::Sender<Result<Receipt, Arc<StoreError>>>);

/// The single writer of the log, with a bounded queue in front.
#[derive(Debug, Clone)]
pub struct IntakeWriter {
    queue: mpsc::Sender<Waiting>,
    written: Arc<Notify>,
    halted: Arc<watch::Sender<bool>>,
    recent: Arc<AtomicU64>,
}

/// Seconds after which a caller tries again when the disk was full.
const ROOM_AFTER_S: u32 = 5;
/// Entries that may wait for a commit before callers are told to come back.
const QUEUE: usize = 8192;
/// Entries per commit at most.
const BATCH: usize = 512;

impl IntakeWriter {
    /// Start the writer task on the current runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let (written, halted) = (Arc::new(Notify::new()), Arc::new(watch::Sender::new(false)));
        tokio::spawn(run(store, receiver, Arc::clone(&written), Arc::clone(&halted)));
        Self { queue, written, halted, recent: Arc::default() }
    }

    /// Take one entry in; returns after the commit is on stable storage.
    pub async fn submit(&self, entry: IntakeEntry) -> Result<Receipt, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.recent.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send((entry, reply)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy { retry_after_s: 2 },
            mpsc::error::TrySendError::Closed(_) => StoreError::IntakeStopped("the writer has ended".to_owned()),
        })?;
        match answer.await {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(e)) if e.disk() == Some(DiskFault::Full) => Err(StoreError::Full { retry_after_s: ROOM_AFTER_S }),
            Ok(Err(e)) => Err(StoreError::IntakeStopped(e.to_string())),
            Err(_) => Err(StoreError::IntakeStopped("the writer has ended".to_owned())),
        }
    }

    /// Woken after each commit; consumers wait on it.
    #[must_use]
    pub fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.written)
    }

    /// How many callers came since this was last asked: while they come, who
    /// else writes keeps it short.
    #[must_use]
    pub fn recent(&self) -> u64 {
        self.recent.swap(0, Ordering::Relaxed)
    }

    /// Take nothing in any more: the disk has failed.
    pub fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Returns when nothing is taken in any more; then the process must end.
    pub async fn halted(&self) {
        let mut state = self.halted.subscribe();
        // the sender lives in `self`: the wait cannot fail
        let _seen = state.wait_for(|halted| *halted).await;
    }
}

async fn run(
    store: Store,
    mut receiver: mpsc::Receiver<Waiting>,
    written: Arc<Notify>,
    halted: Arc<watch::Sender<bool>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    // callers that wait when it halts learn from the closed queue that nothing was acknowledged
    while !*halted.borrow() && receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (entries, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        match commit(&store, &entries).await {
            Ok(receipts) => {
                for (reply, receipt) in replies.into_iter().zip(receipts) {
                    // a caller that has left no longer needs its receipt
                    let _gone = reply.send(Ok(receipt));
                }
                written.notify_waiters();
                written.notify_one();
            }
            Err(e) => {
                tracing::error!(error = %e, "intake commit failed; nothing of the batch is acknowledged");
                let fault = e.disk();
                let shared = Arc::new(e);
                if fault == Some(DiskFault::Broken) {
                    halted.send_replace(true);
                }
                for reply in replies {
                    let _gone = reply.send(Err(Arc::clone(&shared)));
                }
                if fault == Some(DiskFault::Full)
                    && let Err(e) = store.make_room().await
                {
                    tracing::warn!(error = %e, "there is no room to copy the write-ahead log either");
                }
            }
        }
    }
}

async fn commit(store: &Store, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    let mut tx = store.begin_flow().await?;
    let receipts = append(&mut tx, entries).await?;
    tx.commit().await?;
    Ok(receipts)
}

/// Columns of a row.
const WIDTH: usize = 6;
const INSERT: Insert = Insert {
    table: "intake",
    columns: "org_id, kind, id, body_hash, body, received_at",
    numbers: &[5],
    key: "org_id, kind, id",
    returning: "seq, org_id, kind, id",
    operation: "append to the intake log",
};

/// Append entries within the caller's transaction, one receipt each, in order.
/// Used directly by bulk imports, which are all or nothing.
pub async fn append(tx: &mut Tx, entries: &[IntakeEntry]) -> Result<Vec<Receipt>, StoreError> {
    // positions must become visible in their order, or a consumer would pass one over
    tx.hold("intake").await?;
    let rows: Vec<_> = entries.iter().map(cells).collect();
    let rows = INSERT.rows(tx, &rows).await?;
    let mut new: HashMap<(String, String, String), i64> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let columns = Columns::of(row, "read a position");
        let key = (columns.text("org_id")?, columns.text("kind")?, columns.text("id")?);
        new.insert(key, columns.number("seq")?);
    }
    let mut receipts = Vec::with_capacity(entries.len());
    for e in entries {
        let key = (e.org.to_string(), e.kind.name().to_owned(), e.id.clone());
        receipts.push(match new.remove(&key) {
            Some(seq) => Receipt::Accepted { seq },
            // it had been there, or stands twice among these
            None => earlier(tx, e).await?,
        });
    }
    Ok(receipts)
}

fn cells(e: &IntakeEntry) -> [Cell<'_>; WIDTH] {
    [
        e.org.as_str().into(),
        e.kind.name().into(),
        (&e.id).into(),
        (&e.body_hash).into(),
        (&e.body).into(),
        micros(e.received_at).into(),
    ]
}

async fn earlier(tx: &mut Tx, e: &IntakeEntry) -> Result<Receipt, StoreError> {
    let row = sqlx::query("SELECT seq, body_hash FROM intake WHERE org_id = $1 AND kind = $2 AND id = $3")
        .bind(e.org.as_str())
        .bind(e.kind.name())
        .bind(e.id.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("look up an intake entry"))?;
    let hash: String = row.try_get("body_hash").map_err(StoreError::on("read a body hash"))?;
    let seq: i64 = row.try_get("seq").map_err(StoreError::on("read a position"))?;
    Ok(if is_same(&hash, &e.body_hash) { Receipt::Replayed { seq } } else { Receipt::Conflict })
}

/// Whether what is sent again under a known id is what was sent first. Nobody
/// knows any more what stood in a tombstone: then it counts as the same.
#[must_use]
pub fn is_same(stored_hash: &str, hash: &str) -> bool {
    stored_hash.is_empty() || stored_hash == hash
}

/// The body hash under which an id was taken in before; none when it is new.
pub async fn find(tx: &mut Tx, org: &OrgId, kind: IntakeKind, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT body_hash FROM intake WHERE org_id = $1 AND kind = $2 AND id = $3")
        .bind(org.as_str())
        .bind(kind.name())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("look up an intake entry"))?;
    row.map(|r| r.try_get("body_hash").map_err(StoreError::on("read a body hash"))).transpose()
}

/// Entries after a position, in order, of all organisations (for consumers); tombstones are passed over.
pub async fn after(tx: &mut Tx, seq: i64, limit: i64) -> Result<Vec<LoggedEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, org_id, kind, id, body_hash, body, received_at FROM intake WHERE seq > $1 AND body <> '' \
         ORDER BY seq LIMIT $2",
    )
    .bind(seq)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read the intake log"))?;
    rows.iter().map(logged).collect()
}

/// Entries of an organisation after a position and up to another, in order; tombstones are passed over.
pub async fn between(
    tx: &mut Tx,
    org: &OrgId,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<LoggedEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, org_id, kind, id, body_hash, body, received_at FROM intake WHERE org_id = $1 AND seq > $2 \
         AND seq <= $3 AND body <> '' ORDER BY seq LIMIT $4",
    )
    .bind(org.as_str())
    .bind(after)
    .bind(until)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("read the intake log"))?;
    rows.iter().map(logged).collect()
}

/// The last position of the log; 0 when it is empty.
pub async fn last(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS seq FROM intake")
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("read the end of the intake log"))?;
    Columns::of(&row, "read the end of the intake log").number("seq")
}

/// Make tombstones of entries; returns how many were none before.
pub async fn entomb(tx: &mut Tx, org: &OrgId, seqs: &[i64]) -> Result<u64, StoreError> {
    let mut done = 0;
    for seq in seqs {
        let one =
            sqlx::query("UPDATE intake SET body = '', body_hash = '' WHERE org_id = $1 AND seq = $2 AND body <> ''")
                .bind(org.as_str())
                .bind(*seq)
                .execute(&mut **tx)
                .await
                .map_err(StoreError::on("make a tombstone in the intake log"))?;
        done += one.rows_affected();
    }
    Ok(done)
}

fn logged(row: &sqlx::any::AnyRow) -> Result<LoggedEntry, StoreError> {
    let read = StoreError::on("read an intake entry");
    (|| {
        let kind: String = row.try_get("kind")?;
        Ok::<_, sqlx::Error>((
            row.try_get("seq")?,
            row.try_get::<String, _>("org_id")?,
            kind,
            row.try_get("id")?,
            row.try_get("body_hash")?,
            row.try_get("body")?,
            row.try_get::<i64, _>("received_at")?,
        ))
    })()
    .map_err(read)
    .and_then(|(seq, org, kind, id, body_hash, body, at)| {
        let kind = IntakeKind::parse(&kind).ok_or_else(|| StoreError::corrupt("intake.kind", &kind))?;
        let entry = IntakeEntry {
            org: OrgId::stored(org),
            kind,
            id,
            body_hash,
            body,
            received_at: peakend_domain::timestamp(at),
        };
        Ok(LoggedEntry { seq, entry })
    })
}

/// The position a consumer has reached, in a transaction that means to move it:
/// others that mean to, on this server or another, wait until it ends.
pub async fn offset_to_move(tx: &mut Tx, consumer: &'static str) -> Result<i64, StoreError> {
    tx.hold(consumer).await?;
    offset(tx, consumer).await
}

/// The position a consumer has reached; 0 before it ever ran.
pub async fn offset(tx: &mut Tx, consumer: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT seq FROM consumer WHERE name = $1")
        .bind(consumer)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("read a consumer's position"))?;
    row.map_or(Ok(0), |r| r.try_get("seq").map_err(StoreError::on("read a consumer's position")))
}

/// Move a consumer on, in the transaction that holds its effects: exactly once.
pub async fn advance(tx: &mut Tx, consumer: &str, seq: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO consumer (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq")
        .bind(consumer)
        .bind(seq)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("advance a consumer"))?;
    Ok(())
}
