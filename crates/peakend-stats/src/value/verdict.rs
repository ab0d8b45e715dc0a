//! Verdict and money: gain, loss or not proven; effect x people x periods with
//! the interval carried through.

use serde::Serialize;

use super::did::DidEstimate;
use crate::figure::{Interval, Refusal};

/// Which way the outcome should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better: money, scores.
    Higher,
    /// Less is better: churn, complaints.
    Lower,
}

/// What an evaluation has shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The outcome improved by more than chance.
    Gain,
    /// The outcome worsened by more than chance.
    Loss,
    /// Neither can be claimed.
    NotProven {
        /// Why.
        why: NotProven,
    },
}

/// Why nothing can be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotProven {
    /// The interval includes 0 or p is at least 0.05.
    WithinChance,
    /// The arms moved apart already before the change.
    TrendsDiffer {
        /// p of the joint test.
        p: f64,
    },
    /// No figure at all.
    Refused {
        /// The refusal.
        refusal: Refusal,
    },
}

/// Judges an estimate by its own p.
#[must_use]
pub fn verdict(estimate: &Result<DidEstimate, Refusal>, better: Better) -> Verdict {
    let p = estimate.as_ref().map_or(f64::NAN, |e| e.shown.p);
    verdict_adjusted(estimate, better, p)
}

/// Judges an estimate by a p adjusted for all evaluations on the same screen.
#[must_use]
pub fn verdict_adjusted(estimate: &Result<DidEstimate, Refusal>, better: Better, adjusted_p: f64) -> Verdict {
    let why = match estimate {
        Err(refusal) => NotProven::Refused { refusal: *refusal },
        Ok(estimate) => match &estimate.pre_trend {
            crate::Answer::Shown(trend) if !trend.holds => NotProven::TrendsDiffer { p: trend.p },
            _ if adjusted_p < 0.05 && estimate.shown.interval.excludes(0.0) => {
                let improved = (estimate.value > 0.0) == (better == Better::Higher);
                return if improved { Verdict::Gain } else { Verdict::Loss };
            }
            _ => NotProven::WithinChance,
        },
    };
    Verdict::NotProven { why }
}

/// What an effect is worth, in minor units of money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Worth {
    /// Definition id.
    pub definition: &'static str,
    /// effect x affected x periods.
    pub gross: f64,
    /// Gross less cost.
    pub net: f64,
    /// 95 % interval of the net amount, carried from the effect.
    pub interval: Interval,
    /// Cost subtracted.
    pub cost: f64,
    /// People or units the effect applies to.
    pub affected: u64,
    /// Periods counted.
    pub periods: u32,
    /// Whether the horizon is longer than what was observed.
    pub projection: bool,
}

/// Money of an effect per person and period, in minor units. A horizon longer
/// than the observed periods is marked as a projection.
#[must_use]
pub fn worth(estimate: &DidEstimate, affected: u64, periods: u32, observed_periods: u32, cost: f64) -> Worth {
    let factor = affected as f64 * f64::from(periods);
    let gross = estimate.value * factor;
    let carried = estimate.shown.interval.scaled(factor);
    Worth {
        definition: "worth.v1",
        gross,
        net: gross - cost,
        interval: Interval { lo: carried.lo - cost, hi: carried.hi - cost, ..carried },
        cost,
        affected,
        periods,
        projection: periods > observed_periods,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::did::{DidRow, difference_in_differences};

    /// 30 persons per arm; the treated gain `lift` after the change, and drift
    /// away by `drift` per period before it.
    fn estimate(lift: f64, drift: f64) -> Result<DidEstimate, Refusal> {
        let mut rows = Vec::new();
        for unit in 0..60_u64 {
            for period in 0..4_i32 {
                let (treated, post) = (unit < 30, period == 3);
                let noise = ((unit * 37 + period as u64 * 101) % 23) as f64 / 23.0;
                let moved = if treated { drift * f64::from(period) } else { 0.0 };
                let lifted = if treated && post { lift } else { 0.0 };
                let y = noise + moved + lifted;
                rows.push(DidRow { unit, cluster: unit, treated, period, post, y, weight: 1.0 });
            }
        }
        difference_in_differences(&rows)
    }

    #[test]
    fn a_lift_is_a_gain_and_for_churn_a_loss() {
        assert_eq!(verdict(&estimate(3.0, 0.0), Better::Higher), Verdict::Gain);
        assert_eq!(verdict(&estimate(3.0, 0.0), Better::Lower), Verdict::Loss);
        let none = verdict(&estimate(0.0, 0.0), Better::Higher);
        assert_eq!(none, Verdict::NotProven { why: NotProven::WithinChance });
    }

    #[test]
    fn arms_that_drifted_before_prove_nothing() {
        let verdict = verdict(&estimate(3.0, 1.0), Better::Higher);
        assert!(matches!(verdict, Verdict::NotProven { why: NotProven::TrendsDiffer { .. } }));
    }

    #[test]
    fn cost_moves_the_whole_interval() {
        let estimate = estimate(3.0, 0.0).unwrap();
        let worth = worth(&estimate, 100, 6, 3, 500.0);
        assert!((worth.gross - estimate.value * 600.0).abs() < 1e-9);
        assert!((worth.interval.lo - (estimate.shown.interval.lo * 600.0 - 500.0)).abs() < 1e-9);
        assert!(worth.projection);
    }
}
