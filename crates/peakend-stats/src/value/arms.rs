//! Two arms side by side, without time: who was treated, the outcome, and what
//! was known of everybody beforehand.

use crate::linear::Matrix;
use crate::summation::Moments;

/// One unit of an observational comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmRow {
    /// Whether it was treated.
    pub treated: bool,
    /// Outcome.
    pub outcome: f64,
    /// One value per covariate, measured before the treatment.
    pub covariates: Vec<f64>,
}

/// The usable units of both arms in an order that does not depend on theirs.
#[derive(Debug, Clone)]
pub struct TwoArms {
    /// Names of the covariates.
    pub(crate) names: Vec<String>,
    pub(crate) treated: Vec<bool>,
    pub(crate) outcome: Vec<f64>,
    /// A column of ones, then the covariates.
    pub(crate) design: Matrix,
    /// Rows left out because a value was missing.
    pub(crate) dropped: u64,
}

impl TwoArms {
    /// Keeps the rows in which every value is a finite number.
    #[must_use]
    pub fn of(names: &[&str], rows: &[ArmRow]) -> Self {
        let usable = |row: &&ArmRow| {
            row.outcome.is_finite()
                && row.covariates.len() == names.len()
                && row.covariates.iter().all(|x| x.is_finite())
        };
        let mut kept: Vec<&ArmRow> = rows.iter().filter(usable).collect();
        kept.sort_unstable_by(|a, b| {
            let values = a.covariates.iter().chain([&a.outcome]).zip(b.covariates.iter().chain([&b.outcome]));
            let order = values.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
            b.treated.cmp(&a.treated).then(order.unwrap_or(std::cmp::Ordering::Equal))
        });
        Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            treated: kept.iter().map(|row| row.treated).collect(),
            outcome: kept.iter().map(|row| row.outcome).collect(),
            design: Matrix::from_fn(
                kept.len(),
                names.len() + 1,
                |i, j| {
                    if j == 0 { 1.0 } else { kept[i].covariates[j - 1] }
                },
            ),
            dropped: (rows.len() - kept.len()) as u64,
        }
    }

    /// Usable units.
    #[must_use]
    pub fn n(&self) -> usize {
        self.treated.len()
    }

    /// Positions of one arm.
    pub(crate) fn arm(&self, treated: bool) -> Vec<usize> {
        (0..self.n()).filter(|&i| self.treated[i] == treated).collect()
    }

    /// Moments of the outcome in one arm.
    #[must_use]
    pub fn outcomes(&self, treated: bool) -> Moments {
        let values: Vec<f64> = self.arm(treated).into_iter().map(|i| self.outcome[i]).collect();
        Moments::of(&values)
    }

    /// Only the units at these positions.
    pub(crate) fn only(&self, positions: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            treated: positions.iter().map(|&i| self.treated[i]).collect(),
            outcome: positions.iter().map(|&i| self.outcome[i]).collect(),
            design: self.design.pick_rows(positions),
            dropped: self.dropped,
        }
    }
}
