//! Peak-end (`peak-end.v1`): (most extreme moment + last moment) / 2.

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason};

/// Moments one customer needs before a peak means anything.
const MOMENTS_FROM: u64 = 3;

/// One customer's remembered experience.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeakEnd {
    /// Definition id.
    pub definition: &'static str,
    /// (extreme + last) / 2, in scale points.
    pub value: f64,
    /// The moment farthest from neutral; of two equally far, the bad one.
    pub extreme: f64,
    /// The last moment.
    pub last: f64,
    /// Plain mean of the moments, to compare with.
    pub mean: f64,
    /// Moments.
    pub n: u64,
}

/// Peak-end of one customer's moments in the order lived.
///
/// # Errors
/// A [`Refusal`] below three moments.
pub fn peak_end(moments: &[f64], neutral: f64) -> Result<PeakEnd, Refusal> {
    let n = moments.len() as u64;
    let refusal = Refusal::count(RefusalReason::TooFewAnswers, n, MOMENTS_FROM);
    if n < MOMENTS_FROM {
        return Err(refusal);
    }
    let extreme = moments.iter().copied().max_by(|a, b| {
        let (far_a, far_b) = ((a - neutral).abs(), (b - neutral).abs());
        far_a.total_cmp(&far_b).then(b.total_cmp(a))
    });
    let (Some(extreme), Some(&last)) = (extreme, moments.last()) else {
        return Err(refusal);
    };
    Ok(PeakEnd {
        definition: "peak-end.v1",
        value: f64::midpoint(extreme, last),
        extreme,
        last,
        mean: crate::summation::sum(moments.iter().copied()) / n as f64,
        n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_is_the_peak_and_seven_the_end() {
        let score = peak_end(&[6.0, 4.0, 9.0, 3.0, 7.0], 5.0).unwrap();
        assert_eq!((score.extreme, score.value), (9.0, 8.0));
        assert_eq!(peak_end(&[9.0, 1.0, 5.0], 5.0).unwrap().extreme, 1.0);
        assert!(peak_end(&[6.0, 4.0], 5.0).is_err());
    }
}
