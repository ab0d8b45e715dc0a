//! Mean of a numeric answer, with a t interval.

use crate::distribution::t95;
use crate::figure::{Figure, Interval, IntervalMethod, Refusal, Warning, require_answers};
use crate::summation::Moments;

/// Mean of values; refused below `shown_from` (at least two).
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn mean(definition: &'static str, values: &[f64], shown_from: u64) -> Result<Figure, Refusal> {
    of_moments(definition, &Moments::of(values), shown_from)
}

/// Mean of an integer scale from its counts: `counts[i]` answers of `first + i`.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn mean_of_counts(
    definition: &'static str,
    counts: &[u64],
    first: i32,
    shown_from: u64,
) -> Result<Figure, Refusal> {
    of_moments(definition, &Moments::of_counts(counts, first), shown_from)
}

fn of_moments(definition: &'static str, moments: &Moments, shown_from: u64) -> Result<Figure, Refusal> {
    // one value has a mean but no spread, so no interval
    require_answers(moments.n, shown_from.max(2))?;
    let reach = t95((moments.n - 1) as f64) * moments.standard_error();
    Ok(Figure {
        definition,
        value: moments.mean,
        n: moments.n,
        n_effective: None,
        interval: Interval::new(moments.mean - reach, moments.mean + reach, IntervalMethod::StudentT),
        warnings: Warning::small_base(moments.n).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_of_five_values_has_the_t_interval_with_four_degrees() {
        let figure = mean("mean.v1", &[1.0, 2.0, 3.0, 4.0, 5.0], 5).unwrap();
        assert!((figure.value - 3.0).abs() < 1e-15);
        assert!((figure.interval.hi - (3.0 + 2.776_445_105 * 0.5_f64.sqrt())).abs() < 1e-8);
        assert!(mean("mean.v1", &[1.0], 0).is_err());
    }
}
