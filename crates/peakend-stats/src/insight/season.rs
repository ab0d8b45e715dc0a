//! Robust seasonal profile (`season.v1`): deviations from a centred moving
//! average, their median per phase. A moving holiday gets a phase of its own, so
//! that it neither bends the profile nor raises an alarm every year.

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason};
use crate::summation::sum;

/// A series with its season taken off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Season {
    /// Definition id.
    pub definition: &'static str,
    /// Periods.
    pub n: u64,
    /// Usual deviation of every phase, summing to 0, in the unit of the values.
    pub profile: Vec<f64>,
    /// Usual deviation of a holiday; none when none was seen inside.
    pub holiday: Option<f64>,
    /// The values less the deviation of their phase or of the holiday.
    pub adjusted: Vec<f64>,
}

/// Takes the season off. `length` is the number of periods in a cycle (7 for days),
/// `holiday` says which periods are holidays (empty: none).
///
/// # Errors
/// A [`Refusal`] with less than two full cycles, a cycle of one period, a phase
/// without an ordinary period, or a value that is not finite.
pub fn season(values: &[f64], length: usize, holiday: &[bool]) -> Result<Season, Refusal> {
    let n = values.len();
    if length < 2 || n < 2 * length {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, n as u64, 2 * length.max(2) as u64));
    }
    let finite = values.iter().filter(|v| v.is_finite()).count();
    if finite < n {
        return Err(Refusal::count(RefusalReason::NotFinite, finite as u64, n as u64));
    }
    let is_holiday = |i: usize| holiday.get(i).copied().unwrap_or(false);
    let mut phases = vec![Vec::new(); length];
    let mut holidays = Vec::new();
    for (i, deviation) in deviations(values, length) {
        if is_holiday(i) {
            holidays.push(deviation);
        } else {
            phases[i % length].push(deviation);
        }
    }
    if let Some(empty) = phases.iter().find(|p| p.is_empty()) {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, empty.len() as u64, 1));
    }
    let mut profile: Vec<f64> = phases.into_iter().map(median).collect();
    let level = sum(profile.iter().copied()) / length as f64;
    profile.iter_mut().for_each(|p| *p -= level);
    let holiday = (!holidays.is_empty()).then(|| median(holidays));
    let usual = |i: usize| if is_holiday(i) { holiday.unwrap_or(0.0) } else { profile[i % length] };
    let adjusted = values.iter().enumerate().map(|(i, v)| v - usual(i)).collect();
    Ok(Season { definition: "season.v1", n: n as u64, profile, holiday, adjusted })
}

/// Value less the mean of the cycle around it, where a whole cycle lies around.
fn deviations(values: &[f64], length: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let half = length / 2;
    (half..values.len().saturating_sub(half)).map(move |i| {
        let around = &values[i - half..=i + half];
        let mut total = sum(around.iter().copied());
        if length.is_multiple_of(2) {
            // an even cycle shares its first and last phase
            total -= f64::midpoint(around[0], around[around.len() - 1]);
        }
        (i, values[i] - total / length as f64)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: [f64; 7] = [2.0, 1.0, 0.0, 0.0, -1.0, 3.0, -5.0];

    #[test]
    fn a_planted_week_comes_off_a_rising_series() {
        let values: Vec<f64> = (0..28).map(|i| 50.0 + 0.5 * i as f64 + WEEK[i % 7]).collect();
        let found = season(&values, 7, &[]).unwrap();
        for (found, planted) in found.profile.iter().zip(WEEK) {
            assert!((found - planted).abs() < 1e-9);
        }
        assert!(found.adjusted.windows(2).all(|w| (w[1] - w[0] - 0.5).abs() < 1e-9));
    }

    #[test]
    fn an_even_cycle_and_a_holiday_are_handled() {
        let quarter = [4.0, -1.0, -2.0, -1.0];
        let mut values: Vec<f64> = (0..40).map(|i| 10.0 + quarter[i % 4]).collect();
        let mut holiday = vec![false; 40];
        for i in [6, 17, 28] {
            values[i] += 30.0;
            holiday[i] = true;
        }
        let found = season(&values, 4, &holiday).unwrap();
        assert!((found.profile[0] - 4.0).abs() < 1e-9, "{:?}", found.profile);
        assert!(found.holiday.unwrap() > 15.0);
    }

    #[test]
    fn less_than_two_cycles_are_refused() {
        assert!(season(&[1.0; 13], 7, &[]).is_err());
    }
}
