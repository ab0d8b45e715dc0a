//! Customer effort (`ces.v1`): "made it easy", 1-7, share of 5 to 7.
//!
//! The mean and the index are metrics of their own; the 1.0 wording, where low
//! is good, is not computed here at all.

use super::histogram::SevenPoint;
use super::mean::mean_of_counts;
use super::proportion::{Share, share};
use crate::figure::{Figure, Interval, IntervalMethod, Refusal, Warning, Z95, require_answers};

/// Share of answers 5, 6 and 7, in percent.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn ces(histogram: &SevenPoint, shown_from: u64) -> Result<Share, Refusal> {
    share("ces.v1", histogram.at_least(5), histogram.n(), shown_from)
}

/// Mean answer, 1-7, with a t interval.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn ces_mean(histogram: &SevenPoint, shown_from: u64) -> Result<Figure, Refusal> {
    mean_of_counts("ces-mean.v1", &histogram.counts, 1, shown_from)
}

/// Index %(6, 7) - %(1, 2, 3), in points, with a Wald interval on the net share.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn ces_index(histogram: &SevenPoint, shown_from: u64) -> Result<Figure, Refusal> {
    let n = histogram.n();
    require_answers(n, shown_from)?;
    let easy = histogram.at_least(6);
    let hard = n - histogram.at_least(4);
    let net = super::nps::NpsCounts::new(easy, n - easy - hard, hard);
    let reach = Z95 * net.adjusted().standard_error();
    let centre = net.adjusted().nps();
    Ok(Figure {
        definition: "ces-index.v1",
        value: net.nps(),
        n,
        n_effective: None,
        interval: Interval::new(centre - reach, centre + reach, IntervalMethod::AdjustedWald).clipped(-100.0, 100.0),
        warnings: Warning::small_base(n).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: SevenPoint = SevenPoint::new([10, 20, 30, 40, 100, 150, 150]);

    #[test]
    fn share_mean_and_index_are_three_figures() {
        let share = ces(&ANSWERS, 5).unwrap();
        assert!((share.figure.value - 80.0).abs() < 1e-12);
        assert!((ces_mean(&ANSWERS, 5).unwrap().value - 5.5).abs() < 1e-12);
        let index = ces_index(&ANSWERS, 5).unwrap();
        assert!((index.value - 48.0).abs() < 1e-12);
        assert!(index.interval.lo < 48.0 && index.interval.hi > 48.0);
    }
}
