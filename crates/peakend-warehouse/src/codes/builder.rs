//! From rows to coded columns.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, AsArray, DictionaryArray, RecordBatch};
use datafusion::arrow::datatypes::{Int8Type, Int32Type, UInt8Type};
use datafusion::error::Result;
use peakend_query::{Dimension, VoiceKind};
use twox_hash::XxHash64;

use super::fact::{FACT_STEPS, FactSteps};
use super::lane::Codes;
use super::spread;
use crate::columns::{kind_code, known, numbers, strings};
use crate::fault::missing;

/// The number that stands for a person in companion files: XXH64 of the id, 0
/// for nobody. Two of 30 million persons share one with a chance of 1 in 40,000.
#[inline]
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
    /// Numbers of the rows of one batch.
    some: Vec<u32>,
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

    /// What was taken so far, but for the persons.
    pub(crate) fn table(&self) -> &CodeTable {
        &self.table
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
        self.some.clear();
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
            self.some.push(*number);
        }
        into.codes.extend(&self.some);
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
        let steps: &FactSteps = &FACT_STEPS;
        self.some.clear();
        self.some.extend((0..batch.num_rows()).map(|row| {
            let signal = kind.value(row) != kind_code(VoiceKind::Response);
            let scores = [known(nps, row), known(csat, row), known(ces, row)];
            steps.code(signal, scores, known(sentiment, row), text.value(row))
        }));
        self.table.facts.extend(&self.some);
        Ok(())
    }

    /// The table of what was taken, and the rows of persons in the order of their
    /// digests: the upper half of the digest, then the row.
    pub(crate) fn finish(self) -> (CodeTable, Vec<u64>) {
        let (mut table, rows) = (self.table, self.persons.len());
        let known = (0_u32..).zip(self.persons.iter().copied()).filter(|(_, digest)| *digest != 0);
        let order = spread::sorted(known.map(|(row, digest)| (digest, row)), |(digest, _)| *digest);
        drop(self.persons);
        let (mut numbers, mut placed) = (vec![0; rows], Vec::with_capacity(order.len()));
        for (digest, row) in order {
            if table.digests.last() != Some(&digest) {
                table.digests.push(digest);
            }
            numbers[row as usize] = u32::try_from(table.digests.len()).unwrap_or(u32::MAX);
            placed.push((digest & !0xFFFF_FFFF) | u64::from(row));
        }
        table.persons.extend(&numbers);
        (table, placed)
    }
}
