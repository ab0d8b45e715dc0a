//! How large a crowd is, and how it falls into slices and parts.

use std::ops::Range;

use serde::Serialize;

use super::dice::Bell;
use super::effects::Effects;
use super::odds::Odds;
use super::{Crowd, CrowdTruth};

/// 2024-11-01, the first day, as days since 1970.
pub(super) const FIRST_DAY: i32 = 20_028;
/// 2026-11-01, the day after the last.
pub(super) const END_DAY: i32 = 20_758;
/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Rows of a slice or part at most: one row group of a file.
const CHUNK: u64 = 1_000_000;
/// Slices at least, so that a small crowd has the same grain of time.
const SLICES: u64 = 20;
/// The multiplier that scatters ranks over customer ids; a prime, so every
/// smaller number of customers is scattered without a collision.
pub(super) const SCATTER: u64 = 2_654_435_761;

/// Size and seed of a crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CrowdSpec {
    /// Seed of every stream.
    pub seed: u64,
    /// Responses.
    pub rows: u64,
    /// Customers; ids run from 0.
    pub customers: u64,
}

/// A size that cannot be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrowdFault {
    /// So many responses were asked for.
    Rows(u64),
    /// So many customers were asked for.
    Customers(u64),
}

impl std::fmt::Display for CrowdFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(n) => write!(f, "{n} responses: ask for 1 to 100 billion"),
            Self::Customers(n) => write!(f, "{n} customers: ask for 1 to 2 billion"),
        }
    }
}

impl std::error::Error for CrowdFault {}

impl CrowdSpec {
    /// A crowd of that size.
    ///
    /// # Errors
    /// [`CrowdFault`] when a number is zero or beyond what ids allow.
    pub fn new(seed: u64, rows: u64, customers: u64) -> Result<Self, CrowdFault> {
        if !(1..=100_000_000_000).contains(&rows) {
            return Err(CrowdFault::Rows(rows));
        }
        if !(1..=2_000_000_000).contains(&customers) {
            return Err(CrowdFault::Customers(customers));
        }
        Ok(Self { seed, rows, customers })
    }

    /// Slices of time that hold the responses.
    #[must_use]
    pub fn slices(&self) -> u64 {
        self.rows.div_ceil(CHUNK).max(SLICES)
    }

    /// Numbers of the responses in a slice: their `response_id`.
    #[must_use]
    pub fn slice_rows(&self, slice: u64) -> Range<u64> {
        share(self.rows, self.slices(), slice)
    }

    /// The microseconds since 1970 that a slice covers.
    #[must_use]
    pub fn slice_time(&self, slice: u64) -> Range<i64> {
        let span = i64::from(END_DAY - FIRST_DAY) * DAY;
        let within = share(span.unsigned_abs(), self.slices(), slice);
        let at = |offset: u64| i64::from(FIRST_DAY) * DAY + offset.cast_signed();
        at(within.start)..at(within.end)
    }

    /// Parts that hold the customers.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.customers.div_ceil(CHUNK)
    }

    /// Ids of the customers in a part.
    #[must_use]
    pub fn part_customers(&self, part: u64) -> Range<u64> {
        share(self.customers, self.parts(), part)
    }
}

/// The share `i` of `total` things dealt into `shares` of equal size.
fn share(total: u64, shares: u64, i: u64) -> Range<u64> {
    let at = |i: u64| (u128::from(total) * u128::from(i.min(shares)) / u128::from(shares.max(1))) as u64;
    at(i)..at(i + 1)
}

impl Crowd {
    /// Build the tables that every slice and part draws from.
    #[must_use]
    pub fn new(spec: CrowdSpec) -> Self {
        let bell = Bell::new();
        let odds = Odds::new();
        let effects = Effects::new(&odds);
        Self { spec, odds, effects, bell }
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> CrowdSpec {
        self.spec
    }

    /// What is planted, for the file beside the data.
    #[must_use]
    pub fn truth(&self) -> CrowdTruth {
        CrowdTruth::of(self.spec, &self.effects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_and_parts_cover_everything_once() {
        for (rows, customers) in [(1, 1), (19, 7), (200_000, 66_667), (100_000_000, 100_000_000), (7_000_001, 3)] {
            let spec = CrowdSpec::new(1, rows, customers).unwrap();
            let (mut next, mut clock) = (0, i64::from(FIRST_DAY) * DAY);
            for slice in 0..spec.slices() {
                let (ids, time) = (spec.slice_rows(slice), spec.slice_time(slice));
                assert_eq!((ids.start, time.start), (next, clock));
                assert!(ids.end - ids.start <= CHUNK);
                (next, clock) = (ids.end, time.end);
            }
            assert_eq!((next, clock), (rows, i64::from(END_DAY) * DAY));
            assert_eq!(spec.part_customers(spec.parts() - 1).end, customers);
        }
    }

    #[test]
    fn nobody_and_too_many_are_refused() {
        assert_eq!(CrowdSpec::new(1, 0, 1), Err(CrowdFault::Rows(0)));
        assert_eq!(CrowdSpec::new(1, 1, SCATTER), Err(CrowdFault::Customers(SCATTER)));
    }
}
