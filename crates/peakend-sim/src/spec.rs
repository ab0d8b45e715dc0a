//! What is generated, and what is planted in it.

use peakend_domain::{Day, Month};
use serde::Serialize;

/// Size, span and seed of a demo bank.
#[derive(Debug, Clone, Serialize)]
pub struct Spec {
    /// Seed of every stream.
    pub seed: u64,
    /// Customers.
    pub customers: usize,
    /// Employees.
    pub employees: usize,
    /// Branches.
    pub branches: usize,
    /// Whole months of history.
    pub months: i32,
    /// First day that is not history any more ("today").
    pub today: Day,
    /// What is planted.
    pub planted: Planted,
}

/// Sizes of the planted effects. Money in cents of the bank's currency.
#[derive(Debug, Clone, Serialize)]
pub struct Planted {
    /// Whole months of history after the real initiative went live.
    pub live_months: i32,
    /// Score points that the real initiative lifts its touchpoint by.
    pub initiative_score_lift: f64,
    /// Net revenue per exposed customer and month since go-live.
    pub initiative_revenue: i64,
    /// Net revenue per month of a customer whose case was recovered, since then.
    pub recovery_revenue: i64,
    /// Added monthly churn probability after a bad moment at the churn-driving touchpoint.
    pub churn_after_bad_moment: f64,
    /// Score points a customer gains when their branch's engagement is one standard deviation higher, two months later.
    pub engagement_to_score: f64,
    /// Assets a customer adds per month and score point above the mean, by segment (mass, affluent, private).
    pub assets_per_point: [i64; 3],
}

/// The planted truths, written beside the data.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// The specification with all sizes.
    pub spec: Spec,
    /// Touchpoint that the real initiative repairs.
    pub repaired_touchpoint: &'static str,
    /// Touchpoint of the placebo initiative, where nothing changes.
    pub placebo_touchpoint: &'static str,
    /// Touchpoint whose bad moments drive customers away.
    pub churn_touchpoint: &'static str,
    /// Day both initiatives went live.
    pub live_on: Day,
}

/// Touchpoint repaired by the real initiative.
pub(crate) const REPAIRED: &str = "fund-redeem";
/// Touchpoint of the placebo initiative.
pub(crate) const PLACEBO: &str = "card-bill";
/// Touchpoint that drives churn.
pub(crate) const CHURN: &str = "fee-dispute";

impl Spec {
    /// The demo bank: 24 months before `today`.
    #[must_use]
    pub fn demo(customers: usize, today: Day) -> Self {
        Self {
            seed: 20_261_122,
            customers,
            employees: if customers >= 20_000 { 1_200 } else { 300 },
            branches: if customers >= 20_000 { 60 } else { 15 },
            months: 24,
            today,
            planted: Planted {
                live_months: 7,
                initiative_score_lift: 1.6,
                initiative_revenue: 4_200,
                recovery_revenue: 5_500,
                churn_after_bad_moment: 0.05,
                engagement_to_score: 0.35,
                assets_per_point: [12_000, 60_000, 400_000],
            },
        }
    }

    /// The month that is not whole yet.
    #[must_use]
    pub fn current_month(&self) -> Month {
        Month::of(self.today)
    }

    /// First whole month of history.
    #[must_use]
    pub fn first_month(&self) -> Month {
        Month(self.current_month().0 - self.months)
    }

    /// First month in which the real and the placebo initiative are live.
    #[must_use]
    pub fn live_month(&self) -> Month {
        Month(self.current_month().0 - self.planted.live_months)
    }

    /// What is planted, for the file beside the data.
    #[must_use]
    pub fn truth(&self) -> Truth {
        Truth {
            spec: self.clone(),
            repaired_touchpoint: REPAIRED,
            placebo_touchpoint: PLACEBO,
            churn_touchpoint: CHURN,
            live_on: self.live_month().first(),
        }
    }
}
