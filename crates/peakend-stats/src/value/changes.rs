//! The same effect on units seen on both sides: a difference of mean changes.

use crate::insight::compare::{Difference, welch};
use crate::summation::Moments;

use super::did::DidRow;

/// Units observed before and after, and the Welch difference of their mean
/// changes, treated minus control. Weights are not used.
#[must_use]
pub fn difference_of_changes(rows: &[DidRow]) -> (u64, Difference) {
    let mut usable: Vec<&DidRow> = rows.iter().filter(|r| r.y.is_finite()).collect();
    usable.sort_unstable_by(|a, b| (a.unit, a.post).cmp(&(b.unit, b.post)).then(a.y.total_cmp(&b.y)));
    let mut changes = [Vec::new(), Vec::new()];
    for unit in usable.chunk_by(|a, b| a.unit == b.unit) {
        let (before, after) = unit.split_at(unit.partition_point(|r| !r.post));
        if before.is_empty() || after.is_empty() {
            continue;
        }
        let mean = |rows: &[&DidRow]| rows.iter().map(|r| r.y).sum::<f64>() / rows.len() as f64;
        changes[usize::from(unit[0].treated)].push(mean(after) - mean(before));
    }
    let units = (changes[0].len() + changes[1].len()) as u64;
    (units, welch(&Moments::of(&changes[1]), &Moments::of(&changes[0])))
}
