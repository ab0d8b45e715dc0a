//! Short boards (`short-board.v1`): where the gap to the target, times the
//! people who meet it, is largest.

use serde::Serialize;

use crate::figure::{Interval, IntervalMethod, SHOWN_FROM};

/// One touchpoint, unit or item to be ranked; performance and target in the
/// same unit, higher is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Plank {
    /// What it is.
    pub key: String,
    /// Its figure.
    pub performance: f64,
    /// 95 % interval of its figure.
    pub interval: Interval,
    /// Valid answers behind it.
    pub n: u64,
    /// People who pass through it in the period.
    pub reach: u64,
    /// Where it should stand.
    pub target: f64,
    /// Importance; 1 when nothing is known about it.
    pub weight: f64,
}

/// How sure a gap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The whole interval lies below the target.
    Short,
    /// The interval crosses the target.
    Borderline,
    /// The whole interval reaches the target.
    Met,
}

/// A ranked plank.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShortBoard {
    /// Definition id.
    pub definition: &'static str,
    /// 1 is the worst.
    pub rank: u64,
    /// What it is.
    pub key: String,
    /// Its figure.
    pub performance: f64,
    /// Target minus performance, 0 when met.
    pub gap: f64,
    /// People who pass through it.
    pub reach: u64,
    /// Valid answers.
    pub n: u64,
    /// weight x gap x reach: points lost over all people.
    pub lost_points: f64,
    /// 95 % interval of the points lost, never below 0.
    pub interval: Interval,
    /// How sure the gap is.
    pub standing: Standing,
}

/// Planks in order of points lost, and the keys left out for a base below five.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// Worst first; equal losses by key.
    pub boards: Vec<ShortBoard>,
    /// Too few answers to be ranked.
    pub too_few: Vec<String>,
}

/// Ranks planks by weight x gap x reach.
#[must_use]
pub fn short_boards(planks: &[Plank]) -> Ranking {
    let (shown, hidden): (Vec<&Plank>, Vec<&Plank>) = planks.iter().partition(|p| p.n >= SHOWN_FROM);
    let mut boards: Vec<ShortBoard> = shown.into_iter().map(board).collect();
    boards.sort_by(|a, b| b.lost_points.total_cmp(&a.lost_points).then_with(|| a.key.cmp(&b.key)));
    for (i, board) in boards.iter_mut().enumerate() {
        board.rank = i as u64 + 1;
    }
    let mut too_few: Vec<String> = hidden.into_iter().map(|p| p.key.clone()).collect();
    too_few.sort();
    Ranking { boards, too_few }
}

fn board(plank: &Plank) -> ShortBoard {
    let scale = plank.weight * plank.reach as f64;
    let gap_to = |performance: f64| (plank.target - performance).max(0.0);
    let standing = if plank.interval.hi < plank.target {
        Standing::Short
    } else if plank.interval.lo < plank.target {
        Standing::Borderline
    } else {
        Standing::Met
    };
    ShortBoard {
        definition: "short-board.v1",
        rank: 0,
        key: plank.key.clone(),
        performance: plank.performance,
        gap: gap_to(plank.performance),
        reach: plank.reach,
        n: plank.n,
        lost_points: gap_to(plank.performance) * scale,
        interval: Interval::new(
            gap_to(plank.interval.hi) * scale,
            gap_to(plank.interval.lo) * scale,
            IntervalMethod::Carried,
        ),
        standing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plank(key: &str, performance: f64, reach: u64, n: u64) -> Plank {
        Plank {
            key: key.into(),
            performance,
            interval: Interval::new(performance - 5.0, performance + 5.0, IntervalMethod::Score),
            n,
            reach,
            target: 40.0,
            weight: 1.0,
        }
    }

    #[test]
    fn a_small_gap_met_by_many_outranks_a_deep_one_met_by_few() {
        let ranking = short_boards(&[
            plank("branch", 10.0, 100, 50),
            plank("app", 30.0, 10_000, 50),
            plank("hotline", 50.0, 9_000, 50),
            plank("kiosk", 0.0, 50, 4),
        ]);
        let keys: Vec<&str> = ranking.boards.iter().map(|b| b.key.as_str()).collect();
        assert_eq!(keys, ["app", "branch", "hotline"]);
        assert_eq!(ranking.boards[0].lost_points, 100_000.0);
        assert_eq!(ranking.boards[2].standing, Standing::Met);
        assert_eq!(ranking.too_few, ["kiosk"]);
    }
}
