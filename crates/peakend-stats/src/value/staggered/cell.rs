//! One cohort in one period against its controls: the change since the base
//! period, less the change of the controls, and what each unit contributes to it.
//!
//! Without covariates these are differences of means; with covariates the doubly
//! robust estimator for panels (Sant'Anna and Zhao 2020): logistic propensity,
//! linear outcome regression among the controls.

use super::panel::{Cohort, CohortPanel};
use super::{BasePeriod, Comparison, StaggeredOptions};
use crate::linear::matrix::dot;
use crate::linear::{Matrix, least_squares};
use crate::summation::Sum;
use crate::value::logistic::{logistic, logistic_share};

/// Controls as likely as this to be treated stand for nobody.
const CERTAIN: f64 = 0.995;

/// Which cohort, when, and against whom.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// Position of the cohort.
    pub(super) cohort: usize,
    /// Position of the period.
    pub(super) time: usize,
    /// Position of the period it is compared with.
    pub(super) base: usize,
    /// Whether each cohort serves as control.
    pub(super) controls: Vec<bool>,
    /// Whether the cohort is treated by then.
    pub(super) after: bool,
}

/// The estimate of a cell, and the function that gives each unit's influence.
#[derive(Debug)]
pub(super) struct CellFit {
    pub(super) cell: Cell,
    pub(super) effect: f64,
    pub(super) treated: usize,
    pub(super) controls: usize,
    kernel: Kernel,
}

#[derive(Debug)]
enum Kernel {
    /// Means of the change and all units over those of each side.
    Means {
        treated: f64,
        control: f64,
        per_treated: f64,
        per_control: f64,
    },
    Robust(Box<Robust>),
}

/// Coefficients over 1 and the covariates, and the constants of the influence.
#[derive(Debug)]
struct Robust {
    propensity: Vec<f64>,
    outcome: Vec<f64>,
    /// What estimating the outcome regression adds, per control residual.
    from_outcome: Vec<f64>,
    /// What estimating the propensity adds.
    from_propensity: Vec<f64>,
    mean_treated: f64,
    mean_control: f64,
    /// All units over the weights of each side.
    per_treated: f64,
    per_control: f64,
    scale: f64,
}

/// All cells of a panel that have controls. Where nobody is never treated, the
/// last cohort serves the others until its own start and has no cells itself.
pub(super) fn cells(panel: &CohortPanel, options: &StaggeredOptions) -> Vec<Cell> {
    let ahead = i64::from(options.anticipation);
    let mut cells = Vec::new();
    let own = match panel.cohorts.last() {
        Some(Cohort { first: Some(_), .. }) => panel.cohorts.len() - 1,
        _ => panel.cohorts.len(),
    };
    for (position, cohort) in panel.cohorts.iter().enumerate().take(own) {
        let Some(first) = cohort.first else { continue };
        let last_before = panel.periods.partition_point(|period| *period < first - ahead) - 1;
        let from = usize::from(options.base == BasePeriod::Varying);
        for time in from..panel.periods.len() {
            let after = panel.periods[time] >= first;
            let base = if after || options.base == BasePeriod::Universal { last_before } else { time - 1 };
            let latest = panel.periods[time.max(base)] + ahead;
            let controls: Vec<bool> = panel
                .cohorts
                .iter()
                .enumerate()
                .map(|(other, cohort)| match (cohort.first, options.comparison) {
                    (None, _) => true,
                    (Some(_), Comparison::NeverTreated) => false,
                    (Some(first), Comparison::NotYetTreated) => other != position && first > latest,
                })
                .collect();
            if controls.contains(&true) {
                cells.push(Cell { cohort: position, time, base, controls, after });
            }
        }
    }
    cells
}

/// The sides of a cell with their covariates; kept for the next cell if it has
/// the same sides.
pub(super) struct Sides {
    key: (usize, Vec<bool>, usize),
    /// Treated first.
    units: Vec<usize>,
    treated: usize,
    design: Matrix,
    propensity: Option<(Vec<f64>, Vec<f64>, Matrix)>,
}

impl Sides {
    fn of(panel: &CohortPanel, cell: &Cell) -> Self {
        let mut units: Vec<usize> = panel.cohorts[cell.cohort].units.clone().collect();
        let treated = units.len();
        for (cohort, _) in panel.cohorts.iter().zip(&cell.controls).filter(|(_, is)| **is) {
            units.extend(cohort.units.clone());
        }
        let design = Matrix::from_fn(units.len(), panel.width + 1, |i, j| {
            if j == 0 { 1.0 } else { panel.covariates(units[i], cell.base)[j - 1] }
        });
        let arm: Vec<bool> = (0..units.len()).map(|i| i < treated).collect();
        let propensity = logistic(&design, &arm).ok().map(|fit| (fit.coefficients, fit.probabilities, fit.covariance));
        Self { key: Self::key(panel, cell), units, treated, design, propensity }
    }

    fn key(panel: &CohortPanel, cell: &Cell) -> (usize, Vec<bool>, usize) {
        (cell.cohort, cell.controls.clone(), if panel.constant { 0 } else { cell.base })
    }
}

impl CellFit {
    /// Fits a cell; `None` where covariates tell the two sides apart.
    pub(super) fn of(panel: &CohortPanel, cell: Cell, sides: &mut Option<Sides>) -> Option<Self> {
        if panel.width == 0 {
            return Some(Self::means(panel, cell));
        }
        if sides.as_ref().is_none_or(|kept| kept.key != Sides::key(panel, &cell)) {
            *sides = Some(Sides::of(panel, &cell));
        }
        let sides = sides.as_ref()?;
        let (effect, robust) = Robust::of(panel, &cell, sides)?;
        let controls = sides.units.len() - sides.treated;
        Some(Self { cell, effect, treated: sides.treated, controls, kernel: Kernel::Robust(Box::new(robust)) })
    }

    fn means(panel: &CohortPanel, cell: Cell) -> Self {
        let mean = |position: &dyn Fn(usize) -> bool| {
            let (mut total, mut n) = (Sum::default(), 0);
            for (c, cohort) in panel.cohorts.iter().enumerate().filter(|(c, _)| position(*c)) {
                total.add(panel.total_change(c, cell.base, cell.time));
                n += cohort.units.len();
            }
            (total.value() / n as f64, n)
        };
        let (treated, n_treated) = mean(&|c| c == cell.cohort);
        let (control, n_control) = mean(&|c| cell.controls[c]);
        let all = panel.n() as f64;
        let (per_treated, per_control) = (all / n_treated as f64, all / n_control as f64);
        let kernel = Kernel::Means { treated, control, per_treated, per_control };
        Self { cell, effect: treated - control, treated: n_treated, controls: n_control, kernel }
    }

    /// Factor and mean where the influence of a unit is the factor times its change
    /// less the mean, which it is without covariates.
    pub(super) fn line(&self, is_treated: bool) -> Option<(f64, f64)> {
        match &self.kernel {
            Kernel::Means { treated, per_treated, .. } if is_treated => Some((*per_treated, *treated)),
            Kernel::Means { control, per_control, .. } => Some((-per_control, *control)),
            Kernel::Robust(_) => None,
        }
    }

    /// The influence of a unit of the cohort (`treated`) or of a control cohort.
    pub(super) fn influence(&self, panel: &CohortPanel, unit: usize, is_treated: bool) -> f64 {
        let change = panel.change(unit, self.cell.base, self.cell.time);
        match &self.kernel {
            Kernel::Means { treated, per_treated, .. } if is_treated => per_treated * (change - treated),
            Kernel::Means { control, per_control, .. } => -per_control * (change - control),
            Kernel::Robust(robust) => robust.influence(panel.covariates(unit, self.cell.base), change, is_treated),
        }
    }
}

/// c0 + c' x.
fn line(coefficients: &[f64], x: &[f64]) -> f64 {
    coefficients[0] + dot(&coefficients[1..], x)
}

impl Robust {
    fn of(panel: &CohortPanel, cell: &Cell, sides: &Sides) -> Option<(f64, Self)> {
        let (propensity, scores, covariance) = sides.propensity.as_ref()?;
        let (n, treated) = (sides.units.len(), sides.treated);
        let changes: Vec<f64> = sides.units.iter().map(|&u| panel.change(u, cell.base, cell.time)).collect();
        let controls: Vec<usize> = (treated..n).collect();
        let fit = least_squares(&sides.design.pick_rows(&controls), &changes[treated..]);
        let expected = fit.fitted(&sides.design);
        let weight = |i: usize| match (i < treated, scores[i]) {
            (true, _) => 1.0,
            (false, e) if e >= CERTAIN => 0.0,
            (false, e) => e / (1.0 - e),
        };
        // means over all units of both sides
        let (mut weights, mut gaps) = ([Sum::default(); 2], [Sum::default(); 2]);
        for i in 0..n {
            let side = usize::from(i >= treated);
            weights[side].add(weight(i));
            gaps[side].add(weight(i) * (changes[i] - expected[i]));
        }
        let [weight_treated, weight_control] = weights.map(Sum::value);
        let mean_treated = gaps[0].value() / weight_treated;
        let mean_control = gaps[1].value() / weight_control;
        let width = sides.design.columns();
        let (mut m1, mut m2, mut m3) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
        for i in 0..n {
            for (j, x) in sides.design.row(i).iter().enumerate() {
                if i < treated {
                    m1[j] += weight(i) * x;
                } else {
                    m2[j] += weight(i) * (changes[i] - expected[i] - mean_control) * x;
                    m3[j] += weight(i) * x;
                }
            }
        }
        // with sums in place of means the factors n cancel but for one
        let scale = n as f64;
        let (a1, a3) = (fit.bread.times_vector(&m1), fit.bread.times_vector(&m3));
        let from_outcome = (0..width).map(|j| scale * (a3[j] / weight_control - a1[j] / weight_treated)).collect();
        let from_propensity = covariance.times_vector(&m2).into_iter().map(|h| -scale * h / weight_control).collect();
        let robust = Self {
            propensity: propensity.clone(),
            outcome: fit.coefficients,
            from_outcome,
            from_propensity,
            mean_treated,
            mean_control,
            per_treated: scale / weight_treated,
            per_control: scale / weight_control,
            scale: panel.n() as f64 / scale,
        };
        let effect = mean_treated - mean_control;
        effect.is_finite().then_some((effect, robust))
    }

    fn influence(&self, x: &[f64], change: f64, is_treated: bool) -> f64 {
        let score = logistic_share(line(&self.propensity, x));
        let residual = change - line(&self.outcome, x);
        let own = if is_treated {
            self.per_treated * (residual - self.mean_treated) + (1.0 - score) * line(&self.from_propensity, x)
        } else {
            let weight = if score >= CERTAIN { 0.0 } else { score / (1.0 - score) };
            -self.per_control * weight * (residual - self.mean_control) - score * line(&self.from_propensity, x)
                + residual * line(&self.from_outcome, x)
        };
        self.scale * own
    }
}
