//! Cox proportional hazards (`cox.v1`): what goes with leaving sooner or later.
//!
//! Partial likelihood with Efron's or Breslow's treatment of ties (Cox 1972, Efron
//! 1977), left truncation by entry time, sandwich errors by row or by cluster (Lin
//! and Wei 1989), Harrell's concordance, and the test of proportional hazards of
//! Grambsch and Therneau (1994) as a score test on 1 - KM(t). One pass over n rows
//! and p covariates costs O(n p^2) after one sort. Assumes that a ratio of hazards
//! holds over the whole time, which the test judges.

mod concordance;
mod proportional;
mod risk;
mod robust;
#[cfg(test)]
mod tests;

use serde::Serialize;

use self::risk::{Pass, RiskRows};
use super::survival::{EVENTS_FROM, Spell};
use crate::distribution::{chi_square_upper, normal_two_sided};
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode, Z95};
use crate::insight::driver::Column;
use crate::linear::{Cholesky, Matrix};

pub use self::proportional::{Proportionality, TermProportionality};
pub use self::risk::Ties;

/// Newton steps after which a fit has not settled.
const STEPS: usize = 50;
/// Change of the log likelihood, relative, at which it has.
const SETTLED: f64 = 1e-12;
/// A coefficient of a standardised covariate beyond this grows without bound.
const BOUNDED_TO: f64 = 12.0;
/// Events needed for every coefficient without a warning.
const EVENTS_PER_COEFFICIENT: u64 = 10;
/// Fewer clusters are warned of.
const CLUSTERS_FROM: u64 = 30;
/// A smaller p of the test of proportional hazards is warned of.
const PROPORTIONAL_FROM: f64 = 0.05;

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CoxOptions<'a> {
    /// Treatment of ties.
    pub ties: Ties,
    /// One code per spell when several spells belong together; the intervals are
    /// then cluster-robust.
    pub clusters: Option<&'a [u64]>,
}

/// One coefficient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoxTerm {
    /// Name of the covariate.
    pub name: String,
    /// Log hazard ratio for one unit more.
    pub coefficient: f64,
    /// From the information matrix.
    pub standard_error: f64,
    /// Sandwich, by cluster when there are clusters.
    pub robust_standard_error: f64,
    /// Hazard ratio for one unit more.
    pub hazard_ratio: f64,
    /// 95 % interval of the hazard ratio.
    pub interval: Interval,
    /// Two-sided p of the coefficient.
    pub p: f64,
}

/// Test that all coefficients are 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LikelihoodRatio {
    /// Statistic.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// p.
    pub p: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoxModel {
    /// Definition id.
    pub definition: &'static str,
    /// Spells without a missing covariate.
    pub n: u64,
    /// Events.
    pub events: u64,
    /// Clusters, when given.
    pub clusters: Option<u64>,
    /// Treatment of ties.
    pub ties: Ties,
    /// Coefficients in the order of the covariates.
    pub terms: Vec<CoxTerm>,
    /// Log partial likelihood.
    pub log_likelihood: f64,
    /// The same with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Test of all coefficients.
    pub likelihood_ratio: LikelihoodRatio,
    /// Share of comparable pairs ordered rightly (Harrell).
    pub concordance: f64,
    /// Test of proportional hazards.
    pub proportionality: Proportionality,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Fits the model; one value of every covariate per spell, NaN is missing.
///
/// # Errors
/// A [`Refusal`] below ten events, for covariates that do not vary or determine
/// each other, or when the iterations do not settle.
pub fn cox(spells: &[Spell], covariates: &[Column<'_>], options: &CoxOptions<'_>) -> Result<CoxModel, Refusal> {
    let model = CoxModel::of(spells, covariates, options)?;
    if model.events < EVENTS_FROM {
        return Err(Refusal::count(RefusalReason::TooFewEvents, model.events, EVENTS_FROM));
    }
    Ok(model)
}

impl CoxModel {
    /// The model without a floor on events.
    ///
    /// # Errors
    /// As [`cox`] but for the floor.
    pub fn of(spells: &[Spell], covariates: &[Column<'_>], options: &CoxOptions<'_>) -> Result<Self, Refusal> {
        let rows = RiskRows::of(spells, covariates)?;
        let fit = Fit::of(&rows, options.ties)?;
        let scores = robust::scores(&rows, &fit.coefficients, options.ties);
        let (sandwich, clusters) = robust::sandwich(&scores, &rows, &fit.covariance, options.clusters);
        let proportionality = proportional::test(&rows, &fit, options.ties, covariates);
        let likelihood_ratio = {
            let chi_square = 2.0 * (fit.log_likelihood - fit.null);
            let df = covariates.len() as u64;
            LikelihoodRatio { chi_square, df, p: chi_square_upper(chi_square, df as f64) }
        };
        let terms = (0..covariates.len()).map(|j| {
            let scale = rows.scales[j];
            let coefficient = fit.coefficients[j] / scale;
            let standard_error = fit.covariance[(j, j)].sqrt() / scale;
            let robust_standard_error = sandwich[(j, j)].sqrt() / scale;
            let (shown, method) = match options.clusters {
                Some(_) => (robust_standard_error, IntervalMethod::ClusterRobust),
                None => (standard_error, IntervalMethod::Wald),
            };
            let reach = Z95 * shown;
            CoxTerm {
                name: covariates[j].name.to_owned(),
                coefficient,
                standard_error,
                robust_standard_error,
                hazard_ratio: coefficient.exp(),
                interval: Interval::new((coefficient - reach).exp(), (coefficient + reach).exp(), method),
                p: normal_two_sided(coefficient / shown),
            }
        });
        let mut model = Self {
            definition: "cox.v1",
            n: rows.n() as u64,
            events: rows.events,
            clusters,
            ties: options.ties,
            terms: terms.collect(),
            log_likelihood: fit.log_likelihood,
            log_likelihood_null: fit.null,
            likelihood_ratio,
            concordance: concordance::concordance(&rows, &fit.coefficients),
            proportionality,
            warnings: Vec::new(),
        };
        model.warnings = model.found(&rows, &fit);
        Ok(model)
    }

    fn found(&self, rows: &RiskRows, fit: &Fit) -> Vec<Warning> {
        let need = EVENTS_PER_COEFFICIENT * self.terms.len() as u64;
        let below = |code, have: u64, bound: u64| (have < bound).then(|| Warning::count(code, have, bound));
        let p = self.proportionality.p;
        let largest = fit.coefficients.iter().map(|b| b.abs()).fold(0.0, f64::max);
        let crossing = |code, crossed: bool, have, bound| crossed.then_some(Warning { code, have, bound });
        [
            below(WarningCode::FewEventsPerCoefficient, self.events, need),
            crossing(WarningCode::NotProportional, p < PROPORTIONAL_FROM, p, PROPORTIONAL_FROM),
            crossing(WarningCode::UnboundedCoefficient, largest > BOUNDED_TO, largest, BOUNDED_TO),
            self.clusters.and_then(|g| below(WarningCode::FewClusters, g, CLUSTERS_FROM)),
            (rows.dropped > 0).then(|| Warning::count(WarningCode::MissingDropped, rows.dropped, 0)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The maximum, in standardised covariates.
struct Fit {
    coefficients: Vec<f64>,
    covariance: Matrix,
    log_likelihood: f64,
    null: f64,
}

impl Fit {
    /// Newton's method from 0, halving steps that lose likelihood.
    fn of(rows: &RiskRows, ties: Ties) -> Result<Self, Refusal> {
        const COLLINEAR: Refusal = Refusal { reason: RefusalReason::Collinear, have: 0.0, need: 0.0 };
        let mut coefficients = vec![0.0; rows.width()];
        let mut pass = Pass::of(rows, &coefficients, ties);
        let null = pass.log_likelihood;
        for _ in 0..STEPS {
            let factor = Cholesky::of(&pass.information).ok_or(COLLINEAR)?;
            let step = factor.solve(&pass.score);
            let (next, moved) = (0..STEPS)
                .map(|halvings| {
                    let share = 0.5_f64.powi(halvings as i32);
                    let moved: Vec<f64> = coefficients.iter().zip(&step).map(|(b, s)| b + share * s).collect();
                    (Pass::of(rows, &moved, ties), moved)
                })
                .find(|(next, _)| next.log_likelihood >= pass.log_likelihood - 1e-9 * pass.log_likelihood.abs())
                .ok_or(Refusal::count(RefusalReason::NotConverged, STEPS as u64, STEPS as u64))?;
            let change = (next.log_likelihood - pass.log_likelihood).abs();
            (pass, coefficients) = (next, moved);
            if change <= SETTLED * (1.0 + pass.log_likelihood.abs()) {
                let covariance = Cholesky::of(&pass.information).ok_or(COLLINEAR)?.inverse();
                return Ok(Self { coefficients, covariance, log_likelihood: pass.log_likelihood, null });
            }
        }
        Err(Refusal::count(RefusalReason::NotConverged, STEPS as u64, STEPS as u64))
    }
}
