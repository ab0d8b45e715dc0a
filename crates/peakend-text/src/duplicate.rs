//! Near-duplicates: texts that share nearly all of their three-character pieces.
//!
//! Likeness is Jaccard's over sets of pieces. The sketch of a text is its rarest
//! pieces: two texts that reach the threshold share at least one of them
//! (prefix filtering, Chaudhuri et al. 2006; Bayardo et al. 2007), so no pair is
//! missed, and every candidate is verified exactly, so none is wrong.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

/// Likeness from which two texts are near-duplicates.
pub const NEAR: f64 = 0.8;

/// Two texts by position, and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// Position of the earlier text.
    pub i: usize,
    /// Position of the later text.
    pub j: usize,
    /// Jaccard's index, 0 to 1.
    pub jaccard: f64,
}

/// Every pair of texts at least `threshold` alike (above 0, at most 1), in
/// order of positions. Empty texts are like nothing.
///
/// The answer grows with the square of the number of equal texts; for many
/// texts ask for [`clusters`].
#[must_use]
pub fn near_pairs(texts: &[&str], threshold: f64) -> Vec<Pair> {
    let groups = Groups::of(texts);
    let mut pairs = Vec::new();
    for members in &groups.members {
        for (at, i) in members.iter().enumerate() {
            pairs.extend(members.iter().skip(at + 1).map(|j| Pair { i: *i, j: *j, jaccard: 1.0 }));
        }
    }
    groups.join(threshold, |x, y, jaccard| {
        for i in &groups.members[x] {
            pairs.extend(groups.members[y].iter().map(|j| Pair { i: *i.min(j), j: *i.max(j), jaccard }));
        }
    });
    pairs.sort_by_key(|p| (p.i, p.j));
    pairs
}

/// Groups of two or more texts connected by near-duplicates, each in order of
/// positions, first group first.
#[must_use]
pub fn clusters(texts: &[&str], threshold: f64) -> Vec<Vec<usize>> {
    let groups = Groups::of(texts);
    let mut roots: Vec<usize> = (0..groups.members.len()).collect();
    groups.join(threshold, |x, y, _| {
        let (x, y) = (root(&mut roots, x), root(&mut roots, y));
        roots[x.max(y)] = x.min(y);
    });
    let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
    for (group, members) in groups.members.iter().enumerate() {
        found.entry(root(&mut roots, group)).or_default().extend(members);
    }
    let mut found: Vec<Vec<usize>> = found.into_values().filter(|m| m.len() > 1).collect();
    found.iter_mut().for_each(|m| m.sort_unstable());
    found.sort();
    found
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

/// Texts with the same pieces are one group; the search is among groups.
struct Groups {
    /// Positions of the texts of each group.
    members: Vec<Vec<usize>>,
    /// Pieces of each group, rarest first.
    pieces: Vec<Vec<u32>>,
    /// How many different pieces there are.
    kinds: usize,
}

impl Groups {
    fn of(texts: &[&str]) -> Self {
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (position, text) in texts.iter().enumerate() {
            let pieces = pieces(text);
            if pieces.is_empty() {
                continue;
            }
            match known.entry(pieces) {
                Entry::Occupied(group) => members[*group.get()].push(position),
                Entry::Vacant(slot) => {
                    slot.insert(members.len());
                    members.push(vec![position]);
                }
            }
        }
        let mut sets = vec![Vec::new(); members.len()];
        for (pieces, group) in known {
            sets[group] = pieces;
        }
        let (pieces, kinds) = by_rarity(&sets);
        Self { members, pieces, kinds }
    }

    /// Calls with every two groups that are alike, and how much.
    fn join(&self, threshold: f64, mut alike: impl FnMut(usize, usize, f64)) {
        // short sets first: whoever looks up is at least as long as whom it finds
        let mut order: Vec<usize> = (0..self.pieces.len()).collect();
        order.sort_by_key(|group| (self.pieces[*group].len(), *group));
        let mut index: Vec<Vec<usize>> = vec![Vec::new(); self.kinds];
        let mut seen = vec![usize::MAX; self.pieces.len()];
        for &x in &order {
            let set = &self.pieces[x];
            let shortest = (threshold * set.len() as f64 - 1e-9).ceil() as usize;
            let prefix = set.len() + 1 - shortest.clamp(1, set.len());
            for &piece in set.iter().take(prefix) {
                let list = &mut index[piece as usize];
                // lists are in order of length: what is too short now is so for ever
                let too_short = list.partition_point(|y| self.pieces[*y].len() < shortest);
                list.drain(..too_short);
                for &y in list.iter() {
                    if seen[y] != x {
                        seen[y] = x;
                        if let Some(jaccard) = verified(set, &self.pieces[y], threshold) {
                            alike(x.min(y), x.max(y), jaccard);
                        }
                    }
                }
                list.push(x);
            }
        }
    }
}

/// Exact likeness, when it reaches the threshold.
fn verified(x: &[u32], y: &[u32], threshold: f64) -> Option<f64> {
    let (mut i, mut j, mut both) = (0, 0, 0usize);
    while let (Some(a), Some(b)) = (x.get(i), y.get(j)) {
        both += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    let jaccard = both as f64 / (x.len() + y.len() - both) as f64;
    (jaccard >= threshold).then_some(jaccard)
}

/// The set of three-character pieces without white space, sorted; the whole
/// text when it is shorter. Each piece is its characters, 21 bits each, so
/// that no two pieces are confused.
fn pieces(text: &str) -> Vec<u64> {
    // one more than any character, for the places a short text leaves open
    const OPEN: u64 = 0x11_0000;
    let letters: Vec<u64> = text.chars().filter(|c| !c.is_whitespace()).map(|c| u64::from(u32::from(c))).collect();
    let mut set: Vec<u64> = match letters.as_slice() {
        [] => Vec::new(),
        [a] => vec![(a << 42) | (OPEN << 21) | OPEN],
        [a, b] => vec![(a << 42) | (b << 21) | OPEN],
        long => long.windows(3).map(|w| w.iter().fold(0, |code, letter| (code << 21) | letter)).collect(),
    };
    set.sort_unstable();
    set.dedup();
    set
}

/// The sets with pieces numbered by how few sets have them, and their number.
fn by_rarity(sets: &[Vec<u64>]) -> (Vec<Vec<u32>>, usize) {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for piece in sets.iter().flatten() {
        *counts.entry(*piece).or_default() += 1;
    }
    let mut order: Vec<(u32, u64)> = counts.into_iter().map(|(piece, count)| (count, piece)).collect();
    order.sort_unstable();
    let ranks: HashMap<u64, u32> = order.iter().zip(0u32..).map(|((_, piece), rank)| (*piece, rank)).collect();
    let renumbered = sets.iter().map(|set| {
        let mut set: Vec<u32> = set.iter().map(|piece| ranks[piece]).collect();
        set.sort_unstable();
        set
    });
    (renumbered.collect(), order.len())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn by_hand(texts: &[&str], threshold: f64) -> Vec<(usize, usize)> {
        let sets: Vec<HashSet<u64>> = texts.iter().map(|t| pieces(t).into_iter().collect()).collect();
        let mut found = Vec::new();
        for (i, x) in sets.iter().enumerate() {
            for (j, y) in sets.iter().enumerate().skip(i + 1) {
                let both = x.intersection(y).count();
                let all = x.union(y).count();
                if all > 0 && both as f64 / all as f64 >= threshold {
                    found.push((i, j));
                }
            }
        }
        found
    }

    #[test]
    fn copies_with_small_edits_are_one_cluster() {
        let texts = [
            "配送速度太慢了等了两个小时饭都凉了",
            "味道很好",
            "配送速度太慢了 等了两个小时饭都凉了!",
            "味道很好",
            "好",
            "好",
            "",
            "",
        ];
        assert_eq!(clusters(&texts, NEAR), [vec![0, 2], vec![1, 3], vec![4, 5]]);
        assert_eq!(near_pairs(&texts, NEAR).len(), 3);
    }

    #[test]
    fn a_hundred_thousand_equal_texts_are_one_cluster_at_once() {
        let texts = vec!["好评"; 100_000];
        assert_eq!(clusters(&texts, NEAR).len(), 1);
    }

    proptest! {
        #[test]
        fn no_pair_is_missed_and_none_is_wrong(
            texts in proptest::collection::vec("[ab ]{0,9}", 0..25), threshold in 0.05f64..=1.0
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let found: Vec<_> = near_pairs(&texts, threshold).into_iter().map(|p| (p.i, p.j)).collect();
            prop_assert_eq!(found, by_hand(&texts, threshold));
        }
    }
}
