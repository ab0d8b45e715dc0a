//! Key drivers of an outcome (`drivers.v1`): what share of its explained variance
//! goes with each driver, and how well each does.
//!
//! Relative weights (Johnson 2000) and LMG from the correlations of complete rows;
//! intervals by percentile bootstrap over rows; a driver counts only when its
//! weight beats that of a random noise driver (Tonidandel, LeBreton and Johnson
//! 2009). Assumes linear, additive relations; a binary outcome is taken as 0/1.
//! Drivers are associated with the outcome; nothing here shows a cause.

mod resample;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::blocks::{Blocks, JointMoments};
use super::complete_rows::{CompleteRows, pairwise_moments};
use super::ordering::ordered_gains;
use super::quadrant::{Cut, Point, Quadrant, crosses};
use super::relative_weight::{redundant, relative_weights};
use crate::distribution::{f_upper, t95};
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::linear::{Matrix, inverse};

pub use super::complete_rows::Column;

/// Rows needed for each driver.
const ROWS_PER_DRIVER: u64 = 10;
/// Rows needed at least.
const ROWS_FROM: u64 = 50;
/// Rows that two columns must share for a correlation of their own.
const PAIRS_FROM: usize = 100;
/// A model with a larger p is refused.
const SIGNIFICANT_BELOW: f64 = 0.05;
/// Inflation above this is warned of.
const INFLATION_TO: f64 = 10.0;
/// R2 below this is warned of.
const EXPLAINED_FROM: f64 = 0.10;
/// When all drivers correlate above this, shares are not separable.
const HALO_ABOVE: f64 = 0.8;

/// How to analyse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriverOptions {
    /// Seed of everything random, stored with the result.
    pub seed: u64,
    /// Bootstrap samples; 0 leaves the intervals of weights out.
    pub resamples: u64,
    /// Lowest and highest answer, to show performance on 0..100; without, in the
    /// unit of the answers.
    pub scale: Option<(f64, f64)>,
    /// Where importance and performance are cut.
    pub cut: Cut,
    /// Rows of which some answers are missing.
    pub missing: Missing,
}

/// What becomes of rows of which some answers are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// They are left out.
    #[default]
    LeftOut,
    /// Each correlation takes the rows that have both answers, if all pairs have 100
    /// and the correlations go together; else as above. The smallest pair counts as n,
    /// and there are no intervals of weights.
    Pairwise,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self { seed: 1, resamples: 1_000, scale: None, cut: Cut::Mean, missing: Missing::LeftOut }
    }
}

/// One driver.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Driver {
    /// Name as given.
    pub name: String,
    /// Correlation with the outcome; its sign is that of the association.
    pub correlation: f64,
    /// Coefficient of the regression on standardised drivers.
    pub standardised: f64,
    /// Variance inflation factor.
    pub inflation: f64,
    /// Relative weight; the weights sum to R2.
    pub weight: f64,
    /// Bootstrap interval of the weight.
    pub weight_interval: Option<Interval>,
    /// Weight / R2.
    pub share: f64,
    /// Bootstrap interval of the share.
    pub share_interval: Option<Interval>,
    /// Whether the weight beats a noise driver; unknown without a bootstrap.
    pub beats_noise: Option<bool>,
    /// Gain in R2 averaged over orders (LMG); the gains sum to R2.
    pub ordered_gain: f64,
    /// Monte Carlo error of the gain when orders were sampled.
    pub ordered_gain_error: Option<f64>,
    /// Mean answer, in its own unit.
    pub mean: f64,
    /// Mean answer as charted: 0..100 with a scale, else the mean.
    pub performance: f64,
    /// 95 % t interval of the performance.
    pub performance_interval: Interval,
    /// Where it stands.
    pub quadrant: Quadrant,
    /// Whether an interval reaches across a cut.
    pub borderline: bool,
    /// Whether the regression gives it the sign opposite to its correlation.
    pub suppressed: bool,
}

/// The drivers of an outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriverAnalysis {
    /// Definition id.
    pub definition: &'static str,
    /// Name of the outcome.
    pub outcome: String,
    /// Whether the outcome takes two values only (then the model is linear in 0/1).
    pub binary: bool,
    /// Complete rows.
    pub n: u64,
    /// Rows left out for a missing answer.
    pub incomplete: u64,
    /// Drivers in the order given, without the redundant ones.
    pub drivers: Vec<Driver>,
    /// Drivers left out because earlier ones determine them.
    pub redundant: Vec<String>,
    /// Share of the variance explained.
    pub r_squared: f64,
    /// The same, adjusted for the number of drivers.
    pub adjusted_r_squared: f64,
    /// F of the whole model.
    pub f: f64,
    /// p of the whole model.
    pub p: f64,
    /// Where importance and performance are cut.
    pub cuts: Point,
    /// Seed of the bootstrap and of sampled orders.
    pub seed: u64,
    /// Bootstrap samples used.
    pub resamples: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Analyses the drivers of an outcome over rows without a missing answer.
///
/// # Errors
/// A [`Refusal`] with fewer than 50 rows or fewer than ten per driver, a column
/// that does not vary, or a model whose p exceeds 0.05.
pub fn driver_analysis(
    outcome: Column<'_>,
    drivers: &[Column<'_>],
    options: &DriverOptions,
) -> Result<DriverAnalysis, Refusal> {
    let rows = rows(outcome, drivers);
    let need = ROWS_FROM.max(ROWS_PER_DRIVER * drivers.len() as u64);
    if (rows.n as u64) < need || drivers.is_empty() {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, rows.n as u64, need));
    }
    let analysis = DriverAnalysis::of(outcome, drivers, options)?;
    if analysis.p.is_nan() || analysis.p > SIGNIFICANT_BELOW {
        return Err(Refusal { reason: RefusalReason::ModelNotSignificant, have: analysis.p, need: SIGNIFICANT_BELOW });
    }
    Ok(analysis)
}

fn rows<'a>(outcome: Column<'a>, drivers: &[Column<'a>]) -> CompleteRows<'a> {
    let columns: Vec<Column<'a>> = drivers.iter().copied().chain([outcome]).collect();
    CompleteRows::of(&columns)
}

impl DriverAnalysis {
    /// The analysis without the floors on rows and on the p of the model.
    ///
    /// # Errors
    /// A [`Refusal`] when a column does not vary or rows do not outnumber drivers.
    pub fn of(outcome: Column<'_>, drivers: &[Column<'_>], options: &DriverOptions) -> Result<Self, Refusal> {
        let rows = rows(outcome, drivers);
        let count = drivers.len();
        if rows.n < count + 2 {
            return Err(Refusal::count(RefusalReason::TooFewAnswers, rows.n as u64, count as u64 + 2));
        }
        let pairwise = match options.missing {
            Missing::Pairwise if rows.dropped > 0 => {
                let columns: Vec<Column<'_>> = drivers.iter().copied().chain([outcome]).collect();
                pairwise_moments(&columns, PAIRS_FROM)
            }
            _ => None,
        };
        let resamples = if pairwise.is_some() { 0 } else { options.resamples };
        let options = &DriverOptions { resamples, ..*options };
        let n = pairwise.as_ref().map_or(rows.n, |moments| moments.n as usize);
        let moments = pairwise.unwrap_or_else(|| rows.moments());
        if moments.flat() {
            return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
        }
        let all: Vec<usize> = (0..count).collect();
        let left_out = redundant(&moments.correlations_of(&all));
        let kept: Vec<usize> = all.into_iter().filter(|j| !left_out.contains(j)).collect();
        let model = Model::of(&moments, &kept, count).ok_or(COLLINEAR)?;
        let r_squared = model.r_squared();
        let (p, df) = (kept.len() as f64, n as f64 - kept.len() as f64 - 1.0);
        let f = r_squared / p / ((1.0 - r_squared) / df);
        let mut analysis = Self {
            definition: "drivers.v1",
            outcome: outcome.name.to_owned(),
            binary: is_binary(&rows, count),
            n: n as u64,
            incomplete: rows.dropped as u64,
            drivers: model.drivers(&moments, drivers, options),
            redundant: left_out.iter().map(|&j| drivers[j].name.to_owned()).collect(),
            r_squared,
            adjusted_r_squared: 1.0 - (1.0 - r_squared) * (n as f64 - 1.0) / df,
            f,
            p: f_upper(f, p, df),
            cuts: Point { importance: f64::NAN, performance: f64::NAN },
            seed: options.seed,
            resamples: 0,
            warnings: Vec::new(),
        };
        let lost = match options.resamples {
            0 => 0,
            _ => resample::intervals(&mut analysis, &Blocks::of(&rows, options.seed), &kept, options),
        };
        analysis.place(options.cut);
        analysis.warnings = analysis.found(&model, lost);
        Ok(analysis)
    }

    /// Puts every driver into its quadrant.
    fn place(&mut self, cut: Cut) {
        let at = |d: &Driver| Point { importance: d.share, performance: d.performance };
        let points: Vec<Point> = self.drivers.iter().map(at).collect();
        self.cuts = cut.of(&points);
        for (driver, point) in self.drivers.iter_mut().zip(points) {
            driver.quadrant = Quadrant::of(point, self.cuts);
            driver.borderline = crosses(driver.share_interval.as_ref(), self.cuts.importance)
                || crosses(Some(&driver.performance_interval), self.cuts.performance);
        }
    }

    fn found(&self, model: &Model, lost: u64) -> Vec<Warning> {
        let count = |code, have: u64| (have > 0).then(|| Warning::count(code, have, 0));
        let largest = self.drivers.iter().map(|d| d.inflation).fold(0.0, f64::max);
        let closest = model.least_correlation();
        let suppressed = self.drivers.iter().filter(|d| d.suppressed).count() as u64;
        let crossing = |code, crossed: bool, have, bound| crossed.then_some(Warning { code, have, bound });
        [
            Warning::small_base(self.n),
            crossing(WarningCode::WeakModel, self.r_squared < EXPLAINED_FROM, self.r_squared, EXPLAINED_FROM),
            crossing(WarningCode::HighInflation, largest > INFLATION_TO, largest, INFLATION_TO),
            crossing(WarningCode::Halo, self.drivers.len() > 1 && closest > HALO_ABOVE, closest, HALO_ABOVE),
            count(WarningCode::Suppression, suppressed),
            count(WarningCode::RedundantDriver, self.redundant.len() as u64),
            count(WarningCode::MissingDropped, self.incomplete),
            count(WarningCode::ResamplesDropped, lost),
            count(WarningCode::SampledOrderings, model.orders),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

const COLLINEAR: Refusal = Refusal { reason: RefusalReason::Collinear, have: 0.0, need: 0.0 };

/// Whether the outcome, the last column, takes exactly two values.
fn is_binary(rows: &CompleteRows<'_>, outcome: usize) -> bool {
    let mut seen = Vec::new();
    for y in rows.column(outcome) {
        if !seen.contains(&y) {
            seen.push(y);
            if seen.len() > 2 {
                return false;
            }
        }
    }
    seen.len() == 2
}

/// What the correlations of the kept drivers say.
struct Model {
    kept: Vec<usize>,
    among: Matrix,
    with_outcome: Vec<f64>,
    inverse: Matrix,
    weights: Vec<f64>,
    gains: Vec<f64>,
    gain_errors: Option<Vec<f64>>,
    orders: u64,
}

impl Model {
    fn of(moments: &JointMoments, kept: &[usize], outcome: usize) -> Option<Self> {
        let among = moments.correlations_of(kept);
        let with_outcome: Vec<f64> = kept.iter().map(|&j| moments.correlations[(j, outcome)]).collect();
        let weights = relative_weights(&among, &with_outcome)?;
        let ordered = ordered_gains(&among, &with_outcome, 1);
        Some(Self {
            kept: kept.to_vec(),
            inverse: inverse(&among)?,
            among,
            with_outcome,
            weights,
            gains: ordered.gains,
            gain_errors: ordered.errors,
            orders: ordered.orders,
        })
    }

    fn r_squared(&self) -> f64 {
        self.inverse.form(&self.with_outcome, &self.with_outcome)
    }

    /// Smallest correlation between two drivers.
    fn least_correlation(&self) -> f64 {
        let size = self.kept.len();
        let pairs = (0..size).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|pair| self.among[pair]).fold(1.0, f64::min)
    }

    fn drivers(&self, moments: &JointMoments, columns: &[Column<'_>], options: &DriverOptions) -> Vec<Driver> {
        let standardised = self.inverse.times_vector(&self.with_outcome);
        let total: f64 = self.weights.iter().sum();
        let reach = t95(moments.n - 1.0) / moments.n.sqrt();
        let shown = |x: f64| options.scale.map_or(x, |(lo, hi)| 100.0 * (x - lo) / (hi - lo));
        let driver = |(place, &j): (usize, &usize)| {
            let (mean, error) = (moments.means[j], moments.variances[j].sqrt() * reach);
            Driver {
                name: columns[j].name.to_owned(),
                correlation: self.with_outcome[place],
                standardised: standardised[place],
                inflation: self.inverse[(place, place)],
                weight: self.weights[place],
                weight_interval: None,
                share: self.weights[place] / total,
                share_interval: None,
                beats_noise: None,
                ordered_gain: self.gains[place],
                ordered_gain_error: self.gain_errors.as_ref().map(|e| e[place]),
                mean,
                performance: shown(mean),
                performance_interval: Interval::new(shown(mean - error), shown(mean + error), IntervalMethod::StudentT),
                quadrant: Quadrant::Low,
                borderline: false,
                suppressed: standardised[place] * self.with_outcome[place] < 0.0,
            }
        };
        self.kept.iter().enumerate().map(driver).collect()
    }
}
