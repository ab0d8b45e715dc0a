//! Many comparisons at once: chi-square over a table, Holm, Benjamini-Hochberg.

use serde::Serialize;

use crate::distribution::chi_square_upper;
use crate::summation::sum;

/// Largest family corrected by Holm; larger ones are screened by false discovery rate.
pub const HOLM_UP_TO: usize = 20;

/// Which correction a family got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Family-wise error, adjusted p.
    Holm,
    /// False discovery rate, q.
    BenjaminiHochberg,
}

/// Adjusted values in the order of the input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjusted {
    /// Which correction.
    pub correction: Correction,
    /// Adjusted p or q, in input order.
    pub values: Vec<f64>,
}

/// Corrects all comparisons shown on one screen: Holm up to 20, else Benjamini-Hochberg.
#[must_use]
pub fn adjust(p: &[f64]) -> Adjusted {
    if p.len() <= HOLM_UP_TO {
        Adjusted { correction: Correction::Holm, values: holm(p) }
    } else {
        Adjusted { correction: Correction::BenjaminiHochberg, values: benjamini_hochberg(p) }
    }
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    order
}

/// Holm's step-down adjusted p values, in input order.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut floor: f64 = 0.0;
    for (rank, i) in ascending(p).into_iter().enumerate() {
        floor = floor.max((p.len() - rank) as f64 * p[i]).min(1.0);
        adjusted[i] = floor;
    }
    adjusted
}

/// Benjamini-Hochberg q values, in input order.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut ceiling: f64 = 1.0;
    for (rank, i) in ascending(p).into_iter().enumerate().rev() {
        ceiling = ceiling.min(p[i] * p.len() as f64 / (rank + 1) as f64);
        adjusted[i] = ceiling;
    }
    adjusted
}

/// Pearson's chi-square of independence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChiSquare {
    /// Statistic.
    pub statistic: f64,
    /// Degrees of freedom over rows and columns that occur.
    pub df: u64,
    /// Upper-tail p; 1 when there is nothing to compare.
    pub p: f64,
    /// Smallest expected count; below 5 the p is rough.
    pub least_expected: f64,
}

/// Chi-square over groups (rows) of counts per class (columns); empty rows and
/// columns are left out. The omnibus test before any pairwise one.
#[must_use]
pub fn chi_square<const CLASSES: usize>(groups: &[[u64; CLASSES]]) -> ChiSquare {
    let columns: Vec<f64> = (0..CLASSES).map(|c| groups.iter().map(|g| g[c]).sum::<u64>() as f64).collect();
    let total = sum(columns.iter().copied());
    let (mut terms, mut least, mut rows) = (Vec::new(), f64::INFINITY, 0);
    for group in groups {
        let row = group.iter().sum::<u64>() as f64;
        if row == 0.0 {
            continue;
        }
        rows += 1;
        for (&count, &column) in group.iter().zip(&columns).filter(|(_, c)| **c > 0.0) {
            let expected = row * column / total;
            least = least.min(expected);
            terms.push((count as f64 - expected).powi(2) / expected);
        }
    }
    // the order of the groups must not change a digit
    terms.sort_unstable_by(f64::total_cmp);
    let statistic = sum(terms);
    let used = columns.iter().filter(|c| **c > 0.0).count() as u64;
    let df = used.saturating_sub(1) * u64::saturating_sub(rows, 1);
    let p = if df == 0 { 1.0 } else { chi_square_upper(statistic, df as f64) };
    ChiSquare { statistic, df, p, least_expected: if least.is_finite() { least } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_monotone_and_in_input_order() {
        let p = [0.04, 0.01, 0.03];
        let holm = holm(&p);
        assert!((holm[1] - 0.03).abs() < 1e-15);
        assert!((holm[2] - 0.06).abs() < 1e-15 && (holm[0] - 0.06).abs() < 1e-15);
        let q = benjamini_hochberg(&p);
        assert!((q[1] - 0.03).abs() < 1e-15 && (q[2] - 0.04).abs() < 1e-15);
        assert_eq!(adjust(&[0.5; 21]).correction, Correction::BenjaminiHochberg);
    }

    #[test]
    fn chi_square_of_two_by_two_by_hand() {
        let test = chi_square(&[[10, 20], [20, 10]]);
        assert!((test.statistic - 20.0 / 3.0).abs() < 1e-12);
        assert_eq!(test.df, 1);
        assert_eq!(chi_square(&[[0, 5, 0], [0, 9, 0]]).p, 1.0);
    }
}
