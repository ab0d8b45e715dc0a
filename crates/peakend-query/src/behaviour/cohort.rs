//! Who came back: persons by when they first did something, and when they did it again.

use serde::{Deserialize, Serialize};

use super::event::{EventFact, Persons, Step};
use crate::{DayRange, Grain, Provenance, Route, WarehouseError};

/// "Of the persons who first did this in each week, how many did that in the weeks after?"
///
/// A person belongs to the bucket of the first such event on record, if its day
/// lies in the period. They returned in a bucket when a returning event that
/// comes after that first one lies in it; in bucket 0 it is the same bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortQuestion {
    /// Organisation id.
    pub org: String,
    /// What makes a person belong.
    pub first: Step,
    /// What counts as having returned.
    pub returning: Step,
    /// Width of cohorts and of periods.
    pub grain: Grain,
    /// Days of the first event.
    pub period: DayRange,
    /// So many buckets after a cohort's own are looked at.
    pub periods: usize,
    /// Whose events count.
    pub persons: Persons,
}

impl CohortQuestion {
    /// Most buckets looked at after a cohort's own.
    pub const MOST_PERIODS: usize = 60;
    /// Most cohorts.
    pub const MOST_COHORTS: usize = 400;

    /// First days of the cohorts, ascending.
    ///
    /// # Errors
    /// `Question` when there are too many or none, or too many periods.
    pub fn cohorts(&self) -> Result<Vec<i32>, WarehouseError> {
        let refuse = |reason: String| Err(WarehouseError::Question(reason));
        if !(1..=Self::MOST_PERIODS).contains(&self.periods) {
            return refuse(format!("1 to {} periods can be looked at, not {}", Self::MOST_PERIODS, self.periods));
        }
        if self.period.from > self.period.to {
            return refuse("the first day comes after the last".to_owned());
        }
        let mut starts = vec![self.grain.bucket(self.period.from)];
        while let Some(next) = starts.last().map(|last| self.grain.next(*last)).filter(|n| *n <= self.period.to) {
            if starts.len() == Self::MOST_COHORTS {
                return refuse(format!("more than {} cohorts: take a coarser grain", Self::MOST_COHORTS));
            }
            starts.push(next);
        }
        Ok(starts)
    }

    /// First days of all buckets that are looked at, and of the one after them.
    ///
    /// # Errors
    /// As [`Self::cohorts`].
    pub fn buckets(&self) -> Result<Vec<i32>, WarehouseError> {
        let mut starts = self.cohorts()?;
        for _ in 0..=self.periods {
            let last = starts.last().copied().unwrap_or(self.period.from);
            starts.push(self.grain.next(last));
        }
        Ok(starts)
    }
}

/// One cohort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CohortRow {
    /// First day of its bucket.
    pub bucket: i32,
    /// Persons in it.
    pub persons: u64,
    /// Persons who returned in the same bucket, in the next, and so on.
    pub returned: Vec<u64>,
}

/// The answer: every cohort of the period, also those of nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohorts {
    /// Earliest first.
    pub rows: Vec<CohortRow>,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Cohorts {
    /// The reference answer.
    ///
    /// # Errors
    /// `Question` when the question is out of bounds.
    pub fn of<'a>(q: &'a CohortQuestion, events: impl Iterator<Item = &'a EventFact>) -> Result<Self, WarehouseError> {
        let empty = |bucket| CohortRow { bucket, persons: 0, returned: vec![0; q.periods + 1] };
        let mut rows: Vec<CohortRow> = q.cohorts()?.into_iter().map(empty).collect();
        for own in q.persons.in_order(events).values() {
            let Some(first) = own.iter().position(|e| q.first.matches(e)) else { continue };
            if !q.period.contains(own[first].day) {
                continue;
            }
            let bucket = q.grain.bucket(own[first].day);
            let Some(row) = rows.iter_mut().find(|row| row.bucket == bucket) else { continue };
            row.persons += 1;
            let returns: Vec<i32> =
                own[first + 1..].iter().filter(|e| q.returning.matches(e)).map(|e| q.grain.bucket(e.day)).collect();
            let mut start = bucket;
            for n in &mut row.returned {
                *n += u64::from(returns.contains(&start));
                start = q.grain.next(start);
            }
        }
        let provenance = Provenance { route: Route::Naive, position: 0, segments: 0, hot_rows: 0 };
        Ok(Self { rows, provenance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Properties;

    #[test]
    fn a_person_returns_after_their_first_event_and_belongs_to_one_cohort() {
        let event = |seq, person: &str, day: i32| EventFact {
            seq,
            person: person.into(),
            name: "visit".into(),
            at: i64::from(day) * 86_400_000_000,
            day,
            properties: Properties::default(),
        };
        // 1970-01-05 was a Monday
        let events = [
            event(1, "a", 4),
            event(2, "a", 5),
            event(3, "a", 18),
            event(4, "b", 10),
            event(5, "c", 3),
            event(6, "c", 11),
        ];
        let step = Step { event: "visit".into(), having: None };
        let q = CohortQuestion {
            org: "o".into(),
            first: step.clone(),
            returning: step,
            grain: Grain::Week,
            period: DayRange { from: 4, to: 17 },
            periods: 2,
            persons: Persons::default(),
        };
        let rows = Cohorts::of(&q, events.iter()).unwrap().rows;
        assert_eq!(rows[0], CohortRow { bucket: 4, persons: 2, returned: vec![1, 0, 1] });
        assert_eq!(rows[1], CohortRow { bucket: 11, persons: 0, returned: vec![0, 0, 0] });
        assert_eq!(q.buckets().unwrap(), vec![4, 11, 18, 25, 32]);
    }

    #[test]
    fn more_cohorts_than_can_be_read_are_refused() {
        let step = Step { event: "visit".into(), having: None };
        let q = CohortQuestion {
            org: "o".into(),
            first: step.clone(),
            returning: step,
            grain: Grain::Day,
            period: DayRange { from: 0, to: 400 },
            periods: 1,
            persons: Persons::default(),
        };
        assert!(q.cohorts().is_err());
        assert_eq!(CohortQuestion { grain: Grain::Month, ..q }.cohorts().unwrap().len(), 14);
    }
}
