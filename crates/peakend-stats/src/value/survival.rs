//! Kaplan-Meier survival (`survival.v1`): Greenwood error, log-log interval,
//! left truncation by entry time, mean time to a horizon. Assumes that those lost
//! from sight are no different from those who stay in it.

use serde::Serialize;

use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Z95};
use crate::summation::Sum;

/// Fewer events than this are refused.
pub(crate) const EVENTS_FROM: u64 = 10;
/// S of exactly one half must not be missed for a rounding.
const ROUNDING: f64 = 1e-12;

/// One customer under observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spell {
    /// Time at which observation began, 0 from birth.
    pub entry: f64,
    /// Time of the event or of the last look.
    pub exit: f64,
    /// Whether the event happened at `exit`; else censored.
    pub event: bool,
}

/// The curve just after one event time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Event time.
    pub time: f64,
    /// Under observation just before.
    pub at_risk: u64,
    /// Events at this time.
    pub events: u64,
    /// Share surviving beyond.
    pub survival: f64,
    /// Greenwood standard error.
    pub standard_error: f64,
    /// 95 % log-log interval.
    pub interval: Interval,
}

/// A survival curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// Definition id.
    pub definition: &'static str,
    /// Spells.
    pub n: u64,
    /// Events.
    pub events: u64,
    /// One step per event time.
    pub steps: Vec<Step>,
    /// First time at which survival is 0.5 or less; none when it never is.
    pub median: Option<f64>,
}

/// The curve at any time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Share surviving beyond.
    pub survival: f64,
    /// Greenwood standard error.
    pub standard_error: f64,
    /// 95 % log-log interval.
    pub interval: Interval,
}

/// Mean time survived up to a horizon (RMST).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RestrictedMean {
    /// Horizon, in the unit of time.
    pub horizon: f64,
    /// Area under the curve up to the horizon.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// 95 % normal interval.
    pub interval: Interval,
}

/// Kaplan-Meier estimate. Spells that end before they begin are left out.
///
/// # Errors
/// A [`Refusal`] below ten events.
pub fn kaplan_meier(spells: &[Spell]) -> Result<Survival, Refusal> {
    let curve = Survival::of(spells);
    if curve.events < EVENTS_FROM {
        return Err(Refusal::count(RefusalReason::TooFewEvents, curve.events, EVENTS_FROM));
    }
    Ok(curve)
}

/// Under observation just before a time.
#[must_use]
pub fn at_risk(spells: &[Spell], time: f64) -> u64 {
    spells.iter().filter(|s| s.exit > s.entry && s.entry < time && s.exit >= time).count() as u64
}

impl Survival {
    /// The curve without a floor on events.
    #[must_use]
    pub fn of(spells: &[Spell]) -> Self {
        let mut exits: Vec<&Spell> = spells.iter().filter(|s| s.exit > s.entry).collect();
        let events = exits.iter().filter(|s| s.event).count() as u64;
        exits.sort_unstable_by(|a, b| a.exit.total_cmp(&b.exit));
        let mut entries: Vec<f64> = exits.iter().map(|s| s.entry).collect();
        entries.sort_unstable_by(f64::total_cmp);
        let (mut steps, mut gone) = (Vec::new(), 0);
        let (mut survival, mut greenwood) = (1.0_f64, 0.0);
        for tied in exits.chunk_by(|a, b| a.exit == b.exit) {
            let time = tied[0].exit;
            let entered = entries.partition_point(|e| *e < time);
            let at_risk = (entered - gone) as f64;
            let events = tied.iter().filter(|s| s.event).count() as u64;
            gone += tied.len();
            if events == 0 {
                continue;
            }
            let d = events as f64;
            survival *= 1.0 - d / at_risk;
            greenwood += d / (at_risk * (at_risk - d));
            steps.push(Step {
                time,
                at_risk: at_risk as u64,
                events,
                survival,
                standard_error: if survival > 0.0 { survival * greenwood.sqrt() } else { 0.0 },
                interval: log_log(survival, greenwood),
            });
        }
        Self {
            definition: "survival.v1",
            n: exits.len() as u64,
            events,
            median: steps.iter().find(|s| s.survival <= 0.5 + ROUNDING).map(|s| s.time),
            steps,
        }
    }

    /// The curve at a time; beyond the last event it stays where it was.
    #[must_use]
    pub fn at(&self, time: f64) -> CurvePoint {
        let before = self.steps.partition_point(|s| s.time <= time);
        match before.checked_sub(1).and_then(|last| self.steps.get(last)) {
            Some(s) => CurvePoint { survival: s.survival, standard_error: s.standard_error, interval: s.interval },
            None => CurvePoint {
                survival: 1.0,
                standard_error: 0.0,
                interval: Interval::new(1.0, 1.0, IntervalMethod::LogLog),
            },
        }
    }

    /// Mean time survived up to a horizon, which should not lie beyond the last look.
    #[must_use]
    pub fn restricted_mean(&self, horizon: f64) -> RestrictedMean {
        let steps = &self.steps[..self.steps.partition_point(|s| s.time < horizon)];
        let (mut ahead, mut area, mut variance) = (0.0, Sum::default(), Sum::default());
        let mut until = horizon;
        // from the horizon back, so that the area ahead of every event is at hand
        for step in steps.iter().rev() {
            let part = (until - step.time) * step.survival;
            area.add(part);
            ahead += part;
            until = step.time;
            let (d, r) = (step.events as f64, step.at_risk as f64);
            if r > d {
                variance.add(ahead * ahead * d / (r * (r - d)));
            }
        }
        area.add(until);
        let (value, standard_error) = (area.value(), variance.value().sqrt());
        let reach = Z95 * standard_error;
        let interval = Interval::new(value - reach, value + reach, IntervalMethod::Wald).clipped(0.0, horizon);
        RestrictedMean { horizon, value, standard_error, interval }
    }
}

fn log_log(survival: f64, greenwood: f64) -> Interval {
    if survival <= 0.0 {
        return Interval::new(0.0, 0.0, IntervalMethod::LogLog);
    }
    let reach = Z95 * greenwood.sqrt() / survival.ln().abs();
    Interval::new(survival.powf(reach.exp()), survival.powf((-reach).exp()), IntervalMethod::LogLog)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_twenty_leaving_one_by_one_is_the_median() {
        let spells: Vec<Spell> = (1..=20).map(|t| Spell { entry: 0.0, exit: f64::from(t), event: t <= 12 }).collect();
        let curve = kaplan_meier(&spells).unwrap();
        assert_eq!(curve.median, Some(10.0));
        let step = curve.steps[9];
        assert!((step.survival - 0.5).abs() < 1e-12);
        assert!((step.standard_error - (0.25_f64 / 20.0).sqrt()).abs() < 1e-12);
        assert!(kaplan_meier(&spells[..9]).is_err());
    }

    #[test]
    fn the_mean_to_a_horizon_without_losses_is_the_mean_of_the_times() {
        let spells: Vec<Spell> = (1..=20).map(|t| Spell { entry: 0.0, exit: f64::from(t), event: true }).collect();
        let mean = Survival::of(&spells).restricted_mean(15.0);
        let times: Vec<f64> = (1..=20).map(|t| f64::from(t.min(15))).collect();
        let moments = crate::summation::Moments::of(&times);
        assert!((mean.value - moments.mean).abs() < 1e-12);
        // Greenwood without losses has the divisor n
        let error = (moments.variance * 19.0 / 20.0 / 20.0).sqrt();
        assert!((mean.standard_error - error).abs() < 1e-12, "{} {error}", mean.standard_error);
    }

    #[test]
    fn the_curve_is_read_between_its_steps() {
        let spells: Vec<Spell> = (1..=12).map(|t| Spell { entry: 0.0, exit: f64::from(t), event: t != 3 }).collect();
        let curve = Survival::of(&spells);
        assert_eq!(curve.at(0.5).survival, 1.0);
        assert_eq!(curve.at(3.5).survival, curve.at(2.0).survival);
        assert_eq!(at_risk(&spells, 3.0), 10);
    }
}
