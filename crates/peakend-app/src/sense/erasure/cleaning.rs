//! The job: no byte of erased persons stays in log, reports, warehouse or pages.

use jiff::Timestamp;
use peakend_domain::OrgId;
use peakend_domain::sense::erasure::{Erasure, ErasureState};
use peakend_store::sense::erasure as store;
use peakend_store::sense::{import, intake};

use super::traces;
use crate::{App, Error};

impl App {
    /// Finish every erasure of an organisation that is not done; returns how many there were.
    pub async fn finish_erasures(&self, org: &OrgId) -> Result<u64, Error> {
        let mut tx = self.store.read().await?;
        let all = store::all(&mut tx, org).await?;
        drop(tx);
        let mut waiting: Vec<Erasure> = all.into_iter().filter(|e| e.state == ErasureState::Requested).collect();
        if waiting.is_empty() {
            return Ok(0);
        }
        self.empty_log(org, &mut waiting).await?;
        self.empty_reports(org, &mut waiting).await?;
        self.empty_warehouse(org, &mut waiting).await?;
        self.store.scrub().await?;
        self.close(org, &mut waiting, self.now()).await?;
        Ok(waiting.len() as u64)
    }

    /// Make tombstones of the entries that name an erased person: identify
    /// entries, and what never became a voice or an event.
    async fn empty_log(&self, org: &OrgId, waiting: &mut [Erasure]) -> Result<(), Error> {
        let until = waiting.iter().map(|e| e.until_seq).max().unwrap_or(0);
        let mut from = 0;
        loop {
            let mut tx = self.store.read().await?;
            let entries = intake::between(&mut tx, org, from, until, traces::PAGE).await?;
            drop(tx);
            let Some(last) = entries.last() else { return Ok(()) };
            from = last.seq;
            let found = traces::of(waiting, &entries);
            if found.is_empty() {
                continue;
            }
            let mut tx = self.store.begin().await?;
            for (index, seq) in found {
                let gone = intake::entomb(&mut tx, org, &[seq]).await?;
                if let Some(erasure) = waiting.get_mut(index) {
                    erasure.counts.log_entries += gone;
                    store::put(&mut tx, org, erasure).await?;
                }
            }
            tx.commit().await?;
        }
    }

    async fn empty_reports(&self, org: &OrgId, waiting: &mut [Erasure]) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        let changed = import::forget_messages(&mut tx, org, Timestamp::MAX).await?;
        if let Some(first) = waiting.first_mut() {
            first.counts.imports += changed;
            store::put(&mut tx, org, first).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn empty_warehouse(&self, org: &OrgId, waiting: &mut [Erasure]) -> Result<(), Error> {
        // a batch that the pump has committed but not yet appended would bring rows back
        let _alone = self.pumping.lock().await;
        let _unfollowed = self.following.lock().await;
        let ids: Vec<String> = waiting.iter().flat_map(Erasure::ids).collect();
        let rows = self.warehouse.erase(org.as_str(), &ids).await?;
        if let Some(first) = waiting.first_mut() {
            first.counts.warehouse_rows += rows;
            let mut tx = self.store.begin().await?;
            store::put(&mut tx, org, first).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn close(&self, org: &OrgId, waiting: &mut [Erasure], at: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        for erasure in waiting {
            erasure.state = ErasureState::Done { at };
            store::put(&mut tx, org, erasure).await?;
        }
        Ok(tx.commit().await?)
    }
}
