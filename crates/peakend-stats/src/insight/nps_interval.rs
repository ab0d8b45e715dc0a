//! Intervals of an NPS, each by name, and the choice between them.

use super::nps::NpsCounts;
use crate::distribution::bisect;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Z95};
use crate::summation::Sum;

/// Plain Wald is trusted from this base on.
const PLAIN_FROM: u64 = 200;
/// The score interval is used below this base.
const SCORE_BELOW: u64 = 20;
/// Smallest base of a percentile bootstrap.
const BOOTSTRAP_FROM: u64 = 30;
/// Above this base the bootstrap law is normal to four digits.
const BOOTSTRAP_EXACT_TO: u64 = 20_000;

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
    wald(counts.raw(), IntervalMethod::PlainWald)
}

/// Wald after adding 0.75 promoters, 1.5 passives and 0.75 detractors (Rocks 2016).
#[must_use]
pub fn adjusted_wald(counts: &NpsCounts) -> Interval {
    wald(counts.adjusted(), IntervalMethod::AdjustedWald)
}

fn wald(shares: super::nps::Shares, method: IntervalMethod) -> Interval {
    let (centre, reach) = (shares.nps(), Z95 * shares.standard_error());
    Interval::new(centre - reach, centre + reach, method).clipped(-100.0, 100.0)
}

/// Score interval (May-Johnson, Tango): the limits solve T(t) = +-z.
#[must_use]
pub fn score(counts: &NpsCounts) -> Interval {
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
    let lo = if statistic(-1.0) <= Z95 { -1.0 } else { bisect(-1.0, 1.0, |t| Z95 - statistic(t)) };
    let hi = if statistic(1.0) >= -Z95 { 1.0 } else { bisect(-1.0, 1.0, |t| -Z95 - statistic(t)) };
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
    let n = counts.n();
    if n > BOOTSTRAP_EXACT_TO || counts.ordered().iter().filter(|&&c| c > 0).count() < 2 {
        return Interval { method: IntervalMethod::Bootstrap, ..plain_wald(counts) };
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
    Interval::new(quantile(0.025), quantile(0.975), IntervalMethod::Bootstrap)
}

/// Probability of each P - D when n answers are drawn from the observed shares:
/// the non-passive count is binomial, the promoters among them binomial again.
fn resampled_net(counts: &NpsCounts) -> Vec<(i64, f64)> {
    let n = counts.n() as usize;
    let voiced = (counts.promoters + counts.detractors) as f64;
    let ln_factorial = ln_factorials(n);
    let outer = binomial(n, voiced / n as f64, &ln_factorial);
    let mut net = vec![Sum::default(); 2 * n + 1];
    for (k, weight) in outer {
        for (promoters, share) in binomial(k, counts.promoters as f64 / voiced, &ln_factorial) {
            // promoters - (k - promoters), shifted by n to stay unsigned
            net[n + 2 * promoters - k].add(weight * share);
        }
    }
    net.iter().enumerate().map(|(i, p)| (i as i64 - n as i64, p.value())).collect()
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
    fn resampled_law_has_all_the_probability() {
        let law = resampled_net(&NpsCounts::new(45, 25, 30));
        let total: f64 = law.iter().map(|(_, p)| p).sum();
        assert!((total - 1.0).abs() < 1e-12);
        assert!(bootstrap(&NpsCounts::new(10, 5, 5)).is_err());
    }
}
