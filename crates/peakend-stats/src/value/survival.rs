//! Kaplan-Meier survival (`survival.v1`): Greenwood error, log-log interval,
//! left truncation by entry time.

use serde::Serialize;

use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Z95};

/// Fewer events than this are refused.
const EVENTS_FROM: u64 = 10;

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

/// Kaplan-Meier estimate. Spells that end before they begin are left out.
///
/// # Errors
/// A [`Refusal`] below ten events.
pub fn kaplan_meier(spells: &[Spell]) -> Result<Survival, Refusal> {
    let mut exits: Vec<&Spell> = spells.iter().filter(|s| s.exit > s.entry).collect();
    let events = exits.iter().filter(|s| s.event).count() as u64;
    if events < EVENTS_FROM {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, events, EVENTS_FROM));
    }
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
    Ok(Survival {
        definition: "survival.v1",
        n: exits.len() as u64,
        events,
        median: steps.iter().find(|s| s.survival <= 0.5).map(|s| s.time),
        steps,
    })
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
}
