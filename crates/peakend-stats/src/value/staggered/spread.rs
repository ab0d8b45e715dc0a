//! Errors of cells and of what is gathered from them, from the influences of units.
//!
//! The error shown is the one of the paper, sqrt(sum of squares) / n. It is a little
//! small where cohorts are: each cohort's mean is its own. So intervals take each
//! cohort's squares times n / (n - 1), and t with the degrees of freedom of Welch
//! and Satterthwaite over cohorts.

use super::aggregate::Family;
use super::cell::CellFit;
use super::panel::CohortPanel;
use crate::insight::blocks::add_moments;
use crate::linear::matrix::dot;

/// Error of one effect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Error {
    /// As published.
    pub(super) shown: f64,
    /// For the interval, with its degrees of freedom.
    pub(super) judged: f64,
    pub(super) df: f64,
}

impl Error {
    /// From the sum of squared influences of each cohort.
    fn of(panel: &CohortPanel, squares: impl Iterator<Item = f64>) -> Self {
        let (mut total, mut judged, mut fourth) = (0.0, 0.0, 0.0);
        for (square, cohort) in squares.zip(&panel.cohorts) {
            let n = cohort.units.len() as f64;
            let spare = (n - 1.0).max(1.0);
            let own = square * n / spare;
            total += square;
            judged += own;
            fourth += own * own / spare;
        }
        let df = if fourth > 0.0 { judged * judged / fourth } else { f64::INFINITY };
        let n = panel.n() as f64;
        Self { shown: total.sqrt() / n, judged: judged.sqrt() / n, df }
    }
}

/// Errors of a family.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    /// Covariance of the parts.
    pub(super) covariance: Vec<Vec<f64>>,
    pub(super) parts: Vec<Error>,
    /// Of the summary.
    pub(super) overall: Error,
}

/// Errors of all cells and families.
pub(super) struct Spreads {
    pub(super) cells: Vec<Error>,
    pub(super) families: Vec<Spread>,
}

/// Sums of squares and products of influences over the units of one cohort.
struct CohortSums {
    cells: Vec<f64>,
    /// By family: products of parts i and j <= i.
    products: Vec<Vec<Vec<f64>>>,
    overall: Vec<f64>,
}

impl CohortSums {
    fn zero(fits: &[CellFit], families: &[Family]) -> Self {
        let products = families.iter().map(|family| {
            let size = family.parts.len();
            (0..size).map(|i| vec![0.0; i + 1]).collect()
        });
        Self { cells: vec![0.0; fits.len()], products: products.collect(), overall: vec![0.0; families.len()] }
    }
}

/// Errors of everything.
pub(super) fn spreads(panel: &CohortPanel, fits: &[CellFit], families: &[Family]) -> Spreads {
    let targets = targets(fits, families);
    let of = |c: usize| {
        let own: Vec<usize> =
            (0..fits.len()).filter(|&k| fits[k].cell.cohort == c || fits[k].cell.controls[c]).collect();
        match lines(fits, &own, c) {
            Some(lines) => by_moments(panel, c, &lines, CohortSums::zero(fits, families), families),
            None => by_units(panel, c, (fits, &own, &targets), CohortSums::zero(fits, families), families),
        }
    };
    let sums: Vec<CohortSums> = (0..panel.cohorts.len()).map(of).collect();
    let n = panel.n() as f64;
    let families = (0..families.len()).map(|f| {
        let size = families[f].parts.len();
        let product = |i: usize, j: usize| sums.iter().map(|s| s.products[f][i.max(j)][i.min(j)]).sum::<f64>();
        Spread {
            covariance: (0..size).map(|i| (0..size).map(|j| product(i, j) / (n * n)).collect()).collect(),
            parts: (0..size).map(|i| Error::of(panel, sums.iter().map(|s| s.products[f][i][i]))).collect(),
            overall: Error::of(panel, sums.iter().map(|s| s.overall[f])),
        }
    });
    Spreads {
        families: families.collect(),
        cells: (0..fits.len()).map(|k| Error::of(panel, sums.iter().map(|s| s.cells[k]))).collect(),
    }
}

/// Where a cell goes: family, part, weight.
type Target = (usize, usize, f64);

/// By cell.
fn targets(fits: &[CellFit], families: &[Family]) -> Vec<Vec<Target>> {
    let mut targets = vec![Vec::new(); fits.len()];
    for (f, family) in families.iter().enumerate() {
        for (p, part) in family.parts.iter().enumerate() {
            for (cell, weight) in &part.weights {
                targets[*cell].push((f, p, *weight));
            }
        }
    }
    targets
}

/// Influence of a unit on a cell as a line in its outcomes: cell, positions of
/// period and base, factor, mean.
type Line = (usize, [usize; 2], f64, f64);

/// The lines of one cohort; `None` where a cell has covariates.
fn lines(fits: &[CellFit], own: &[usize], c: usize) -> Option<Vec<Line>> {
    let line = |&k: &usize| {
        let cell = &fits[k].cell;
        let (factor, mean) = fits[k].line(cell.cohort == c)?;
        Some((k, [cell.time, cell.base], factor, mean))
    };
    own.iter().map(line).collect()
}

/// Means of the outcomes of a cohort by period, and their sums of products about them.
fn moments(panel: &CohortPanel, c: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    /// Units whose outcomes are centred together.
    const NEAR: usize = 128;
    let (means, width) = (panel.means(c), panel.periods.len());
    let mut sums = vec![0.0; 1 + width + width * (width + 1) / 2];
    let mut gaps = Vec::with_capacity(NEAR * width);
    for from in panel.cohorts[c].units.clone().step_by(NEAR) {
        gaps.clear();
        for unit in from..panel.cohorts[c].units.end.min(from + NEAR) {
            gaps.extend(panel.outcomes(unit).iter().zip(&means).map(|(y, mean)| y - mean));
        }
        add_moments(&gaps, width, &mut sums);
    }
    // the upper triangle row by row: row i begins after i rows of width, width - 1, ...
    let at = |i: usize, j: usize| sums[1 + width + i * width - i * i.saturating_sub(1) / 2 + j - i];
    let products = (0..width).map(|i| (0..width).map(|j| at(i.min(j), i.max(j))).collect()).collect();
    (means, products)
}

/// A line in the outcomes of a unit about their means, and its constant.
#[derive(Clone)]
struct Influence {
    slopes: Vec<f64>,
    constant: f64,
}

impl Influence {
    fn add(&mut self, weight: f64, other: &Self) {
        self.slopes.iter_mut().zip(&other.slopes).for_each(|(a, b)| *a += weight * b);
        self.constant += weight * other.constant;
    }
}

/// All sums from those of the outcomes: cost per unit does not grow with the cells.
fn by_moments(panel: &CohortPanel, c: usize, lines: &[Line], mut sums: CohortSums, families: &[Family]) -> CohortSums {
    let (means, products) = moments(panel, c);
    let n = panel.cohorts[c].units.len() as f64;
    let none = |constant| Influence { slopes: vec![0.0; means.len()], constant };
    let spread = |of: &Influence| -> Vec<f64> { products.iter().map(|row| dot(row, &of.slopes)).collect() };
    let product =
        |a: &Influence, spread_b: &[f64], b: &Influence| dot(&a.slopes, spread_b) + n * a.constant * b.constant;
    let mut cells: Vec<Option<Influence>> = vec![None; sums.cells.len()];
    for &(k, [time, base], factor, mean) in lines {
        let mut influence = none(factor * (means[time] - means[base] - mean));
        influence.slopes[time] += factor;
        influence.slopes[base] -= factor;
        sums.cells[k] = product(&influence, &spread(&influence), &influence);
        cells[k] = Some(influence);
    }
    for (f, family) in families.iter().enumerate() {
        let mut parts: Vec<Influence> = Vec::with_capacity(family.parts.len());
        let mut summary = none(family.summary_by_cohort[c]);
        for (part, weight) in family.parts.iter().zip(&family.summary) {
            let mut gathered = none(part.by_cohort[c]);
            for (cell, weight) in &part.weights {
                if let Some(influence) = &cells[*cell] {
                    gathered.add(*weight, influence);
                }
            }
            summary.add(*weight, &gathered);
            parts.push(gathered);
        }
        for (i, row) in sums.products[f].iter_mut().enumerate() {
            let own = spread(&parts[i]);
            row.iter_mut().zip(&parts).for_each(|(sum, other)| *sum = product(other, &own, &parts[i]));
        }
        sums.overall[f] = product(&summary, &spread(&summary), &summary);
    }
    sums
}

/// One pass over the units of a cohort: influences of its cells, gathered on the way.
fn by_units(
    panel: &CohortPanel,
    c: usize,
    (fits, own, targets): (&[CellFit], &[usize], &[Vec<Target>]),
    mut sums: CohortSums,
    families: &[Family],
) -> CohortSums {
    let start: Vec<Vec<f64>> =
        families.iter().map(|family| family.parts.iter().map(|part| part.by_cohort[c]).collect()).collect();
    let mut gathered = start.clone();
    for unit in panel.cohorts[c].units.clone() {
        gathered.clone_from(&start);
        for &k in own {
            let influence = fits[k].influence(panel, unit, fits[k].cell.cohort == c);
            sums.cells[k] += influence * influence;
            for &(f, p, weight) in &targets[k] {
                gathered[f][p] += weight * influence;
            }
        }
        for (f, family) in families.iter().enumerate() {
            let values = &gathered[f];
            for (i, row) in sums.products[f].iter_mut().enumerate() {
                row.iter_mut().zip(values).for_each(|(sum, value)| *sum += values[i] * value);
            }
            let summary: f64 = family.summary.iter().zip(values).map(|(w, x)| w * x).sum();
            sums.overall[f] += (summary + family.summary_by_cohort[c]).powi(2);
        }
    }
    sums
}
