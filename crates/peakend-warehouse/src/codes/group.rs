//! Groups as numbers that all sources share, and their names at the end.

use std::collections::HashMap;

use peakend_query::Dimension;

use super::source::{Source, place};

/// Bucket and codes of a group: what rows are sorted by.
pub(crate) type Key = (Option<i32>, Vec<String>);

/// The numbers of a question's groups: mixed radix over its dimensions.
#[derive(Debug)]
pub(crate) struct Numbering {
    /// Each coded dimension once.
    pub(crate) lanes: Vec<usize>,
    names: Vec<Vec<String>>,
    /// Source, dimension, code: what the code adds to the group's number.
    adds: Vec<Vec<Vec<u64>>>,
    /// Where each dimension of the question is among the lanes.
    by: Vec<usize>,
    /// So many numbers there are; `None` when they do not fit in 63 bits.
    pub(crate) groups: Option<u64>,
}

impl Numbering {
    /// Number the codes of these sources.
    pub(crate) fn of<'a>(by: &[Dimension], sources: &'a [Source]) -> Self {
        let mut lanes: Vec<usize> = by.iter().filter_map(|d| place(*d)).collect();
        lanes.sort_unstable();
        lanes.dedup();
        let by = by.iter().filter_map(|d| place(*d)).filter_map(|p| lanes.iter().position(|l| *l == p)).collect();
        let mut numbers: Vec<HashMap<&str, u64>> = lanes.iter().map(|_| HashMap::new()).collect();
        let mut names: Vec<Vec<String>> = lanes.iter().map(|_| Vec::new()).collect();
        let mut adds: Vec<Vec<Vec<u64>>> = Vec::new();
        for source in sources {
            let mut one = Vec::with_capacity(lanes.len());
            for (i, lane) in lanes.iter().enumerate() {
                let number = |name: &'a String| {
                    *numbers[i].entry(name.as_str()).or_insert_with(|| {
                        names[i].push(name.clone());
                        names[i].len() as u64 - 1
                    })
                };
                one.push(source.names(*lane).iter().map(number).collect());
            }
            adds.push(one);
        }
        let mut stride = Some(1_u64);
        for (i, known) in names.iter().enumerate() {
            let Some(step) = stride else { break };
            adds.iter_mut().for_each(|source| source[i].iter_mut().for_each(|n| *n *= step));
            stride = step.checked_mul(known.len().max(1) as u64).filter(|groups| *groups < 1 << 63);
        }
        Self { lanes, names, adds, by, groups: stride }
    }

    /// What each code of a dimension adds to the number, in this source.
    pub(crate) fn adds(&self, source: usize, dimension: usize) -> &[u64] {
        &self.adds[source][dimension]
    }

    /// The codes of a group, in the order of the question.
    pub(crate) fn codes(&self, mut number: u64) -> Vec<String> {
        let mut parts = Vec::with_capacity(self.names.len());
        for names in &self.names {
            let radix = names.len().max(1) as u64;
            parts.push(names.get(usize::try_from(number % radix).unwrap_or(0)).cloned().unwrap_or_default());
            number /= radix;
        }
        self.by.iter().map(|i| parts[*i].clone()).collect()
    }
}
