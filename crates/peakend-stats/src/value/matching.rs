//! Nearest-neighbour matching (`match.v1`): exact on strata, nearest on
//! standardised covariates, within a calliper, ties by id.
//!
//! For a recovery programme the first score belongs into the strata: low
//! scorers rise by themselves, so their controls must be equally low.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::balance::{Balance, pooled_deviation, standardised_difference, weighted_mean};
use crate::figure::{Refusal, RefusalReason, Warning, WarningCode};
use crate::summation::{Moments, sum};

/// Matched units each arm needs.
const PER_ARM: u64 = 20;
/// Standardised differences above this are refused.
const UNBALANCED: f64 = 0.25;
/// Standardised differences above this are warned about.
const IMBALANCE: f64 = 0.1;
/// Share of the matched controls that must carry the weight.
const EFFECTIVE_SHARE: f64 = 0.1;

/// A unit that may be matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Unique id.
    pub id: u64,
    /// Whether it was treated.
    pub treated: bool,
    /// Units are matched only within one stratum.
    pub stratum: u64,
    /// One value per named covariate, measured before the change.
    pub covariates: Vec<f64>,
}

/// How to match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MatchOptions {
    /// Controls per treated unit, at least 1.
    pub controls: usize,
    /// No covariate may differ by more than this many pooled deviations.
    pub calliper: Option<f64>,
    /// Whether one control may serve several treated units.
    pub replacement: bool,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self { controls: 1, calliper: Some(0.25), replacement: false }
    }
}

/// A treated unit and its controls, nearest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The treated unit.
    pub treated: u64,
    /// Its controls.
    pub controls: Vec<u64>,
    /// Distance to the farthest of them, in pooled deviations.
    pub distance: f64,
}

/// The outcome of matching, before it is judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pairing {
    /// Definition id.
    pub definition: &'static str,
    /// How it was done.
    pub options: MatchOptions,
    /// In order of the treated id.
    pub pairs: Vec<Pair>,
    /// Treated units without a control inside the calliper.
    pub unmatched: Vec<u64>,
    /// Weight of each used control; a treated unit weighs 1.
    pub control_weights: BTreeMap<u64, f64>,
    /// Kish effective number of controls.
    pub effective_controls: f64,
    /// Each covariate before and after.
    pub balance: Vec<Balance>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Pairs treated units with controls. Subjects with a covariate that is not a
/// finite number are left out and counted. `names` label the covariates.
#[must_use]
pub fn pair_up(subjects: &[Subject], names: &[&str], options: MatchOptions) -> Pairing {
    let usable: Vec<&Subject> = subjects
        .iter()
        .filter(|s| s.covariates.len() == names.len() && s.covariates.iter().all(|x| x.is_finite()))
        .collect();
    let space = Space::of(&usable, names.len());
    let chosen = choose(&space, options);
    let mut pairing = Pairing {
        definition: "match.v1",
        options,
        pairs: Vec::new(),
        unmatched: Vec::new(),
        control_weights: BTreeMap::new(),
        effective_controls: 0.0,
        balance: Vec::new(),
        warnings: Vec::new(),
    };
    for (treated, mut controls) in chosen {
        let id = space.points[treated].id;
        if controls.is_empty() {
            pairing.unmatched.push(id);
            continue;
        }
        controls.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let weight = 1.0 / controls.len() as f64;
        for (_, control) in &controls {
            *pairing.control_weights.entry(*control).or_default() += weight;
        }
        pairing.pairs.push(Pair {
            treated: id,
            distance: controls.last().map_or(0.0, |c| c.0.sqrt()),
            controls: controls.into_iter().map(|c| c.1).collect(),
        });
    }
    pairing.pairs.sort_by_key(|p| p.treated);
    pairing.unmatched.sort_unstable();
    let weights = pairing.control_weights.values();
    let total = sum(weights.clone().copied());
    pairing.effective_controls = if total > 0.0 { total * total / sum(weights.map(|w| w * w)) } else { 0.0 };
    pairing.balance = balance(&usable, names, &space, &pairing);
    pairing.warnings = warnings(&pairing, (subjects.len() - usable.len()) as u64);
    pairing
}

impl Pairing {
    /// Largest absolute standardised difference after matching.
    #[must_use]
    pub fn worst_imbalance(&self) -> f64 {
        self.balance.iter().map(|b| b.after.abs()).fold(0.0, f64::max)
    }

    /// The pairing, if an effect may be read from it.
    ///
    /// # Errors
    /// A [`Refusal`] below 20 matched units per arm, or when a covariate still
    /// differs by more than 0.25 deviations.
    pub fn judged(self) -> Result<Self, Refusal> {
        let least = (self.pairs.len() as u64).min(self.control_weights.len() as u64);
        if least < PER_ARM {
            return Err(Refusal::count(RefusalReason::TooFewMatched, least, PER_ARM));
        }
        let worst = self.worst_imbalance();
        if worst > UNBALANCED {
            return Err(Refusal { reason: RefusalReason::StillUnbalanced, have: worst, need: UNBALANCED });
        }
        Ok(self)
    }
}

/// A subject in units of pooled deviations.
struct Point {
    id: u64,
    treated: bool,
    stratum: u64,
    at: Vec<f64>,
}

struct Space {
    points: Vec<Point>,
    /// Pooled deviation of each covariate, 0 where it does not vary.
    deviations: Vec<f64>,
}

impl Space {
    fn of(subjects: &[&Subject], covariates: usize) -> Self {
        let arm = |treated: bool, c: usize| {
            let values: Vec<f64> = subjects.iter().filter(|s| s.treated == treated).map(|s| s.covariates[c]).collect();
            Moments::of(&values)
        };
        let deviations: Vec<f64> = (0..covariates)
            .map(|c| pooled_deviation(&arm(true, c), &arm(false, c)))
            .map(|d| if d.is_finite() { d } else { 0.0 })
            .collect();
        // a covariate that does not vary inside the arms still has to be equal
        let scale = |d: f64| if d > 0.0 { d } else { 1.0 };
        let mut points: Vec<Point> = subjects
            .iter()
            .map(|s| Point {
                id: s.id,
                treated: s.treated,
                stratum: s.stratum,
                at: s.covariates.iter().zip(&deviations).map(|(x, d)| x / scale(*d)).collect(),
            })
            .collect();
        let first = |p: &Point| p.at.first().copied().unwrap_or(0.0);
        points.sort_unstable_by(|a, b| {
            a.stratum.cmp(&b.stratum).then(first(a).total_cmp(&first(b))).then(a.id.cmp(&b.id))
        });
        Self { points, deviations }
    }
}

/// (squared distance, control id) lists by index of the treated point.
type Chosen = BTreeMap<usize, Vec<(f64, u64)>>;

fn choose(space: &Space, options: MatchOptions) -> Chosen {
    let mut chosen = Chosen::new();
    let mut used = BTreeSet::new();
    let rounds = if options.replacement { 1 } else { options.controls.max(1) };
    let per_round = if options.replacement { options.controls.max(1) } else { 1 };
    let mut start = 0;
    for stratum in space.points.chunk_by(|a, b| a.stratum == b.stratum) {
        let controls: Vec<&Point> = stratum.iter().filter(|p| !p.treated).collect();
        let order = hardest_first(stratum, &controls);
        for _ in 0..rounds {
            for &i in &order {
                let found = nearest(&stratum[i], &controls, per_round, options, &used);
                let mine = chosen.entry(start + i).or_default();
                for (distance, id) in found {
                    if !options.replacement {
                        used.insert(id);
                    }
                    mine.push((distance, id));
                }
            }
        }
        start += stratum.len();
    }
    chosen
}

/// Treated points in the order of choice: the farther from the middle of the
/// controls the earlier, as they have the least to choose from; ties by id.
fn hardest_first(stratum: &[Point], controls: &[&Point]) -> Vec<usize> {
    let width = stratum.first().map_or(0, |p| p.at.len());
    let centre: Vec<f64> =
        (0..width).map(|c| sum(controls.iter().map(|p| p.at[c])) / controls.len().max(1) as f64).collect();
    let far = |p: &Point| squared_distance(&p.at, &centre);
    let mut order: Vec<(f64, u64, usize)> =
        stratum.iter().enumerate().filter(|(_, p)| p.treated).map(|(i, p)| (far(p), p.id, i)).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, _, i)| i).collect()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The nearest free controls, walking outwards along the first covariate until
/// it alone is farther than the worst one kept.
fn nearest(
    point: &Point,
    controls: &[&Point],
    keep: usize,
    options: MatchOptions,
    used: &BTreeSet<u64>,
) -> Vec<(f64, u64)> {
    let axis = |p: &Point| p.at.first().copied().unwrap_or(0.0);
    let here = axis(point);
    let calliper = options.calliper.unwrap_or(f64::INFINITY);
    let mut best: Vec<(f64, u64)> = Vec::with_capacity(keep + 1);
    let split = controls.partition_point(|p| axis(p) < here);
    let (mut left, mut right) = (split, split);
    loop {
        let below = left.checked_sub(1).map(|i| here - axis(controls[i]));
        let above = controls.get(right).map(|p| axis(p) - here);
        let (gap, candidate) = match (below, above) {
            (None, None) => break,
            (Some(b), a) if a.is_none_or(|a| b <= a) => {
                left -= 1;
                (b, controls[left])
            }
            (_, Some(a)) => {
                right += 1;
                (a, controls[right - 1])
            }
            (Some(_), None) => break,
        };
        let worst = if best.len() < keep { f64::INFINITY } else { best[keep - 1].0 };
        if gap > calliper || gap * gap > worst {
            break;
        }
        let outside = point.at.iter().zip(&candidate.at).any(|(x, y)| (x - y).abs() > calliper);
        if outside || used.contains(&candidate.id) {
            continue;
        }
        let entry = (squared_distance(&point.at, &candidate.at), candidate.id);
        let place = best.partition_point(|b| b.0.total_cmp(&entry.0).then(b.1.cmp(&entry.1)).is_lt());
        best.insert(place, entry);
        best.truncate(keep);
    }
    best
}

fn balance(subjects: &[&Subject], names: &[&str], space: &Space, pairing: &Pairing) -> Vec<Balance> {
    let matched: BTreeSet<u64> = pairing.pairs.iter().map(|p| p.treated).collect();
    let mut ordered = subjects.to_vec();
    ordered.sort_unstable_by_key(|s| s.id);
    let weight = |s: &Subject| {
        if s.treated {
            f64::from(u8::from(matched.contains(&s.id)))
        } else {
            pairing.control_weights.get(&s.id).copied().unwrap_or(0.0)
        }
    };
    names
        .iter()
        .enumerate()
        .map(|(c, name)| {
            let arm = |treated: bool, after: bool| {
                let pairs: Vec<(f64, f64)> = ordered
                    .iter()
                    .filter(|s| s.treated == treated)
                    .map(|s| (s.covariates[c], if after { weight(s) } else { 1.0 }))
                    .collect();
                weighted_mean(&pairs)
            };
            let smd = |after| standardised_difference(arm(true, after), arm(false, after), space.deviations[c]);
            Balance { covariate: (*name).to_owned(), before: smd(false), after: smd(true) }
        })
        .collect()
}

fn warnings(pairing: &Pairing, dropped: u64) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let worst = pairing.worst_imbalance();
    if worst > IMBALANCE {
        warnings.push(Warning { code: WarningCode::ResidualImbalance, have: worst, bound: IMBALANCE });
    }
    let floor = EFFECTIVE_SHARE * pairing.control_weights.len() as f64;
    if pairing.effective_controls < floor {
        warnings.push(Warning {
            code: WarningCode::LowEffectiveControls,
            have: pairing.effective_controls,
            bound: floor,
        });
    }
    if !pairing.unmatched.is_empty() {
        let unmatched = pairing.unmatched.len() as u64;
        warnings.push(Warning::count(WarningCode::Unmatched, unmatched, 0));
    }
    if dropped > 0 {
        warnings.push(Warning::count(WarningCode::MissingDropped, dropped, 0));
    }
    warnings
}

#[cfg(test)]
mod tests;
