//! What the customers' accounts did: assets, revenue, orders, churn by month.

use peakend_domain::Month;

use crate::customer::{Customer, cents};
use crate::{Random, Spec};

/// Operating figures of one customer in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthFigures {
    /// Assets under management at the end of the month, cents
    pub assets: i64,
    /// Net revenue of the month, cents
    pub revenue: i64,
    /// Orders in the month
    pub orders: i64,
    /// Whether the customer left in this month
    pub churned: bool,
}

/// What happened to a customer that moves their figures.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Whether the customer met the repaired touchpoint in the six months before go-live
    pub exposed: bool,
    /// Month in which a case of theirs was recovered, if any
    pub recovered_in: Option<Month>,
    /// Months with a bad moment at the churn-driving touchpoint
    pub bad_moments: Vec<Month>,
    /// Mean score against the bank's mean, per month answered
    pub scores: Vec<(Month, f64)>,
}

/// A customer's figures for each whole month of history, until they leave.
///
/// Exposure to the repaired touchpoint in the six months before go-live is what
/// the initiative acts on: from the month of go-live each such customer's
/// revenue rises by the planted amount. Recovery raises revenue from the month after it.
#[must_use]
pub fn month_figures(spec: &Spec, customer: &Customer, history: &History) -> Vec<(Month, MonthFigures)> {
    let mut random = Random::new(spec.seed, "figures", customer.index as u64);
    let first = spec.first_month().0;
    let mut assets = customer.assets;
    let mut figures = Vec::new();
    let slope = spec.planted.assets_per_point.get(customer.segment).copied().unwrap_or(0);
    for m in first..first + spec.months {
        let month = Month(m);
        let (noise, level, visits) = (random.normal(), random.normal(), random.unit());
        let leaves = random.unit();
        if month < customer.since {
            continue;
        }
        let felt: f64 = history.scores.iter().filter(|(at, _)| at.0 == m - 1).map(|(_, s)| *s).sum();
        #[expect(clippy::cast_precision_loss, reason = "assets are far below 2^53")]
        let moved = assets as f64 * (0.004 + 0.008 * noise) + slope as f64 * felt;
        assets = (assets + cents(moved / 100.0)).max(0);
        let live = month >= spec.live_month();
        let mut revenue = base_revenue(customer, assets, level);
        if live && history.exposed {
            revenue += spec.planted.initiative_revenue;
        }
        if history.recovered_in.is_some_and(|r| r < month) {
            revenue += spec.planted.recovery_revenue;
        }
        let bad = history.bad_moments.iter().any(|b| b.0 < m && m - b.0 <= 2);
        let hazard = 0.003 + if bad { spec.planted.churn_after_bad_moment } else { 0.0 };
        let churned = leaves < hazard;
        #[expect(clippy::cast_possible_truncation, reason = "a handful of orders")]
        let orders = (visits * visits * 6.0 * (1.0 + customer.activity)) as i64;
        figures.push((month, MonthFigures { assets, revenue, orders, churned }));
        if churned {
            break;
        }
    }
    figures
}

/// Revenue without anything planted: a share of the assets and a fee income
/// that swings from month to month.
fn base_revenue(customer: &Customer, assets: i64, level: f64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "assets are far below 2^53")]
    let share = assets as f64 * 0.0004;
    let fees = [6_000.0, 11_000.0, 20_000.0].get(customer.segment).copied().unwrap_or(6_000.0);
    cents((share + fees * (1.0 + 0.35 * level)).max(0.0) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers;
    use peakend_domain::Day;

    #[test]
    fn the_planted_revenue_is_what_exposure_adds_after_go_live() {
        let spec = Spec::demo(200, Day::parse("2026-11-22").unwrap());
        for c in customers(&spec) {
            let without = month_figures(&spec, &c, &History::default());
            let with = month_figures(&spec, &c, &History { exposed: true, ..History::default() });
            for ((month, a), (_, b)) in without.iter().zip(&with) {
                let added = if *month >= spec.live_month() { spec.planted.initiative_revenue } else { 0 };
                assert_eq!(b.revenue - a.revenue, added, "{month}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bank() {
        let spec = Spec::demo(50, Day::parse("2026-11-22").unwrap());
        let figures =
            |spec: &Spec| -> Vec<_> { customers(spec).map(|c| month_figures(spec, &c, &History::default())).collect() };
        assert_eq!(figures(&spec), figures(&spec.clone()));
    }
}
