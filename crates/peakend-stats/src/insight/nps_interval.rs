//! Intervals of an NPS, each by name, and the choice between them.

use super::nps::NpsCounts;
use crate::distribution::{bisect, normal_quantile_two_sided};
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Z95};
use crate::summation::{Sum, sum};

/// Plain Wald is trusted from this base on.
const PLAIN_FROM: u64 = 200;
/// The score interval is used below this base.
const SCORE_BELOW: u64 = 20;
/// Smallest base of a percentile bootstrap.
const BOOTSTRAP_FROM: u64 = 30;
/// Above this base the bootstrap law is normal to four digits.
const BOOTSTRAP_EXACT_TO: u64 = 20_000;
/// By what numbers too large or too small are scaled: 2^200.
const SCALE: f64 = f64::from_bits((1_023 + 200) << 52);

/// The interval to show: score when n < 20 or a class is empty, plain Wald from
/// n = 200, adjusted Wald between. From n = 20 on an empty class takes the outer
/// limits of score and adjusted Wald: changing from one to the other at the first
/// answer of a class would let coverage fall to 92 % where a class is rare.
#[must_use]
pub fn nps_interval(counts: &NpsCounts) -> Interval {
    let empty_class = counts.ordered().contains(&0);
    match counts.n() {
        n if n < SCORE_BELOW => score(counts),
        _ if empty_class => {
            let (score, wald) = (score(counts), adjusted_wald(counts));
            Interval { lo: score.lo.min(wald.lo), hi: score.hi.max(wald.hi), ..score }
        }
        n if n < PLAIN_FROM => adjusted_wald(counts),
        _ => plain_wald(counts),
    }
}

/// NPS +- z SE on the raw shares. Collapses to a point when all answers fall in
/// one class, so it is never shown there.
#[must_use]
pub fn plain_wald(counts: &NpsCounts) -> Interval {
    plain_wald_at(counts, Z95)
}

/// The same for another normal quantile than that of 95 %.
#[must_use]
pub fn plain_wald_at(counts: &NpsCounts, z: f64) -> Interval {
    wald(counts.raw(), z, IntervalMethod::PlainWald)
}

/// Wald after adding 0.75 promoters, 1.5 passives and 0.75 detractors (Rocks 2016).
#[must_use]
pub fn adjusted_wald(counts: &NpsCounts) -> Interval {
    adjusted_wald_at(counts, Z95)
}

/// The same for another normal quantile than that of 95 %.
#[must_use]
pub fn adjusted_wald_at(counts: &NpsCounts, z: f64) -> Interval {
    wald(counts.adjusted(), z, IntervalMethod::AdjustedWald)
}

fn wald(shares: super::nps::Shares, z: f64, method: IntervalMethod) -> Interval {
    let (centre, reach) = (shares.nps(), z * shares.standard_error());
    Interval::new(centre - reach, centre + reach, method).clipped(-100.0, 100.0)
}

/// Score interval (May-Johnson, Tango): the limits solve T(t) = +-z.
#[must_use]
pub fn score(counts: &NpsCounts) -> Interval {
    score_at(counts, Z95)
}

/// The same for another normal quantile than that of 95 %.
#[must_use]
pub fn score_at(counts: &NpsCounts, z: f64) -> Interval {
    let (p, d) = (counts.promoters as f64, counts.detractors as f64);
    let n = counts.n() as f64;
    let statistic = |t: f64| {
        let a = 2.0 * n;
        let b = -p - d + (2.0 * n - p + d) * t;
        let c = -d * t * (1.0 - t);
        // the constrained detractor share under net = t
        let u = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = (n * (2.0 * u + t * (1.0 - t))).max(0.0);
        let net = p - d - n * t;
        if net == 0.0 { 0.0 } else { net / variance.sqrt() }
    };
    // T falls from +inf at -1 to -inf at 1, unless the edge itself is observed
    let lo = if statistic(-1.0) <= z { -1.0 } else { bisect(-1.0, 1.0, |t| z - statistic(t)) };
    let hi = if statistic(1.0) >= -z { 1.0 } else { bisect(-1.0, 1.0, |t| -z - statistic(t)) };
    Interval::new(100.0 * lo, 100.0 * hi, IntervalMethod::Score)
}

/// Percentile bootstrap, if the base carries one.
///
/// # Errors
/// A [`Refusal`] below 30 answers, where the percentile bootstrap is too narrow.
pub fn bootstrap(counts: &NpsCounts) -> Result<Interval, Refusal> {
    let n = counts.n();
    if n < BOOTSTRAP_FROM {
        return Err(Refusal::count(RefusalReason::BootstrapBaseTooSmall, n, BOOTSTRAP_FROM));
    }
    Ok(percentile_bootstrap(counts))
}

/// Percentile bootstrap on any base. The law of a resampled NPS is enumerated
/// instead of drawn: no seed, no noise. Above 20,000 answers its normal limit is
/// used.
#[must_use]
pub fn percentile_bootstrap(counts: &NpsCounts) -> Interval {
    percentile_bootstrap_at(counts, 0.05)
}

/// The same with another share left out on both sides together than 5 %.
#[must_use]
pub fn percentile_bootstrap_at(counts: &NpsCounts, outside: f64) -> Interval {
    let n = counts.n();
    if n > BOOTSTRAP_EXACT_TO || counts.ordered().iter().filter(|&&c| c > 0).count() < 2 {
        let wald = plain_wald_at(counts, normal_quantile_two_sided(outside));
        return Interval { method: IntervalMethod::Bootstrap, ..wald };
    }
    let law = resampled_net(counts);
    let quantile = |share: f64| {
        let mut below = Sum::default();
        for &(net, probability) in &law {
            below.add(probability);
            if below.value() >= share {
                return 100.0 * net as f64 / n as f64;
            }
        }
        100.0
    };
    Interval::new(quantile(outside / 2.0), quantile(1.0 - outside / 2.0), IntervalMethod::Bootstrap)
}

/// Probability of each P - D, from -n to n, when n answers are drawn from the
/// observed shares.
fn resampled_net(counts: &NpsCounts) -> Vec<(i64, f64)> {
    let n = counts.n() as usize;
    let whole = n as i64;
    if !counts.ordered().contains(&0) {
        return trinomial(counts).into_iter().zip(-whole..).map(|(p, net)| (net, p)).collect();
    }
    // two classes at most: the higher of them is binomial
    let (higher, up, down) = match (counts.promoters, counts.detractors) {
        (0, detractors) => (n as u64 - detractors, 0, -1),
        (promoters, 0) => (promoters, 1, 0),
        (promoters, _) => (promoters, 1, -1),
    };
    let law = binomial(n, higher as f64 / n as f64, &ln_factorials(n));
    law.into_iter().map(|(k, p)| (up * k as i64 + down * (whole - k as i64), p)).collect()
}

/// The coefficients of (d + q x + p x^2)^n. With f that polynomial and g = f^n,
/// f g' = n f' g ties each coefficient to the two before it. Up to the middle all
/// terms are positive, so that no digit is lost; the upper half is the lower one
/// with promoters and detractors exchanged.
fn trinomial(counts: &NpsCounts) -> Vec<f64> {
    let [d, q, p] = counts.ordered().map(|count| count as f64);
    let (lower, mut upper) = (half_trinomial(counts.n(), [d, q, p]), half_trinomial(counts.n(), [p, q, d]));
    // both halves end in the same coefficient, which gives them one scale
    if let (Some(&(a, at_a)), Some((b, at_b))) = (lower.last(), upper.pop()) {
        for (value, at) in &mut upper {
            (*value, *at) = (*value * (a / b), *at + at_a - at_b);
        }
    }
    let all = || lower.iter().chain(upper.iter().rev());
    let top = all().map(|(_, at)| *at).max().unwrap_or(0);
    let plain = |(value, at): &(f64, i32)| value * SCALE.powi((at - top).max(-9));
    let law: Vec<f64> = all().map(plain).collect();
    let total = sum(law.iter().copied());
    law.into_iter().map(|p| p / total).collect()
}

/// Coefficients 0 to n over the first, each with the power of [`SCALE`] it is to be
/// multiplied by.
fn half_trinomial(n: u64, [d, q, p]: [f64; 3]) -> Vec<(f64, i32)> {
    let (mut before, mut here, mut power) = (0.0, 1.0, 0);
    let mut half = vec![(here, power)];
    for k in 0..n {
        let next = (q * (n - k) as f64 * here + p * (2 * n - k + 1) as f64 * before) / (d * (k + 1) as f64);
        (before, here) = (here, next);
        let over = i32::from(here > SCALE) - i32::from(here < SCALE.recip());
        if over != 0 {
            (before, here, power) = (before * SCALE.powi(-over), here * SCALE.powi(-over), power + over);
        }
        half.push((here, power));
    }
    half
}

fn ln_factorials(n: usize) -> Vec<f64> {
    let mut total = Sum::default();
    (0..=n)
        .map(|k| {
            total.add((k.max(1) as f64).ln());
            total.value()
        })
        .collect()
}

/// Binomial probabilities within nine standard deviations of the mean.
fn binomial(n: usize, p: f64, ln_factorial: &[f64]) -> Vec<(usize, f64)> {
    if p <= 0.0 {
        return vec![(0, 1.0)];
    }
    if p >= 1.0 {
        return vec![(n, 1.0)];
    }
    let mean = n as f64 * p;
    let reach = 9.0 * (mean * (1.0 - p)).sqrt() + 9.0;
    let from = (mean - reach).max(0.0) as usize;
    let to = ((mean + reach) as usize).min(n);
    (from..=to)
        .map(|k| {
            let ln = ln_factorial[n] - ln_factorial[k] - ln_factorial[n - k]
                + k as f64 * p.ln()
                + (n - k) as f64 * (1.0 - p).ln();
            (k, ln.exp())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_wald_of_50_30_20_is_the_published_one() {
        let interval = plain_wald(&NpsCounts::new(50, 30, 20));
        assert!((interval.lo - 14.69).abs() < 5e-3);
        assert!((interval.hi - 45.31).abs() < 5e-3);
    }

    #[test]
    fn choice_follows_the_base_and_empty_classes() {
        let method = |p, n, d| nps_interval(&NpsCounts::new(p, n, d)).method;
        assert_eq!(method(10, 5, 4), IntervalMethod::Score);
        assert_eq!(method(50, 30, 20), IntervalMethod::AdjustedWald);
        assert_eq!(method(100, 60, 40), IntervalMethod::PlainWald);
        assert_eq!(method(300, 60, 0), IntervalMethod::Score);
    }

    #[test]
    fn score_interval_is_open_where_all_answers_agree() {
        let interval = score(&NpsCounts::new(5, 0, 0));
        assert!((interval.lo - 13.103_507).abs() < 1e-5);
        assert_eq!(interval.hi, 100.0);
    }

    #[test]
    fn resampled_law_of_three_answers_is_that_of_all_draws() {
        // 27 draws of one promoter, one passive and one detractor
        let law = resampled_net(&NpsCounts::new(1, 1, 1));
        for ((net, p), ways) in law.iter().zip([1.0, 3.0, 6.0, 7.0, 6.0, 3.0, 1.0]) {
            assert!((p - ways / 27.0).abs() < 1e-15, "{net} {p}");
        }
        // of two classes: of four draws from three promoters and one detractor
        let law = resampled_net(&NpsCounts::new(3, 0, 1));
        assert_eq!(law.iter().map(|(net, _)| *net).collect::<Vec<_>>(), [-4, -2, 0, 2, 4]);
        assert!((law[3].1 - 4.0 * 27.0 / 256.0).abs() < 1e-12);
        let passive = resampled_net(&NpsCounts::new(0, 3, 1));
        assert!(passive.iter().any(|(net, p)| *net == -1 && (p - 4.0 * 27.0 / 256.0).abs() < 1e-12));
    }

    #[test]
    fn resampled_law_keeps_its_digits_on_a_large_lopsided_base() {
        let counts = NpsCounts::new(15_000, 4_998, 2);
        let law = resampled_net(&counts);
        let mean: f64 = law.iter().map(|(net, p)| *net as f64 * p).sum();
        assert!((mean - 14_998.0).abs() < 1e-6, "{mean}");
        let (boot, wald) = (percentile_bootstrap(&counts), plain_wald(&counts));
        assert!((boot.lo - wald.lo).abs() < 0.02 && (boot.hi - wald.hi).abs() < 0.02);
    }

    #[test]
    fn resampled_law_has_all_the_probability() {
        let law = resampled_net(&NpsCounts::new(45, 25, 30));
        let total: f64 = law.iter().map(|(_, p)| p).sum();
        assert!((total - 1.0).abs() < 1e-12);
        // mean and variance of a multinomial net
        let mean: f64 = law.iter().map(|(net, p)| *net as f64 * p).sum();
        let squares: f64 = law.iter().map(|(net, p)| (*net as f64 - 15.0).powi(2) * p).sum();
        assert!((mean - 15.0).abs() < 1e-10 && (squares - 100.0 * (0.75 - 0.15 * 0.15)).abs() < 1e-9);
        assert!(bootstrap(&NpsCounts::new(10, 5, 5)).is_err());
    }
}
