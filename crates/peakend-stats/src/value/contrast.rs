//! Two groups of persons side by side, such as those who left and those who
//! stayed: means, and their difference by Welch's test. What goes with leaving
//! is an association; nothing here says what caused it.

use serde::Serialize;

use crate::figure::{Figure, Refusal, SHOWN_FROM, Warning};
use crate::insight::compare::{Difference, comparable, welch};
use crate::insight::mean::mean;
use crate::summation::Moments;

/// One quantity in both groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// Mean of the persons marked.
    pub marked: Figure,
    /// Mean of the others.
    pub others: Figure,
    /// Marked minus others.
    pub difference: Difference,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Contrast one value per person of two groups. Welch (1947) for the
/// difference, so that the groups may differ in size and spread.
///
/// # Errors
/// A [`Refusal`] when a group has fewer than ten persons.
pub fn contrast(definition: &'static str, marked: &[f64], others: &[f64]) -> Result<Contrast, Refusal> {
    let warnings = comparable([marked.len() as u64, others.len() as u64])?;
    Ok(Contrast {
        marked: mean(definition, marked, SHOWN_FROM)?,
        others: mean(definition, others, SHOWN_FROM)?,
        difference: welch(&Moments::of(marked), &Moments::of(others)),
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_stand_side_by_side_and_small_ones_are_refused() {
        let left: Vec<f64> = (0..20).map(f64::from).collect();
        let stayed: Vec<f64> = (0..40).map(|i| f64::from(i) + 5.0).collect();
        let both = contrast("mean.v1", &left, &stayed).unwrap();
        assert!((both.marked.value - 9.5).abs() < 1e-12 && (both.others.value - 24.5).abs() < 1e-12);
        assert!((both.difference.value + 15.0).abs() < 1e-12 && both.difference.interval.hi < 0.0);
        assert_eq!((both.marked.n, both.others.n, both.warnings.len()), (20, 40, 1));
        assert!(contrast("mean.v1", &left[..9], &stayed).is_err());
    }
}
