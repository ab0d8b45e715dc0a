//! The rows of a few persons.

use std::sync::Arc;

use peakend_query::{DayRange, WarehouseError};

use super::builder::digest;
use super::file::{CodeFile, Lane};
use super::lane::{BLOCK, Codes};
use super::source::Source;
use super::work::Work;

/// The rows of these persons on these days, per file, ascending. Two persons may
/// share a number, so the caller compares names.
pub(crate) fn rows_of(
    files: &[Arc<CodeFile>],
    persons: &[String],
    period: DayRange,
    work: Work<'_>,
) -> Result<Vec<Vec<usize>>, WarehouseError> {
    let mut digests: Vec<u64> = persons.iter().filter(|p| !p.is_empty()).map(|p| digest(p)).collect();
    digests.sort_unstable();
    digests.dedup();
    let places: Vec<usize> = (0..files.len()).collect();
    let numbers = work.each(&places, Vec::new, |found: &mut Vec<(usize, Vec<u32>)>, &file| {
        let here = files[file].numbers_of(&digests)?;
        if !here.is_empty() {
            found.push((file, here));
        }
        Ok(())
    })?;
    // blocks of the few files that have them are spread over the threads
    let mut units: Vec<(usize, usize, &[u32])> = Vec::new();
    let found: Vec<(usize, Vec<u32>)> = numbers.into_iter().flatten().collect();
    for (file, here) in &found {
        let rows = Source::Sealed(Arc::clone(&files[*file])).within(period);
        let blocks = if rows.is_empty() { 0..0 } else { rows.start / BLOCK..rows.end.div_ceil(BLOCK) };
        units.extend(blocks.map(|block| (*file, block, here.as_slice())));
    }
    let start = || (vec![Vec::new(); files.len()], Codes::default(), Vec::new());
    let parts = work.each(&units, start, |(rows, codes, bytes): &mut (Vec<Vec<usize>>, Codes, Vec<u8>), unit| {
        let (file, block, wanted) = *unit;
        files[file].read(Lane::Person, block, codes, bytes)?;
        codes.each(0..codes.len(), |row, person| {
            if wanted.contains(&person) {
                rows[file].push(block * BLOCK + row);
            }
        });
        Ok(())
    })?;
    let mut all = vec![Vec::new(); files.len()];
    for (rows, _, _) in parts {
        all.iter_mut().zip(rows).for_each(|(all, rows)| all.extend(rows));
    }
    all.iter_mut().for_each(|rows| rows.sort_unstable());
    Ok(all)
}
