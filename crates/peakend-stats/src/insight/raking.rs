//! Raking (`raking.v1`; Deming & Stephan 1940): weights under which a sample has
//! the known totals of its population on several margins.
//!
//! Respondents with the same categories share one factor, so the work is done per
//! cell and no digit depends on row order. Never weight on what the outcome causes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason, Warning, WarningCode};
use crate::summation::sum;

/// Bases below this are not weighted.
const WEIGHTED_FROM: u64 = 30;
/// Totals of two margins may differ by this share.
const TOTALS_WITHIN: f64 = 1e-3;
/// Design effect from which weighting costs more than half of the sample.
const DEFF_UP_TO: f64 = 2.0;
/// Largest weight over the mean from which single answers carry too much.
const LARGEST_UP_TO: f64 = 5.0;

/// One margin: what the population has, and where each respondent belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// Population total of each category.
    pub targets: Vec<f64>,
    /// Category of each respondent, an index into the targets; `None` when unknown,
    /// and then shared out in proportion.
    pub categories: Vec<Option<usize>>,
}

/// When to stop, and how far weights may spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RakingRules {
    /// Largest relative margin error at which it stands.
    pub tolerance: f64,
    /// Passes over all margins before it is refused.
    pub passes: u32,
    /// Cap on weights, as a multiple of their mean; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
    /// Rounds of capping and raking again.
    pub cap_rounds: u32,
}

impl Default for RakingRules {
    fn default() -> Self {
        Self { tolerance: 1e-8, passes: 500, cap: None, cap_rounds: 5 }
    }
}

/// Raked weights and what they cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Raked {
    /// Definition id.
    pub definition: &'static str,
    /// One per respondent, in their order; they sum to the population.
    pub weights: Vec<f64>,
    /// Passes over all margins.
    pub passes: u32,
    /// Largest relative margin error left (after capping it may be real).
    pub margin_error: f64,
    /// Kish's design effect, n sum w^2 / (sum w)^2.
    pub design_effect: f64,
    /// n / design effect.
    pub n_effective: f64,
    /// Largest weight over the mean.
    pub largest: f64,
    /// Smallest weight over the mean.
    pub smallest: f64,
    /// Weights set back to the cap.
    pub capped: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Rakes base weights (ones without a design) to the margins in their order.
///
/// # Errors
/// A [`Refusal`] below 30 respondents, for weights or targets that are not positive
/// numbers, when a wanted category has nobody, when totals of margins differ by more
/// than 0.1 %, or when it does not settle.
pub fn rake(base: &[f64], margins: &[Margin], rules: &RakingRules) -> Result<Raked, Refusal> {
    check(base, margins)?;
    let total = sum(margins[0].targets.iter().copied());
    let mut cells = Cells::of(base, margins, total);
    let mut passes = cells.settle(margins, rules)?;
    let mut capped = 0;
    if let Some(cap) = rules.cap {
        for _ in 0..rules.cap_rounds {
            let now = cells.cap(base, cap, total);
            if now == 0 {
                break;
            }
            capped = now;
            passes += cells.settle(margins, rules)?;
        }
        // the last word is the cap's: the remaining margin error is reported
        capped = capped.max(cells.cap(base, cap, total));
    }
    let weights = cells.weights(base);
    let spread = WeightSpread::of(&weights);
    let unknown = margins.iter().flat_map(|m| &m.categories).filter(|c| c.is_none()).count() as u64;
    let mut warnings = Vec::new();
    if spread.design_effect > DEFF_UP_TO {
        warnings.push(Warning { code: WarningCode::HighDesignEffect, have: spread.design_effect, bound: DEFF_UP_TO });
    }
    if spread.largest > LARGEST_UP_TO {
        warnings.push(Warning { code: WarningCode::ExtremeWeight, have: spread.largest, bound: LARGEST_UP_TO });
    }
    if unknown > 0 {
        warnings.push(Warning::count(WarningCode::MissingImputed, unknown, 0));
    }
    Ok(Raked {
        definition: "raking.v1",
        passes,
        margin_error: cells.error(margins),
        design_effect: spread.design_effect,
        n_effective: spread.n_effective,
        largest: spread.largest,
        smallest: spread.smallest,
        capped,
        weights,
        warnings,
    })
}

fn check(base: &[f64], margins: &[Margin]) -> Result<(), Refusal> {
    let n = base.len() as u64;
    if n < WEIGHTED_FROM {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, n, WEIGHTED_FROM));
    }
    let not_finite = |have: f64| Err(Refusal { reason: RefusalReason::NotFinite, have, need: 0.0 });
    if let Some(&weight) = base.iter().find(|w| !(w.is_finite() && **w > 0.0)) {
        return not_finite(weight);
    }
    let Some(first) = margins.first() else {
        return Err(Refusal::count(RefusalReason::NoMargin, 0, 1));
    };
    let total = sum(first.targets.iter().copied());
    for margin in margins {
        if let Some(&target) = margin.targets.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
            return not_finite(target);
        }
        let bad = |c: &&Option<usize>| c.is_some_and(|c| c >= margin.targets.len());
        if margin.categories.len() != base.len() || margin.categories.iter().any(|c| bad(&c)) {
            return Err(Refusal::count(RefusalReason::NoMargin, margin.categories.len() as u64, n));
        }
        for (category, &target) in margin.targets.iter().enumerate().filter(|(_, t)| **t > 0.0) {
            if !margin.categories.contains(&Some(category)) {
                return Err(Refusal { reason: RefusalReason::EmptyMargin, have: 0.0, need: target });
            }
        }
        let own = sum(margin.targets.iter().copied());
        if total <= 0.0 || (own / total - 1.0).abs() > TOTALS_WITHIN {
            return Err(Refusal { reason: RefusalReason::TotalsDiffer, have: own, need: total });
        }
    }
    Ok(())
}

/// Respondents with the same categories on all margins.
struct Cell {
    categories: Vec<Option<usize>>,
    weight: f64,
    respondents: Vec<usize>,
    factor: f64,
}

struct Cells(Vec<Cell>);

impl Cells {
    fn of(base: &[f64], margins: &[Margin], total: f64) -> Self {
        let mut cells: BTreeMap<Vec<Option<usize>>, Vec<usize>> = BTreeMap::new();
        for i in 0..base.len() {
            cells.entry(margins.iter().map(|m| m.categories[i]).collect()).or_default().push(i);
        }
        let scale = total / ascending(base.iter().copied());
        let cell = |(categories, respondents): (Vec<Option<usize>>, Vec<usize>)| Cell {
            categories,
            weight: ascending(respondents.iter().map(|&i| base[i])),
            respondents,
            factor: scale,
        };
        Self(cells.into_iter().map(cell).collect())
    }

    /// Totals per category of a margin, and of those without one.
    fn totals(&self, margin: usize, categories: usize) -> (Vec<f64>, f64) {
        let (mut known, mut unknown) = (vec![0.0; categories], 0.0);
        for cell in &self.0 {
            match cell.categories[margin] {
                Some(category) => known[category] += cell.weight * cell.factor,
                None => unknown += cell.weight * cell.factor,
            }
        }
        (known, unknown)
    }

    /// What each category must come to: its target, scaled to the total of the first
    /// margin, less the share of those whose category is not known.
    fn wanted(&self, margins: &[Margin], margin: usize) -> (Vec<f64>, Vec<f64>) {
        let targets = &margins[margin].targets;
        let (known, unknown) = self.totals(margin, targets.len());
        let total = sum(margins[0].targets.iter().copied());
        let scale = (total - unknown).max(0.0) / sum(targets.iter().copied());
        (known, targets.iter().map(|t| t * scale).collect())
    }

    fn error(&self, margins: &[Margin]) -> f64 {
        let mut worst: f64 = 0.0;
        for margin in 0..margins.len() {
            let (known, wanted) = self.wanted(margins, margin);
            for (have, want) in known.iter().zip(&wanted).filter(|(_, want)| **want > 0.0) {
                worst = worst.max((have / want - 1.0).abs());
            }
        }
        worst
    }

    fn pass(&mut self, margins: &[Margin]) {
        for margin in 0..margins.len() {
            let (known, wanted) = self.wanted(margins, margin);
            for cell in &mut self.0 {
                if let Some(category) = cell.categories[margin].filter(|&c| known[c] > 0.0) {
                    cell.factor *= wanted[category] / known[category];
                }
            }
        }
    }

    fn settle(&mut self, margins: &[Margin], rules: &RakingRules) -> Result<u32, Refusal> {
        for pass in 1..=rules.passes {
            self.pass(margins);
            if self.error(margins) < rules.tolerance {
                return Ok(pass);
            }
        }
        let have = self.error(margins);
        Err(Refusal { reason: RefusalReason::NotConverged, have, need: rules.tolerance })
    }

    /// Sets weights above the cap back to it, by cell; how many respondents had one.
    fn cap(&mut self, base: &[f64], cap: f64, total: f64) -> u64 {
        let bound = cap * total / base.len() as f64;
        let mut capped = 0;
        for cell in &mut self.0 {
            let largest = cell.respondents.iter().map(|&i| base[i]).fold(0.0, f64::max) * cell.factor;
            if largest > bound * (1.0 + 1e-9) {
                cell.factor *= bound / largest;
                capped += cell.respondents.len() as u64;
            }
        }
        capped
    }

    fn weights(&self, base: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; base.len()];
        for cell in &self.0 {
            for &i in &cell.respondents {
                weights[i] = base[i] * cell.factor;
            }
        }
        weights
    }
}

/// What unequal weights cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightSpread {
    /// n sum w^2 / (sum w)^2.
    pub design_effect: f64,
    /// n / design effect.
    pub n_effective: f64,
    /// Largest weight over the mean.
    pub largest: f64,
    /// Smallest weight over the mean.
    pub smallest: f64,
}

impl WeightSpread {
    /// Of any weights.
    #[must_use]
    pub fn of(weights: &[f64]) -> Self {
        let n = weights.len() as f64;
        let total = ascending(weights.iter().copied());
        let squares = ascending(weights.iter().map(|w| w * w));
        let mean = total / n;
        Self {
            design_effect: n * squares / (total * total),
            n_effective: total * total / squares,
            largest: weights.iter().copied().fold(f64::MIN, f64::max) / mean,
            smallest: weights.iter().copied().fold(f64::MAX, f64::min) / mean,
        }
    }
}

/// Sum in ascending order, so that row order changes no digit.
pub(crate) fn ascending(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    sum(values)
}

#[cfg(test)]
mod tests;
