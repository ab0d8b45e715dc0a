//! Control chart of a share per period (`share-chart.v1`): p chart, and Laney's
//! p' (2002), which widens the binomial limits by the day-to-day spread that
//! large counts show beyond chance.

use serde::Serialize;

use super::control_chart::{RANGE_OF_TWO, mean_moving_range, short_base};
use super::share_compare::Part;
use crate::figure::{Refusal, RefusalReason, Warning};

/// From this many answers in the middle period the Laney limits are shown.
const LANEY_FROM: u64 = 100;
/// Periods needed for a spread of any kind.
const CHART_FROM: u64 = 5;

/// Which limits the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareLimits {
    /// Chance alone.
    Binomial,
    /// Chance times the observed spread between periods.
    Laney,
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SharePoint {
    /// k / n.
    pub share: f64,
    /// Answers.
    pub n: u64,
    /// Lower and upper binomial limit, clipped to 0..1.
    pub binomial: [f64; 2],
    /// Lower and upper Laney limit, clipped to 0..1.
    pub laney: [f64; 2],
}

/// A control chart of shares (0..1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareChart {
    /// Definition id.
    pub definition: &'static str,
    /// Periods charted.
    pub periods: u64,
    /// Periods the centre and the spread come from: the first ones.
    pub base: u64,
    /// Answers in all periods.
    pub n: u64,
    /// Pooled share of the base.
    pub centre: f64,
    /// Spread between periods in units of chance; 1 when there is chance only.
    pub spread: f64,
    /// Every period in order.
    pub points: Vec<SharePoint>,
    /// Periods (0-based) outside the binomial limits.
    pub outside_binomial: Vec<usize>,
    /// Periods (0-based) outside the Laney limits.
    pub outside_laney: Vec<usize>,
    /// Which of the two to show.
    pub shown: ShareLimits,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

impl ShareChart {
    /// The chart without floors; every period needs answers.
    #[must_use]
    pub fn of(parts: &[Part], base: usize) -> Self {
        let frozen = &parts[..base.min(parts.len())];
        let total = |count: fn(&Part) -> u64, parts: &[Part]| parts.iter().map(count).sum::<u64>();
        let centre = total(|p| p.k, frozen) as f64 / total(|p| p.n, frozen) as f64;
        let share = |p: &Part| p.k as f64 / p.n as f64;
        let chance = |p: &Part| (centre * (1.0 - centre) / p.n as f64).sqrt();
        let z: Vec<f64> = frozen.iter().map(|p| (share(p) - centre) / chance(p)).collect();
        let spread = mean_moving_range(&z) / RANGE_OF_TWO;
        let points: Vec<SharePoint> = parts
            .iter()
            .map(|p| {
                let limits = |reach: f64| [(centre - reach).clamp(0.0, 1.0), (centre + reach).clamp(0.0, 1.0)];
                let binomial = limits(3.0 * chance(p));
                SharePoint { share: share(p), n: p.n, binomial, laney: limits(3.0 * chance(p) * spread) }
            })
            .collect();
        let outside = |limits: fn(&SharePoint) -> [f64; 2]| {
            let beyond = |p: &SharePoint| p.share < limits(p)[0] || p.share > limits(p)[1];
            points.iter().enumerate().filter(|(_, p)| beyond(p)).map(|(i, _)| i).collect::<Vec<_>>()
        };
        let mut sizes: Vec<u64> = parts.iter().map(|p| p.n).collect();
        sizes.sort_unstable();
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
        Self {
            definition: "share-chart.v1",
            periods: parts.len() as u64,
            base: frozen.len() as u64,
            n: total(|p| p.n, parts),
            centre,
            spread,
            outside_binomial: outside(|p| p.binomial),
            outside_laney: outside(|p| p.laney),
            points,
            shown: if middle >= LANEY_FROM { ShareLimits::Laney } else { ShareLimits::Binomial },
            warnings: short_base(frozen.len() as u64).into_iter().collect(),
        }
    }

    /// Periods outside the limits shown.
    #[must_use]
    pub fn outside(&self) -> &[usize] {
        match self.shown {
            ShareLimits::Binomial => &self.outside_binomial,
            ShareLimits::Laney => &self.outside_laney,
        }
    }
}

/// Charts shares per period; centre and spread are frozen on the first `base` periods.
///
/// # Errors
/// A [`Refusal`] with fewer than five base periods, a period without answers or
/// with more counted than answered, or a base whose share is 0 or 1.
pub fn share_chart(parts: &[Part], base: usize) -> Result<ShareChart, Refusal> {
    let have = base.min(parts.len()) as u64;
    if have < CHART_FROM || base > parts.len() {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, have, CHART_FROM.max(base as u64)));
    }
    if let Some(part) = parts.iter().find(|p| p.n == 0 || p.k > p.n) {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, part.n, part.k.max(1)));
    }
    let chart = ShareChart::of(parts, base);
    if chart.centre <= 0.0 || chart.centre >= 1.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: chart.centre, need: 0.0 });
    }
    Ok(chart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_with_a_lively_day_alarm_only_on_the_plain_chart() {
        let parts: Vec<Part> = (0..20).map(|i| Part { k: if i % 2 == 0 { 5_200 } else { 4_800 }, n: 10_000 }).collect();
        let chart = share_chart(&parts, 20).unwrap();
        assert_eq!(chart.outside_binomial.len(), 20);
        assert_eq!(chart.shown, ShareLimits::Laney);
        assert!(chart.outside().is_empty());
        // every neighbour differs by 0.04 at sigma 0.005: 8 / 1.128
        assert!((chart.spread - 8.0 / 1.128).abs() < 1e-9);
    }

    #[test]
    fn small_counts_keep_the_binomial_limits() {
        let parts: Vec<Part> = (0..10).map(|i| Part { k: 10 + i % 3, n: 40 }).collect();
        let chart = share_chart(&parts, 10).unwrap();
        assert_eq!(chart.shown, ShareLimits::Binomial);
        assert_eq!(chart.warnings.len(), 1);
        assert!(share_chart(&parts[..4], 4).is_err());
        assert!(share_chart(&[Part { k: 0, n: 40 }; 10], 10).is_err());
    }
}
