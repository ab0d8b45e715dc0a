//! Monotone trend of one value per period (`trend.v1`): Mann-Kendall with
//! correction for ties and continuity, Kendall's tau-b, Theil-Sen slope with
//! Sen's interval. Assumes independent periods; positive serial correlation makes
//! p too small. All in O(n log n).

use serde::Serialize;

use crate::distribution::normal_two_sided;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Z95};

/// The normal law of the statistic is good from here on.
const TREND_FROM: u64 = 8;
/// Up to here every slope is written down; beyond, slopes are counted.
const ALL_SLOPES_TO: usize = 600;

/// A trend, slopes in units of the value per period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// Definition id.
    pub definition: &'static str,
    /// Periods.
    pub n: u64,
    /// Rising pairs less falling pairs.
    pub s: i64,
    /// Its variance without a trend.
    pub variance: f64,
    /// Standardised, one unit nearer to 0 for continuity.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// Kendall's tau-b against time.
    pub tau_b: f64,
    /// Median of all pairwise slopes.
    pub slope: f64,
    /// 95 % interval of the slope.
    pub interval: Interval,
}

impl Trend {
    /// The trend without a floor on n; at least two finite values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len();
        let pairs = n * n.saturating_sub(1) / 2;
        let falling = inversions(values);
        let negated: Vec<f64> = values.iter().map(|v| -v).collect();
        let rising = inversions(&negated);
        let s = rising as i64 - falling as i64;
        let size = n as f64;
        let (tied, correction) = ties(values);
        let variance = (size * (size - 1.0) * (2.0 * size + 5.0) - correction) / 18.0;
        let z = if s == 0 { 0.0 } else { (s - s.signum()) as f64 / variance.sqrt() };
        let slopes = Slopes::of(values);
        let reach = Z95 * variance.max(0.0).sqrt();
        let rank = |at: f64| slopes.at(at.clamp(0.0, pairs.saturating_sub(1) as f64).round() as usize);
        let (half, middle) = (pairs as f64 / 2.0, pairs / 2);
        let slope = if pairs % 2 == 1 {
            slopes.at(middle)
        } else {
            f64::midpoint(slopes.at(middle.saturating_sub(1)), slopes.at(middle))
        };
        let (lo, hi) = (rank(half - reach / 2.0 - 1.0), rank(half + reach / 2.0));
        Self {
            definition: "trend.v1",
            n: n as u64,
            s,
            variance,
            z,
            p: normal_two_sided(z),
            tau_b: s as f64 / (pairs as f64 * (pairs as f64 - tied)).sqrt(),
            slope,
            interval: Interval::new(lo.min(slope), hi.max(slope), IntervalMethod::OrderedSlopes),
        }
    }
}

/// Tests a series for a monotone trend.
///
/// # Errors
/// A [`Refusal`] below eight periods, for a value that is not finite, or when all
/// values are equal.
pub fn trend(values: &[f64]) -> Result<Trend, Refusal> {
    let n = values.len() as u64;
    if n < TREND_FROM {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, n, TREND_FROM));
    }
    let finite = values.iter().filter(|v| v.is_finite()).count() as u64;
    if finite < n {
        return Err(Refusal::count(RefusalReason::NotFinite, finite, n));
    }
    if values.iter().all(|v| *v == values[0]) {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 1.0, need: 2.0 });
    }
    Ok(Trend::of(values))
}

/// Tied pairs, and the sum of t(t - 1)(2t + 5) over groups of t equal values.
fn ties(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|group| group.len() as f64).fold((0.0, 0.0), |(pairs, correction), t| {
        (pairs + t * (t - 1.0) / 2.0, correction + t * (t - 1.0) * (2.0 * t + 5.0))
    })
}

/// Pairs i < j with `values[i] > values[j]`, by merge sort.
fn inversions(values: &[f64]) -> u64 {
    let mut from = values.to_vec();
    let mut to = from.clone();
    let (n, mut width, mut count) = (values.len(), 1, 0_u64);
    while width < n {
        for start in (0..n).step_by(2 * width) {
            let (middle, end) = ((start + width).min(n), (start + 2 * width).min(n));
            let (mut left, mut right) = (start, middle);
            for slot in &mut to[start..end] {
                if right >= end || (left < middle && from[left] <= from[right]) {
                    *slot = from[left];
                    left += 1;
                } else {
                    // everything still waiting on the left is larger
                    count += (middle - left) as u64;
                    *slot = from[right];
                    right += 1;
                }
            }
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    count
}

/// Order statistics of all pairwise slopes.
enum Slopes<'a> {
    /// All of them in order.
    Listed(Vec<f64>),
    /// Found by counting how many lie below a candidate.
    Counted { values: &'a [f64], lo: f64, hi: f64 },
}

impl<'a> Slopes<'a> {
    fn of(values: &'a [f64]) -> Self {
        let n = values.len();
        if n <= ALL_SLOPES_TO {
            let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
            let mut all: Vec<f64> = pairs.map(|(i, j)| (values[j] - values[i]) / (j - i) as f64).collect();
            all.sort_unstable_by(f64::total_cmp);
            return Self::Listed(all);
        }
        // a slope over several periods is a mean of the steps between
        let steps = || values.windows(2).map(|w| w[1] - w[0]);
        let (lo, hi) = (steps().fold(f64::INFINITY, f64::min), steps().fold(f64::NEG_INFINITY, f64::max));
        Self::Counted { values, lo, hi }
    }

    /// The slope with `rank` slopes below it (0-based); NaN without a pair.
    fn at(&self, rank: usize) -> f64 {
        match self {
            Self::Listed(all) => all.get(rank).copied().unwrap_or(f64::NAN),
            Self::Counted { values, lo, hi } => {
                let pairs = (values.len() * (values.len() - 1) / 2) as u64;
                crate::distribution::bisect(*lo, *hi, |slope| {
                    // -(y - slope t): an inversion is a pair whose slope exceeds the candidate
                    let rest: Vec<f64> = values.iter().enumerate().map(|(t, y)| slope * t as f64 - y).collect();
                    if pairs - inversions(&rest) > rank as u64 { 1.0 } else { -1.0 }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_rise_has_tau_one_and_its_slope() {
        let values: Vec<f64> = (0..10).map(|i| 2.0 * f64::from(i) + 1.0).collect();
        let t = trend(&values).unwrap();
        assert_eq!((t.s, t.tau_b, t.slope), (45, 1.0, 2.0));
        assert!((t.variance - 125.0).abs() < 1e-9);
        assert!((t.z - 44.0 / 125.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!((t.interval.lo, t.interval.hi), (2.0, 2.0));
    }

    #[test]
    fn counted_slopes_are_the_listed_ones() {
        let values: Vec<f64> = (0..301_u32).map(|i| f64::from((i * 7919) % 101) + 0.1 * f64::from(i)).collect();
        let listed = Slopes::of(&values);
        let steps = || values.windows(2).map(|w| w[1] - w[0]);
        let counted = Slopes::Counted {
            values: &values,
            lo: steps().fold(f64::INFINITY, f64::min),
            hi: steps().fold(f64::NEG_INFINITY, f64::max),
        };
        for rank in [0, 1, 17, 22_000, 45_000, 45_149] {
            assert!((listed.at(rank) - counted.at(rank)).abs() < 1e-9, "{rank}");
        }
    }

    #[test]
    fn short_and_flat_series_are_refused() {
        assert!(trend(&[1.0, 2.0, 3.0]).is_err());
        assert_eq!(trend(&[4.0; 12]).unwrap_err().reason, RefusalReason::NoVariation);
    }
}
