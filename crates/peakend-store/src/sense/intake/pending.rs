//! What the journal holds and the log does not yet.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use peakend_domain::OrgId;
use tokio::sync::{Notify, watch};

use super::journal::Place;
use super::{IntakeEntry, IntakeKind};
use crate::{DiskFault, Store, StoreError};

/// Entries that may wait, before intake waits for them.
const MOST: usize = 1_000_000;

/// Seconds after which a caller tries again when the log has no room.
const FULL_S: u32 = 5;
/// Bytes kept in memory at most, and moved together; what is beyond is read from the journal again.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that an entry takes beside its body, about.
const BESIDE: usize = 256;

/// Groups that wait to be moved, in order, with the ids in them.
#[derive(Debug, Default)]
pub(super) struct Pending {
    prints: Prints,
    kept: Mutex<Kept>,
    /// There is something to move.
    wake: Notify,
    progress: watch::Sender<Progress>,
}

/// How far moving is.
#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    /// Whether this process owns the journal, and moves it.
    owned: bool,
    /// Number of the last group that was moved.
    moved: u64,
    /// Turns that failed.
    failed: u64,
    /// Whether the log had no room at the last turn.
    full: bool,
    /// Whether nothing is moved any more.
    ended: bool,
}

#[derive(Debug, Default)]
struct Kept {
    groups: VecDeque<Group>,
    /// Print of the body, by that of the id.
    ids: HashMap<u128, u128>,
    bytes: usize,
    /// Number of the last group.
    last: u64,
}

/// A group that was synced.
#[derive(Debug)]
pub(super) struct Group {
    /// Where it stands.
    pub(super) place: Place,
    /// What it holds, while there is room for that.
    pub(super) entries: Option<Vec<IntakeEntry>>,
    ids: Vec<u128>,
    bytes: usize,
}

/// Hashes of 128 bits with keys of this process: they do not meet by chance, nor on purpose.
#[derive(Debug, Default)]
struct Prints([RandomState; 2]);

impl Prints {
    fn of(&self, what: impl Hash) -> u128 {
        let [high, low] = self.0.each_ref().map(|state| u128::from(state.hash_one(&what)));
        high << 64 | low
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an id waits, and if so, whether with this body.
    pub(super) fn same(&self, org: &OrgId, kind: IntakeKind, id: &str, body_hash: &str) -> Option<bool> {
        let known = self.lock().ids.get(&self.prints.of((org.as_str(), kind, id))).copied();
        known.map(|body| body == self.prints.of(body_hash))
    }

    /// Remember a group that was synced.
    pub(super) fn keep(&self, place: Place, entries: Vec<IntakeEntry>) {
        let prints = |e: &IntakeEntry| {
            (self.prints.of((e.org.as_str(), e.kind, e.id.as_str())), self.prints.of(e.body_hash.as_str()))
        };
        let ids: Vec<(u128, u128)> = entries.iter().map(prints).collect();
        let bytes: usize = entries.iter().map(|e| e.body.len() + BESIDE).sum();
        let mut kept = self.lock();
        let room = kept.bytes + bytes <= MOST_BYTES;
        if room {
            kept.bytes += bytes;
        }
        let group = Group {
            place,
            entries: room.then_some(entries),
            ids: ids.iter().map(|(id, _)| *id).collect(),
            bytes: if room { bytes } else { 0 },
        };
        kept.ids.extend(ids);
        kept.last = place.group;
        kept.groups.push_back(group);
        drop(kept);
        self.wake.notify_one();
    }

    /// The first groups, up to so many entries but one at least; their ids wait on.
    pub(super) fn first(&self, most: usize) -> Vec<Group> {
        let mut kept = self.lock();
        let (mut taken, mut entries, mut bytes) = (Vec::new(), 0, 0);
        let fits = |g: &Group, entries: usize, bytes: usize| {
            entries == 0 || (entries + g.ids.len() <= most && bytes + g.place.size() <= MOST_BYTES)
        };
        while let Some(group) = kept.groups.pop_front_if(|g| fits(g, entries, bytes)) {
            kept.bytes = kept.bytes.saturating_sub(group.bytes);
            entries += group.ids.len();
            bytes += group.place.size();
            taken.push(group);
        }
        taken
    }

    /// Put groups back that could not be moved.
    pub(super) fn put_back(&self, groups: Vec<Group>, e: &StoreError) {
        let mut kept = self.lock();
        for mut group in groups.into_iter().rev() {
            (group.entries, group.bytes) = (None, 0);
            kept.groups.push_front(group);
        }
        drop(kept);
        let full = e.disk() == Some(DiskFault::Full);
        self.progress.send_modify(|now| *now = Progress { failed: now.failed + 1, full, ..*now });
    }

    /// The ids of groups that were moved wait no more; the first file that something still waits in.
    pub(super) fn moved(&self, groups: &[Group]) -> Option<u64> {
        let mut kept = self.lock();
        for id in groups.iter().flat_map(|g| &g.ids) {
            kept.ids.remove(id);
        }
        let first = kept.groups.front().map(|g| g.place.file);
        drop(kept);
        let last = groups.last().map_or(0, |g| g.place.group);
        self.progress.send_modify(|now| *now = Progress { moved: now.moved.max(last), full: false, ..*now });
        first
    }

    /// From now on this process moves the journal.
    pub(super) fn own(&self) {
        self.progress.send_modify(|now| now.owned = true);
    }

    /// From now on nothing is moved any more; who waits for it is told.
    pub(super) fn end(&self) {
        self.progress.send_modify(|now| now.ended = true);
        self.wake.notify_one();
    }

    /// Returns when there may be something to move.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether so much waits that moving comes first.
    pub(super) fn is_half_full(&self) -> bool {
        self.lock().ids.len() > MOST / 2
    }

    /// Returns when there is room for more.
    pub(super) async fn room(&self) {
        let mut progress = self.progress.subscribe();
        while self.lock().ids.len() > MOST && !progress.borrow_and_update().ended {
            // the sender lives in `self`: the wait cannot fail
            let _moved = progress.changed().await;
        }
    }

    /// When the log had no room: whether it still has none.
    pub(super) async fn unstuck(&self) -> Result<(), StoreError> {
        let mut progress = self.progress.subscribe();
        let before = *progress.borrow_and_update();
        if !before.full {
            return Ok(());
        }
        self.wake.notify_one();
        let tried = progress.wait_for(|now| now.failed != before.failed || !now.full || now.ended).await;
        if tried.is_ok_and(|now| now.full) { Err(StoreError::Full { retry_after_s: FULL_S }) } else { Ok(()) }
    }

    /// Returns when everything kept before stands in the log of a store.
    pub(super) async fn settled(&self, store: &Store) -> Result<(), StoreError> {
        let mut progress = self.progress.subscribe();
        if !progress.borrow().owned {
            // a former process may have left something
            return store.gate().await.map(drop);
        }
        let (last, before) = (self.lock().last, progress.borrow_and_update().failed);
        self.wake.notify_one();
        let ended = progress.wait_for(|now| now.moved >= last || now.failed > before || now.ended).await;
        match ended.map(|now| *now) {
            Ok(now) if now.moved < last && now.full => Err(StoreError::Full { retry_after_s: FULL_S }),
            Ok(now) if now.moved < last => {
                Err(StoreError::IntakeStopped("what was taken in cannot be moved into the log".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pending: &Pending, group: u64) {
        let entry = IntakeEntry {
            org: OrgId::stored("org".to_owned()),
            kind: IntakeKind::Event,
            id: group.to_string(),
            body_hash: "h".to_owned(),
            body: "{}".to_owned(),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        };
        pending.keep(Place::at(group), vec![entry]);
    }

    #[tokio::test]
    async fn a_log_without_room_refuses_until_a_turn_has_moved_something() {
        let pending = Pending::default();
        kept(&pending, 1);
        assert!(pending.unstuck().await.is_ok());
        let full = StoreError::Full { retry_after_s: 1 };
        pending.put_back(pending.first(9), &full);
        let again = async {
            pending.woken().await;
            pending.put_back(pending.first(9), &full);
        };
        let (refused, ()) = tokio::join!(pending.unstuck(), again);
        assert_eq!(refused.unwrap_err().disk(), Some(DiskFault::Full));
        let again = async {
            pending.woken().await;
            pending.moved(&pending.first(9));
        };
        let (refused, ()) = tokio::join!(pending.unstuck(), again);
        assert!(refused.is_ok());
        assert!(pending.unstuck().await.is_ok());
    }

    #[test]
    fn groups_are_given_in_order_and_ids_are_known_until_they_are_moved() {
        let pending = Pending::default();
        (1..=5).for_each(|group| kept(&pending, group));
        let org = OrgId::stored("org".to_owned());
        let same = |id: &str, hash: &str| pending.same(&org, IntakeKind::Event, id, hash);
        let first = pending.first(3);
        assert_eq!(first.iter().map(|g| g.place.group).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((same("2", "h"), same("2", "x"), same("9", "h")), (Some(true), Some(false), None));
        pending.moved(&first);
        assert_eq!((same("2", "h"), same("4", "h")), (None, Some(true)));
        assert_eq!(pending.first(0).len(), 1, "one at least");
    }
}
