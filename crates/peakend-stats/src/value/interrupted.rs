//! One series with a change at a known time (`interrupted.v1`; segmented
//! regression, Wagner et al. 2002): constant, trend, level and slope after the
//! change, harmonics of a season, covariates.
//!
//! Errors are Newey-West (Bartlett, no prewhitening, n/(n-k)), t(n - k), or, where
//! these are wider, those of an autoregression fitted by restricted likelihood: in
//! series of a few dozen points Newey-West intervals cover far less than they say
//! (Turner et al. 2021). Without a comparison series anything else that happened at
//! the same time is in the effect.

use std::f64::consts::TAU;

use serde::Serialize;

use super::did::Inference;
use crate::figure::{IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::linear::covariance::{newey_west, standard_error};
use crate::linear::serial::SerialErrors;
use crate::linear::{Fit, Matrix, least_squares};

/// Points needed before the change.
const BEFORE_FROM: u64 = 8;
/// Points needed from the change on.
const AFTER_FROM: u64 = 4;
/// Residuals that follow each other beyond these bounds are warned about.
const DURBIN_WATSON: [f64; 2] = [1.0, 3.0];

/// A season by its harmonics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Harmonics {
    /// Points per cycle: 12 for months.
    pub period: usize,
    /// Pairs of sine and cosine.
    pub pairs: usize,
}

/// What the series is explained by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interruption {
    /// Position of the first point after the change, counted from 0.
    pub change_at: usize,
    /// Season, if any.
    pub season: Option<Harmonics>,
    /// Further columns as long as the series, not affected by the change.
    pub covariates: Vec<Vec<f64>>,
    /// Newey-West lag; chosen by the rule when absent.
    pub lag: Option<usize>,
}

impl Interruption {
    /// Constant, t = 1.., level, slope since the change (1 at its first point),
    /// sine and cosine per harmonic, covariates.
    #[must_use]
    pub fn design(&self, n: usize) -> Matrix {
        let after = |i: usize| i >= self.change_at;
        let mut columns: Vec<Vec<f64>> = vec![
            vec![1.0; n],
            (0..n).map(|i| (i + 1) as f64).collect(),
            (0..n).map(|i| f64::from(u8::from(after(i)))).collect(),
            (0..n).map(|i| if after(i) { (i - self.change_at + 1) as f64 } else { 0.0 }).collect(),
        ];
        if let Some(season) = self.season {
            for k in 1..=season.pairs {
                let share = |i: usize| (k * (i + 1)) % season.period;
                // exactly 0 at half a cycle, so that a sine that never moves is left out
                let sine = |r: usize| if 2 * r == season.period { 0.0 } else { angle(r, season.period).sin() };
                columns.push((0..n).map(|i| sine(share(i))).collect());
                columns.push((0..n).map(|i| angle(share(i), season.period).cos()).collect());
            }
        }
        columns.extend(self.covariates.iter().cloned());
        Matrix::from_columns(&columns)
    }

    /// The lag asked for, else max(floor(4 (n/100)^(2/9)), season).
    #[must_use]
    pub fn lag(&self, n: usize) -> usize {
        let rule = (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize;
        self.lag.unwrap_or_else(|| rule.max(self.season.map_or(0, |s| s.period)))
    }

    /// The mean of the level and slope columns after the change: what turns the
    /// coefficients into the average effect.
    #[must_use]
    pub fn average_effect(&self, n: usize) -> [f64; 2] {
        let after = (n - self.change_at) as f64;
        [1.0, f64::midpoint(1.0, after)]
    }

    pub(super) fn check(&self, n: usize, finite: bool) -> Result<(), Refusal> {
        let (before, after) = (self.change_at.min(n) as u64, n.saturating_sub(self.change_at) as u64);
        if !finite || self.covariates.iter().any(|c| c.len() != n || c.iter().any(|x| !x.is_finite())) {
            return Err(Refusal { reason: RefusalReason::NotFinite, have: f64::NAN, need: 0.0 });
        }
        if before < BEFORE_FROM {
            return Err(Refusal::count(RefusalReason::TooFewBefore, before, BEFORE_FROM));
        }
        if after < AFTER_FROM {
            return Err(Refusal::count(RefusalReason::TooFewAfter, after, AFTER_FROM));
        }
        match self.season {
            Some(season) if before < 2 * season.period as u64 => {
                Err(Refusal::count(RefusalReason::TooFewBefore, before, 2 * season.period as u64))
            }
            _ => Ok(()),
        }
    }
}

fn angle(share: usize, period: usize) -> f64 {
    TAU * share as f64 / period as f64
}

/// The fitted series, before any judgement: what reference cases check.
#[derive(Debug, Clone)]
pub struct SegmentedFit {
    /// Columns as [`Interruption::design`] orders them.
    pub design: Matrix,
    /// Least squares.
    pub fit: Fit,
    /// Newey-West covariance.
    pub covariance: Matrix,
    contrast: Vec<f64>,
    after: usize,
}

impl SegmentedFit {
    /// Fits the series as given.
    #[must_use]
    pub fn of(y: &[f64], interruption: &Interruption) -> Self {
        let n = y.len();
        let design = interruption.design(n);
        let fit = least_squares(&design, y);
        let covariance = newey_west(&design, &fit, interruption.lag(n));
        let mut contrast = vec![0.0; design.columns()];
        contrast[2..4].copy_from_slice(&interruption.average_effect(n));
        Self { design, fit, covariance, contrast, after: n - interruption.change_at }
    }

    /// Inference on one column.
    #[must_use]
    pub fn coefficient(&self, column: usize) -> Inference {
        let se = self.covariance[(column, column)].sqrt();
        Inference::of(self.fit.coefficients[column], se, self.fit.df(), IntervalMethod::NeweyWest)
    }

    /// Mean effect per point after the change, with its delta-method error.
    #[must_use]
    pub fn average_effect(&self) -> (f64, Inference) {
        let value = crate::linear::matrix::dot(&self.contrast, &self.fit.coefficients);
        let se = standard_error(&self.covariance, &self.contrast);
        (value, Inference::of(value, se, self.fit.df(), IntervalMethod::NeweyWest))
    }

    /// Mean over the points after the change, had it not happened.
    #[must_use]
    pub fn counterfactual_mean(&self) -> f64 {
        let n = self.design.rows();
        let fitted = self.fit.fitted(&self.design);
        let mean = fitted[n - self.after..].iter().sum::<f64>() / self.after as f64;
        mean - self.average_effect().0
    }

    /// The inference given, or the one by autoregressive errors where that is wider.
    fn wider(&self, serial: Option<&SerialErrors>, value: f64, given: Inference, contrast: &[f64]) -> Change {
        let other = serial.and_then(|errors| errors.contrast(&self.design, &self.fit, contrast));
        let other = other.map(|c| Inference::of(value, c.standard_error, c.df, IntervalMethod::Autoregressive));
        let width = |inference: &Inference| inference.interval.half_width();
        let inference = other.filter(|other| width(other) > width(&given)).unwrap_or(given);
        Change { value, inference }
    }

    /// Durbin-Watson statistic: 2 when neighbouring residuals are independent.
    #[must_use]
    pub fn durbin_watson(&self) -> f64 {
        let e = &self.fit.residuals;
        e.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / self.fit.residual_squares()
    }
}

/// A change with its inference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// Estimate, in the unit of the series (per point for a slope).
    pub value: f64,
    /// Inference.
    #[serde(flatten)]
    pub inference: Inference,
}

/// An interrupted series fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InterruptedSeries {
    /// Definition id.
    pub definition: &'static str,
    /// Jump at the change.
    pub level: Change,
    /// Change of the slope, per point.
    pub slope: Change,
    /// Average effect per point after the change, against the counterfactual.
    pub effect: Change,
    /// Mean after the change, had it not happened.
    pub counterfactual: f64,
    /// Durbin-Watson statistic.
    pub durbin_watson: f64,
    /// Newey-West lag.
    pub lag: u64,
    /// Points before and after.
    pub n: [u64; 2],
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Estimates what a change did to one series in order of time.
///
/// # Errors
/// A [`Refusal`] below 8 points before or 4 after, with a season below two whole
/// cycles before, with gaps, or when a column repeats others.
pub fn interrupted_series(y: &[f64], interruption: &Interruption) -> Result<InterruptedSeries, Refusal> {
    let n = y.len();
    interruption.check(n, y.iter().all(|y| y.is_finite()))?;
    let fitted = SegmentedFit::of(y, interruption);
    let none = Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 };
    let repeated = fitted.fit.dropped.iter().any(|&j| j < 4) || fitted.fit.df() < 1.0;
    if repeated || fitted.fit.residual_squares() <= 0.0 {
        return Err(none);
    }
    let serial = SerialErrors::of(&fitted.design, y, &fitted.fit);
    let change = |column: usize| {
        let contrast: Vec<f64> = (0..fitted.design.columns()).map(|j| f64::from(u8::from(j == column))).collect();
        fitted.wider(serial.as_ref(), fitted.fit.coefficients[column], fitted.coefficient(column), &contrast)
    };
    let (value, inference) = fitted.average_effect();
    let durbin_watson = fitted.durbin_watson();
    let bound = if durbin_watson < DURBIN_WATSON[0] { DURBIN_WATSON[0] } else { DURBIN_WATSON[1] };
    let outside = !(DURBIN_WATSON[0]..=DURBIN_WATSON[1]).contains(&durbin_watson);
    let warning = Warning { code: WarningCode::SerialCorrelation, have: durbin_watson, bound };
    Ok(InterruptedSeries {
        definition: "interrupted.v1",
        level: change(2),
        slope: change(3),
        effect: fitted.wider(serial.as_ref(), value, inference, &fitted.contrast),
        counterfactual: fitted.counterfactual_mean(),
        durbin_watson,
        lag: interruption.lag(n) as u64,
        n: [interruption.change_at as u64, (n - interruption.change_at) as u64],
        warnings: outside.then_some(warning).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wobble(i: usize) -> f64 {
        ((i * 37) % 23) as f64 / 23.0 - 0.5
    }

    #[test]
    fn planted_level_and_slope_are_found() {
        let y: Vec<f64> = (0..60)
            .map(|i| {
                let after = if i >= 40 { -5.0 - 0.5 * (i - 39) as f64 } else { 0.0 };
                20.0 + 0.2 * i as f64 + 3.0 * (TAU * (i + 1) as f64 / 12.0).sin() + after + 0.1 * wobble(i)
            })
            .collect();
        let season = Some(Harmonics { period: 12, pairs: 2 });
        let found = interrupted_series(&y, &Interruption { change_at: 40, season, ..Interruption::default() }).unwrap();
        assert!((found.level.value + 5.0).abs() < 0.1 && (found.slope.value + 0.5).abs() < 0.01);
        assert!((found.effect.value - (-5.0 - 0.5 * 10.5)).abs() < 0.1);
        assert_eq!((found.lag, found.n), (12, [40, 20]));
    }

    #[test]
    fn short_series_are_refused_with_what_they_lack() {
        let y: Vec<f64> = (0..30).map(wobble).collect();
        let at = |change_at, season| Interruption { change_at, season, ..Interruption::default() };
        let monthly = Some(Harmonics { period: 12, pairs: 2 });
        let reason = |i: &Interruption| interrupted_series(&y, i).unwrap_err();
        assert_eq!(reason(&at(7, None)), Refusal::count(RefusalReason::TooFewBefore, 7, 8));
        assert_eq!(reason(&at(27, None)), Refusal::count(RefusalReason::TooFewAfter, 3, 4));
        assert_eq!(reason(&at(20, monthly)), Refusal::count(RefusalReason::TooFewBefore, 20, 24));
        assert_eq!(interrupted_series(&[f64::NAN; 30], &at(15, None)).unwrap_err().reason, RefusalReason::NotFinite);
    }

    #[test]
    fn a_half_cycle_sine_that_is_zero_everywhere_is_left_out() {
        let y: Vec<f64> = (0..40).map(|i| wobble(i) + i as f64).collect();
        let season = Some(Harmonics { period: 4, pairs: 2 });
        let fitted = SegmentedFit::of(&y, &Interruption { change_at: 20, season, ..Interruption::default() });
        assert_eq!(fitted.fit.dropped, [6]);
        assert_eq!(fitted.fit.rank, 7);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_trend_added_to_the_whole_series_leaves_the_effect(
            y in prop::collection::vec(-10.0..10.0_f64, 20..60), slope in -5.0..5.0_f64
        ) {
            let interruption = Interruption { change_at: 12, ..Interruption::default() };
            let tilted: Vec<f64> = y.iter().enumerate().map(|(i, y)| y + slope * i as f64).collect();
            if let (Ok(a), Ok(b)) = (interrupted_series(&y, &interruption), interrupted_series(&tilted, &interruption)) {
                prop_assert!((a.effect.value - b.effect.value).abs() < 1e-7);
                prop_assert!((a.effect.inference.standard_error - b.effect.inference.standard_error).abs() < 1e-7);
            }
        }
    }
}
