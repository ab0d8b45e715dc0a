//! Counting a segment's rows by every set.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use peakend_query::{VoiceKind, WarehouseError};

use super::file::{BINS, Bucket, FORMAT, Header, MAGIC, StoredSet};
use super::set::{SETS, Set};
use crate::codes::{CodeTable, Codes, Fact, Outlet, Part, Stored, everything, place};
use crate::engine::RollupRule;

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
    for (number, set) in SETS.iter().enumerate() {
        let buckets = count(table, set);
        let groups: usize = buckets.iter().map(|(_, groups)| groups.keys.len()).sum();
        if groups * rule.rows_per_group > table.rows() {
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

/// Groups of one bucket with their bins.
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
            for slot in bins.slots[fact as usize] {
                groups.bins[start + usize::from(slot)] += 1;
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
    let mut codes = Codes::default();
    values.for_each(|value| codes.push(value));
    codes
}
