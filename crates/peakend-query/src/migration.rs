//! Two questions beyond counting: who moved between bands, and which scores go together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Band, DayRange, Filter, Score, VoiceFact};

/// "Of the persons who answered in either period, how many moved from which band to which?"
///
/// A person's answer in a period is that of the last day on which they answered;
/// of several on that day, the lowest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MigrationQuestion {
    /// Organisation id.
    pub org: String,
    /// The earlier period.
    pub before: DayRange,
    /// The later period.
    pub after: DayRange,
    /// Which voices.
    pub filter: Filter,
    /// Which score.
    pub score: Score,
    /// Bands of that score; a value belongs to the first that holds it.
    pub bands: Vec<Band>,
}

/// Persons by band before (row) and after (column); the last row and column
/// hold those who did not answer in that period, or outside every band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Square, one more than there are bands.
    pub persons: Vec<Vec<u64>>,
}

impl Migration {
    /// Nobody yet.
    #[must_use]
    pub fn empty(question: &MigrationQuestion) -> Self {
        let side = question.bands.len() + 1;
        Self { persons: vec![vec![0; side]; side] }
    }

    /// Add the persons of another part.
    pub fn merge(&mut self, other: &Self) {
        for (row, more) in self.persons.iter_mut().zip(&other.persons) {
            row.iter_mut().zip(more).for_each(|(n, m)| *n += m);
        }
    }

    /// The reference answer.
    #[must_use]
    pub fn of<'a>(question: &MigrationQuestion, voices: impl Iterator<Item = &'a VoiceFact> + Clone) -> Self {
        let state = |period: DayRange| {
            let mut last: BTreeMap<&str, (i32, u8)> = BTreeMap::new();
            for v in voices.clone().filter(|v| period.contains(v.day) && question.filter.matches(v)) {
                let Some(score) = question.score.of(v).filter(|_| !v.person.is_empty()) else { continue };
                let known = last.entry(&v.person).or_insert((v.day, score));
                if v.day > known.0 || (v.day == known.0 && score < known.1) {
                    *known = (v.day, score);
                }
            }
            last
        };
        let (before, after) = (state(question.before), state(question.after));
        let band = |answer: Option<&(i32, u8)>| {
            let of = |(_, score): &(i32, u8)| question.bands.iter().position(|b| (b.low..=b.high).contains(score));
            answer.and_then(of).unwrap_or(question.bands.len())
        };
        let mut migration = Self::empty(question);
        let later = after.keys().filter(|person| !before.contains_key(*person));
        for person in before.keys().chain(later) {
            let (from, to) = (band(before.get(person)), band(after.get(person)));
            if from < question.bands.len() || to < question.bands.len() {
                migration.persons[from][to] += 1;
            }
        }
        migration
    }
}

/// How many voices gave these scores together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Joint {
    /// 0..=10, when answered.
    pub nps: Option<u8>,
    /// 1..=5, when answered.
    pub csat: Option<u8>,
    /// 1..=7, when answered.
    pub ces: Option<u8>,
    /// So many.
    pub voices: u64,
}

/// Scores given together in one group. Every sum, variance and product of the
/// three scores follows from it exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointRow {
    /// Codes in the order of the question's `by`; empty string = unknown.
    pub keys: Vec<String>,
    /// Each combination that was given, sorted.
    pub counts: Vec<Joint>,
}

impl JointRow {
    /// The reference answer: groups sorted by their codes.
    #[must_use]
    pub fn of<'a>(by: &[crate::Dimension], voices: impl Iterator<Item = &'a VoiceFact>) -> Vec<Self> {
        let mut groups: BTreeMap<Vec<String>, BTreeMap<[Option<u8>; 3], u64>> = BTreeMap::new();
        for v in voices {
            let keys = by.iter().map(|d| d.of(v).to_owned()).collect();
            let scores = [Score::Nps, Score::Csat, Score::Ces].map(|s| s.of(v));
            *groups.entry(keys).or_default().entry(scores).or_default() += 1;
        }
        let row = |(keys, counts): (Vec<String>, BTreeMap<[Option<u8>; 3], u64>)| {
            let joint = |([nps, csat, ces], voices): ([Option<u8>; 3], u64)| Joint { nps, csat, ces, voices };
            Self { keys, counts: counts.into_iter().map(joint).collect() }
        };
        groups.into_iter().map(row).collect()
    }
}
