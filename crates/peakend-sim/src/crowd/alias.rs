//! Drawing an index by weights in constant time (Walker, 1977; Vose, 1991).

/// A table of weighted indexes; at most 65,536 of them.
#[derive(Debug, Clone)]
pub(super) struct Alias(Vec<(u32, u16)>);

impl Alias {
    /// The table for `weights`, which are positive and need not add up to one.
    pub(super) fn new(weights: &[f64]) -> Self {
        let n = weights.len();
        let mean = weights.iter().sum::<f64>() / n as f64;
        let mut left: Vec<f64> = weights.iter().map(|w| w / mean).collect();
        let mut table: Vec<(u32, u16)> = (0..n).map(|i| (u32::MAX, i as u16)).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| left[i] < 1.0);
        while let (Some(&giver), Some(taker)) = (rich.last(), poor.pop()) {
            table[taker] = ((left[taker] * 4_294_967_296.0) as u32, giver as u16);
            left[giver] -= 1.0 - left[taker];
            if left[giver] < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        Self(table)
    }

    /// The index that sixty-four random bits stand for.
    #[inline]
    pub(super) fn pick(&self, bits: u64) -> usize {
        let at = (((bits >> 32) * self.0.len() as u64) >> 32) as usize;
        let (cut, other) = self.0[at];
        if (bits as u32) < cut { at } else { usize::from(other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::dice::{Dice, Purpose};

    #[test]
    fn indexes_come_as_often_as_they_weigh() {
        let weights = [5.0, 1.0, 0.5, 3.0, 0.01];
        let (alias, total) = (Alias::new(&weights), weights.iter().sum::<f64>());
        let (mut dice, mut seen) = (Dice::new(3, Purpose::Responses, 0), [0_u32; 5]);
        for _ in 0..400_000 {
            seen[alias.pick(dice.bits())] += 1;
        }
        for (count, weight) in seen.iter().zip(weights) {
            let (p, n) = (weight / total, 400_000.0);
            let off = (f64::from(*count) - n * p).abs() / (n * p * (1.0 - p)).sqrt();
            assert!(off < 4.5, "{count} for {p}");
        }
    }
}
