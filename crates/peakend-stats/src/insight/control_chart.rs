//! Control chart of one value per period (`control-chart.v1`), XmR: centre and
//! limits from the moving ranges of a base period, signals over all periods
//! (Shewhart; Wheeler and Chambers 1992). Assumes periods in order, without a
//! season (take it off first, see [`super::season`]).

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason, Warning, WarningCode};
use crate::summation::sum;

/// 3 / 1.128: limits of single values in mean moving ranges.
const VALUE_FACTOR: f64 = 2.66;
/// Upper limit of the moving ranges in mean moving ranges.
const RANGE_FACTOR: f64 = 3.267;
/// Expected moving range of two standard normal values.
pub(crate) const RANGE_OF_TWO: f64 = 1.128;
/// Points on one side of the centre that make a signal.
const RUN: usize = 8;
/// Points rising or falling without a break that make a signal.
const DRIFT: usize = 6;
/// Limits from fewer points are provisional.
pub(crate) const BASE_FROM: u64 = 20;
/// Limits from fewer points are refused.
const CHART_FROM: u64 = 8;

/// Periods (0-based) at which a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signals {
    /// Outside the limits.
    pub outside: Vec<usize>,
    /// At least the eighth in a row on one side of the centre.
    pub run: Vec<usize>,
    /// At least the sixth in a row rising or falling.
    pub drift: Vec<usize>,
}

impl Signals {
    /// Judges every value against the centre and its own limits.
    pub(crate) fn of(values: &[f64], centre: f64, limits: impl Fn(usize) -> (f64, f64)) -> Self {
        let outside = |i: &usize| {
            let (lower, upper) = limits(*i);
            values[*i] < lower || values[*i] > upper
        };
        Self {
            outside: (0..values.len()).filter(outside).collect(),
            run: unbroken(values.iter().map(|v| direction(v - centre)), RUN),
            // the first point has no direction: five steps make six points
            drift: unbroken(values.windows(2).map(|w| direction(w[1] - w[0])), DRIFT - 1)
                .into_iter()
                .map(|step| step + 1)
                .collect(),
        }
    }
}

fn direction(difference: f64) -> i8 {
    i8::from(difference > 0.0) - i8::from(difference < 0.0)
}

/// Places at which at least `length` equal, non-zero directions end.
fn unbroken(directions: impl Iterator<Item = i8>, length: usize) -> Vec<usize> {
    let (mut last, mut count, mut places) = (0, 0, Vec::new());
    for (place, now) in directions.enumerate() {
        count = if now != 0 && now == last { count + 1 } else { usize::from(now != 0) };
        last = now;
        if count >= length {
            places.push(place);
        }
    }
    places
}

/// A control chart of single values, in the unit of the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlChart {
    /// Definition id.
    pub definition: &'static str,
    /// Periods charted.
    pub n: u64,
    /// Periods the limits come from: the first ones.
    pub base: u64,
    /// Mean of the base.
    pub centre: f64,
    /// Mean moving range of the base.
    pub mean_range: f64,
    /// Lower limit of a value without error of its own.
    pub lower: f64,
    /// Upper limit of a value without error of its own.
    pub upper: f64,
    /// Upper limit of a moving range.
    pub range_upper: f64,
    /// Rules broken.
    pub signals: Signals,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

impl ControlChart {
    /// The chart without the floor on the base; at least two values in the base.
    #[must_use]
    pub fn of(values: &[f64], base: usize) -> Self {
        let base = base.clamp(0, values.len());
        let frozen = &values[..base];
        let centre = sum(frozen.iter().copied()) / base as f64;
        let mean_range = mean_moving_range(frozen);
        let reach = VALUE_FACTOR * mean_range;
        let (lower, upper) = (centre - reach, centre + reach);
        Self {
            definition: "control-chart.v1",
            n: values.len() as u64,
            base: base as u64,
            centre,
            mean_range,
            lower,
            upper,
            range_upper: RANGE_FACTOR * mean_range,
            signals: Signals::of(values, centre, |_| (lower, upper)),
            warnings: short_base(base as u64).into_iter().collect(),
        }
    }
}

pub(crate) fn short_base(base: u64) -> Option<Warning> {
    (base < BASE_FROM).then(|| Warning::count(WarningCode::ShortBase, base, BASE_FROM))
}

/// Mean absolute difference of neighbours; NaN below two values.
pub(crate) fn mean_moving_range(values: &[f64]) -> f64 {
    let ranges = values.windows(2).map(|w| (w[1] - w[0]).abs());
    sum(ranges) / values.len().saturating_sub(1) as f64
}

/// Charts single values; limits are frozen on the first `base` periods.
///
/// # Errors
/// A [`Refusal`] with fewer than eight base periods, a value that is not finite,
/// or a base that never varies.
pub fn control_chart(values: &[f64], base: usize) -> Result<ControlChart, Refusal> {
    checked(values, base)?;
    Ok(ControlChart::of(values, base))
}

/// Charts a score that carries a standard error per period (such as the NPS of a
/// day): the limits of period i are the centre +- 3 sqrt(between^2 + error_i^2),
/// where `between` is the spread beyond the errors.
///
/// # Errors
/// As [`control_chart`]; also when there is not one finite error per value.
pub fn score_chart(values: &[f64], errors: &[f64], base: usize) -> Result<ControlChart, Refusal> {
    score_limits(values, errors, base).map(|(chart, _)| chart)
}

/// The chart of [`score_chart`] with lower and upper limit of every period.
///
/// # Errors
/// As [`score_chart`].
pub fn score_limits(values: &[f64], errors: &[f64], base: usize) -> Result<(ControlChart, Vec<[f64; 2]>), Refusal> {
    checked(values, base)?;
    if errors.len() != values.len() || errors.iter().any(|e| !e.is_finite() || *e < 0.0) {
        let finite = errors.iter().filter(|e| e.is_finite()).count() as u64;
        return Err(Refusal::count(RefusalReason::NotFinite, finite, values.len() as u64));
    }
    let mut chart = ControlChart::of(values, base);
    let total = (chart.mean_range / RANGE_OF_TWO).powi(2);
    let sampling = sum(errors[..base].iter().map(|e| e * e)) / base as f64;
    let between = (total - sampling).max(0.0);
    let centre = chart.centre;
    let limits: Vec<[f64; 2]> = errors
        .iter()
        .map(|error| 3.0 * (between + error * error).sqrt())
        .map(|reach| [centre - reach, centre + reach])
        .collect();
    chart.signals = Signals::of(values, centre, |i| (limits[i][0], limits[i][1]));
    Ok((chart, limits))
}

fn checked(values: &[f64], base: usize) -> Result<(), Refusal> {
    let have = base.min(values.len()) as u64;
    if have < CHART_FROM || base > values.len() {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, have, CHART_FROM.max(base as u64)));
    }
    let finite = values.iter().filter(|v| v.is_finite()).count();
    if finite < values.len() {
        return Err(Refusal::count(RefusalReason::NotFinite, finite as u64, values.len() as u64));
    }
    if mean_moving_range(&values[..base]) == 0.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_shift_breaks_the_limits_of_its_base() {
        let mut values: Vec<f64> = (0..20).map(|i| if i % 2 == 0 { 10.0 } else { 12.0 }).collect();
        values.extend([20.0; 9]);
        let chart = control_chart(&values, 20).unwrap();
        assert_eq!((chart.centre, chart.mean_range), (11.0, 2.0));
        assert!((chart.upper - 16.32).abs() < 1e-12);
        assert_eq!(chart.signals.outside, (20..29).collect::<Vec<_>>());
        // 12 at place 19 is above the centre too: the eighth is place 26
        assert_eq!(chart.signals.run, vec![26, 27, 28]);
        assert!(chart.warnings.is_empty());
    }

    #[test]
    fn six_points_rising_are_a_drift_from_the_sixth_on() {
        let signals = Signals::of(&[3.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 7.0], 4.0, |_| (-9.0, 9.0));
        assert_eq!(signals.drift, vec![6, 7]);
    }

    #[test]
    fn a_noisy_small_day_alarms_on_the_plain_chart_only() {
        let mut values: Vec<f64> = (0..20).map(|i| if i % 2 == 0 { 39.0 } else { 41.0 }).collect();
        values.push(52.0);
        let mut errors = vec![1.0; 20];
        errors.push(10.0);
        assert_eq!(control_chart(&values, 20).unwrap().signals.outside, vec![20]);
        assert!(score_chart(&values, &errors, 20).unwrap().signals.outside.is_empty());
    }

    #[test]
    fn short_flat_and_broken_bases_are_refused() {
        assert_eq!(control_chart(&[1.0; 5], 5).unwrap_err().reason, RefusalReason::SeriesTooShort);
        assert_eq!(control_chart(&[1.0; 20], 20).unwrap_err().reason, RefusalReason::NoVariation);
        assert_eq!(control_chart(&[f64::NAN; 20], 20).unwrap_err().reason, RefusalReason::NotFinite);
        let few: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(control_chart(&few, 10).unwrap().warnings[0].code, WarningCode::ShortBase);
    }
}
