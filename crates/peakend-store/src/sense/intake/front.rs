//! Taking in over the journal: ids are looked up, and what is new is synced there.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use peakend_domain::OrgId;
use tokio::sync::watch;

use super::journal::Owned;
use super::mover::keep_moving;
use super::writer::{Ack, Shared};
use super::{IntakeEntry, IntakeKind, is_same, known};
use crate::{Store, StoreError};

/// Pauses at the gate until callers are told to come back, and their length.
const AT_THE_GATE: (u32, Duration) = (10_000, Duration::from_millis(2));

/// What makes an id unique.
type Key<'a> = (&'a str, IntakeKind, &'a str);

/// Where entries come in while this process owns the journal.
#[derive(Debug)]
pub(super) struct Front {
    store: Store,
    shared: Arc<Shared>,
    /// None only while it writes.
    owned: Option<Owned>,
    /// Number of the file that grows; the mover goes on until this is dropped.
    growing: watch::Sender<u64>,
}

impl Front {
    /// Own the journal and move it from now on; none while another process owns it.
    pub(super) async fn begin(store: &Store, shared: &Arc<Shared>) -> Option<Self> {
        let owned = Owned::own(store)
            .await
            .inspect_err(
                |e| tracing::warn!(error = %e, "the intake journal cannot be owned; the log is written instead"),
            )
            .ok()??;
        let (growing, numbers) = watch::channel(owned.growing());
        shared.pending.own();
        tokio::spawn(keep_moving(store.clone(), Arc::clone(shared), numbers));
        Some(Self { store: store.clone(), shared: Arc::clone(shared), owned: Some(owned), growing })
    }

    /// Returns when there is room for more that waits to be moved.
    pub(super) async fn room(&self) {
        self.shared.pending.room().await;
    }

    /// Make durable what is new among entries; one receipt each, in order.
    pub(super) async fn take_in(&mut self, entries: Vec<IntakeEntry>) -> Result<Vec<Ack>, StoreError> {
        // while the log has no room, the journal takes nothing either
        self.shared.pending.unstuck().await?;
        let owned = self.owned.as_ref().ok_or_else(lost)?;
        for pause in 0.. {
            if owned.enter()? {
                break;
            }
            if pause == AT_THE_GATE.0 {
                return Err(StoreError::Busy { retry_after_s: 2 });
            }
            tokio::time::sleep(AT_THE_GATE.1).await;
        }
        let done = self.behind_the_gate(entries).await;
        self.owned.as_ref().map_or(Ok(()), Owned::leave)?;
        done
    }

    async fn behind_the_gate(&mut self, entries: Vec<IntakeEntry>) -> Result<Vec<Ack>, StoreError> {
        let acks = self.look_up(&entries).await?;
        let mut answers = acks.iter();
        let new: Vec<IntakeEntry> = entries.into_iter().filter(|_| answers.next() == Some(&Ack::Accepted)).collect();
        if new.is_empty() {
            return Ok(acks);
        }
        let mut owned = self.owned.take().ok_or_else(lost)?;
        let written = tokio::task::spawn_blocking(move || {
            let place = owned.write(&new);
            (owned, new, place)
        });
        let (owned, new, place) = written.await.map_err(|_| lost())?;
        let number = owned.growing();
        self.owned = Some(owned);
        self.growing.send_if_modified(|known| std::mem::replace(known, number) != number);
        self.shared.pending.keep(place?, new);
        Ok(acks)
    }

    /// What each entry is: new, or known from among these, the journal or the log.
    async fn look_up(&self, entries: &[IntakeEntry]) -> Result<Vec<Ack>, StoreError> {
        let waiting: Vec<Option<bool>> =
            entries.iter().map(|e| self.shared.pending.same(&e.org, e.kind, &e.id, &e.body_hash)).collect();
        // after the journal: what is moved meanwhile is found in one or the other
        let mut asked: BTreeMap<(&OrgId, &str), (IntakeKind, Vec<&str>)> = BTreeMap::new();
        for (e, _) in entries.iter().zip(&waiting).filter(|(_, waiting)| waiting.is_none()) {
            asked.entry((&e.org, e.kind.name())).or_insert_with(|| (e.kind, Vec::new())).1.push(&e.id);
        }
        let mut logged = HashMap::new();
        for ((org, _), (kind, ids)) in asked {
            let found = known(&self.store, org, kind, &ids).await?;
            logged.extend(found.into_iter().map(|(id, hash)| ((org.clone(), kind, id), hash)));
        }
        let mut new: HashMap<Key<'_>, &str> = HashMap::with_capacity(entries.len());
        let one = |(e, waiting): (&'_ _, Option<bool>)| {
            let e: &IntakeEntry = e;
            if let Some(same) = waiting {
                return Ack::again(same);
            }
            if !logged.is_empty()
                && let Some(hash) = logged.get(&(e.org.clone(), e.kind, e.id.clone()))
            {
                return Ack::again(is_same(hash, &e.body_hash));
            }
            Ack::Accepted
        };
        let mut acks: Vec<Ack> = entries.iter().zip(waiting).map(one).collect();
        for (e, ack) in entries.iter().zip(&mut acks).filter(|(_, ack)| **ack == Ack::Accepted) {
            match new.entry((e.org.as_str(), e.kind, &e.id)) {
                Entry::Occupied(first) => *ack = Ack::again(*first.get() == e.body_hash),
                Entry::Vacant(place) => drop(place.insert(&e.body_hash)),
            }
        }
        Ok(acks)
    }
}

fn lost() -> StoreError {
    StoreError::IntakeStopped("the journal's thread has ended".to_owned())
}
