//! Linkage of a score to an operating figure (`linkage.v1`): what goes along with
//! one more point, within the same customer and beside what moved everybody.
//!
//! Pooled regression mixes "richer customers score higher" with "scoring higher
//! makes richer" and is never shown alone. The headline is two-way fixed effects
//! clustered by customer (or whatever coarser was assigned together); first
//! differences check it; a placebo asks whether the next period's score predicts
//! today's figure, and withholds the headline if so. The word is "associated with".

use serde::Serialize;

use super::dose::{BandOutcome, DoseResponse, band_outcomes, dose_response};
use super::panel::{Effects, PanelRow, Slope, panel_regression};
use crate::figure::{Answer, Refusal, RefusalReason, Warning, WarningCode, Z95};
use crate::insight::bands::{Band, NpsBands};

/// Figures above this share of all are set back to it.
const WINSOR: f64 = 0.99;

/// One customer in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkageRow {
    /// Who answered.
    pub customer: u64,
    /// What was assigned together; the customer without.
    pub cluster: u64,
    /// Ordered period number; consecutive periods differ by 1.
    pub period: i64,
    /// Score given.
    pub score: f64,
    /// Operating figure of the same period.
    pub figure: f64,
}

impl LinkageRow {
    pub(super) fn usable(&self) -> bool {
        self.score.is_finite() && self.figure.is_finite()
    }
}

/// The same association on scales that heavy tails cannot carry alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TailChecks {
    /// Two-way effects on the figure cut at its 99th percentile.
    pub winsorised: Answer<Slope>,
    /// Two-way effects on ln(1 + figure); refused with figures of -1 or less.
    pub logarithm: Answer<Slope>,
    /// Median figure of promoters less that of detractors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_gap: Option<f64>,
}

/// A linkage fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Linkage {
    /// Definition id.
    pub definition: &'static str,
    /// The figure per point to quote; withheld when the placebo fails.
    pub headline: Answer<Slope>,
    /// Two-way fixed effects.
    pub within: Slope,
    /// Pooled regression: never to be shown alone.
    pub pooled: Slope,
    /// First differences between consecutive periods, with period effects.
    pub differences: Answer<Slope>,
    /// The next period's score beside today's: should be 0.
    pub lead: Answer<Slope>,
    /// Checks against heavy tails.
    pub tails: TailChecks,
    /// The figure score by score.
    pub dose: Answer<DoseResponse>,
    /// The figure by detractors, passives, promoters.
    pub bands: Vec<BandOutcome>,
    /// Rows.
    pub n: u64,
    /// Customers.
    pub customers: u64,
    /// Periods.
    pub periods: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Links scores to a figure.
///
/// # Errors
/// A [`Refusal`] below two clusters, with too few rows, or when the score does
/// not vary within customers.
pub fn linkage(rows: &[LinkageRow]) -> Result<Linkage, Refusal> {
    let estimate = panel_regression(&plain(rows, |figure| figure), Effects::TwoWay)?;
    let within = estimate.slopes[0];
    let pooled = pooled(rows)?;
    let lead = lead_placebo(rows);
    let tails = tail_checks(rows);
    let mut warnings = estimate.warnings;
    let reverse = lead.as_ref().ok().filter(|lead| is_reverse(lead)).map(|lead| lead.inference.t);
    if let Some(t) = reverse {
        warnings.push(Warning { code: WarningCode::ReverseCausality, have: t.abs(), bound: Z95 });
    }
    if let Some(other) = other_sign(within.value, &tails) {
        warnings.push(Warning { code: WarningCode::SignsDisagree, have: other, bound: within.value });
    }
    let headline = match reverse {
        None => Answer::Shown(within),
        Some(t) => Answer::Refused(Refusal { reason: RefusalReason::NextScorePredicts, have: t.abs(), need: Z95 }),
    };
    Ok(Linkage {
        definition: "linkage.v1",
        headline,
        within,
        pooled,
        differences: first_differences(rows).into(),
        lead: lead.into(),
        tails,
        dose: dose_response(rows).into(),
        bands: band_outcomes(rows, &NpsBands::STANDARD),
        n: estimate.n,
        customers: estimate.entities,
        periods: estimate.periods,
        warnings,
    })
}

/// Whether a placebo says that the figure comes before the score.
#[must_use]
pub fn is_reverse(lead: &Slope) -> bool {
    lead.inference.t.abs() > Z95
}

/// Pooled regression, clustered.
///
/// # Errors
/// As [`panel_regression`].
pub fn pooled(rows: &[LinkageRow]) -> Result<Slope, Refusal> {
    panel_regression(&plain(rows, |figure| figure), Effects::None).map(|e| e.slopes[0])
}

/// Two-way fixed effects, clustered.
///
/// # Errors
/// As [`panel_regression`].
pub fn within(rows: &[LinkageRow]) -> Result<Slope, Refusal> {
    panel_regression(&plain(rows, |figure| figure), Effects::TwoWay).map(|e| e.slopes[0])
}

/// Changes between consecutive periods, with effects of the later period; gaps
/// are left out.
///
/// # Errors
/// As [`panel_regression`].
pub fn first_differences(rows: &[LinkageRow]) -> Result<Slope, Refusal> {
    let changes: Vec<PanelRow> = steps(rows)
        .map(|(before, after)| PanelRow {
            // one entity: only the constant and the periods are taken out
            entity: 0,
            period: after.period,
            cluster: after.cluster,
            y: after.figure - before.figure,
            x: vec![after.score - before.score],
        })
        .collect();
    panel_regression(&changes, Effects::TwoWay).map(|e| e.slopes[0])
}

/// Two-way effects of the next period's score beside today's, over rows whose
/// next period exists.
///
/// # Errors
/// As [`panel_regression`].
pub fn lead_placebo(rows: &[LinkageRow]) -> Result<Slope, Refusal> {
    let pairs: Vec<PanelRow> = steps(rows)
        .map(|(today, next)| PanelRow {
            entity: today.customer,
            period: today.period,
            cluster: today.cluster,
            y: today.figure,
            x: vec![today.score, next.score],
        })
        .collect();
    panel_regression(&pairs, Effects::TwoWay).map(|e| e.slopes[1])
}

/// Pairs of rows of one customer in consecutive periods.
fn steps(rows: &[LinkageRow]) -> impl Iterator<Item = (LinkageRow, LinkageRow)> {
    let mut rows: Vec<LinkageRow> = rows.iter().filter(|r| r.usable()).copied().collect();
    rows.sort_by(|a, b| {
        (a.customer, a.period, a.cluster)
            .cmp(&(b.customer, b.period, b.cluster))
            .then_with(|| a.score.total_cmp(&b.score))
            .then_with(|| a.figure.total_cmp(&b.figure))
    });
    let pairs: Vec<_> = rows
        .windows(2)
        .filter(|w| w[0].customer == w[1].customer && w[1].period - w[0].period == 1)
        .map(|w| (w[0], w[1]))
        .collect();
    pairs.into_iter()
}

fn plain(rows: &[LinkageRow], scale: impl Fn(f64) -> f64) -> Vec<PanelRow> {
    rows.iter()
        .map(|r| PanelRow {
            entity: r.customer,
            period: r.period,
            cluster: r.cluster,
            y: scale(r.figure),
            x: vec![r.score],
        })
        .collect()
}

fn tail_checks(rows: &[LinkageRow]) -> TailChecks {
    let mut figures: Vec<f64> = rows.iter().filter(|r| r.usable()).map(|r| r.figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    let cap = quantile(&figures, WINSOR);
    let lowest = figures.first().copied().unwrap_or(f64::NAN);
    let scaled =
        |scale: &dyn Fn(f64) -> f64| panel_regression(&plain(rows, scale), Effects::TwoWay).map(|e| e.slopes[0]);
    let logarithm = if lowest > -1.0 {
        scaled(&f64::ln_1p)
    } else {
        Err(Refusal { reason: RefusalReason::NotPositive, have: lowest, need: -1.0 })
    };
    let median = |band: Band| {
        let mut own: Vec<f64> = rows
            .iter()
            .filter(|r| r.usable() && NpsBands::STANDARD.band(r.score) == Some(band))
            .map(|r| r.figure)
            .collect();
        own.sort_unstable_by(f64::total_cmp);
        (own.len() as u64 >= crate::figure::SHOWN_FROM).then(|| quantile(&own, 0.5))
    };
    let median_gap =
        median(Band::Promoter).zip(median(Band::Detractor)).map(|(promoters, detractors)| promoters - detractors);
    TailChecks { winsorised: scaled(&|figure: f64| figure.min(cap)).into(), logarithm: logarithm.into(), median_gap }
}

/// Quantile of ascending values, linear between neighbours; NaN when empty.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, rest) = (place.floor() as usize, place.fract());
    ascending[low] + rest * (ascending[(low + 1).min(last)] - ascending[low])
}

/// A check whose sign is not that of the headline.
fn other_sign(value: f64, tails: &TailChecks) -> Option<f64> {
    let slopes = [&tails.winsorised, &tails.logarithm].map(|a| match a {
        Answer::Shown(slope) => Some(slope.value),
        Answer::Refused(_) => None,
    });
    slopes.into_iter().flatten().chain(tails.median_gap).find(|other| other * value < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Customers whose level raises both score and figure; one point is worth 1.5.
    fn planted(reverse: bool) -> Vec<LinkageRow> {
        let score = |customer: u64, period: u64| {
            (customer % 5 + ((customer * 31 + period * period * 17 + customer * period * 7) % 23) / 4) as f64
        };
        (0..80_u64)
            .flat_map(|customer| (0..5_u64).map(move |period| (customer, period)))
            .map(|(customer, period)| {
                let wobble = ((customer * 13 + period * 29) % 17) as f64 / 17.0;
                let own = if reverse { score(customer, period + 1) } else { score(customer, period) };
                LinkageRow {
                    customer,
                    cluster: customer,
                    period: i64::try_from(period).unwrap(),
                    score: score(customer, period),
                    figure: 1.5 * own + 10.0 * (customer % 5) as f64 + wobble,
                }
            })
            .collect()
    }

    #[test]
    fn the_association_within_customers_is_found_where_pooling_overstates_it() {
        let linkage = linkage(&planted(false)).unwrap();
        assert!((linkage.within.value - 1.5).abs() < 0.1, "{}", linkage.within.value);
        assert!(linkage.pooled.value > 2.0);
        let Answer::Shown(differences) = linkage.differences else { panic!("differences") };
        assert!((differences.value - 1.5).abs() < 0.1);
        assert!(matches!(linkage.headline, Answer::Shown(_)));
    }

    #[test]
    fn a_figure_that_runs_ahead_of_the_score_withholds_the_headline() {
        let linkage = linkage(&planted(true)).unwrap();
        let Answer::Refused(refusal) = linkage.headline else { panic!("must be withheld") };
        assert_eq!(refusal.reason, RefusalReason::NextScorePredicts);
        assert!(linkage.warnings.iter().any(|w| w.code == WarningCode::ReverseCausality));
    }

    #[test]
    fn gaps_are_not_differenced() {
        let mut rows = planted(false);
        let whole = first_differences(&rows).unwrap().n;
        rows.retain(|r| !(r.customer < 10 && r.period == 2));
        assert_eq!(first_differences(&rows).unwrap().n, whole - 20);
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
