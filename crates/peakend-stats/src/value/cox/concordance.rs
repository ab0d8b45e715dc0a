//! Harrell's concordance: of two customers of whom one left first, how often had
//! that one the higher risk? Equal risks count half. O(n log n).

use super::risk::RiskRows;

/// Counts at ranks, with their sums over groups of 64 and of 4,096 ranks, so that the
/// sum below a rank reads near cells only.
struct Ranked {
    single: Vec<i32>,
    groups: Vec<i32>,
    large: Vec<i64>,
}

const GROUP: usize = 64;

impl Ranked {
    fn empty(ranks: usize) -> Self {
        let groups = ranks / GROUP + 1;
        Self { single: vec![0; ranks], groups: vec![0; groups], large: vec![0; groups / GROUP + 1] }
    }

    fn add(&mut self, rank: usize, count: i32) {
        self.single[rank] += count;
        self.groups[rank / GROUP] += count;
        self.large[rank / GROUP / GROUP] += i64::from(count);
    }

    /// Number at a rank.
    fn at(&self, rank: usize) -> i64 {
        i64::from(self.single[rank])
    }

    /// Number with a rank below.
    fn below(&self, rank: usize) -> i64 {
        let (group, large) = (rank / GROUP, rank / GROUP / GROUP);
        let near: i32 = self.single[group * GROUP..rank].iter().sum();
        let groups: i32 = self.groups[large * GROUP..group].iter().sum();
        self.large[..large].iter().sum::<i64>() + i64::from(groups) + i64::from(near)
    }
}

/// Rank of every row by predictor, equal ones alike, and how many ranks there are.
fn ranked(predictors: Vec<f64>) -> (Vec<usize>, usize) {
    let mut ordered: Vec<(f64, usize)> = predictors.into_iter().zip(0..).collect();
    ordered.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut distinct) = (vec![0; ordered.len()], 0);
    for equal in ordered.chunk_by(|a, b| a.0 == b.0) {
        for (_, row) in equal {
            ranks[*row] = distinct;
        }
        distinct += 1;
    }
    (ranks, distinct)
}

/// NaN without a comparable pair.
pub(super) fn concordance(rows: &RiskRows, coefficients: &[f64]) -> f64 {
    let (ranks, distinct) = ranked(rows.predictors(coefficients));
    let mut watched = Ranked::empty(distinct);
    let (mut end, mut left, mut total) = (rows.n(), 0, 0_i64);
    let (mut right, mut pairs) = (0.0, 0.0);
    while end > 0 {
        let time = rows.exits[end - 1];
        let start = rows.exits[..end].partition_point(|t| *t < time);
        let lost = start + rows.happened[start..end].partition_point(|happened| *happened);
        // one lost from sight at this time outlived those who left at it
        ranks[lost..end].iter().for_each(|rank| watched.add(*rank, 1));
        total += (end - lost) as i64;
        while let Some(&row) = rows.by_entry.get(left).filter(|&&row| rows.entries[row] >= time) {
            watched.add(ranks[row], -1);
            total -= 1;
            left += 1;
        }
        for &rank in &ranks[start..lost] {
            right += watched.below(rank) as f64 + 0.5 * watched.at(rank) as f64;
            pairs += total as f64;
        }
        ranks[start..lost].iter().for_each(|rank| watched.add(*rank, 1));
        total += (lost - start) as i64;
        end = start;
    }
    right / pairs
}

#[cfg(test)]
mod tests {
    use super::Ranked;
    use crate::draws::Draws;

    #[test]
    fn sums_below_a_rank_are_those_of_all_single_counts() {
        let mut draws = Draws::seeded(2);
        let mut ranked = Ranked::empty(10_000);
        for _ in 0..30_000 {
            ranked.add(draws.below(10_000), 1);
        }
        for rank in [0, 1, 63, 64, 65, 4_095, 4_096, 4_097, 8_192, 9_999] {
            assert_eq!(ranked.below(rank), ranked.single[..rank].iter().map(|x| i64::from(*x)).sum::<i64>());
        }
        assert_eq!(ranked.below(9_999) + ranked.at(9_999), 30_000);
    }
}
