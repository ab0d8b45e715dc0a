//! One wanted event in numbers, and whose events count.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use peakend_query::Persons;

use crate::codes::digest;

/// One wanted event. The derived order is that of persons, and of each person's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deed {
    /// The person, as they are called now.
    pub(super) key: u64,
    /// When, microseconds UTC.
    pub(super) at: i64,
    /// Position in the log.
    pub(super) seq: u64,
    /// What the question wants to know besides: a bucket, or the place of a value.
    pub(super) tag: u32,
    /// One bit for each step it may be.
    pub(super) steps: u16,
}

/// Numbers of persons are well spread already.
#[derive(Debug, Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Spread = BuildHasherDefault<Itself>;

/// Whose events count, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    merged: HashMap<u64, u64, Spread>,
    without: HashSet<u64, Spread>,
}

impl Digests {
    /// The numbers of these persons.
    pub(crate) fn of(persons: &Persons) -> Self {
        Self {
            merged: persons.merged.iter().map(|(from, into)| (digest(from), digest(into))).collect(),
            without: persons.without.iter().map(|id| digest(id)).collect(),
        }
    }

    /// The number an event counts under; none when it does not count.
    pub(super) fn whose(&self, key: u64) -> Option<u64> {
        let now = if self.merged.is_empty() { key } else { self.merged.get(&key).copied().unwrap_or(key) };
        (now != 0 && (self.without.is_empty() || !self.without.contains(&now))).then_some(now)
    }
}
