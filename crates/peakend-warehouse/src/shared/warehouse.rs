//! A warehouse whose sealed files several servers share.
//!
//! Every server has its own hot tail, read from the common log. Whoever seals
//! first replaces the manifest; the others find theirs outdated, take the new
//! one over and drop the hot rows it holds.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use peakend_query::{
    AttributeName, CohortQuestion, Cohorts, EventFact, Funnel, FunnelQuestion, JointRow, Loaded, Migration,
    MigrationQuestion, OutcomeFact, OutcomeQuestion, Question, Ranked, RankingQuestion, Retention, Table, VoiceFact,
    VoiceList, VoicePage, Warehouse, WarehouseError,
};

use super::bucket::Bucket;
use super::catch_up::{follow, prepare};
use crate::engine::Settings;
use crate::fault::{engine as fault, was_overtaken};
use crate::home::Home;
use crate::org::Org;
use crate::warehouse::SegmentWarehouse;

/// How often a write that was overtaken is tried again.
const TRIES: usize = 8;

/// Segments in a bucket, with this server's disk as their cache.
#[derive(Debug)]
pub struct SharedWarehouse {
    local: SegmentWarehouse,
    bucket: Arc<Bucket>,
}

/// Repeat a write as long as other servers overtake it.
macro_rules! until_done {
    ($self:ident, $org:ident, $write:expr) => {{
        let mut tries = 0;
        loop {
            $self.catch_up($org).await?;
            match $write.await {
                Err(error) if was_overtaken(&error) && tries < TRIES => tries += 1,
                other => break other,
            }
        }
    }};
}

impl SharedWarehouse {
    /// Fetch what is missing in a folder, then open it. What the folder has and the
    /// bucket lacks (a server that ran alone before) is sent with the next write.
    ///
    /// # Errors
    /// Like [`SegmentWarehouse::open`]; `Storage` when the bucket cannot be read.
    pub async fn open(dir: &Path, settings: Settings, bucket: Bucket) -> Result<Self, WarehouseError> {
        let (dir, bucket) = (dir.to_owned(), Arc::new(bucket));
        let open = move || {
            std::fs::create_dir_all(&dir).map_err(crate::fault::storage("create", &dir))?;
            let versions = prepare(&bucket, &dir)?;
            let home: Arc<dyn Home> = Arc::clone(&bucket) as Arc<dyn Home>;
            let local = SegmentWarehouse::open_at(&dir, settings, Some(home))?;
            for (name, version) in versions {
                if let Some(org) = local.known(&name) {
                    *org.version.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(version);
                }
            }
            Ok(Self { local, bucket })
        };
        tokio::task::spawn_blocking(open).await.map_err(fault("open the warehouse"))?
    }

    /// The segments and hot rows of this server.
    #[must_use]
    pub fn local(&self) -> &SegmentWarehouse {
        &self.local
    }

    /// Take over what other servers sealed, loaded, changed or erased; returns
    /// whether hot rows were dropped that the caller reads from the log again.
    ///
    /// # Errors
    /// `Storage` when the bucket cannot be read, `Damaged` when a file there is.
    pub async fn catch_up(&self, org: &str) -> Result<bool, WarehouseError> {
        let found = self.local.known_or_new(org);
        let held = Arc::clone(&found.writing).lock_owned().await;
        let bucket = Arc::clone(&self.bucket);
        let follow = move || {
            let turned = follow(&bucket, &found);
            drop(held);
            turned
        };
        tokio::task::spawn_blocking(follow).await.map_err(fault("take over segments"))?
    }

    /// Tell the other servers to read their hot rows again.
    async fn turn(&self, org: &str) -> Result<(), WarehouseError> {
        until_done!(self, org, async {
            let found = self.local.known_or_new(org);
            let held = Arc::clone(&found.writing).lock_owned().await;
            let turn = move || {
                let done = turned(&found);
                drop(held);
                done
            };
            tokio::task::spawn_blocking(turn).await.map_err(fault("tell other servers"))?
        })
    }
}

/// The same segments, one turn later. Blocking.
fn turned(org: &Org) -> Result<(), WarehouseError> {
    org.settle()?;
    let mut next = crate::manifest::Manifest::clone(&org.manifest());
    next.turns += 1;
    org.publish(next, 0)
}

#[async_trait]
impl Warehouse for SharedWarehouse {
    fn is_shared(&self) -> bool {
        true
    }

    async fn answer(&self, question: &Question) -> Result<Table, WarehouseError> {
        self.local.answer(question).await
    }

    async fn joint(&self, question: &Question) -> Result<Vec<JointRow>, WarehouseError> {
        self.local.joint(question).await
    }

    async fn migration(&self, question: &MigrationQuestion) -> Result<Migration, WarehouseError> {
        self.local.migration(question).await
    }

    async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        self.local.ranking(question).await
    }

    async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        self.local.voices(list).await
    }

    async fn outcomes(&self, question: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        self.local.outcomes(question).await
    }

    async fn attributes(&self, org: &str) -> Result<BTreeSet<AttributeName>, WarehouseError> {
        self.local.attributes(org).await
    }

    async fn append(&self, org: &str, voices: Vec<VoiceFact>) -> Result<(), WarehouseError> {
        self.local.append(org, voices).await
    }

    async fn seal(&self, org: &str) -> Result<u64, WarehouseError> {
        until_done!(self, org, self.local.seal(org))
    }

    async fn position(&self, org: &str) -> Result<u64, WarehouseError> {
        self.local.position(org).await
    }

    async fn head(&self, org: &str) -> Result<u64, WarehouseError> {
        // whoever asks for the head goes on from there: not from where others have been
        self.catch_up(org).await?;
        self.local.head(org).await
    }

    async fn load_outcomes(&self, org: &str, batch: &str, rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError> {
        until_done!(self, org, self.local.load_outcomes(org, batch, rows.clone()))
    }

    async fn funnel(&self, question: &FunnelQuestion) -> Result<Funnel, WarehouseError> {
        self.local.funnel(question).await
    }

    async fn cohorts(&self, question: &CohortQuestion) -> Result<Cohorts, WarehouseError> {
        self.local.cohorts(question).await
    }

    async fn append_events(&self, org: &str, events: Vec<EventFact>) -> Result<(), WarehouseError> {
        self.local.append_events(org, events).await
    }

    async fn seal_events(&self, org: &str) -> Result<u64, WarehouseError> {
        until_done!(self, org, self.local.seal_events(org))
    }

    async fn event_head(&self, org: &str) -> Result<u64, WarehouseError> {
        // as with the head of voices
        self.catch_up(org).await?;
        self.local.event_head(org).await
    }

    async fn erase(&self, org: &str, persons: &[String]) -> Result<u64, WarehouseError> {
        let gone = until_done!(self, org, self.local.erase(org, persons))?;
        self.turn(org).await.map(|()| gone)
    }

    async fn revise(&self, org: &str, voices: Vec<VoiceFact>) -> Result<u64, WarehouseError> {
        let changed = until_done!(self, org, self.local.revise(org, voices.clone()))?;
        self.turn(org).await.map(|()| changed)
    }

    async fn expire(&self, org: &str, keep: Retention) -> Result<u64, WarehouseError> {
        let gone = until_done!(self, org, self.local.expire(org, keep.clone()))?;
        self.turn(org).await.map(|()| gone)
    }

    async fn clear(&self, org: &str) -> Result<(), WarehouseError> {
        until_done!(self, org, self.local.clear(org))
    }
}
