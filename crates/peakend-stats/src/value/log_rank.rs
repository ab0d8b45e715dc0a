//! Log-rank test (`log-rank.v1`): do groups lose their members at one pace?
//! Mantel-Cox, any number of groups, left truncation by entry time. Most powerful
//! for proportional hazards; for curves that cross, compare restricted means.

use serde::Serialize;

use super::survival::{EVENTS_FROM, Spell};
use crate::distribution::chi_square_upper;
use crate::figure::{Refusal, RefusalReason};
use crate::linear::{Matrix, inverse};

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupEvents {
    /// Spells.
    pub n: u64,
    /// Events.
    pub events: u64,
    /// Events expected if all groups lost at one pace.
    pub expected: f64,
}

/// The test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogRank {
    /// Definition id.
    pub definition: &'static str,
    /// Spells.
    pub n: u64,
    /// Groups in the order given.
    pub groups: Vec<GroupEvents>,
    /// Statistic.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// p.
    pub p: f64,
}

/// Tests whether groups of spells share one hazard.
///
/// # Errors
/// A [`Refusal`] with fewer than ten events in all, fewer than two groups under
/// observation, or no time at which two groups could be compared.
pub fn log_rank(groups: &[Vec<Spell>]) -> Result<LogRank, Refusal> {
    let test = LogRank::of(groups)?;
    let events = test.groups.iter().map(|g| g.events).sum();
    if events < EVENTS_FROM {
        return Err(Refusal::count(RefusalReason::TooFewEvents, events, EVENTS_FROM));
    }
    Ok(test)
}

impl LogRank {
    /// The test without a floor on events.
    ///
    /// # Errors
    /// A [`Refusal`] when no two groups can be compared.
    pub fn of(groups: &[Vec<Spell>]) -> Result<Self, Refusal> {
        let observed = Observed::of(groups);
        // a group that was never at risk at an event has nothing to compare
        let live: Vec<usize> = (0..groups.len()).filter(|&g| observed.groups[g].expected > 0.0).collect();
        let Some((_, free)) = live.split_last().filter(|(_, free)| !free.is_empty()) else {
            return Err(Refusal::count(RefusalReason::GroupTooSmall, live.len() as u64, 2));
        };
        let covariance = observed.covariance.pick_rows(free).pick_columns(free);
        let excess: Vec<f64> =
            free.iter().map(|&g| observed.groups[g].events as f64 - observed.groups[g].expected).collect();
        let inverse =
            inverse(&covariance).ok_or(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 })?;
        let chi_square = inverse.form(&excess, &excess);
        Ok(Self {
            definition: "log-rank.v1",
            n: observed.groups.iter().map(|g| g.n).sum(),
            groups: observed.groups,
            chi_square,
            df: free.len() as u64,
            p: chi_square_upper(chi_square, free.len() as f64),
        })
    }
}

/// Events, expectations and their covariance, summed over event times.
struct Observed {
    groups: Vec<GroupEvents>,
    covariance: Matrix,
}

impl Observed {
    fn of(groups: &[Vec<Spell>]) -> Self {
        let count = groups.len();
        let rows = groups.iter().enumerate();
        let mut exits: Vec<(f64, bool, usize)> = Vec::new();
        let mut entries: Vec<(f64, usize)> = Vec::new();
        for (g, spell) in rows.flat_map(|(g, spells)| spells.iter().map(move |s| (g, s))) {
            if spell.exit > spell.entry {
                exits.push((spell.exit, spell.event, g));
                entries.push((spell.entry, g));
            }
        }
        exits.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        entries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut result = vec![GroupEvents { n: 0, events: 0, expected: 0.0 }; count];
        let mut covariance = Matrix::zeros(count, count);
        let (mut at_risk, mut entered) = (vec![0.0; count], 0);
        for tied in exits.chunk_by(|a, b| a.0 == b.0) {
            while let Some(&(_, g)) = entries.get(entered).filter(|(entry, _)| *entry < tied[0].0) {
                at_risk[g] += 1.0;
                entered += 1;
            }
            let events = tied.iter().filter(|(_, event, _)| *event).count() as f64;
            let all: f64 = at_risk.iter().sum();
            if events > 0.0 {
                let spread = if all > 1.0 { events * (all - events) / (all - 1.0) } else { 0.0 };
                for a in 0..count {
                    let share = at_risk[a] / all;
                    result[a].expected += events * share;
                    for b in 0..count {
                        let own = if a == b { share } else { 0.0 };
                        covariance[(a, b)] += spread * (own - share * at_risk[b] / all);
                    }
                }
            }
            for &(_, event, g) in tied {
                at_risk[g] -= 1.0;
                result[g].n += 1;
                result[g].events += u64::from(event);
            }
        }
        Self { groups: result, covariance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spells(times: &[f64]) -> Vec<Spell> {
        times.iter().map(|&t| Spell { entry: 0.0, exit: t.abs(), event: t > 0.0 }).collect()
    }

    #[test]
    fn a_small_table_by_hand() {
        // events at 1 (a), 2 (b), 3 (a): E_a = 2/4 + 1/3 + 1/2
        let test = LogRank::of(&[spells(&[1.0, 3.0]), spells(&[2.0, -4.0])]).unwrap();
        let expected = 0.5 + 1.0 / 3.0 + 0.5;
        let variance = 0.25 + 2.0 / 9.0 + 0.25;
        assert!((test.groups[0].expected - expected).abs() < 1e-14);
        assert!((test.chi_square - (2.0 - expected).powi(2) / variance).abs() < 1e-13);
        assert_eq!(test.df, 1);
    }

    #[test]
    fn the_same_group_twice_differs_by_nothing() {
        let group = spells(&[1.0, 2.0, 2.0, -3.0, 4.0, 5.0, 6.0]);
        let test = log_rank(&[group.clone(), group.clone(), group]).unwrap();
        assert!(test.chi_square.abs() < 1e-12 && (test.p - 1.0).abs() < 1e-9);
        assert_eq!((test.df, test.n), (2, 21));
    }

    #[test]
    fn one_group_or_few_events_are_refused() {
        assert!(log_rank(&[spells(&[1.0; 20])]).is_err());
        assert_eq!(log_rank(&[spells(&[1.0]), spells(&[2.0])]).unwrap_err().reason, RefusalReason::TooFewEvents);
    }
}
