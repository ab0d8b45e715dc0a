//! Periods of figures: what is compared with what, and when a period is whole.

use crate::{Day, Month};

/// Inclusive days in the organisation's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Period {
    /// A period; `None` when it ends before it begins.
    #[must_use]
    pub fn new(from: Day, to: Day) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// Days in it.
    #[must_use]
    pub fn days(self) -> i32 {
        self.to.0 - self.from.0 + 1
    }

    fn months(self) -> (Month, Month) {
        (Month::of(self.from), Month::of(self.to))
    }

    /// The whole calendar months it touches.
    #[must_use]
    pub fn widened_to_months(self) -> Self {
        let (first, last) = self.months();
        Self { from: first.first(), to: Day(Month(last.0 + 1).first().0 - 1) }
    }

    /// Whether it consists of whole calendar months.
    #[must_use]
    pub fn is_months(self) -> bool {
        self == self.widened_to_months()
    }

    /// The period just before: as many whole months when this one is whole
    /// months, else as many days.
    #[must_use]
    pub fn previous(self) -> Self {
        let to = Day(self.from.0 - 1);
        if self.is_months() {
            let (first, last) = self.months();
            let count = last.0 - first.0 + 1;
            return Self { from: Month(first.0 - count).first(), to };
        }
        Self { from: Day(self.from.0 - self.days()), to }
    }

    /// Whether its last day has passed; a running period is never compared
    /// with a whole one without saying so.
    #[must_use]
    pub fn is_complete(self, today: Day) -> bool {
        self.to < today
    }

    /// The running period cut to the days that have passed, so that it may be
    /// compared with as many days before.
    #[must_use]
    pub fn elapsed(self, today: Day) -> Self {
        Self { from: self.from, to: self.to.min(today).max(self.from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period::new(Day::parse(from).unwrap(), Day::parse(to).unwrap()).unwrap()
    }

    #[test]
    fn whole_months_are_compared_with_whole_months() {
        assert_eq!(period("2026-03-01", "2026-03-31").previous(), period("2026-02-01", "2026-02-28"));
        assert_eq!(period("2026-01-01", "2026-03-31").previous(), period("2025-10-01", "2025-12-31"));
        assert_eq!(period("2026-03-02", "2026-03-31").previous(), period("2026-01-31", "2026-03-01"));
    }

    #[test]
    fn widening_reaches_the_edges_of_the_months() {
        let wide = period("2026-02-10", "2026-03-05").widened_to_months();
        assert_eq!(wide, period("2026-02-01", "2026-03-31"));
        assert!(wide.is_months() && !wide.is_complete(Day::parse("2026-03-31").unwrap()));
        assert!(Period::new(Day(2), Day(1)).is_none());
    }
}
