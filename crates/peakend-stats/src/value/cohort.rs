//! Cohort retention (`cohort.v1`) and repeat purchase (`repeat-rate.v1`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::growth::{Activity, active_periods};
use crate::figure::Refusal;
use crate::insight::proportion::{Share, share};

/// Customers first active in one period, and how many of them were active later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cohort {
    /// Period of first activity.
    pub period: i32,
    /// Customers in it.
    pub size: u64,
    /// `active[k]`: active k periods later; up to the last period of the input.
    pub active: Vec<u64>,
}

impl Cohort {
    /// Share active k periods later, in percent (classic retention: active in
    /// that very period, whatever happened between).
    ///
    /// # Errors
    /// A [`Refusal`] when the cohort is smaller than `shown_from`.
    pub fn retention(&self, k: usize, shown_from: u64) -> Result<Share, Refusal> {
        let active = self.active.get(k).copied().unwrap_or(0);
        share("cohort.v1", active, self.size, shown_from)
    }
}

/// Cohorts in order of their period.
#[must_use]
pub fn cohorts(activities: &[Activity]) -> Vec<Cohort> {
    let rows = active_periods(activities);
    let Some(last) = rows.iter().map(|r| r.period).max() else {
        return Vec::new();
    };
    let mut cohorts: BTreeMap<i32, Cohort> = BTreeMap::new();
    for customer in rows.chunk_by(|a, b| a.customer == b.customer) {
        let first = customer[0].period;
        let later = |period: i32| (i64::from(period) - i64::from(first)) as usize;
        let cohort =
            cohorts.entry(first).or_insert_with(|| Cohort { period: first, size: 0, active: vec![0; later(last) + 1] });
        cohort.size += 1;
        for row in customer {
            cohort.active[later(row.period)] += 1;
        }
    }
    cohorts.into_values().collect()
}

/// Customers with activity on at least two days, of all customers.
#[must_use]
pub fn repeat_counts(activities: &[Activity]) -> (u64, u64) {
    let mut days: Vec<(u64, i32)> = activities.iter().map(|a| (a.customer, a.day)).collect();
    days.sort_unstable();
    days.dedup();
    let (mut repeating, mut customers) = (0, 0);
    for customer in days.chunk_by(|a, b| a.0 == b.0) {
        customers += 1;
        repeating += u64::from(customer.len() >= 2);
    }
    (repeating, customers)
}

/// Repeat rate in percent.
///
/// # Errors
/// A [`Refusal`] with fewer than `shown_from` customers.
pub fn repeat_rate(activities: &[Activity], shown_from: u64) -> Result<Share, Refusal> {
    let (repeating, customers) = repeat_counts(activities);
    share("repeat-rate.v1", repeating, customers, shown_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_orders_on_one_day_are_no_repeat() {
        let at = |customer, day| Activity { customer, period: day / 30, day, amount: 1.0 };
        let rows = [at(1, 0), at(1, 0), at(2, 0), at(2, 1), at(3, 40)];
        assert_eq!(repeat_counts(&rows), (1, 3));
        let cohorts = cohorts(&rows);
        assert_eq!((cohorts[0].size, &cohorts[0].active), (2, &vec![2, 0]));
        assert_eq!(cohorts[1].period, 1);
    }
}
