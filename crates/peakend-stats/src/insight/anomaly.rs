//! Anomalies of a day over many charts (`anomaly.v1`) at a stated rate of false
//! alarms: on a day on which nothing happened on any chart, the chance of even one
//! alarm is at most that rate; on other days it bounds the expected share of false
//! ones among the alarms (Benjamini and Hochberg 1995).
//!
//! Each chart asks whether today's value is one more draw from its own past, by the
//! t law of prediction, which allows for the shortness of the base. Assumes periods
//! that are independent, roughly normal and without a season (take it off first).

use serde::Serialize;

use super::control_chart::BASE_FROM;
use super::family::benjamini_hochberg;
use super::share_compare::Part;
use crate::distribution::{t_two_sided, t95};
use crate::figure::{Answer, Interval, IntervalMethod, Refusal, RefusalReason};
use crate::summation::Moments;

/// What a chart has seen, and what it sees today.
#[derive(Debug, Clone, Copy)]
pub enum Reading<'a> {
    /// One value per period.
    Value {
        /// Earlier periods.
        history: &'a [f64],
        /// This one.
        today: f64,
    },
    /// One share per period, of changing numbers of answers.
    Share {
        /// Earlier periods.
        history: &'a [Part],
        /// This one.
        today: Part,
    },
}

/// One chart as judged today.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChartReview {
    /// Definition id.
    pub definition: &'static str,
    /// Earlier periods it is judged by.
    pub base: u64,
    /// Today's value; a share is 0..1.
    pub value: f64,
    /// What was to be expected.
    pub expected: f64,
    /// Where 95 % of ordinary days lie.
    pub interval: Interval,
    /// p of today against the base, alone.
    pub p: f64,
    /// p corrected for all charts of the day.
    pub q: f64,
    /// Whether q is at most the rate.
    pub alarm: bool,
}

/// All charts of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayReview {
    /// Definition id.
    pub definition: &'static str,
    /// Stated rate of false alarms.
    pub rate: f64,
    /// Charts judged.
    pub judged: u64,
    /// Alarms.
    pub alarms: u64,
    /// Every chart in the order given, or why it cannot be judged.
    pub charts: Vec<Answer<ChartReview>>,
}

/// Reviews all charts of a day together. `rate` is the stated rate of false alarms,
/// such as 0.05 for one day in twenty.
#[must_use]
pub fn review_day(readings: &[Reading<'_>], rate: f64) -> DayReview {
    let judged: Vec<Result<ChartReview, Refusal>> = readings.iter().map(judge).collect();
    let p: Vec<f64> = judged.iter().flatten().map(|chart| chart.p).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    let mut alarms = 0;
    let mut correct = |chart: ChartReview| {
        let q = q.next().unwrap_or(1.0);
        alarms += u64::from(q <= rate);
        ChartReview { q, alarm: q <= rate, ..chart }
    };
    let charts = judged.into_iter().map(|chart| chart.map(&mut correct).into()).collect();
    DayReview { definition: "anomaly.v1", rate, judged: p.len() as u64, alarms, charts }
}

fn judge(reading: &Reading<'_>) -> Result<ChartReview, Refusal> {
    match reading {
        Reading::Value { history, today } => predicted(history, *today),
        Reading::Share { history, today } => share(history, *today),
    }
}

/// Today as one more draw: (y - mean) / (sd sqrt(1 + 1 / n)) has t(n - 1).
fn predicted(history: &[f64], today: f64) -> Result<ChartReview, Refusal> {
    let base = history.len() as u64;
    if base < BASE_FROM {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, base, BASE_FROM));
    }
    let finite = history.iter().filter(|v| v.is_finite()).count() as u64;
    if finite < base || !today.is_finite() {
        return Err(Refusal::count(RefusalReason::NotFinite, finite, base));
    }
    let moments = Moments::of(history);
    let error = (moments.variance * (1.0 + 1.0 / base as f64)).sqrt();
    review(base, today, moments.mean, error)
}

/// The same on standardised shares: their spread beyond chance is the spread of
/// every share about the pooled one in units of its binomial error.
fn share(history: &[Part], today: Part) -> Result<ChartReview, Refusal> {
    let base = history.len() as u64;
    if base < BASE_FROM {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, base, BASE_FROM));
    }
    if history.iter().chain([&today]).any(|p| p.n == 0 || p.k > p.n) {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, 0, 1));
    }
    let total = |count: fn(&Part) -> u64| history.iter().map(count).sum::<u64>() as f64;
    let (counted, answers) = (total(|p| p.k), total(|p| p.n));
    let centre = counted / answers;
    // below five expected on either side the normal law of a share does not hold
    let expected = centre.min(1.0 - centre) * today.n as f64;
    if expected < 5.0 {
        return Err(Refusal { reason: RefusalReason::TooFewAnswers, have: expected, need: 5.0 });
    }
    let chance = |n: f64| (centre * (1.0 - centre) / n).sqrt();
    let squares = history.iter().map(|p| ((p.k as f64 / p.n as f64 - centre) / chance(p.n as f64)).powi(2));
    // never less than chance alone
    let spread = (squares.sum::<f64>() / (base - 1) as f64).max(1.0);
    let error = (spread * (chance(today.n as f64).powi(2) + chance(answers).powi(2))).sqrt();
    let mut chart = review(base, today.k as f64 / today.n as f64, centre, error)?;
    chart.interval = chart.interval.clipped(0.0, 1.0);
    Ok(chart)
}

fn review(base: u64, value: f64, expected: f64, error: f64) -> Result<ChartReview, Refusal> {
    if error <= 0.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let df = (base - 1) as f64;
    let reach = t95(df) * error;
    Ok(ChartReview {
        definition: "anomaly.v1",
        base,
        value,
        expected,
        interval: Interval::new(expected - reach, expected + reach, IntervalMethod::StudentT),
        p: t_two_sided((value - expected) / error, df),
        q: 1.0,
        alarm: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    const RATE: f64 = 0.05;

    fn binomial(draws: &mut Draws, n: u64, share: f64) -> Part {
        Part { k: (0..n).filter(|_| draws.unit() < share).count() as u64, n }
    }

    #[test]
    fn days_without_events_alarm_no_more_often_than_stated() {
        let mut draws = Draws::seeded(4);
        let days = 400;
        let alarmed = (0..days)
            .filter(|_| {
                let values: Vec<Vec<f64>> = (0..20).map(|_| (0..31).map(|_| draws.normal()).collect()).collect();
                let shares: Vec<Vec<Part>> =
                    (0..5).map(|_| (0..29).map(|_| binomial(&mut draws, 60, 0.4)).collect()).collect();
                let values = values.iter().map(|v| Reading::Value { history: &v[1..], today: v[0] });
                let shares = shares.iter().map(|s| Reading::Share { history: &s[1..], today: s[0] });
                review_day(&values.chain(shares).collect::<Vec<_>>(), RATE).alarms > 0
            })
            .count();
        // 20 expected at most; 32 is beyond the 99.5th percentile of Binomial(400, 0.05)
        assert!(alarmed <= 32, "{alarmed} of {days} days");
        assert!(alarmed >= 6, "a rate far below the stated one would miss events: {alarmed}");
    }

    #[test]
    fn a_planted_fall_is_found_among_ordinary_charts() {
        let mut draws = Draws::seeded(8);
        let histories: Vec<Vec<f64>> = (0..50).map(|_| (0..30).map(|_| 40.0 + draws.normal()).collect()).collect();
        let today = |i: usize| if i == 17 { 33.0 } else { 40.3 };
        let readings: Vec<Reading<'_>> =
            histories.iter().enumerate().map(|(i, h)| Reading::Value { history: h, today: today(i) }).collect();
        let day = review_day(&readings, RATE);
        assert_eq!(day.alarms, 1);
        let Answer::Shown(chart) = &day.charts[17] else { panic!("judged") };
        assert!(chart.alarm && chart.p < chart.q && chart.interval.excludes(chart.value));
    }

    #[test]
    fn charts_that_cannot_be_judged_do_not_count_in_the_family() {
        let day = review_day(
            &[
                Reading::Value { history: &[1.0; 30], today: 2.0 },
                Reading::Value { history: &[1.0, 2.0], today: 2.0 },
                Reading::Share { history: &[Part { k: 1, n: 100 }; 30], today: Part { k: 9, n: 100 } },
            ],
            RATE,
        );
        assert_eq!((day.judged, day.alarms), (0, 0));
        let reasons: Vec<RefusalReason> =
            day.charts.iter().filter_map(|c| if let Answer::Refused(r) = c { Some(r.reason) } else { None }).collect();
        assert_eq!(reasons, [RefusalReason::NoVariation, RefusalReason::SeriesTooShort, RefusalReason::TooFewAnswers]);
    }
}
