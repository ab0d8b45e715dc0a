//! Who is at stake: how many persons are ranked, and by figures of which month.

use crate::{Day, Month};

/// Most persons in one ranking.
pub const MOST: u64 = 200;
/// The newest figures may be so many months old.
const LOOK_BACK: i32 = 12;

/// The months whose figures may stand for a period that ends on this day, newest first.
pub fn months(last: Day) -> impl Iterator<Item = Month> {
    let newest = Month::of(last);
    (0..=LOOK_BACK).map(move |back| Month(newest.0 - back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_may_be_a_year_old_and_the_newest_come_first() {
        let all: Vec<String> = months(Day::parse("2026-01-31").unwrap()).map(|m| m.to_string()).collect();
        assert_eq!((all.first().unwrap().as_str(), all.last().unwrap().as_str()), ("2026-01", "2025-01"));
    }
}
