//! From rows to coded columns.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, AsArray, DictionaryArray, RecordBatch};
use datafusion::arrow::datatypes::{Int8Type, Int32Type, UInt8Type};
use datafusion::error::Result;
use peakend_query::{Dimension, VoiceKind};
use twox_hash::XxHash64;

use super::fact::Fact;
use super::lane::Codes;
use crate::columns::{kind_code, known, numbers, strings};
use crate::fault::missing;

/// The number that stands for a person in companion files: XXH64 of the id, 0
/// for nobody. Two of 30 million persons share one with a chance of 1 in 40,000.
pub(crate) fn digest(person: &str) -> u64 {
    if person.is_empty() { 0 } else { XxHash64::oneshot(0, person.as_bytes()).max(1) }
}

/// The coded dimensions: all but the person.
pub(crate) fn coded() -> impl Iterator<Item = Dimension> {
    Dimension::ALL.into_iter().filter(|d| *d != Dimension::Person)
}

/// A dimension's codes by number, and each row's number.
#[derive(Debug, Default, Clone)]
pub(crate) struct Column {
    /// Codes in the order they were met.
    pub(crate) names: Vec<String>,
    /// One per row.
    pub(crate) codes: Codes,
}

/// Coded columns in memory. Rows are sorted by day.
#[derive(Debug, Default)]
pub(crate) struct CodeTable {
    /// Each day with its first row.
    pub(crate) days: Vec<(i32, u32)>,
    /// In the order of [`coded`].
    pub(crate) columns: Vec<Column>,
    /// One [`Fact`] per row.
    pub(crate) facts: Codes,
    /// One per row: 0 for nobody, else one more than the place in `digests`.
    pub(crate) persons: Codes,
    /// The persons, ascending.
    pub(crate) digests: Vec<u64>,
}

impl CodeTable {
    /// Rows.
    pub(crate) fn rows(&self) -> usize {
        self.facts.len()
    }
}

/// Takes rows sorted by day.
#[derive(Debug, Default)]
pub(crate) struct CodeBuilder {
    table: CodeTable,
    numbers: Vec<HashMap<String, u32>>,
    persons: Vec<u64>,
}

impl CodeBuilder {
    /// Take the rows of a batch with every column of a voice.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.numbers.is_empty() {
            self.numbers = coded().map(|_| HashMap::new()).collect();
            self.table.columns = coded().map(|_| Column::default()).collect();
        }
        self.days(batch)?;
        for (i, d) in coded().enumerate() {
            let column = batch.column_by_name(d.name()).and_then(|c| c.as_dictionary_opt::<Int32Type>());
            self.column(i, column.ok_or_else(|| missing(d.name()))?)?;
        }
        self.facts(batch)?;
        let persons = strings(batch, "person")?;
        self.persons.extend((0..persons.len()).map(|row| digest(persons.value(row))));
        Ok(())
    }

    fn days(&mut self, batch: &RecordBatch) -> Result<()> {
        for (row, day) in (self.persons.len()..).zip(numbers::<Int32Type>(batch, "day")?.values()) {
            if self.table.days.last().is_none_or(|(last, _)| last != day) {
                self.table.days.push((*day, u32::try_from(row).unwrap_or(u32::MAX)));
            }
        }
        Ok(())
    }

    fn column(&mut self, i: usize, column: &DictionaryArray<Int32Type>) -> Result<()> {
        let names = column.values().as_string_opt::<i32>().ok_or_else(|| missing("code"))?;
        let (known, into) = (&mut self.numbers[i], &mut self.table.columns[i]);
        // a dictionary may hold codes that no row of this batch uses: those get no number
        let mut translated = vec![u32::MAX; names.len()];
        for &key in column.keys().values() {
            let number = &mut translated[key as usize];
            if *number == u32::MAX {
                let name = names.value(key as usize);
                *number = match known.get(name) {
                    Some(number) => *number,
                    None => {
                        let new = u32::try_from(into.names.len()).unwrap_or(u32::MAX);
                        into.names.push(name.to_owned());
                        known.insert(name.to_owned(), new);
                        new
                    }
                };
            }
            into.codes.push(*number);
        }
        Ok(())
    }

    fn facts(&mut self, batch: &RecordBatch) -> Result<()> {
        let kind = numbers::<UInt8Type>(batch, "kind")?;
        let scores = ["nps", "csat", "ces"].map(|name| numbers::<UInt8Type>(batch, name));
        let [nps, csat, ces] = scores;
        let (nps, csat, ces) = (nps?, csat?, ces?);
        let sentiment = numbers::<Int8Type>(batch, "sentiment")?;
        let text = batch.column_by_name("has_text").and_then(|c| c.as_boolean_opt());
        let text = text.ok_or_else(|| missing("has_text"))?;
        for row in 0..batch.num_rows() {
            let response = kind.value(row) == kind_code(VoiceKind::Response);
            let kind = if response { VoiceKind::Response } else { VoiceKind::Signal };
            let scores = [known(nps, row), known(csat, row), known(ces, row)];
            let fact = Fact::new(kind, scores, known(sentiment, row), text.value(row));
            self.table.facts.push(u32::from(fact.code()));
        }
        Ok(())
    }

    /// The table of what was taken.
    pub(crate) fn finish(self) -> CodeTable {
        let mut table = self.table;
        table.digests = self.persons.iter().copied().filter(|d| *d != 0).collect();
        table.digests.sort_unstable();
        table.digests.dedup();
        for digest in self.persons {
            let place = table.digests.binary_search(&digest).map_or(0, |i| i + 1);
            table.persons.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        table
    }
}
