//! The warehouse as the floors above see it.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use peakend_query::{
    AttributeName, CohortQuestion, Cohorts, DayRange, EventFact, Funnel, FunnelQuestion, JointRow, Loaded, Migration,
    MigrationQuestion, OutcomeFact, OutcomeQuestion, Question, Ranked, RankingQuestion, Retention, Table, VoiceFact,
    VoiceList, VoicePage, Warehouse, WarehouseError,
};

use tokio::sync::OwnedMutexGuard;

use crate::bulk::{self, Bulk, BulkOutcome, BulkRefusal};
use crate::codes::Work;
use crate::engine::{Engine, Settings};
use crate::event::{self, Digests, Happened};
use crate::fault::storage;
use crate::home::Home;
use crate::hot::CHUNK;
use crate::org::{Org, Snapshot};
use crate::{answer, compact, counted, erase, expire, list, outcome, ranking, revise, rewrite};

/// Parquet segments under one folder, a hot tail in memory, one engine over both.
///
/// One process at a time may have a folder open. Cloning is cheap through `Arc`.
#[derive(Debug)]
pub struct SegmentWarehouse {
    root: PathBuf,
    engine: Engine,
    orgs: RwLock<HashMap<String, Arc<Org>>>,
    home: Option<Arc<dyn Home>>,
    /// Locked while open.
    _lock: File,
}

impl SegmentWarehouse {
    /// Open or create the warehouse in a folder. Reads every segment once to
    /// compare its checksum, and removes files that no manifest names. Blocking.
    ///
    /// # Errors
    /// `Damaged` naming the file when a segment or manifest is not what was
    /// written; `Storage` when the folder cannot be used or is open elsewhere.
    pub fn open(dir: &Path, settings: Settings) -> Result<Self, WarehouseError> {
        Self::open_at(dir, settings, None)
    }

    /// The same, its files lying in a store of several servers too.
    pub(crate) fn open_at(dir: &Path, settings: Settings, home: Option<Arc<dyn Home>>) -> Result<Self, WarehouseError> {
        fs::create_dir_all(dir).map_err(storage("create", dir))?;
        let root = dir.canonicalize().map_err(storage("open", dir))?;
        let path = root.join("lock");
        let lock = File::create(&path).map_err(storage("create", &path))?;
        lock.try_lock().map_err(|e| match e {
            TryLockError::Error(e) => storage("lock", &path)(e),
            TryLockError::WouldBlock => {
                storage("lock", &path)("another process has this warehouse open; stop it first")
            }
        })?;
        let mut orgs = HashMap::new();
        for entry in root.read_dir().map_err(storage("list", &root))? {
            let entry = entry.map_err(storage("list", &root))?;
            if entry.file_name().to_string_lossy().starts_with("org-")
                && let Some((name, org)) = Org::open(entry.path(), settings.rollup, home.clone())?
            {
                orgs.insert(name, Arc::new(org));
            }
        }
        let engine = Engine::start(&root.join("spill"), settings)?;
        Ok(Self { root, engine, orgs: RwLock::new(orgs), home, _lock: lock })
    }

    /// Load whole files of voices, all or nothing; the same files again change
    /// nothing. Questions go on meanwhile, other writes wait.
    ///
    /// # Errors
    /// Says which row, field or column is wrong; nothing was loaded then.
    pub async fn load(&self, bulk: Bulk) -> Result<BulkOutcome, BulkRefusal> {
        let found = self.known_or_new(&bulk.org);
        let held = Arc::clone(&found.writing).lock_owned().await;
        let threads = self.engine.threads();
        let loading = self.engine.write("load files", move || {
            let outcome = bulk::load(&found, &bulk, threads);
            drop(held);
            Ok(outcome)
        });
        loading.await?
    }

    /// Write every segment of an organisation anew, with the coded columns and stored
    /// counts that this version keeps; returns how many rows. Answers do not change,
    /// and go on meanwhile; other writes wait. `progress` counts the rows done.
    ///
    /// # Errors
    /// When a file cannot be read or written; segments done until then stay.
    pub async fn rebuild(&self, org: &str, progress: Arc<AtomicU64>) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        let same = move |piece: RecordBatch| {
            let rows = piece.num_rows() as u64;
            progress.fetch_add(rows, Ordering::Relaxed);
            Ok((piece, rows))
        };
        let (rows, _held) =
            rewrite::rewrite(&self.engine, "rebuild segments", &found, found.segments(), same, held).await?;
        Ok(rows)
    }

    /// The organisations that have rows, with how many are sealed.
    #[must_use]
    pub fn organisations(&self) -> Vec<(String, u64)> {
        let orgs = self.orgs.read().unwrap_or_else(PoisonError::into_inner);
        let sealed = |org: &Org| org.segments().iter().map(|s| s.entry.rows).sum();
        let mut all: Vec<(String, u64)> = orgs.iter().map(|(name, org)| (name.clone(), sealed(org))).collect();
        all.sort();
        all
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn known(&self, org: &str) -> Option<Arc<Org>> {
        self.orgs.read().unwrap_or_else(PoisonError::into_inner).get(org).cloned()
    }

    pub(crate) fn known_or_new(&self, org: &str) -> Arc<Org> {
        self.known(org).unwrap_or_else(|| {
            let mut orgs = self.orgs.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                orgs.entry(org.to_owned())
                    .or_insert_with(|| Arc::new(Org::new(&self.root, org, self.engine.rollup(), self.home.clone()))),
            )
        })
    }

    pub(crate) fn snapshot(&self, org: &str, from: i32, to: i32) -> Result<Snapshot, WarehouseError> {
        self.known(org).map_or_else(|| Ok(Snapshot::empty()), |org| org.voices(from, to))
    }

    fn happened(&self, org: &str, days: DayRange) -> Happened {
        self.known(org).map_or_else(Happened::nothing, |org| org.happened(days.from, days.to))
    }

    /// Outcome segments that may hold these months, in the order of loading.
    pub(crate) fn outcome_segments(&self, org: &str, from: i32, to: i32) -> Vec<Arc<crate::segment::Segment>> {
        self.known(org).map(|org| org.outcomes(from, to)).unwrap_or_default()
    }

    /// Merge after a write. The write itself is done: a merge that fails is tried
    /// again after the next one.
    async fn tidy(&self, name: &str, org: &Arc<Org>, writing: OwnedMutexGuard<()>) {
        if let Err(error) = compact::compact(&self.engine, org, writing).await {
            tracing::warn!(org = name, %error, "small segments could not be merged; they stay as they are");
        }
    }
}

#[async_trait]
impl Warehouse for SegmentWarehouse {
    async fn answer(&self, question: &Question) -> Result<Table, WarehouseError> {
        let snapshot = self.snapshot(&question.org, question.period.from, question.period.to)?;
        answer::answer(&self.engine, snapshot, question).await
    }

    async fn joint(&self, question: &Question) -> Result<Vec<JointRow>, WarehouseError> {
        let snapshot = self.snapshot(&question.org, question.period.from, question.period.to)?;
        match counted::sources(&self.engine, &snapshot, question) {
            Some(sources) => counted::joint(&self.engine, sources, question).await,
            None => list::every(&self.engine, snapshot, question.period, &question.filter)
                .await
                .map(|voices| JointRow::of(&question.by, voices.iter().filter(|v| question.counting.matches(v)))),
        }
    }

    async fn migration(&self, question: &MigrationQuestion) -> Result<Migration, WarehouseError> {
        let whole = counted::whole(question);
        let both = whole.period;
        let snapshot = self.snapshot(&question.org, both.from, both.to)?;
        match counted::sources(&self.engine, &snapshot, &whole) {
            Some(sources) => counted::migration(&self.engine, sources, question).await,
            None => {
                let voices = list::every(&self.engine, snapshot, both, &question.filter).await?;
                Ok(Migration::of(question, voices.iter()))
            }
        }
    }

    async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        let Some(org) = self.known(&question.org) else { return Ok(Vec::new()) };
        let snapshot = org.voices(question.period.from, question.period.to)?;
        ranking::ranking(&self.engine, &org, snapshot, question).await
    }

    async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        let snapshot = self.snapshot(&list.org, list.period.from, list.period.to)?;
        list::list(&self.engine, snapshot, list).await
    }

    async fn attributes(&self, org: &str) -> Result<BTreeSet<AttributeName>, WarehouseError> {
        Ok(self.known(org).map(|org| org.attributes()).unwrap_or_default())
    }

    async fn append(&self, org: &str, voices: Vec<VoiceFact>) -> Result<(), WarehouseError> {
        let found = self.known_or_new(org);
        if voices.len() < CHUNK {
            return found.append(voices);
        }
        // columns of many rows take milliseconds: not on a thread that serves requests
        self.engine.write("take new voices", move || found.append(voices)).await
    }

    async fn seal(&self, org: &str) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        let sealing = Arc::clone(&found);
        let (sealed, writing) = self.engine.write("seal voices", move || Ok((compact::seal(&sealing)?, held))).await?;
        if sealed > 0 {
            self.tidy(org, &found, writing).await;
        }
        Ok(sealed)
    }

    async fn position(&self, org: &str) -> Result<u64, WarehouseError> {
        Ok(self.known(org).map_or(0, |org| org.manifest().sealed))
    }

    async fn head(&self, org: &str) -> Result<u64, WarehouseError> {
        Ok(self.known(org).map_or(0, |org| org.head()))
    }

    async fn load_outcomes(&self, org: &str, batch: &str, rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError> {
        let found = self.known_or_new(org);
        let held = Arc::clone(&found.writing).lock_owned().await;
        let (loading, batch) = (Arc::clone(&found), batch.to_owned());
        let (loaded, writing) =
            self.engine.write("load outcomes", move || Ok((outcome::load(&loading, batch, rows)?, held))).await?;
        if loaded != Loaded::AlreadyThere {
            self.tidy(org, &found, writing).await;
        }
        Ok(loaded)
    }

    async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        match self.known(&question.org) {
            Some(org) => outcome::outcomes(&self.engine, &org, question).await,
            None => Ok(Vec::new()),
        }
    }

    async fn funnel(&self, question: &FunnelQuestion) -> Result<Funnel, WarehouseError> {
        let (happened, q) = (self.happened(&question.org, question.days()), question.clone());
        let at_once = self.engine.events_at_once();
        let count = move |work: Work<'_>| event::funnel(&happened, &q, &Digests::of(&q.persons), at_once, work);
        self.engine.count("follow persons along steps", count).await
    }

    async fn cohorts(&self, question: &CohortQuestion) -> Result<Cohorts, WarehouseError> {
        let days = DayRange { from: i32::MIN, to: i32::MAX };
        let (happened, q) = (self.happened(&question.org, days), question.clone());
        let at_once = self.engine.events_at_once();
        let count = move |work: Work<'_>| event::cohorts(&happened, &q, &Digests::of(&q.persons), at_once, work);
        self.engine.count("count who came back", count).await
    }

    async fn append_events(&self, org: &str, events: Vec<EventFact>) -> Result<(), WarehouseError> {
        self.known_or_new(org).append_events(events);
        Ok(())
    }

    async fn seal_events(&self, org: &str) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        let sealing = Arc::clone(&found);
        let (sealed, writing) = self.engine.write("seal events", move || Ok((event::seal(&sealing)?, held))).await?;
        if sealed > 0 {
            self.tidy(org, &found, writing).await;
        }
        Ok(sealed)
    }

    async fn event_head(&self, org: &str) -> Result<u64, WarehouseError> {
        Ok(self.known(org).map_or(0, |org| org.event_head()))
    }

    async fn erase(&self, org: &str, persons: &[String]) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        erase::erase(&self.engine, &found, persons, held).await
    }

    async fn revise(&self, org: &str, voices: Vec<VoiceFact>) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org).filter(|_| !voices.is_empty()) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        revise::revise(&self.engine, &found, voices, held).await
    }

    async fn expire(&self, org: &str, keep: Retention) -> Result<u64, WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(0) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        expire::expire(&self.engine, &found, keep, held).await
    }

    async fn clear(&self, org: &str) -> Result<(), WarehouseError> {
        let Some(found) = self.known(org) else { return Ok(()) };
        let held = Arc::clone(&found.writing).lock_owned().await;
        self.engine.write("clear the warehouse", move || found.clear().map(|()| drop(held))).await
    }
}
