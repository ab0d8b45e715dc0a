//! Importance against performance (Martilla and James 1977): what to fix, keep,
//! leave, or do less of.

use serde::Serialize;

use crate::figure::Interval;

/// Where a driver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quadrant {
    /// Important and weak.
    Fix,
    /// Important and strong.
    Keep,
    /// Unimportant and strong.
    Overkill,
    /// Unimportant and weak.
    Low,
}

impl Quadrant {
    /// The quadrant of a point; a point on a cut counts as high.
    #[must_use]
    pub fn of(point: Point, cuts: Point) -> Self {
        match (point.importance >= cuts.importance, point.performance >= cuts.performance) {
            (true, false) => Self::Fix,
            (true, true) => Self::Keep,
            (false, true) => Self::Overkill,
            (false, false) => Self::Low,
        }
    }

    /// Its name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fix => "fix",
            Self::Keep => "keep",
            Self::Overkill => "overkill",
            Self::Low => "low",
        }
    }
}

/// A driver, or the two cuts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Share of the explained variance, 0..1.
    pub importance: f64,
    /// Mean answer.
    pub performance: f64,
}

/// Where the cuts lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// At the mean over the drivers.
    #[default]
    Mean,
    /// At the median over the drivers.
    Median,
}

impl Cut {
    /// The cuts of some points.
    #[must_use]
    pub fn of(self, points: &[Point]) -> Point {
        let cut = |of: fn(&Point) -> f64| {
            let mut values: Vec<f64> = points.iter().map(of).collect();
            let n = values.len();
            match self {
                Self::Mean => values.iter().sum::<f64>() / n as f64,
                Self::Median => {
                    values.sort_unstable_by(f64::total_cmp);
                    if n == 0 { f64::NAN } else { f64::midpoint(values[(n - 1) / 2], values[n / 2]) }
                }
            }
        };
        Point { importance: cut(|p| p.importance), performance: cut(|p| p.performance) }
    }
}

/// Whether an interval reaches across its cut, so that the quadrant is not certain.
#[must_use]
pub fn crosses(interval: Option<&Interval>, cut: f64) -> bool {
    interval.is_some_and(|i| !i.excludes(cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::IntervalMethod;

    #[test]
    fn each_corner_has_its_name() {
        let at = |importance, performance| Point { importance, performance };
        let cuts = Cut::Mean.of(&[at(0.1, 4.0), at(0.3, 8.0)]);
        assert_eq!(cuts, at(0.2, 6.0));
        assert_eq!(Quadrant::of(at(0.3, 5.0), cuts), Quadrant::Fix);
        assert_eq!(Quadrant::of(at(0.3, 7.0), cuts), Quadrant::Keep);
        assert_eq!(Quadrant::of(at(0.1, 7.0), cuts), Quadrant::Overkill);
        assert_eq!(Quadrant::of(at(0.1, 5.0), cuts), Quadrant::Low);
        assert_eq!(Cut::Median.of(&[at(0.1, 1.0), at(0.2, 2.0), at(0.9, 9.0)]), at(0.2, 2.0));
    }

    #[test]
    fn an_interval_over_the_cut_is_uncertain() {
        let interval = Interval::new(0.1, 0.3, IntervalMethod::Resampled);
        assert!(crosses(Some(&interval), 0.2) && !crosses(Some(&interval), 0.4) && !crosses(None, 0.2));
    }
}
