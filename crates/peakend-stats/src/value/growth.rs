//! Growth accounting (`growth.v1`): new, retained, resurrected, churned, in
//! customers and in money.
//!
//! Two identities hold in every period:
//! active(t) = active(t-1) + new + resurrected - churned, and
//! total(t) = total(t-1) + new + resurrected + expansion - contraction - churned.

use serde::Serialize;

use crate::figure::Refusal;
use crate::insight::proportion::{Share, share};
use crate::summation::Sum;

/// One activity of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activity {
    /// Who.
    pub customer: u64,
    /// Consecutive period number, such as months since year 0.
    pub period: i32,
    /// Day number, to tell purchases on different days apart.
    pub day: i32,
    /// Money, in any one unit; 0 when the activity carries none.
    pub amount: f64,
}

/// Flows of money between two periods, all reported positive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct MoneyFlows {
    /// From customers never seen before.
    pub new: f64,
    /// From customers back after a gap.
    pub resurrected: f64,
    /// More from retained customers.
    pub expansion: f64,
    /// Less from retained customers.
    pub contraction: f64,
    /// What those who left had brought the period before.
    pub churned: f64,
    /// All money of the period.
    pub total: f64,
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GrowthPeriod {
    /// Definition id.
    pub definition: &'static str,
    /// Period number as given.
    pub period: i32,
    /// Customers active in it.
    pub active: u64,
    /// First ever active in it.
    pub new: u64,
    /// Active in it and in the one before.
    pub retained: u64,
    /// Active in it and earlier, not in the one before.
    pub resurrected: u64,
    /// Active in the one before, not in it.
    pub churned: u64,
    /// Active in the one before.
    pub active_before: u64,
    /// The same in money.
    pub money: MoneyFlows,
}

impl GrowthPeriod {
    /// (new + resurrected) / churned; `None` when nobody left: show the counts.
    #[must_use]
    pub fn quick_ratio(&self) -> Option<f64> {
        quick_ratio((self.new + self.resurrected) as f64, self.churned as f64)
    }

    /// Share of the customers of the period before that stayed, in percent.
    ///
    /// # Errors
    /// A [`Refusal`] when fewer than `shown_from` were active before.
    pub fn retention(&self, shown_from: u64) -> Result<Share, Refusal> {
        share("gross-retention.v1", self.retained, self.active_before, shown_from)
    }

    /// Customers gained minus lost.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.new as i64 + self.resurrected as i64 - self.churned as i64
    }
}

/// Gained over lost; `None` when nothing was lost.
#[must_use]
pub fn quick_ratio(gained: f64, lost: f64) -> Option<f64> {
    (lost > 0.0).then(|| gained / lost)
}

/// One active period of one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActivePeriod {
    pub(crate) customer: u64,
    pub(crate) period: i32,
    pub(crate) amount: f64,
}

/// Activities summed per customer and period, in that order; the row order of
/// the input cannot change a digit.
pub(crate) fn active_periods(activities: &[Activity]) -> Vec<ActivePeriod> {
    let mut sorted = activities.to_vec();
    sorted.sort_unstable_by(|a, b| {
        (a.customer, a.period).cmp(&(b.customer, b.period)).then(a.amount.total_cmp(&b.amount))
    });
    sorted
        .chunk_by(|a, b| (a.customer, a.period) == (b.customer, b.period))
        .map(|rows| ActivePeriod {
            customer: rows[0].customer,
            period: rows[0].period,
            amount: crate::summation::sum(rows.iter().map(|r| r.amount)),
        })
        .collect()
}

#[derive(Clone, Copy, Default)]
struct Tally {
    active: u64,
    new: u64,
    retained: u64,
    resurrected: u64,
    churned: u64,
    /// new, resurrected, expansion, contraction, churned, total
    money: [Sum; 6],
}

/// Accounts every period from the first to the last active one, empty periods
/// between included. The caller leaves out a last partial period.
#[must_use]
pub fn growth(activities: &[Activity]) -> Vec<GrowthPeriod> {
    let rows = active_periods(activities);
    let periods = rows.iter().map(|r| r.period);
    let (Some(first), Some(last)) = (periods.clone().min(), periods.max()) else {
        return Vec::new();
    };
    let slot = |period: i32| (i64::from(period) - i64::from(first)) as usize;
    let mut tallies = vec![Tally::default(); slot(last) + 1];
    for customer in rows.chunk_by(|a, b| a.customer == b.customer) {
        let mut before: Option<ActivePeriod> = None;
        for (i, &now) in customer.iter().enumerate() {
            enter(&mut tallies[slot(now.period)], before, now);
            let stays = customer.get(i + 1).is_some_and(|next| next.period == now.period + 1);
            if !stays && now.period < last {
                let tally = &mut tallies[slot(now.period) + 1];
                tally.churned += 1;
                tally.money[4].add(now.amount);
            }
            before = Some(now);
        }
    }
    let mut active_before = 0;
    tallies
        .into_iter()
        .zip(first..)
        .map(|(tally, period)| {
            let period = finish(&tally, period, active_before);
            active_before = tally.active;
            period
        })
        .collect()
}

fn enter(tally: &mut Tally, before: Option<ActivePeriod>, now: ActivePeriod) {
    tally.active += 1;
    tally.money[5].add(now.amount);
    match before {
        None => {
            tally.new += 1;
            tally.money[0].add(now.amount);
        }
        Some(before) if before.period + 1 == now.period => {
            tally.retained += 1;
            let change = now.amount - before.amount;
            if change > 0.0 {
                tally.money[2].add(change);
            } else {
                tally.money[3].add(-change);
            }
        }
        Some(_) => {
            tally.resurrected += 1;
            tally.money[1].add(now.amount);
        }
    }
}

fn finish(tally: &Tally, period: i32, active_before: u64) -> GrowthPeriod {
    let [new, resurrected, expansion, contraction, churned, total] = tally.money.map(Sum::value);
    GrowthPeriod {
        definition: "growth.v1",
        period,
        active: tally.active,
        new: tally.new,
        retained: tally.retained,
        resurrected: tally.resurrected,
        churned: tally.churned,
        active_before,
        money: MoneyFlows { new, resurrected, expansion, contraction, churned, total },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(period: i32, customers: impl IntoIterator<Item = u64>) -> Vec<Activity> {
        customers.into_iter().map(|customer| Activity { customer, period, day: 30 * period, amount: 2.0 }).collect()
    }

    #[test]
    fn ten_to_ten_with_three_leaving() {
        let mut rows = seen(0, [30]);
        rows.extend(seen(1, 1..=10));
        rows.extend(seen(2, (1..=7).chain([20, 21, 30])));
        let period = growth(&rows)[2];
        assert_eq!((period.new, period.resurrected), (2, 1));
        assert_eq!((period.retained, period.churned), (7, 3));
        assert_eq!(period.net(), 0);
        assert!((period.retention(5).unwrap().figure.value - 70.0).abs() < 1e-12);
    }

    #[test]
    fn quick_ratio_is_open_when_nobody_left() {
        assert!((quick_ratio(420.0, 180.0).unwrap() - 2.33).abs() < 5e-3);
        assert_eq!(quick_ratio(3.0, 0.0), None);
    }

    #[test]
    fn a_silent_month_churns_all_and_resurrects_them_after() {
        let mut rows = seen(5, [1, 2]);
        rows.extend(seen(7, [1, 2]));
        let periods = growth(&rows);
        assert_eq!(periods.len(), 3);
        assert_eq!((periods[1].active, periods[1].churned), (0, 2));
        assert_eq!((periods[2].resurrected, periods[2].churned), (2, 0));
    }
}
