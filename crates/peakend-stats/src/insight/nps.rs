//! Net Promoter Score from counts (`nps.v1`): 100 (P - D) / n.

use serde::Serialize;

use super::bands::NpsBands;
use super::histogram::ScoreHistogram;
use super::nps_interval::nps_interval;
use crate::figure::{Figure, Interval, Refusal, Warning, WarningCode, require_answers};

/// Promoters, passives and detractors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NpsCounts {
    /// Answers in the promoter band.
    pub promoters: u64,
    /// Answers in the passive band.
    pub passives: u64,
    /// Answers in the detractor band.
    pub detractors: u64,
}

impl NpsCounts {
    /// The three classes in the order P, N, D.
    #[must_use]
    pub const fn new(promoters: u64, passives: u64, detractors: u64) -> Self {
        Self { promoters, passives, detractors }
    }

    /// All answers.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// NPS in points, NaN on an empty base.
    #[must_use]
    pub fn nps(&self) -> f64 {
        100.0 * (self.promoters as f64 - self.detractors as f64) / self.n() as f64
    }

    /// NPS in tenths of a point, rounded half away from zero from the integers;
    /// `None` on an empty base.
    #[must_use]
    pub fn tenths(&self) -> Option<i64> {
        let n = i128::from(self.n());
        if n == 0 {
            return None;
        }
        let scaled = 1000 * (i128::from(self.promoters) - i128::from(self.detractors));
        let rounded = (2 * scaled.abs() + n) / (2 * n) * scaled.signum();
        i64::try_from(rounded).ok()
    }

    /// Standard error in points with divisor n (multinomial variance).
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        Shares::of(self.promoters as f64, self.passives as f64, self.detractors as f64).standard_error()
    }

    /// Both groups together.
    #[must_use]
    pub const fn merged(&self, other: &Self) -> Self {
        Self {
            promoters: self.promoters + other.promoters,
            passives: self.passives + other.passives,
            detractors: self.detractors + other.detractors,
        }
    }

    /// Detractors, passives, promoters: worst class first, for rank tests.
    #[must_use]
    pub const fn ordered(&self) -> [u64; 3] {
        [self.detractors, self.passives, self.promoters]
    }

    pub(crate) fn adjusted(&self) -> Shares {
        Shares::of(self.promoters as f64 + 0.75, self.passives as f64 + 1.5, self.detractors as f64 + 0.75)
    }

    pub(crate) fn raw(&self) -> Shares {
        Shares::of(self.promoters as f64, self.passives as f64, self.detractors as f64)
    }
}

/// Promoter and detractor shares on a base that need not be whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    pub(crate) promoter: f64,
    pub(crate) detractor: f64,
    pub(crate) n: f64,
}

impl Shares {
    fn of(promoters: f64, passives: f64, detractors: f64) -> Self {
        let n = promoters + passives + detractors;
        Self { promoter: promoters / n, detractor: detractors / n, n }
    }

    pub(crate) fn nps(&self) -> f64 {
        100.0 * (self.promoter - self.detractor)
    }

    /// Variance of one answer in squared shares: p + d - (p - d)^2.
    pub(crate) fn variance(&self) -> f64 {
        let net = self.promoter - self.detractor;
        (self.promoter + self.detractor - net * net).max(0.0)
    }

    pub(crate) fn standard_error(&self) -> f64 {
        100.0 * (self.variance() / self.n).sqrt()
    }
}

/// An NPS fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nps {
    /// Value, n, interval, warnings.
    #[serde(flatten)]
    pub figure: Figure,
    /// The counts it derives from.
    pub counts: NpsCounts,
    /// Value in tenths of a point, as shown.
    pub tenths: i64,
    /// Plain standard error in points.
    pub standard_error: f64,
}

/// NPS of a histogram; refused below `shown_from` answers.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn nps(histogram: &ScoreHistogram, bands: &NpsBands, shown_from: u64) -> Result<Nps, Refusal> {
    nps_of_counts(&histogram.classes(bands), bands, shown_from)
}

/// NPS of the three classes; refused below `shown_from` answers.
///
/// # Errors
/// A [`Refusal`] when the base is too small to be shown.
pub fn nps_of_counts(counts: &NpsCounts, bands: &NpsBands, shown_from: u64) -> Result<Nps, Refusal> {
    let n = counts.n();
    require_answers(n, shown_from)?;
    let figure = Figure {
        definition: bands.definition,
        value: counts.nps(),
        n,
        n_effective: None,
        interval: nps_interval(counts),
        warnings: Warning::small_base(n).into_iter().collect(),
    };
    Ok(Nps { figure, counts: *counts, tenths: counts.tenths().unwrap_or(0), standard_error: counts.standard_error() })
}

/// Finite population factor sqrt((N - n) / (N - 1)) of a standard error.
#[must_use]
pub fn finite_population_factor(n: u64, population: u64) -> f64 {
    if population <= 1 || n >= population {
        return 0.0;
    }
    ((population - n) as f64 / (population - 1) as f64).sqrt()
}

impl Nps {
    /// Narrows the interval when more than 5 % of a known population answered.
    #[must_use]
    pub fn of_population(mut self, population: u64) -> Self {
        let n = self.figure.n;
        let share = n as f64 / population as f64;
        if population >= n && share > 0.05 {
            let factor = finite_population_factor(n, population);
            let Interval { lo, hi, level, method } = self.figure.interval;
            let value = self.figure.value;
            self.figure.interval =
                Interval { lo: value + (lo - value) * factor, hi: value + (hi - value) * factor, level, method };
            self.figure.warnings.push(Warning { code: WarningCode::LargeSampleShare, have: share, bound: 0.05 });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_answers_with_four_of_each_kind_are_zero() {
        let (histogram, _) = ScoreHistogram::of([10, 9, 8, 7, 6, 0, 10, 3, 9, 5]);
        let nps = nps(&histogram, &NpsBands::STANDARD, 5).unwrap();
        assert_eq!((nps.counts.promoters, nps.counts.detractors), (4, 4));
        assert_eq!(nps.figure.value, 0.0);
        assert_eq!(nps.figure.definition, "nps.v1");
    }

    #[test]
    fn thousand_answers_carry_the_published_interval() {
        let nps = nps_of_counts(&NpsCounts::new(500, 333, 167), &NpsBands::STANDARD, 5).unwrap();
        assert_eq!(nps.tenths, 333);
        assert!((nps.standard_error - 2.358).abs() < 5e-4);
        assert!((nps.figure.interval.lo - 28.68).abs() < 5e-3);
        assert!((nps.figure.interval.hi - 37.92).abs() < 5e-3);
    }

    #[test]
    fn four_answers_are_refused_with_the_need() {
        let refusal = nps_of_counts(&NpsCounts::new(2, 1, 1), &NpsBands::STANDARD, 5).unwrap_err();
        assert_eq!((refusal.have, refusal.need), (4.0, 5.0));
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(NpsCounts::new(1, 1999, 0).tenths(), Some(1));
        assert_eq!(NpsCounts::new(0, 1999, 1).tenths(), Some(-1));
        assert_eq!(NpsCounts::new(0, 2001, 1).tenths(), Some(0));
        assert_eq!(NpsCounts::default().tenths(), None);
    }

    #[test]
    fn finite_population_factor_of_400_in_1000() {
        assert!((finite_population_factor(400, 1000) - 0.775).abs() < 5e-4);
        let counts = NpsCounts::new(200, 100, 100);
        let plain = nps_of_counts(&counts, &NpsBands::STANDARD, 5).unwrap();
        let known = plain.clone().of_population(1000);
        let ratio = known.figure.interval.half_width() / plain.figure.interval.half_width();
        assert!((ratio - 0.775).abs() < 5e-4);
    }
}
