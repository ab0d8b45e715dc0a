//! Moves what stands in the journal into the log, where consumers read it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::pending::Group;
use super::writer::Shared;
use super::{IntakeEntry, Receipt, append_in};
use crate::{Store, StoreError};

/// Entries that are moved together.
const TOGETHER: usize = 2_000;
/// The same while there is a throng: a turn takes milliseconds.
const APART: usize = 500;
/// Callers of one group from which on they are a throng.
const THRONG: usize = 4;
/// Pauses after a turn while there is a throng, and their length: callers need the
/// processors more, and what they bring is safe. So 2,000 entries a second go on into the loop.
const REST: (u32, Duration) = (10, Duration::from_millis(25));
/// Pauses in a row without a throng after which it is over.
const OVER: u32 = 2;
/// Pause after a turn that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Move until the journal's front is gone and nothing waits, or nothing is taken in any
/// more. `oldest` is the number of the first file.
pub(super) async fn keep_moving(store: Store, shared: Arc<Shared>, mut growing: watch::Receiver<u64>, mut oldest: u64) {
    let _ending = Ending(Arc::clone(&shared));
    let mut throng = false;
    while !shared.halted() {
        let mut groups = shared.pending.first(if throng { APART } else { TOGETHER });
        if groups.is_empty() {
            tokio::select! {
                () = shared.pending.woken() => {}
                changed = growing.changed() => if changed.is_err() { return },
            }
            continue;
        }
        match moved(&store, &mut groups).await {
            Ok((entries, receipts)) => {
                shared.logged(entries.into_iter(), &receipts);
                // first: what stands in files before this one waits by now, or is moved
                let grows = *growing.borrow();
                let waiting = shared.pending.moved(&groups);
                let until = waiting.map_or(grows, |file| file.min(grows));
                for file in oldest..until {
                    if let Some(Err(e)) = store.journal().map(|journal| journal.remove(file)) {
                        tracing::warn!(error = %e, "a file of the intake journal stays longer than it is needed");
                        shared.refused(&store, &e).await;
                    }
                }
                oldest = until.max(oldest);
                throng = rest(&shared, throng).await;
            }
            Err(e) => {
                tracing::error!(error = %e, "what was taken in could not be moved into the log; trying again");
                shared.refused(&store, &e).await;
                shared.pending.put_back(groups, &e);
                if growing.has_changed().is_err() {
                    return;
                }
                let _woken = tokio::time::timeout(AGAIN, shared.pending.woken()).await;
            }
        }
    }
}

/// Tells whoever waits that nothing is moved any more.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.halt();
        }
        self.0.pending.end();
    }
}

/// Append groups to the log in one transaction.
async fn moved(store: &Store, groups: &mut [Group]) -> Result<(Vec<IntakeEntry>, Vec<Receipt>), StoreError> {
    let mut entries = Vec::new();
    for group in groups {
        match (group.entries.take(), store.journal()) {
            (Some(kept), _) => entries.extend(kept),
            (None, Some(journal)) => entries.extend(journal.again(group.place)?.unwrap_or_default()),
            (None, None) => {}
        }
    }
    let mut tx = store.begin_flow().await?;
    let receipts = append_in(&mut tx, &entries).await?;
    tx.commit().await?;
    Ok((entries, receipts))
}

/// Leave the processors to callers for a while, as long as they come in throngs;
/// whether they did to the end.
async fn rest(shared: &Shared, throng: bool) -> bool {
    // nobody waits for one to be over that has not begun
    let mut few = if throng { 0 } else { OVER - 1 };
    for _ in 0..REST.0 {
        few = if shared.callers.swap(0, Ordering::Relaxed) < THRONG { few + 1 } else { 0 };
        if few == OVER || shared.pending.is_half_full() {
            return false;
        }
        tokio::time::sleep(REST.1).await;
    }
    true
}
