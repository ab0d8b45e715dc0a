//! Sorting digests: their upper bits are spread evenly, so parting by them comes first.

/// Parts; one of millions of entries fits a processor's second cache.
const PARTS: usize = 1 << 11;
/// Fewer entries are sorted as they are.
const FEW: usize = 1 << 16;

/// These entries in order, where `high` gives 64 bits that order them, save those it does not tell apart.
pub(crate) fn sorted<T: Copy + Ord + Default>(
    entries: impl Iterator<Item = T> + Clone,
    high: impl Fn(&T) -> u64,
) -> Vec<T> {
    let part = |entry: &T| (high(entry) >> (u64::BITS - PARTS.ilog2())) as usize;
    let mut ends = vec![0; PARTS];
    entries.clone().for_each(|entry| ends[part(&entry)] += 1);
    let all = ends.iter().sum();
    if all < FEW {
        let mut few: Vec<T> = entries.collect();
        few.sort_unstable();
        return few;
    }
    // where each part begins; it moves to where the part ends
    let mut before = 0;
    for end in &mut ends {
        before += std::mem::replace(end, before);
    }
    let mut parted = vec![T::default(); all];
    for entry in entries {
        let place = &mut ends[part(&entry)];
        parted[*place] = entry;
        *place += 1;
    }
    let mut rest = parted.as_mut_slice();
    let mut start = 0;
    for end in ends {
        let (some, others) = rest.split_at_mut(end - start);
        some.sort_unstable();
        (rest, start) = (others, end);
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_and_few_entries_come_out_in_order() {
        for rows in [0, 1, 1_000, 200_000_u64] {
            let entries = (0..rows).map(|i| ((i % 50_000).wrapping_mul(0x9E37_79B9_7F4A_7C15), i as u32));
            let mut expected: Vec<(u64, u32)> = entries.clone().collect();
            expected.sort_unstable();
            assert_eq!(sorted(entries, |e| e.0), expected);
        }
    }
}
