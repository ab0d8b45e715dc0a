//! Counting a segment's rows by every set.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use peakend_query::{VoiceKind, WarehouseError};

use super::file::{BINS, Bucket, FORMAT, Header, MAGIC, StoredSet};
use super::set::{SETS, Set};
use crate::codes::{CodeTable, Codes, Fact, Outlet, Part, Stored, everything, place};
use crate::engine::RollupRule;

/// Counters of a group while rows are counted.
const STRIDE: usize = 32;
/// So many groups are found by their number alone.
const DIRECT: u64 = 4 << 20;

/// Write the counts of a table beside its segment; `None` when it is too small.
pub(crate) fn write(
    table: &CodeTable,
    rule: RollupRule,
    folder: &Path,
    number: u64,
) -> Result<Option<Part>, WarehouseError> {
    if table.rows() < rule.rows {
        return Ok(None);
    }
    let mut out = Outlet::create(folder, Stored::Rollup, number)?;
    let mut sets = Vec::new();
    // counts of sets that others are sums of
    let mut finer: Vec<(usize, Vec<(i32, Groups)>)> = Vec::new();
    for (number, set) in SETS.iter().enumerate() {
        let buckets = match finer.iter().find(|(of, _)| finer_of(number) == Some(*of)) {
            Some((of, counted)) => {
                let add = |(first, groups): &(i32, Groups)| (*first, groups.coarser(table, &SETS[*of], set));
                counted.iter().map(add).collect()
            }
            None => count(table, set),
        };
        let groups: usize = buckets.iter().map(|(_, groups)| groups.keys.len()).sum();
        let wanted = (number + 1..SETS.len()).any(|later| finer_of(later) == Some(number));
        let kept = groups * rule.rows_per_group <= table.rows();
        if wanted {
            finer.push((number, buckets.clone()));
        }
        if !kept {
            continue;
        }
        let mut stored = Vec::with_capacity(buckets.len());
        for (first, groups) in buckets {
            for part in groups.by_size() {
                let lanes = part.lanes(table, set);
                let regions = lanes.iter().map(|lane| out.lane(lane)).collect::<Result<Vec<_>, _>>()?;
                stored.push(Bucket { first, groups: part.keys.len(), regions });
            }
        }
        sets.push(StoredSet { set: number, buckets: stored });
    }
    out.finish(&Header { format: FORMAT, rows: table.rows() as u64, sets }, MAGIC).map(Some)
}

/// A bucket of fewer groups is not worth two parts.
const SPLIT: usize = 1_000;

/// The set before this one, of the same buckets, that has all of its dimensions: its counts add up to this one's.
fn finer_of(number: usize) -> Option<usize> {
    let set = &SETS[number];
    let finer = |of: &Set| (of.grain, of.tones) == (set.grain, set.tones) && set.by.iter().all(|d| of.by.contains(d));
    SETS[..number].iter().position(finer)
}

/// Groups of one bucket with their bins.
#[derive(Clone)]
struct Groups {
    /// Mixed radix over the dimensions, then kind and tone.
    keys: Vec<u64>,
    bins: Vec<u32>,
}

fn radixes(table: &CodeTable, set: &Set) -> Vec<u64> {
    let names = |d| place(d).map_or(1, |p| table.columns[p].names.len().max(1) as u64);
    set.by.iter().map(|d| names(*d)).collect()
}

fn count(table: &CodeTable, set: &Set) -> Vec<(i32, Groups)> {
    let (radixes, bins) = (radixes(table, set), everything());
    let space = radixes.iter().product::<u64>() * 8;
    let hidden: Vec<u64> = Fact::all().map(|fact| apart(fact, set)).collect();
    let mut direct: Vec<u32> = if space <= DIRECT { vec![0; usize::try_from(space).unwrap_or(0)] } else { Vec::new() };
    let mut counted = Vec::new();
    for (first, rows) in buckets(table, set) {
        let mut keys = vec![0_u64; rows.len()];
        let mut step = 1;
        for (dimension, radix) in set.by.iter().zip(&radixes) {
            if let Some(place) = place(*dimension) {
                let add = |row: usize, code: u32| keys[row] += u64::from(code) * step;
                table.columns[place].codes.each(rows.clone(), add);
            }
            step *= radix;
        }
        let mut groups = Groups { keys: Vec::new(), bins: Vec::new() };
        let mut others: HashMap<u64, u32> = HashMap::new();
        table.facts.each(rows, |row, fact| {
            let key = keys[row] + hidden[fact as usize] * step;
            let place = match usize::try_from(key).ok().and_then(|k| direct.get_mut(k)) {
                Some(place) => place,
                None => others.entry(key).or_default(),
            };
            if *place == 0 {
                groups.keys.push(key);
                groups.bins.resize(groups.keys.len() * bins.stride, 0);
                *place = u32::try_from(groups.keys.len()).unwrap_or(u32::MAX);
            }
            let start = (*place as usize - 1) * bins.stride;
            if let Some(group) = groups.bins[start..].first_chunk_mut::<STRIDE>() {
                bins.slots[fact as usize].iter().for_each(|slot| group[usize::from(*slot) % STRIDE] += 1);
            }
        });
        for key in &groups.keys {
            if let Some(place) = usize::try_from(*key).ok().and_then(|k| direct.get_mut(k)) {
                *place = 0;
            }
        }
        counted.push((first, groups));
    }
    counted
}

/// The rows of each bucket of a set.
fn buckets(table: &CodeTable, set: &Set) -> Vec<(i32, Range<usize>)> {
    let mut buckets: Vec<(i32, Range<usize>)> = Vec::new();
    for (at, (day, row)) in table.days.iter().enumerate() {
        let end = table.days.get(at + 1).map_or(table.rows(), |(_, next)| *next as usize);
        let first = set.grain.bucket(*day);
        match buckets.last_mut() {
            Some((last, rows)) if *last == first => rows.end = end,
            _ => buckets.push((first, *row as usize..end)),
        }
    }
    buckets
}

impl Groups {
    /// The groups of a set with fewer dimensions, in the order of their first rows as these are.
    fn coarser(&self, table: &CodeTable, of: &Set, set: &Set) -> Self {
        let (radixes, stride) = (radixes(table, of), self.bins.len() / self.keys.len().max(1));
        let mut coarse = Self { keys: Vec::new(), bins: Vec::new() };
        let mut places: HashMap<u64, usize> = HashMap::new();
        // by how much a code of each dimension moves the key here and there
        let steps = |radixes: &[u64]| -> Vec<u64> {
            radixes.iter().scan(1, |step, radix| Some(std::mem::replace(step, *step * radix))).collect()
        };
        let (here, kept) = (steps(&radixes), self::radixes(table, set));
        let there = steps(&kept);
        let moved: Vec<(usize, u64)> = set
            .by
            .iter()
            .zip(&there)
            .filter_map(|(d, step)| Some((of.by.iter().position(|o| o == d)?, *step)))
            .collect();
        let (apart, apart_there) = (radixes.iter().product::<u64>(), kept.iter().product::<u64>());
        for (key, bins) in self.keys.iter().zip(self.bins.chunks_exact(stride.max(1))) {
            let codes = moved.iter().map(|(at, step)| key / here[*at] % radixes[*at] * step).sum::<u64>();
            let coarser = codes + key / apart * apart_there;
            let place = *places.entry(coarser).or_insert_with(|| {
                coarse.keys.push(coarser);
                coarse.bins.resize(coarse.keys.len() * stride, 0);
                coarse.keys.len() - 1
            });
            coarse.bins[place * stride..][..stride].iter_mut().zip(bins).for_each(|(sum, n)| *sum += n);
        }
        coarse
    }

    /// The few large groups apart from the many small ones, whose counts then need
    /// half the bytes; one part where that saves little.
    fn by_size(self) -> Vec<Self> {
        let (groups, stride) = (self.keys.len(), self.bins.len() / self.keys.len().max(1));
        let most = |group: usize| self.bins[group * stride..][..BINS].iter().copied().max().unwrap_or(0);
        let mut order: Vec<usize> = (0..groups).collect();
        order.sort_by_key(|group| (most(*group) <= u32::from(u8::MAX), *group));
        let large = order.partition_point(|group| most(*group) > u32::from(u8::MAX));
        if groups < SPLIT || large == 0 || large * 2 > groups {
            return vec![self];
        }
        let part = |of: &[usize]| Self {
            keys: of.iter().map(|group| self.keys[*group]).collect(),
            bins: of.iter().flat_map(|group| &self.bins[group * stride..][..stride]).copied().collect(),
        };
        vec![part(&order[..large]), part(&order[large..])]
    }

    /// One column per dimension, one for kind and tone (as the fact that has nothing else), one per bin.
    fn lanes(&self, table: &CodeTable, set: &Set) -> Vec<Codes> {
        let radixes = radixes(table, set);
        let mut lanes: Vec<Codes> = Vec::with_capacity(radixes.len() + 1 + BINS);
        let mut step = 1;
        for radix in &radixes {
            lanes.push(column(self.keys.iter().map(|k| u32::try_from(k / step % radix).unwrap_or(0))));
            step *= radix;
        }
        let mut facts = [0; 8];
        for fact in Fact::all() {
            // what is not kept apart is as good as unknown
            let tone = fact.tone.filter(|_| set.tones);
            let bare = Fact { has_text: false, tone, nps: None, csat: None, ces: None, ..fact };
            facts[apart(fact, set) as usize] = u32::from(bare.code());
        }
        lanes.push(column(self.keys.iter().map(|k| facts[(k / step) as usize])));
        let stride = self.bins.len() / self.keys.len().max(1);
        for bin in 0..BINS {
            lanes.push(column(self.bins.chunks_exact(stride.max(1)).map(|bins| bins[bin])));
        }
        lanes
    }
}

/// The number of what a set keeps apart besides its dimensions: kind and, perhaps, tone.
fn apart(fact: Fact, set: &Set) -> u64 {
    let tone = fact.tone.filter(|_| set.tones).map_or(3, |tone| tone as u64);
    u64::from(fact.kind == VoiceKind::Signal) * 4 + tone
}

fn column(values: impl Iterator<Item = u32>) -> Codes {
    let (mut codes, values) = (Codes::default(), values.collect::<Vec<_>>());
    codes.extend(&values);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Column;

    #[test]
    fn a_coarser_set_has_the_counts_of_the_finer_one_in_the_same_order_as_counted_from_rows() {
        let mut table = CodeTable { days: vec![(20_000, 0), (20_001, 400), (20_040, 1_000)], ..CodeTable::default() };
        let rows: Vec<u32> = (0..3_000_u32).map(|i| i.wrapping_mul(2_654_435_761) >> 8).collect();
        for (at, names) in (1..12).zip([3, 1, 4, 40, 2, 2, 7, 3, 5, 9, 1]) {
            let numbers: Vec<u32> = rows.iter().map(|row| row / at % names).collect();
            let mut column = Column { names: (0..names).map(|n| n.to_string()).collect(), ..Column::default() };
            column.codes.extend(&numbers);
            table.columns.push(column);
        }
        table.facts.extend(&rows.iter().map(|row| row % 9_216).collect::<Vec<_>>());
        let mut derived = 0;
        for (number, set) in SETS.iter().enumerate() {
            let Some(finer) = finer_of(number) else { continue };
            derived += 1;
            let added =
                count(&table, &SETS[finer]).into_iter().map(|(first, g)| (first, g.coarser(&table, &SETS[finer], set)));
            for ((first, added), (day, counted)) in added.zip(count(&table, set)) {
                assert_eq!((first, added.keys, added.bins), (day, counted.keys, counted.bins), "set {number}");
            }
        }
        assert_eq!(derived, 2);
    }
}
