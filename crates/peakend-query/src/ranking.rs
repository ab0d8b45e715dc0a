//! Who has the most of an operating figure among the persons behind some voices.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{DayRange, Filter, OutcomeFact, VoiceFact};

/// "Of the persons behind these voices, those with the largest figure of this month."
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankingQuestion {
    /// Organisation id.
    pub org: String,
    /// Inclusive days of the voices.
    pub period: DayRange,
    /// Which voices.
    pub filter: Filter,
    /// Kind code of the operating figure.
    pub kind: String,
    /// Its month, `year * 12 + month - 1`.
    pub month: i32,
    /// At most so many persons.
    pub limit: u64,
}

/// A person with their figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranked {
    /// Person id.
    pub person: String,
    /// The figure, in the kind's minor unit.
    pub value: i64,
    /// So many of the wanted voices are theirs.
    pub voices: u64,
}

impl Ranked {
    /// Largest figure first; of equal figures the smaller person id.
    pub fn sort(ranked: &mut [Self]) {
        ranked.sort_unstable_by(|a, b| b.value.cmp(&a.value).then_with(|| a.person.cmp(&b.person)));
    }

    /// The reference answer, over every voice and every figure of that kind and month.
    #[must_use]
    pub fn of<'a>(
        question: &RankingQuestion,
        voices: impl Iterator<Item = &'a VoiceFact>,
        outcomes: impl Iterator<Item = &'a OutcomeFact>,
    ) -> Vec<Self> {
        let mut behind: HashMap<&str, u64> = HashMap::new();
        let wanted = |v: &&VoiceFact| question.period.contains(v.day) && question.filter.matches(v);
        for voice in voices.filter(wanted).filter(|v| !v.person.is_empty()) {
            *behind.entry(&voice.person).or_default() += 1;
        }
        let values: BTreeMap<&str, i64> = outcomes
            .filter(|o| o.kind == question.kind && o.month == question.month)
            .map(|o| (o.person.as_str(), o.value))
            .collect();
        let ranked = |(person, value): (&str, i64)| {
            behind.get(person).map(|voices| Self { person: person.to_owned(), value, voices: *voices })
        };
        let mut all: Vec<Self> = values.into_iter().filter_map(ranked).collect();
        Self::sort(&mut all);
        all.truncate(usize::try_from(question.limit).unwrap_or(usize::MAX));
        all
    }
}
