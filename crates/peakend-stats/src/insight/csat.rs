//! CSAT (`csat.v1`): top-two-box share on a five-point scale, Wilson interval.

use super::histogram::{FivePoint, SevenPoint};
use super::proportion::{Share, share};
use crate::figure::Refusal;

/// Share of answers 4 and 5 among 1-5, in percent.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn csat(histogram: &FivePoint, shown_from: u64) -> Result<Share, Refusal> {
    share("csat.v1", histogram.at_least(4), histogram.n(), shown_from)
}

/// Share of answers 6 and 7 among 1-7, in percent; a metric of its own name.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn csat_seven_top_two(histogram: &SevenPoint, shown_from: u64) -> Result<Share, Refusal> {
    let k = histogram.at_least(6);
    share("csat7-top2.v1", k, histogram.n(), shown_from)
}

/// Share of answers 5 to 7 among 1-7, in percent; a metric of its own name.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn csat_seven_top_three(histogram: &SevenPoint, shown_from: u64) -> Result<Share, Refusal> {
    let k = histogram.at_least(5);
    share("csat7-top3.v1", k, histogram.n(), shown_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_two_boxes_of_a_thousand() {
        let csat = csat(&FivePoint::new([70, 80, 120, 320, 410]), 5).unwrap();
        assert_eq!((csat.k, csat.figure.n), (730, 1000));
        assert!((csat.figure.value - 73.0).abs() < 1e-12);
        assert!((csat.figure.interval.lo - 70.2).abs() < 0.05);
        assert!((csat.figure.interval.hi - 75.7).abs() < 0.05);
    }
}
