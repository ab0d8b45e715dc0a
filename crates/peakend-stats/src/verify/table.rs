//! A table of a case: CSV text with a header, fields read with their place in
//! the error.

use std::collections::HashMap;

use super::ReadTable;
use super::case::CaseError;

/// A CSV table in memory.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a table if the case has it.
    pub(super) fn find(name: &str, read: ReadTable<'_>) -> Result<Option<Self>, CaseError> {
        let Some(text) = read(name) else {
            return Ok(None);
        };
        let fault = |source| CaseError::Csv { table: name.to_owned(), source };
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(fault)?;
        Ok(Some(Self { name: name.to_owned(), header, rows }))
    }

    /// Reads a table the case must have.
    pub(super) fn need(name: &str, read: ReadTable<'_>) -> Result<Self, CaseError> {
        Self::find(name, read)?.ok_or_else(|| CaseError::MissingTable(name.to_owned()))
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The first of the names that is a column.
    pub(super) fn column(&self, names: &[&str]) -> Result<usize, CaseError> {
        self.maybe_column(names).ok_or_else(|| CaseError::MissingColumn {
            table: self.name.clone(),
            wanted: names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "),
            found: self.header.join(", "),
        })
    }

    pub(super) fn maybe_column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|h| h.eq_ignore_ascii_case(name)))
    }

    pub(super) fn text(&self, row: usize, column: usize) -> &str {
        self.rows[row].get(column).unwrap_or_default()
    }

    /// A number; `None` when the field is empty or says so.
    pub(super) fn number(&self, row: usize, column: usize) -> Result<Option<f64>, CaseError> {
        let text = self.text(row, column);
        if matches!(text, "" | "NA" | "NaN" | "nan" | "null" | "None" | ".") {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.fault(row, column, "a number"))
    }

    /// A count.
    pub(super) fn count(&self, row: usize, column: usize) -> Result<u64, CaseError> {
        let fault = || self.fault(row, column, "a count");
        let number = self.number(row, column)?.ok_or_else(fault)?;
        if number < 0.0 || number.fract() != 0.0 {
            return Err(fault());
        }
        Ok(number as u64)
    }

    /// 1 / 0 or true / false.
    pub(super) fn flag(&self, row: usize, column: usize) -> Result<bool, CaseError> {
        match self.text(row, column).to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" => Ok(true),
            "0" | "0.0" | "false" => Ok(false),
            _ => Err(self.fault(row, column, "0 or 1")),
        }
    }

    /// Numbers every distinct text of a column.
    pub(super) fn codes(&self, column: usize) -> Vec<u64> {
        let mut seen = HashMap::new();
        (0..self.len())
            .map(|row| {
                let next = seen.len() as u64;
                *seen.entry(self.text(row, column)).or_insert(next)
            })
            .collect()
    }

    pub(super) fn fault(&self, row: usize, column: usize, wanted: &'static str) -> CaseError {
        CaseError::Field {
            table: self.name.clone(),
            line: row + 2,
            column: self.header.get(column).cloned().unwrap_or_default(),
            text: self.text(row, column).to_owned(),
            wanted,
        }
    }
}
