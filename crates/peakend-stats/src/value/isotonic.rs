//! Rising regression: the closest sequence that never falls, by pooling adjacent
//! violators (Barlow et al. 1972), and whether means fall where they should rise.

use serde::Serialize;

use crate::distribution::normal_two_sided;
use crate::insight::family::holm;

/// Below this an adjusted p says that a fall is real.
const REJECTED_BELOW: f64 = 0.05;

/// The weighted least-squares sequence that never falls. Weights are positive;
/// values and weights are of one length.
#[must_use]
pub fn rising_fit(values: &[f64], weights: &[f64]) -> Vec<f64> {
    // blocks of (mean, weight, how many values)
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (&value, &weight) in values.iter().zip(weights) {
        let mut block = (value, weight, 1);
        while let Some(last) = blocks.pop_if(|last| last.0 > block.0) {
            let weight = last.1 + block.1;
            block = ((last.0 * last.1 + block.0 * block.1) / weight, weight, last.2 + block.2);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, _, length)| std::iter::repeat_n(mean, length)).collect()
}

/// A mean with its standard error, at a place on a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated {
    /// Place on the scale.
    pub at: f64,
    /// Mean.
    pub mean: f64,
    /// Standard error.
    pub standard_error: f64,
}

/// The clearest fall between two places of a scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fall {
    /// Lower place.
    pub from: f64,
    /// Higher place.
    pub to: f64,
    /// Mean at the higher place less that at the lower: below 0.
    pub change: f64,
    /// One-sided p, Holm over all pairs.
    pub adjusted_p: f64,
}

/// Whether means rise along a scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RisingCheck {
    /// The closest sequence that never falls, one value per place.
    pub fitted: Vec<f64>,
    /// The clearest fall, if any mean falls at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall: Option<Fall>,
    /// No fall is beyond chance.
    pub holds: bool,
}

/// Checks means in order of their place. Every pair is tested for a fall with a
/// normal one-sided test, Holm-corrected; means of the same people at two places
/// are taken as independent, which errs towards "rising".
#[must_use]
pub fn rising_check(means: &[Estimated]) -> RisingCheck {
    let weights: Vec<f64> = means.iter().map(|m| 1.0 / m.standard_error.powi(2)).collect();
    let values: Vec<f64> = means.iter().map(|m| m.mean).collect();
    let mut falls = Vec::new();
    for (i, low) in means.iter().enumerate() {
        for high in &means[i + 1..] {
            let change = high.mean - low.mean;
            let z = change / low.standard_error.hypot(high.standard_error);
            let half = normal_two_sided(z) / 2.0;
            let p = if change < 0.0 { half } else { 1.0 - half };
            falls.push(Fall { from: low.at, to: high.at, change, adjusted_p: p });
        }
    }
    let adjusted = holm(&falls.iter().map(|f| f.adjusted_p).collect::<Vec<_>>());
    for (fall, p) in falls.iter_mut().zip(adjusted) {
        fall.adjusted_p = p;
    }
    let fall = falls
        .into_iter()
        .filter(|f| f.change < 0.0)
        .min_by(|a, b| a.adjusted_p.total_cmp(&b.adjusted_p).then_with(|| a.change.total_cmp(&b.change)));
    RisingCheck {
        fitted: rising_fit(&values, &weights),
        holds: fall.is_none_or(|f| f.adjusted_p >= REJECTED_BELOW),
        fall,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn violators_are_pooled_by_weight() {
        assert_eq!(rising_fit(&[1.0, 3.0, 2.0, 4.0], &[1.0; 4]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(rising_fit(&[3.0, 0.0], &[1.0, 2.0]), [1.0, 1.0]);
        assert_eq!(rising_fit(&[3.0, 2.0, 1.0], &[1.0; 3]), [2.0; 3]);
    }

    #[test]
    fn a_clear_fall_is_named_and_a_shallow_one_forgiven() {
        let at = |at, mean| Estimated { at, mean, standard_error: 1.0 };
        let clear = rising_check(&[at(0.0, 1.0), at(1.0, 9.0), at(2.0, 2.0)]);
        assert!(!clear.holds);
        assert_eq!(clear.fall.map(|f| (f.from, f.to)), Some((1.0, 2.0)));
        assert!(rising_check(&[at(0.0, 1.0), at(1.0, 3.0), at(2.0, 2.5)]).holds);
        assert_eq!(rising_check(&[at(0.0, 1.0), at(1.0, 3.0)]).fall, None);
    }

    proptest! {
        #[test]
        fn the_fit_rises_keeps_the_mean_and_leaves_rising_values_alone(
            pairs in prop::collection::vec((-50.0..50.0_f64, 0.1..5.0_f64), 1..30)
        ) {
            let (mut values, weights): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let fit = rising_fit(&values, &weights);
            prop_assert!(fit.windows(2).all(|w| w[0] <= w[1]));
            let mean = |v: &[f64]| v.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>();
            prop_assert!((mean(&fit) - mean(&values)).abs() < 1e-9);
            values.sort_by(f64::total_cmp);
            prop_assert_eq!(rising_fit(&values, &weights), values);
        }
    }
}
