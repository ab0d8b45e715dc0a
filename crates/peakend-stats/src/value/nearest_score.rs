//! Matching on the propensity score, one to one: with replacement, ties
//! averaged, with the error of Abadie and Imbens (2006); and without
//! replacement, the largest score first.

use std::collections::BTreeMap;

use serde::Serialize;

use super::arms::TwoArms;
use super::weighting::Effect;
use crate::summation::sum;

/// Controls whose squared distance, in variances of the score, is within this of
/// the nearest count as equally near.
const TIED: f64 = 1e-5;

/// An effect on the treated from matched pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MatchedEffect {
    /// The effect.
    #[serde(flatten)]
    pub effect: Effect,
    /// Treated units matched.
    pub treated: u64,
    /// Different controls used.
    pub controls: u64,
}

/// Controls in order of score, each with its place in the arms.
fn by_score(arms: &TwoArms, scores: &[f64]) -> Vec<(f64, usize)> {
    let mut controls: Vec<(f64, usize)> = arms.arm(false).into_iter().map(|i| (scores[i], i)).collect();
    controls.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    controls
}

/// Each treated unit against its nearest controls, which may serve again.
#[must_use]
pub fn nearest_with_replacement(arms: &TwoArms, scores: &[f64]) -> MatchedEffect {
    let controls = by_score(arms, scores);
    let mean = sum(scores.iter().copied()) / scores.len() as f64;
    let variance = sum(scores.iter().map(|s| (s - mean).powi(2))) / (scores.len() as f64 - 1.0);
    // gap per treated unit; weight and squared weight of each control used
    let mut gaps = Vec::new();
    let mut used: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let mut pairs = Vec::new();
    for i in arms.arm(true) {
        let near = tied(&controls, scores[i], variance);
        let weight = 1.0 / near.len() as f64;
        for (_, j) in near {
            let entry = used.entry(*j).or_default();
            entry.0 += weight;
            entry.1 += weight * weight;
            pairs.push((weight, arms.outcome[i] - arms.outcome[*j]));
        }
        gaps.push(arms.outcome[i] - weight * sum(near.iter().map(|(_, j)| arms.outcome[*j])));
    }
    let n = gaps.len() as f64;
    let value = sum(gaps.iter().copied()) / n;
    let between = sum(gaps.iter().map(|gap| (gap - value).powi(2)));
    // the variance of one outcome is half that of a pair
    let within = 0.5 * sum(pairs.iter().map(|(w, gap)| w * (gap - value).powi(2))) / n;
    let reuse = sum(used.values().map(|(weight, squares)| weight * weight - squares));
    let effect = Effect::of(value, (between + within * reuse).sqrt() / n);
    MatchedEffect { effect, treated: gaps.len() as u64, controls: used.len() as u64 }
}

/// The controls as near as the nearest; the list is not empty when there are controls.
fn tied(controls: &[(f64, usize)], score: f64, variance: f64) -> &[(f64, usize)] {
    let split = controls.partition_point(|c| c.0 < score);
    let gap = |i: usize| (controls[i].0 - score).abs();
    let below = split.checked_sub(1).map_or(f64::INFINITY, gap);
    let above = if split < controls.len() { gap(split) } else { f64::INFINITY };
    let nearest = below.min(above);
    let reach = (nearest * nearest + TIED * variance).sqrt();
    let first = controls.partition_point(|c| c.0 < score - reach);
    let last = controls.partition_point(|c| c.0 <= score + reach);
    // rounding must not lose the nearest itself
    if first < last {
        &controls[first..last]
    } else {
        &controls[split.saturating_sub(1)..(split + 1).min(controls.len())]
    }
}

/// Each treated unit against its nearest free control, the largest score first;
/// the error is that of the paired differences.
#[must_use]
pub fn nearest_without_replacement(arms: &TwoArms, scores: &[f64]) -> MatchedEffect {
    let controls = by_score(arms, scores);
    let mut treated = arms.arm(true);
    treated.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    // the next free control on either side, found by following taken ones
    let mut left: Vec<usize> = (0..=controls.len()).collect();
    let mut right: Vec<usize> = (0..=controls.len()).collect();
    let mut gaps = Vec::new();
    for i in treated {
        let split = controls.partition_point(|c| c.0 < scores[i]);
        // left[k] is the number of controls up to the nearest free one below k
        let below = follow(&mut left, split).checked_sub(1);
        let above = Some(follow(&mut right, split)).filter(|k| *k < controls.len());
        let gap = |k: usize| (controls[k].0 - scores[i]).abs();
        let chosen = match (below, above) {
            (Some(b), Some(a)) => {
                if gap(b) <= gap(a) {
                    b
                } else {
                    a
                }
            }
            (Some(k), None) | (None, Some(k)) => k,
            (None, None) => break,
        };
        left[chosen + 1] = chosen;
        right[chosen] = chosen + 1;
        gaps.push(arms.outcome[i] - arms.outcome[controls[chosen].1]);
    }
    let n = gaps.len() as f64;
    let value = sum(gaps.iter().copied()) / n;
    let squares = sum(gaps.iter().map(|gap| (gap - value).powi(2)));
    let effect = Effect::of(value, (squares / (n - 1.0) / n).sqrt());
    MatchedEffect { effect, treated: gaps.len() as u64, controls: gaps.len() as u64 }
}

/// Follows links from `k` until one leads to itself, and shortens the way.
fn follow(links: &mut [usize], mut k: usize) -> usize {
    let start = k;
    while links[k] != k {
        k = links[k];
    }
    let mut at = start;
    while links[at] != at {
        at = std::mem::replace(&mut links[at], k);
    }
    k
}
