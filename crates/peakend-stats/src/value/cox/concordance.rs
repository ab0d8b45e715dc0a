//! Harrell's concordance: of two customers of whom one left first, how often had
//! that one the higher risk? Equal risks count half. O(n log n).

use super::risk::RiskRows;

/// Counts at ranks 0..n with sums of any prefix in O(log n).
struct Ranked(Vec<i64>);

impl Ranked {
    fn add(&mut self, rank: usize, count: i64) {
        let mut at = rank + 1;
        while at < self.0.len() {
            self.0[at] += count;
            at += at & at.wrapping_neg();
        }
    }

    /// Number with a rank below.
    fn below(&self, rank: usize) -> i64 {
        let (mut at, mut sum) = (rank, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

/// NaN without a comparable pair.
pub(super) fn concordance(rows: &RiskRows, coefficients: &[f64]) -> f64 {
    let predictors = rows.predictors(coefficients);
    let mut ordered: Vec<(f64, usize)> = predictors.into_iter().zip(0..).collect();
    ordered.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut distinct) = (vec![0; ordered.len()], 0);
    for equal in ordered.chunk_by(|a, b| a.0 == b.0) {
        for (_, row) in equal {
            ranks[*row] = distinct;
        }
        distinct += 1;
    }
    let rank = |row: usize| ranks[row];
    let mut watched = Ranked(vec![0; distinct + 1]);
    let mut by_entry: Vec<usize> = (0..rows.n()).collect();
    by_entry.sort_by(|&a, &b| rows.entries[b].total_cmp(&rows.entries[a]));
    let (mut end, mut left, mut total) = (rows.n(), 0, 0_i64);
    let (mut right, mut pairs) = (0.0, 0.0);
    while end > 0 {
        let time = rows.exits[end - 1];
        let start = rows.exits[..end].partition_point(|t| *t < time);
        // one lost from sight at this time outlived those who left at it
        for row in (start..end).filter(|&row| !rows.happened[row]) {
            watched.add(rank(row), 1);
            total += 1;
        }
        while let Some(&row) = by_entry.get(left).filter(|&&row| rows.entries[row] >= time) {
            watched.add(rank(row), -1);
            total -= 1;
            left += 1;
        }
        for row in (start..end).filter(|&row| rows.happened[row]) {
            let (below, upto) = (watched.below(rank(row)), watched.below(rank(row) + 1));
            right += below as f64 + 0.5 * (upto - below) as f64;
            pairs += total as f64;
        }
        for row in (start..end).filter(|&row| rows.happened[row]) {
            watched.add(rank(row), 1);
            total += 1;
        }
        end = start;
    }
    right / pairs
}
