//! Taking in over the journal: ids are looked up, and what is new is synced there.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use peakend_domain::OrgId;
use tokio::sync::watch;

use super::journal::{Owned, Place};
use super::mover::keep_moving;
use super::writer::{Ack, Shared};
use super::{IntakeEntry, IntakeKind, is_same, known};
use crate::{Store, StoreError};

/// Pauses at the gate until callers are told to come back, and their length.
const AT_THE_GATE: (u32, Duration) = (10_000, Duration::from_millis(2));

/// Body hashes by what makes an id unique.
type Logged = HashMap<(OrgId, IntakeKind, String), String>;

/// The journal after a write, and where the group stands, if there was anything to write.
type Written = (Owned, Result<Option<Place>, StoreError>);

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
        tokio::spawn(keep_moving(store.clone(), Arc::clone(shared), numbers, owned.growing()));
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
        let owned = self.owned.as_ref().ok_or_else(|| self.lost())?;
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

    /// Entries are written while they are looked up in the log. When some are found
    /// there, the group is written anew without them: what is sent again may be what
    /// was erased, and must not stay.
    async fn behind_the_gate(&mut self, entries: Vec<IntakeEntry>) -> Result<Vec<Ack>, StoreError> {
        let pending = &self.shared.pending;
        let waiting: Vec<_> = entries.iter().map(|e| pending.same(&e.org, e.kind, &e.id, &e.body_hash)).collect();
        let unknown: Vec<bool> = waiting.iter().map(Option::is_none).collect();
        if !unknown.contains(&true) {
            return Ok(waiting.into_iter().flatten().map(Ack::again).collect());
        }
        let entries = Arc::new(entries);
        let owned = self.owned.take().ok_or_else(|| self.lost())?;
        let (logged, written) =
            tokio::join!(self.in_log(&entries, &unknown), write(owned, None, Arc::clone(&entries), unknown.clone()));
        let mut place = self.keep(written)?;
        // nothing is new to whoever cannot look
        let acks = logged.map(|logged| told(&entries, waiting, &logged));
        let told = acks.as_deref().unwrap_or_default().iter().map(|ack| *ack == Ack::Accepted);
        let new: Vec<bool> = told.chain(std::iter::repeat(false)).take(entries.len()).collect();
        if new != unknown {
            let owned = self.owned.take().ok_or_else(|| self.lost())?;
            place = self.keep(write(owned, place, Arc::clone(&entries), new.clone()).await)?;
        }
        let acks = acks?;
        if let Some(place) = place {
            let entries = Arc::try_unwrap(entries).unwrap_or_else(|shared| (*shared).clone());
            let mut new = new.into_iter();
            self.shared.pending.keep(place, entries.into_iter().filter(|_| new.next() == Some(true)).collect());
        }
        Ok(acks)
    }

    /// Own the journal again after it was written; where the group stands.
    fn keep(&mut self, written: Option<Written>) -> Result<Option<Place>, StoreError> {
        let (owned, place) = written.ok_or_else(|| self.lost())?;
        let number = owned.growing();
        self.owned = Some(owned);
        self.growing.send_if_modified(|known| std::mem::replace(known, number) != number);
        place
    }

    /// The thread that wrote has ended, and with it the journal: nothing can be taken in.
    fn lost(&self) -> StoreError {
        self.shared.halt();
        StoreError::IntakeStopped("the journal's thread has ended".to_owned())
    }

    /// Body hashes of those entries that stand in the log.
    async fn in_log(&self, entries: &[IntakeEntry], which: &[bool]) -> Result<Logged, StoreError> {
        let mut asked: BTreeMap<(&OrgId, &str), (IntakeKind, Vec<&str>)> = BTreeMap::new();
        for e in chosen(entries, which) {
            asked.entry((&e.org, e.kind.name())).or_insert_with(|| (e.kind, Vec::new())).1.push(&e.id);
        }
        let mut logged = Logged::new();
        for ((org, _), (kind, ids)) in asked {
            let found = known(&self.store, org, kind, &ids).await?;
            logged.extend(found.into_iter().map(|(id, hash)| ((org.clone(), kind, id), hash)));
        }
        Ok(logged)
    }
}

/// What each entry is: told before by what waits, by the log or by one before it among these, or else new.
fn told(entries: &[IntakeEntry], waiting: Vec<Option<bool>>, logged: &Logged) -> Vec<Ack> {
    let mut first: HashMap<(&str, IntakeKind, &str), &str> = HashMap::with_capacity(entries.len());
    let mut acks = Vec::with_capacity(entries.len());
    for (e, waiting) in entries.iter().zip(waiting) {
        // as a rule it is empty, and nothing is copied to be looked up in it
        let before = if logged.is_empty() { None } else { logged.get(&(e.org.clone(), e.kind, e.id.clone())) };
        let known = waiting.or_else(|| before.map(|hash| is_same(hash, &e.body_hash)));
        acks.push(match known {
            Some(same) => Ack::again(same),
            None => match first.entry((e.org.as_str(), e.kind, &e.id)) {
                Entry::Occupied(first) => Ack::again(*first.get() == e.body_hash),
                Entry::Vacant(place) => {
                    place.insert(&e.body_hash);
                    Ack::Accepted
                }
            },
        });
    }
    acks
}

/// Write some of the entries as a group, in place of one that was written just now;
/// where it stands, when there is anything to write. None when the writing broke off.
async fn write(
    mut owned: Owned,
    instead: Option<Place>,
    entries: Arc<Vec<IntakeEntry>>,
    which: Vec<bool>,
) -> Option<Written> {
    let written = tokio::task::spawn_blocking(move || {
        let taken_back = instead.map_or(Ok(()), |place| owned.take_back(place));
        let place = taken_back.and_then(|()| {
            let any = which.contains(&true);
            any.then(|| owned.write(chosen(&entries, &which))).transpose()
        });
        drop(entries);
        (owned, place)
    });
    written.await.ok()
}

fn chosen<'a>(entries: &'a [IntakeEntry], which: &[bool]) -> impl Iterator<Item = &'a IntakeEntry> {
    entries.iter().zip(which).filter(|(_, chosen)| **chosen).map(|(entry, _)| entry)
}
