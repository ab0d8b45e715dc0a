//! Staggered roll-outs (`staggered.v1`; Callaway and Sant'Anna 2021): effects by
//! cohort and period against units that are untreated then, never against units
//! that were treated before, as two-way fixed effects do.
//!
//! Assumes parallel trends of each cohort and its controls, and that nobody acts on
//! the change before its start less the periods of anticipation. Errors come from
//! influence functions by unit; intervals take t over cohorts, as those of normal
//! ones are a little narrow where cohorts are small.

mod aggregate;
mod band;
mod cell;
mod panel;
mod spread;

pub use band::LeadTest;
pub use panel::CohortPanel;

use serde::Serialize;

use super::weighting::Effect;
use crate::distribution::{t_two_sided, t95};
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode, Z95};
use crate::linear::Matrix;
use aggregate::{Family, families};
use band::{lead_test, simultaneous_factor};
use cell::{CellFit, cells};
use spread::{Error, Spread, spreads};

/// Cohorts below this many units are warned about.
const SMALL_COHORT: u64 = 5;
/// Units each side needs.
const PER_SIDE: u64 = 2;

/// One unit in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct StaggeredRow {
    /// Unit.
    pub unit: u64,
    /// Period, such as a year or months since year 0.
    pub period: i64,
    /// First treated period of the unit; `None` for never.
    pub first_treated: Option<i64>,
    /// Outcome.
    pub outcome: f64,
    /// Covariates, read in the base period of each comparison.
    pub covariates: Vec<f64>,
}

/// Who serves as control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Units never treated in the window.
    NeverTreated,
    /// Also units treated later than the periods compared.
    NotYetTreated,
}

/// With what the periods before treatment are compared; those after always take the
/// last period before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BasePeriod {
    /// The period before each: changes from one to the next.
    Varying,
    /// The last one before treatment: distances from it, which itself is 0.
    Universal,
}

/// How to estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StaggeredOptions {
    /// Who serves as control.
    pub comparison: Comparison,
    /// With what periods before treatment are compared.
    pub base: BasePeriod,
    /// Periods before its start in which the change may already show.
    pub anticipation: u32,
    /// Covariates used of each row; 0 for none.
    pub covariates: usize,
    /// Seed of the simultaneous bands.
    pub seed: u64,
    /// Draws for them.
    pub draws: u32,
}

impl Default for StaggeredOptions {
    fn default() -> Self {
        Self {
            comparison: Comparison::NeverTreated,
            base: BasePeriod::Varying,
            anticipation: 0,
            covariates: 0,
            seed: 1,
            draws: 999,
        }
    }
}

/// A cohort's effect in one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CohortEffect {
    /// First treated period of the cohort.
    pub cohort: i64,
    /// Period.
    pub period: i64,
    /// Whether the cohort is treated by then; before it, the effect is a placebo.
    pub after: bool,
    /// Change against the base period, less that of the controls.
    #[serde(flatten)]
    pub effect: Effect,
    /// Units of the cohort.
    pub treated: u64,
    /// Control units.
    pub controls: u64,
}

/// A gathered effect with an interval of its own and one that holds for all of
/// its kind together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GatheredEffect {
    /// Time since treatment, first treated period, or period.
    pub at: i64,
    /// Effect with its pointwise interval.
    #[serde(flatten)]
    pub effect: Effect,
    /// Simultaneous 95 % interval.
    pub band: Interval,
}

/// Effects of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gathering {
    /// Their summary.
    pub overall: Effect,
    /// In ascending order.
    pub parts: Vec<GatheredEffect>,
}

/// Everything about one roll-out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StaggeredEffect {
    /// Definition id.
    pub definition: &'static str,
    /// How it was estimated.
    pub options: StaggeredOptions,
    /// Units used.
    pub units: u64,
    /// Effects by cohort and period.
    pub cells: Vec<CohortEffect>,
    /// All cells after treatment, weighted by cohort size: the headline.
    pub simple: Effect,
    /// Two-sided p of the headline.
    pub p: f64,
    /// By time since treatment; the summary is the mean from 0 on.
    pub dynamic: Gathering,
    /// By cohort; the summary is weighted by cohort size.
    pub cohorts: Gathering,
    /// By period.
    pub calendar: Gathering,
    /// Joint test of the times before treatment; absent without any.
    pub leads: Option<LeadTest>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Estimates the effects of a staggered roll-out.
///
/// # Errors
/// A [`Refusal`] with fewer than two treated or two control units, or when no
/// cohort has both a period before it and controls.
pub fn staggered_effect(rows: &[StaggeredRow], options: StaggeredOptions) -> Result<StaggeredEffect, Refusal> {
    let panel = CohortPanel::of(rows, options.covariates, options.anticipation);
    let treated: usize = panel.cohorts.iter().filter(|c| c.first.is_some()).map(|c| c.units.len()).sum();
    let never = panel.n() - treated;
    let controls = match options.comparison {
        Comparison::NeverTreated => never,
        // the cohorts serve each other
        Comparison::NotYetTreated => panel.n() - panel.cohorts.first().map_or(0, |c| c.units.len()),
    };
    let least = treated.min(controls) as u64;
    if least < PER_SIDE {
        return Err(Refusal::count(RefusalReason::TooFewClusters, least, PER_SIDE));
    }
    let designs = cells(&panel, &options);
    let all = designs.len();
    let mut sides = None;
    let fits: Vec<CellFit> = designs.into_iter().filter_map(|c| CellFit::of(&panel, c, &mut sides)).collect();
    if !fits.iter().any(|fit| fit.cell.after) {
        return Err(Refusal::count(RefusalReason::NoPrePeriod, 0, 1));
    }
    Ok(estimate(&panel, &fits, all - fits.len(), options))
}

fn estimate(panel: &CohortPanel, fits: &[CellFit], unfit: usize, options: StaggeredOptions) -> StaggeredEffect {
    let families = families(panel, fits);
    let spread = spreads(panel, fits, &families);
    let [simple, dynamic, cohorts, calendar] =
        [0, 1, 2, 3].map(|f| gathering(&families[f], &spread.families[f], options));
    let leads = leads(&families[1], &spread.families[1]);
    let cells: Vec<CohortEffect> = fits
        .iter()
        .zip(&spread.cells)
        .map(|(fit, error)| CohortEffect {
            cohort: panel.cohorts[fit.cell.cohort].first.unwrap_or(i64::MAX),
            period: panel.periods[fit.cell.time],
            after: fit.cell.after,
            effect: judged(fit.effect, error),
            treated: fit.treated as u64,
            controls: fit.controls as u64,
        })
        .collect();
    StaggeredEffect {
        definition: "staggered.v1",
        options,
        units: panel.n() as u64,
        warnings: warnings(panel, leads, unfit),
        cells,
        p: t_two_sided(simple.overall.value / spread.families[0].overall.judged, spread.families[0].overall.df),
        simple: simple.overall,
        dynamic,
        cohorts,
        calendar,
        leads,
    }
}

fn judged(value: f64, error: &Error) -> Effect {
    let reach = t95(error.df) * error.judged;
    let interval = Interval::new(value - reach, value + reach, IntervalMethod::Welch);
    Effect { value, standard_error: error.shown, interval }
}

fn gathering(family: &Family, spread: &Spread, options: StaggeredOptions) -> Gathering {
    let factor = simultaneous_factor(&spread.covariance, options.seed, options.draws) / Z95;
    let parts = family.parts.iter().zip(&spread.parts).map(|(part, error)| {
        let effect = judged(part.effect, error);
        let reach = factor * effect.interval.half_width();
        let band = Interval::new(part.effect - reach, part.effect + reach, IntervalMethod::Simultaneous);
        GatheredEffect { at: part.at, effect, band }
    });
    Gathering { overall: judged(family.overall, &spread.overall), parts: parts.collect() }
}

fn leads(dynamic: &Family, spread: &Spread) -> Option<LeadTest> {
    let before: Vec<usize> = (0..dynamic.parts.len()).filter(|&i| dynamic.parts[i].at < 0).collect();
    let effects: Vec<f64> = before.iter().map(|&i| dynamic.parts[i].effect).collect();
    let covariance = Matrix::from_fn(before.len(), before.len(), |i, j| spread.covariance[before[i]][before[j]]);
    lead_test(&effects, &covariance)
}

fn warnings(panel: &CohortPanel, leads: Option<LeadTest>, unfit: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    match leads {
        None => warnings.push(Warning::count(WarningCode::TrendUntestable, 1, 2)),
        Some(test) if !test.holds => {
            warnings.push(Warning { code: WarningCode::PreTrendRejected, have: test.p, bound: 0.05 });
        }
        Some(_) => {}
    }
    let treated = panel.cohorts.iter().filter(|c| c.first.is_some());
    let smallest = treated.map(|c| c.units.len() as u64).min().unwrap_or(0);
    if smallest < SMALL_COHORT {
        warnings.push(Warning::count(WarningCode::SmallCohort, smallest, SMALL_COHORT));
    }
    let dropped = panel.incomplete + panel.early;
    if dropped > 0 {
        warnings.push(Warning::count(WarningCode::MissingDropped, dropped, 0));
    }
    if unfit > 0 {
        warnings.push(Warning::count(WarningCode::CellsWithoutPropensity, unfit as u64, 0));
    }
    warnings
}

#[cfg(test)]
mod tests;
