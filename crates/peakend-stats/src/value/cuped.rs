//! A randomised comparison with covariates measured before assignment
//! (`cuped.v1`; Deng et al. 2013): the difference of means after taking out what
//! the covariates explain, with the plain difference and two regressions beside it.
//!
//! Assumes that assignment was random and that no covariate was measured after it.
//! theta is the least-squares coefficient over both arms pooled; a missing
//! covariate is set to its mean and marked by an indicator. Regression errors are
//! HC2 (ANCOVA, and with interactions Lin 2013), t with n - k degrees of freedom.

use serde::Serialize;

use super::balance::{pooled_deviation, standardised_difference};
use super::did::Inference;
use crate::distribution::chi_square_upper;
use crate::figure::{IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::insight::compare::{Claim, Difference, comparable, welch};
use crate::linear::covariance::{Hc, heteroskedastic};
use crate::linear::{Matrix, least_squares};
use crate::summation::{Moments, sum};

/// Arms whose covariate means differ by this many standard deviations are named.
const UNBALANCED_FROM: f64 = 0.1;
/// A sample ratio this unlikely means that assignment or logging is broken.
const MISMATCH_BELOW: f64 = 0.001;

/// One unit of the experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmRow {
    /// Whether it was assigned to the new treatment.
    pub treated: bool,
    /// Outcome.
    pub y: f64,
    /// Covariates from before assignment, the same number in every row; NaN when missing.
    pub x: Vec<f64>,
}

/// An effect by regression.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Adjusted {
    /// Coefficient of the treatment.
    pub value: f64,
    /// HC2 inference, t(n - k).
    #[serde(flatten)]
    pub inference: Inference,
}

/// Arm sizes against the share that was meant to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampleRatio {
    /// Share meant to be treated.
    pub planned: f64,
    /// Share treated.
    pub observed: f64,
    /// Chi-square p, one degree of freedom.
    pub p: f64,
    /// Chi-square with one degree of freedom.
    pub chi_square: f64,
}

/// The comparison fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cuped {
    /// Definition id.
    pub definition: &'static str,
    /// Treated less control after adjustment, Welch: the number to quote.
    pub effect: Difference,
    /// Treated less control as observed, Welch.
    pub raw: Difference,
    /// What may be said when this is the only comparison.
    pub claim: Claim,
    /// One per covariate.
    pub theta: Vec<f64>,
    /// 1 - var(adjusted) / var(y), pooled.
    pub variance_reduction: f64,
    /// y on treatment and covariates.
    pub regression: Adjusted,
    /// y on treatment, centred covariates and their products.
    pub interacted: Adjusted,
    /// Difference of covariate means in standard deviations, one per covariate.
    pub balance: Vec<f64>,
    /// Missing values set to the mean, one per covariate.
    pub missing: Vec<u64>,
    /// Arm sizes against the plan, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ratio: Option<SampleRatio>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Compares the arms of an experiment. `planned_share` is the share meant to be
/// treated, when it is known.
///
/// # Errors
/// A [`Refusal`] when an arm has fewer than ten units, the outcome does not vary,
/// or the arm sizes contradict the plan (p < 0.001).
pub fn cuped(rows: &[ArmRow], planned_share: Option<f64>) -> Result<Cuped, Refusal> {
    let arms = Arms::of(rows);
    let n = [arms.size(true), arms.size(false)];
    let mut warnings = comparable(n)?;
    let sample_ratio = planned_share.map(|planned| SampleRatio::of(n, planned));
    if let Some(ratio) = sample_ratio.filter(SampleRatio::mismatched) {
        return Err(Refusal { reason: RefusalReason::SampleRatioMismatch, have: ratio.observed, need: ratio.planned });
    }
    let raw = arms.difference(&arms.y);
    if raw.standard_error.is_nan() || raw.standard_error <= 0.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let (theta, adjusted) = arms.adjust();
    let balance = arms.balance();
    if let Some(worst) = balance.iter().copied().filter(|smd| smd.abs() >= UNBALANCED_FROM).reduce(larger) {
        warnings.push(Warning { code: WarningCode::ArmsDiffer, have: worst, bound: UNBALANCED_FROM });
    }
    let dropped = rows.len() as u64 - n[0] - n[1];
    if dropped > 0 {
        warnings.push(Warning::count(WarningCode::MissingDropped, dropped, 0));
    }
    let imputed: u64 = arms.missing.iter().sum();
    if imputed > 0 {
        warnings.push(Warning::count(WarningCode::MissingImputed, imputed, 0));
    }
    let effect = arms.difference(&adjusted);
    Ok(Cuped {
        definition: "cuped.v1",
        claim: effect.claim(effect.p),
        effect,
        raw,
        theta,
        variance_reduction: 1.0 - Moments::of(&adjusted).variance / Moments::of(&arms.y).variance,
        regression: arms.regression(false),
        interacted: arms.regression(true),
        balance,
        missing: arms.missing,
        sample_ratio,
        warnings,
    })
}

fn larger(a: f64, b: f64) -> f64 {
    if b.abs() > a.abs() { b } else { a }
}

impl SampleRatio {
    /// Treated and control units against the share meant to be treated.
    #[must_use]
    pub fn of(n: [u64; 2], planned: f64) -> Self {
        let total = (n[0] + n[1]) as f64;
        let gap = (n[0] as f64 - total * planned).powi(2);
        let chi_square = gap / (total * planned) + gap / (total * (1.0 - planned));
        Self { planned, observed: n[0] as f64 / total, chi_square, p: chi_square_upper(chi_square, 1.0) }
    }

    /// Whether the arms contradict the plan.
    #[must_use]
    pub fn mismatched(&self) -> bool {
        self.p < MISMATCH_BELOW
    }
}

/// Usable rows in an order of their own, covariates centred and completed.
struct Arms {
    treated: Vec<bool>,
    y: Vec<f64>,
    /// Centred covariates with 0 for missing, then one indicator per covariate
    /// that has missing values.
    x: Matrix,
    /// How many columns of x are covariates.
    covariates: usize,
    missing: Vec<u64>,
    /// Observed covariate values by arm, for balance.
    observed: Vec<[Vec<f64>; 2]>,
}

impl Arms {
    fn of(rows: &[ArmRow]) -> Self {
        let mut rows: Vec<&ArmRow> = rows.iter().filter(|r| r.y.is_finite()).collect();
        rows.sort_by(|a, b| {
            let x = || a.x.iter().zip(&b.x).map(|(p, q)| p.total_cmp(q)).find(|o| o.is_ne());
            (a.treated.cmp(&b.treated).then_with(|| a.y.total_cmp(&b.y)))
                .then_with(|| x().unwrap_or(std::cmp::Ordering::Equal))
        });
        let covariates = rows.first().map_or(0, |r| r.x.len());
        let (mut columns, mut indicators, mut missing, mut observed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for j in 0..covariates {
            let value = |row: &ArmRow| row.x.get(j).copied().filter(|x| x.is_finite());
            let arm = |treated: bool| rows.iter().filter(|r| r.treated == treated).filter_map(|r| value(r)).collect();
            let known: [Vec<f64>; 2] = [arm(true), arm(false)];
            let mean = sum(known.iter().flatten().copied()) / (known[0].len() + known[1].len()) as f64;
            columns.push(rows.iter().map(|r| value(r).map_or(0.0, |x| x - mean)).collect::<Vec<f64>>());
            let gaps: Vec<f64> = rows.iter().map(|r| f64::from(u8::from(value(r).is_none()))).collect();
            let count = gaps.iter().filter(|g| **g > 0.0).count() as u64;
            if count > 0 {
                let share = count as f64 / rows.len() as f64;
                indicators.push(gaps.into_iter().map(|g| g - share).collect());
            }
            missing.push(count);
            observed.push(known);
        }
        columns.extend(indicators);
        let x = if columns.is_empty() { Matrix::zeros(rows.len(), 0) } else { Matrix::from_columns(&columns) };
        let (treated, y) = rows.iter().map(|r| (r.treated, r.y)).unzip();
        Self { treated, y, x, covariates, missing, observed }
    }

    fn size(&self, treated: bool) -> u64 {
        self.treated.iter().filter(|t| **t == treated).count() as u64
    }

    fn arm(&self, values: &[f64], treated: bool) -> Moments {
        let own: Vec<f64> = values.iter().zip(&self.treated).filter(|(_, t)| **t == treated).map(|(y, _)| *y).collect();
        Moments::of(&own)
    }

    /// Treated less control, Welch.
    fn difference(&self, values: &[f64]) -> Difference {
        welch(&self.arm(values, true), &self.arm(values, false))
    }

    /// theta per covariate, and the outcome less what the covariates explain.
    fn adjust(&self) -> (Vec<f64>, Vec<f64>) {
        let width = self.x.columns();
        let design = Matrix::from_fn(self.y.len(), width + 1, |i, j| if j == width { 1.0 } else { self.x[(i, j)] });
        let theta = &least_squares(&design, &self.y).coefficients[..width];
        let explained = self.x.times_vector(theta);
        let adjusted = self.y.iter().zip(explained).map(|(y, e)| y - e).collect();
        (theta[..self.covariates].to_vec(), adjusted)
    }

    /// y on constant, treatment, covariates and perhaps their products.
    fn regression(&self, interacted: bool) -> Adjusted {
        let width = self.x.columns();
        let columns = 2 + if interacted { 2 * width } else { width };
        let design = Matrix::from_fn(self.y.len(), columns, |i, j| {
            let treated = f64::from(u8::from(self.treated[i]));
            match j {
                0 => 1.0,
                1 => treated,
                _ if j < 2 + width => self.x[(i, j - 2)],
                _ => treated * self.x[(i, j - 2 - width)],
            }
        });
        let fit = least_squares(&design, &self.y);
        let se = heteroskedastic(&design, &fit, Hc::Two)[(1, 1)].sqrt();
        let value = fit.coefficients[1];
        Adjusted { value, inference: Inference::of(value, se, fit.df(), IntervalMethod::Heteroskedastic) }
    }

    /// Differences of covariate means over the root of the mean of the arms' variances.
    fn balance(&self) -> Vec<f64> {
        let smd = |[treated, control]: &[Vec<f64>; 2]| {
            let (a, b) = (Moments::of(treated), Moments::of(control));
            standardised_difference(a.mean, b.mean, pooled_deviation(&a, &b))
        };
        self.observed.iter().map(smd).collect()
    }
}

#[cfg(test)]
mod tests;
