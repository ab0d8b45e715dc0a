//! Shares k / n and their intervals (`share.v1`).

use serde::Serialize;

use crate::distribution::beta_quantile;
use crate::figure::{Figure, Interval, IntervalMethod, Refusal, Warning, Z95, require_answers};

/// Wilson score interval of k of n, as shares.
#[must_use]
pub fn wilson(k: u64, n: u64) -> Interval {
    wilson_at(k, n, Z95)
}

/// The same for another normal quantile than that of 95 %.
#[must_use]
pub fn wilson_at(k: u64, n: u64, z: f64) -> Interval {
    let (k, n) = (k as f64, n as f64);
    let z2 = z * z;
    let centre = (k + z2 / 2.0) / (n + z2);
    let reach = z / (n + z2) * (k * (n - k) / n + z2 / 4.0).sqrt();
    // at the edges the limit is exact; the subtraction would leave 1e-17
    let lo = if k == 0.0 { 0.0 } else { centre - reach };
    let hi = if k == n { 1.0 } else { centre + reach };
    Interval::new(lo, hi, IntervalMethod::Wilson).clipped(0.0, 1.0)
}

/// Exact binomial interval of k of n, as shares.
#[must_use]
pub fn clopper_pearson(k: u64, n: u64) -> Interval {
    clopper_pearson_at(k, n, 0.05)
}

/// The same with another share left out on both sides together than 5 %.
#[must_use]
pub fn clopper_pearson_at(k: u64, n: u64, outside: f64) -> Interval {
    let tail = outside / 2.0;
    let (kf, nf) = (k as f64, n as f64);
    let lo = if k == 0 { 0.0 } else { beta_quantile(tail, kf, nf - kf + 1.0) };
    let hi = if k >= n { 1.0 } else { beta_quantile(1.0 - tail, kf + 1.0, nf - kf) };
    Interval::new(lo, hi, IntervalMethod::ClopperPearson)
}

/// Agresti-Coull interval of k of n, as shares; for checking only.
#[must_use]
pub fn agresti_coull(k: u64, n: u64) -> Interval {
    agresti_coull_at(k, n, Z95)
}

/// The same for another normal quantile than that of 95 %.
#[must_use]
pub fn agresti_coull_at(k: u64, n: u64, z: f64) -> Interval {
    let z2 = z * z;
    let base = n as f64 + z2;
    let centre = (k as f64 + z2 / 2.0) / base;
    let reach = z * (centre * (1.0 - centre) / base).sqrt();
    Interval::new(centre - reach, centre + reach, IntervalMethod::AgrestiCoull).clipped(0.0, 1.0)
}

/// The interval to show: Wilson, and Clopper-Pearson when k is 0 or n.
#[must_use]
pub fn share_interval(k: u64, n: u64) -> Interval {
    if k == 0 || k >= n { clopper_pearson(k, n) } else { wilson(k, n) }
}

/// A share in percent with the counts it derives from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// Value in percent, n, interval in percent.
    #[serde(flatten)]
    pub figure: Figure,
    /// The counted ones among n.
    pub k: u64,
}

/// A share in percent under a definition; refused below `shown_from`.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn share(definition: &'static str, k: u64, n: u64, shown_from: u64) -> Result<Share, Refusal> {
    require_answers(n, shown_from)?;
    let k = k.min(n);
    let interval = share_interval(k, n);
    let figure = Figure {
        definition,
        value: 100.0 * k as f64 / n as f64,
        n,
        n_effective: None,
        interval: Interval::new(100.0 * interval.lo, 100.0 * interval.hi, interval.method),
        warnings: Warning::small_base(n).into_iter().collect(),
    };
    Ok(Share { figure, k })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_interval_of_84_in_100_and_of_none_in_ten() {
        let some = wilson(84, 100);
        assert!((some.lo - 0.756).abs() < 5e-4 && (some.hi - 0.899).abs() < 5e-4);
        let none = wilson(0, 10);
        assert!(none.lo == 0.0 && (none.hi - 0.278).abs() < 5e-4);
    }

    #[test]
    fn a_share_of_nobody_gets_the_exact_interval() {
        assert_eq!(share_interval(0, 12).method, IntervalMethod::ClopperPearson);
        assert_eq!(share_interval(3, 12).method, IntervalMethod::Wilson);
        assert!(share("share.v1", 0, 0, 0).is_err());
    }
}
