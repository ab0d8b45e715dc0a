//! The nearest point of a convex hull: weights that are not negative and sum to
//! 1 with the smallest squared distance to a target (Wolfe 1976).
//!
//! An active set method: it ends after finitely many steps at the optimum, not
//! somewhere near it.

use crate::linear::matrix::dot;
use crate::linear::{Matrix, least_squares};

/// Optimality gap, as a share of the largest squared distance, taken for zero.
const OPTIMAL: f64 = 1e-12;
/// Weights below this are zero.
const NOTHING: f64 = 1e-13;
/// Steps per column before giving up on further digits.
const STEPS: usize = 50;

/// Weights of the columns whose mixture is nearest to the target. `columns` are
/// equally long and at least one.
#[must_use]
pub fn convex_weights(target: &[f64], columns: &[Vec<f64>]) -> Vec<f64> {
    // as weights sum to 1, the distance is the length of a mixture of differences
    let gaps: Vec<Vec<f64>> =
        columns.iter().map(|column| column.iter().zip(target).map(|(x, t)| x - t).collect()).collect();
    let length = |gap: &Vec<f64>| dot(gap, gap);
    let largest = gaps.iter().map(length).fold(0.0, f64::max);
    let Some(start) = (0..gaps.len()).min_by(|&a, &b| length(&gaps[a]).total_cmp(&length(&gaps[b]))) else {
        return Vec::new();
    };
    let mut weights = vec![0.0; gaps.len()];
    weights[start] = 1.0;
    let mut active = vec![start];
    for _ in 0..STEPS * gaps.len() {
        let here = mixture(&gaps, &weights);
        let products: Vec<f64> = gaps.iter().map(|gap| dot(gap, &here)).collect();
        let Some(best) = (0..gaps.len()).min_by(|&a, &b| products[a].total_cmp(&products[b])) else { break };
        if dot(&here, &here) - products[best] <= OPTIMAL * largest || active.contains(&best) {
            break;
        }
        active.push(best);
        descend(&gaps, &mut active, &mut weights);
    }
    weights
}

fn mixture(gaps: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; gaps[0].len()];
    for (gap, weight) in gaps.iter().zip(weights).filter(|(_, w)| **w > 0.0) {
        for (s, g) in sum.iter_mut().zip(gap) {
            *s += weight * g;
        }
    }
    sum
}

/// Moves to the best mixture of the active columns, dropping those that would
/// become negative on the way.
fn descend(gaps: &[Vec<f64>], active: &mut Vec<usize>, weights: &mut [f64]) {
    loop {
        let free = affine_weights(gaps, active);
        let shrinking = active.iter().zip(&free).filter(|(_, w)| **w <= NOTHING);
        let step = shrinking.map(|(&j, w)| weights[j] / (weights[j] - w).max(f64::MIN_POSITIVE)).fold(1.0, f64::min);
        for (&j, w) in active.iter().zip(&free) {
            weights[j] += step * (w - weights[j]);
        }
        let before = active.len();
        active.retain(|&j| {
            let keep = weights[j] > NOTHING;
            if !keep {
                weights[j] = 0.0;
            }
            keep
        });
        if step >= 1.0 || active.len() == before || active.len() <= 1 {
            let total: f64 = weights.iter().sum();
            for weight in weights.iter_mut() {
                *weight /= total;
            }
            return;
        }
    }
}

/// Weights of any sign, summing to 1, of the shortest mixture of some columns.
fn affine_weights(gaps: &[Vec<f64>], active: &[usize]) -> Vec<f64> {
    let Some((&first, rest)) = active.split_first() else { return Vec::new() };
    if rest.is_empty() {
        return vec![1.0];
    }
    let base = &gaps[first];
    let design = Matrix::from_fn(base.len(), rest.len(), |i, j| gaps[rest[j]][i] - base[i]);
    let right: Vec<f64> = base.iter().map(|x| -x).collect();
    let others = least_squares(&design, &right).coefficients;
    let mut weights = vec![1.0 - others.iter().sum::<f64>()];
    weights.extend(others);
    weights
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_inside_is_met_and_one_outside_is_approached() {
        let corners = [vec![0.0, 0.0], vec![4.0, 0.0], vec![0.0, 4.0]];
        let inside = convex_weights(&[1.0, 1.0], &corners);
        assert!((inside[0] - 0.5).abs() < 1e-12 && (inside[1] - 0.25).abs() < 1e-12);
        let outside = convex_weights(&[3.0, 3.0], &corners);
        assert!(outside[0] == 0.0 && (outside[1] - 0.5).abs() < 1e-12 && (outside[2] - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn no_column_pulls_further_at_the_optimum(
            columns in prop::collection::vec(prop::collection::vec(-9.0..9.0_f64, 6), 1..14),
            target in prop::collection::vec(-9.0..9.0_f64, 6),
        ) {
            let weights = convex_weights(&target, &columns);
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(weights.iter().all(|w| *w >= 0.0));
            let mixed: Vec<f64> = (0..6).map(|i| columns.iter().zip(&weights).map(|(c, w)| w * c[i]).sum::<f64>() - target[i]).collect();
            let here = dot(&mixed, &mixed);
            for column in &columns {
                let gap: Vec<f64> = column.iter().zip(&target).map(|(x, t)| x - t).collect();
                prop_assert!(dot(&mixed, &gap) >= here - 1e-6);
            }
        }
    }
}
