//! Changes of level in one value per period (`level-change.v1`): the best single
//! split by least squares with a permutation p, and several changes by PELT
//! (Killick, Fearnhead and Eckley 2012) with a BIC penalty. Assumes independent
//! periods around a constant level; take a season off first.

use serde::Serialize;

use crate::draws::Draws;
use crate::figure::{Refusal, RefusalReason};
use crate::summation::sum;

/// Periods on each side of a change.
const SIDE: usize = 2;
/// Fewer periods are refused.
const CHANGE_FROM: u64 = 8;

/// One change of level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelChange {
    /// Definition id.
    pub definition: &'static str,
    /// Periods.
    pub n: u64,
    /// First period (0-based) of the new level.
    pub index: usize,
    /// Mean before.
    pub before: f64,
    /// Mean from the change on.
    pub after: f64,
    /// Largest less smallest value of the cumulative sum of deviations from the mean.
    pub cusum_range: f64,
    /// Share of the squared deviations that the change explains.
    pub explained: f64,
    /// Share of random orders that a split explains as well; none without draws.
    pub p: Option<f64>,
    /// Seed of the permutations.
    pub seed: u64,
    /// Permutations drawn.
    pub draws: u64,
}

impl LevelChange {
    /// The split without a floor on n; at least four values.
    #[must_use]
    pub fn of(values: &[f64], seed: u64, draws: u64) -> Self {
        let n = values.len();
        let mean = sum(values.iter().copied()) / n as f64;
        let deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
        let total = sum(deviations.iter().map(|d| d * d));
        let (index, gain) = best_split(&deviations);
        let mut random = Draws::seeded(seed);
        let mut order = deviations.clone();
        let as_good = (0..draws).filter(|_| {
            random.shuffle(&mut order);
            best_split(&order).1 >= gain * (1.0 - 1e-12)
        });
        let p = (draws > 0).then(|| (as_good.count() + 1) as f64 / (draws + 1) as f64);
        let level = |part: &[f64]| sum(part.iter().copied()) / part.len() as f64;
        let cumulative = deviations.iter().scan(0.0, |at, d| {
            *at += d;
            Some(*at)
        });
        let (lo, hi) = cumulative.fold((0.0_f64, 0.0_f64), |(lo, hi), c| (lo.min(c), hi.max(c)));
        Self {
            definition: "level-change.v1",
            n: n as u64,
            index,
            before: level(&values[..index]),
            after: level(&values[index..]),
            cusum_range: hi - lo,
            explained: gain / total,
            p,
            seed,
            draws,
        }
    }
}

/// The split of centred values that takes most from the sum of squares.
fn best_split(deviations: &[f64]) -> (usize, f64) {
    let n = deviations.len();
    let (mut best, mut left) = ((SIDE.min(n), f64::NEG_INFINITY), 0.0);
    for (i, d) in deviations.iter().enumerate() {
        // the sum of the right side is -left, as the deviations sum to 0
        if i >= SIDE && n - i >= SIDE {
            let gain = left * left * (1.0 / i as f64 + 1.0 / (n - i) as f64);
            if gain > best.1 {
                best = (i, gain);
            }
        }
        left += d;
    }
    best
}

/// Finds the one change of level that explains most.
///
/// # Errors
/// A [`Refusal`] below eight periods, for a value that is not finite, or when all
/// values are equal.
pub fn level_change(values: &[f64], seed: u64, draws: u64) -> Result<LevelChange, Refusal> {
    checked(values)?;
    Ok(LevelChange::of(values, seed, draws))
}

fn checked(values: &[f64]) -> Result<(), Refusal> {
    let n = values.len() as u64;
    if n < CHANGE_FROM {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, n, CHANGE_FROM));
    }
    let finite = values.iter().filter(|v| v.is_finite()).count() as u64;
    if finite < n {
        return Err(Refusal::count(RefusalReason::NotFinite, finite, n));
    }
    if values.iter().all(|v| *v == values[0]) {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 1.0, need: 2.0 });
    }
    Ok(())
}

/// A stretch of one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// First period (0-based).
    pub from: usize,
    /// Periods.
    pub n: u64,
    /// Mean.
    pub mean: f64,
}

/// The levels of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Levels {
    /// Definition id.
    pub definition: &'static str,
    /// Periods.
    pub n: u64,
    /// Spread around the levels, from the differences of neighbours; NaN with a
    /// penalty of another origin.
    pub noise: f64,
    /// What one more change must save, in squared units.
    pub penalty: f64,
    /// The stretches in order; one when nothing changed.
    pub levels: Vec<Level>,
}

/// Splits a series into stretches of one level each.
///
/// # Errors
/// As [`level_change`]; also when more than half of the neighbours are equal, so
/// that there is no noise to judge a change by.
pub fn levels(values: &[f64]) -> Result<Levels, Refusal> {
    checked(values)?;
    let mut steps: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    steps.sort_unstable_by(f64::total_cmp);
    // half of all normal values lie within 0.6745 sd; a difference has sqrt(2) sd
    let noise = steps[steps.len() / 2] / (0.674_489_750_196_081_7 * std::f64::consts::SQRT_2);
    if noise == 0.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let penalty = 2.0 * noise * noise * (values.len() as f64).ln();
    Ok(levels_at(values, noise, penalty))
}

/// The same for a penalty given in squared units.
///
/// # Errors
/// As [`level_change`].
pub fn levels_with(values: &[f64], penalty: f64) -> Result<Levels, Refusal> {
    checked(values)?;
    Ok(levels_at(values, f64::NAN, penalty))
}

fn levels_at(values: &[f64], noise: f64, penalty: f64) -> Levels {
    let starts = pelt(values, penalty);
    let ends = starts.iter().skip(1).copied().chain([values.len()]);
    let level = |(from, to): (usize, usize)| Level {
        from,
        n: (to - from) as u64,
        mean: sum(values[from..to].iter().copied()) / (to - from) as f64,
    };
    Levels {
        definition: "levels.v1",
        n: values.len() as u64,
        noise,
        penalty,
        levels: starts.iter().copied().zip(ends).map(level).collect(),
    }
}

/// Starts of the stretches of the best partition, 0 first.
fn pelt(values: &[f64], penalty: f64) -> Vec<usize> {
    let n = values.len();
    let centre = sum(values.iter().copied()) / n as f64;
    let mut totals = vec![(0.0, 0.0)];
    for v in values {
        let (s, q) = totals[totals.len() - 1];
        totals.push((s + (v - centre), q + (v - centre).powi(2)));
    }
    let cost = |from: usize, to: usize| {
        let (s, q) = (totals[to].0 - totals[from].0, totals[to].1 - totals[from].1);
        q - s * s / (to - from) as f64
    };
    // best[t]: cost of the first t values; last[t]: start of their last stretch
    let mut best = vec![f64::INFINITY; n + 1];
    let mut last = vec![0; n + 1];
    best[0] = -penalty;
    // starts with the first t at which they could no longer win
    let mut candidates: Vec<(usize, usize)> = vec![(0, usize::MAX)];
    for t in SIDE..=n {
        let costs: Vec<f64> = candidates.iter().map(|&(s, _)| best[s] + cost(s, t)).collect();
        for (&(start, _), total) in candidates.iter().zip(&costs) {
            if total + penalty < best[t] {
                (best[t], last[t]) = (total + penalty, start);
            }
        }
        // a start that is dearer even without a penalty loses to a new stretch at t,
        // once that stretch is long enough
        for ((_, until), total) in candidates.iter_mut().zip(&costs) {
            if *total > best[t] {
                *until = (*until).min(t + SIDE);
            }
        }
        candidates.retain(|&(_, until)| until > t + 1);
        if t + 1 >= 2 * SIDE {
            candidates.push((t + 1 - SIDE, usize::MAX));
        }
    }
    let mut starts = vec![last[n]];
    while let Some(&start) = starts.last().filter(|s| **s > 0) {
        starts.push(last[start]);
    }
    starts.reverse();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        [0.3, -0.4, 0.1, 0.5, -0.2, -0.5, 0.2][i % 7]
    }

    #[test]
    fn a_planted_step_is_found_with_a_small_p() {
        let values: Vec<f64> = (0..30).map(|i| if i < 12 { 5.0 } else { 7.0 } + noise(i)).collect();
        let change = level_change(&values, 1, 499).unwrap();
        assert_eq!(change.index, 12);
        assert!((change.p.unwrap() - 0.002).abs() < 1e-12);
        assert!(change.explained > 0.8);
    }

    #[test]
    fn noise_alone_has_no_small_p_and_one_level() {
        let values: Vec<f64> = (0..42).map(|i| 3.0 + noise(i)).collect();
        assert!(level_change(&values, 1, 199).unwrap().p.unwrap() > 0.2);
        assert_eq!(levels(&values).unwrap().levels.len(), 1);
    }

    #[test]
    fn two_changes_are_three_levels() {
        let level = |i| {
            if i < 10 {
                0.0
            } else if i < 25 {
                4.0
            } else {
                1.0
            }
        };
        let values: Vec<f64> = (0..40).map(|i| level(i) + noise(i)).collect();
        let found = levels(&values).unwrap();
        assert_eq!(found.levels.iter().map(|l| l.from).collect::<Vec<_>>(), vec![0, 10, 25]);
        assert_eq!(found.levels.iter().map(|l| l.n).sum::<u64>(), 40);
    }

    #[test]
    fn pruning_does_not_change_the_best_partition() {
        let values: Vec<f64> =
            (0..60_u64).map(|i| ((i * i * 31) % 17) as f64 + if i > 33 { 9.0 } else { 0.0 }).collect();
        let penalty = 60.0;
        let cost = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|v| (v - mean).powi(2)).sum::<f64>() + penalty
        };
        // every start is tried at every end
        let mut best = vec![(0.0, 0)];
        for t in 1..=60 {
            let all = (0..t).filter(|s| t - s >= SIDE).map(|s| (best[s].0 + cost(&values[s..t]), s));
            best.push(all.min_by(|a: &(f64, usize), b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, 0)));
        }
        let (mut at, mut starts) = (60, Vec::new());
        while at > 0 {
            at = best[at].1;
            starts.insert(0, at);
        }
        assert_eq!(pelt(&values, penalty), starts);
    }
}
