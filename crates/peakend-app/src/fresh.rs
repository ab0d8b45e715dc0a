//! What was read a moment ago and is still true: nobody wrote to the store since.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::App;

/// Longest trust in what was read: another process may write to the same file.
const TRUST: SignedDuration = SignedDuration::from_secs(2);
/// Values kept; beyond it all are read again.
const KEPT: usize = 1_000;

/// Values by key, each with the state of the store it was read in.
#[derive(Debug)]
pub(crate) struct Fresh<K, V>(Mutex<HashMap<K, (Moment, V)>>);

/// A state of the store, at an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    generation: Option<u64>,
    at: Timestamp,
}

impl Moment {
    /// The present one; take it before reading.
    pub(crate) fn of(app: &App) -> Self {
        Self { generation: app.store.generation(), at: app.now() }
    }

    fn still_is(self, now: Self) -> bool {
        let age = now.at.duration_since(self.at);
        now.generation.is_some() && self.generation == now.generation && age < TRUST && !age.is_negative()
    }
}

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone> Fresh<K, V> {
    fn all(&self) -> MutexGuard<'_, HashMap<K, (Moment, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of a key, when it is still true.
    pub(crate) fn get(&self, now: Moment, key: &K) -> Option<V> {
        self.all().get(key).filter(|(then, _)| then.still_is(now)).map(|(_, value)| value.clone())
    }

    /// Keep what was read since `moment` began.
    pub(crate) fn keep(&self, moment: Moment, key: K, value: V) {
        let mut all = self.all();
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, (moment, value));
    }
}
