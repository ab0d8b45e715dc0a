//! A table given as CSV text with a header; a field that cannot be read is an
//! error that names its line and column.

use std::collections::HashMap;

/// A table, or a field of it, that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A table lacks a column.
    #[error("table `{table}` has no column {wanted}; it has {found}")]
    MissingColumn {
        /// File name.
        table: String,
        /// Names tried.
        wanted: String,
        /// Names present.
        found: String,
    },
    /// A field cannot be read.
    #[error("table `{table}`, line {line}, column `{column}`: cannot read `{text}` as {wanted}")]
    Field {
        /// File name.
        table: String,
        /// Line in the file, the header being 1.
        line: usize,
        /// Column name.
        column: String,
        /// The offending text.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The table is not CSV.
    #[error("table `{table}` is not readable as CSV: {source}")]
    Csv {
        /// File name.
        table: String,
        /// Why.
        source: csv::Error,
    },
}

/// A CSV table in memory.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads CSV text; the name stands in errors.
    pub(crate) fn of(name: &str, text: &str) -> Result<Self, TableError> {
        let fault = |source| TableError::Csv { table: name.to_owned(), source };
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(fault)?;
        Ok(Self { name: name.to_owned(), header, rows })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The first of the names that is a column.
    pub(crate) fn column(&self, names: &[&str]) -> Result<usize, TableError> {
        self.maybe_column(names).ok_or_else(|| TableError::MissingColumn {
            table: self.name.clone(),
            wanted: names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "),
            found: self.header.join(", "),
        })
    }

    pub(crate) fn maybe_column(&self, names: &[&str]) -> Option<usize> {
        // `x` and `X` may both be there
        let position = |name: &str, same: fn(&str, &str) -> bool| self.header.iter().position(|h| same(h, name));
        names
            .iter()
            .find_map(|name| position(name, |a, b| a == b).or_else(|| position(name, str::eq_ignore_ascii_case)))
    }

    pub(crate) fn text(&self, row: usize, column: usize) -> &str {
        self.rows[row].get(column).unwrap_or_default()
    }

    /// A number; `None` when the field is empty or says so.
    pub(crate) fn number(&self, row: usize, column: usize) -> Result<Option<f64>, TableError> {
        let text = self.text(row, column);
        if is_missing(text) {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.fault(row, column, "a number"))
    }

    /// A count.
    pub(crate) fn count(&self, row: usize, column: usize) -> Result<u64, TableError> {
        let fault = || self.fault(row, column, "a count");
        let number = self.number(row, column)?.ok_or_else(fault)?;
        if number < 0.0 || number.fract() != 0.0 {
            return Err(fault());
        }
        Ok(number as u64)
    }

    /// 1 / 0 or true / false.
    pub(crate) fn flag(&self, row: usize, column: usize) -> Result<bool, TableError> {
        match self.text(row, column).to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" => Ok(true),
            "0" | "0.0" | "false" => Ok(false),
            _ => Err(self.fault(row, column, "0 or 1")),
        }
    }

    /// Numbers every distinct text of a column.
    pub(crate) fn codes(&self, column: usize) -> Vec<u64> {
        let mut seen = HashMap::new();
        (0..self.len())
            .map(|row| {
                let next = seen.len() as u64;
                *seen.entry(self.text(row, column)).or_insert(next)
            })
            .collect()
    }

    /// Numbers of ordered periods: whole numbers as they are, `YYYY-MM` (or a date)
    /// and `YYYYMM` as months since year 0, anything else by its rank as text.
    pub(crate) fn periods(&self, column: usize) -> Result<Vec<i64>, TableError> {
        let texts = || (0..self.len()).map(|row| self.text(row, column));
        if let Some(months) = texts().map(month_of).collect::<Option<Vec<_>>>() {
            return Ok(months);
        }
        let whole = |row| self.number(row, column).ok().flatten().filter(|x| x.fract() == 0.0).map(|x| x as i64);
        if let Some(numbers) = (0..self.len()).map(whole).collect::<Option<Vec<_>>>() {
            return Ok(numbers);
        }
        if let Some(row) = (0..self.len()).find(|&row| self.text(row, column).is_empty()) {
            return Err(self.fault(row, column, "a period"));
        }
        let mut order: Vec<&str> = texts().collect();
        order.sort_unstable();
        order.dedup();
        Ok(texts().map(|text| order.partition_point(|other| *other < text) as i64).collect())
    }

    pub(crate) fn fault(&self, row: usize, column: usize, wanted: &'static str) -> TableError {
        TableError::Field {
            table: self.name.clone(),
            line: row + 2,
            column: self.header.get(column).cloned().unwrap_or_default(),
            text: self.text(row, column).to_owned(),
            wanted,
        }
    }
}

/// Whether a field says that there is no value.
pub(crate) fn is_missing(text: &str) -> bool {
    matches!(text, "" | "NA" | "N/A" | "NaN" | "nan" | "null" | "NULL" | "None" | "<NA>" | ".")
}

/// Months since year 0 of `YYYY-MM`, `YYYY-MM-DD` or `YYYYMM`.
pub(crate) fn month_of(text: &str) -> Option<i64> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?);
    let month = match rest.strip_prefix(['-', '/']) {
        Some(rest) => rest.get(..2)?,
        None => Some(rest).filter(|rest| rest.len() == 2)?,
    };
    let (year, month): (i64, i64) = (year.parse().ok()?, month.parse().ok()?);
    ((1..=12).contains(&month) && (1500..3000).contains(&year)).then_some(12 * year + month - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(texts: &[&str]) -> Vec<i64> {
        let csv = format!("when\n{}\n", texts.join("\n"));
        Table::of("t.csv", &csv).unwrap().periods(0).unwrap()
    }

    #[test]
    fn periods_are_read_as_they_are_written() {
        assert_eq!(periods(&["3", "1", "12"]), [3, 1, 12]);
        assert_eq!(periods(&["1999", "2000"]), [1999, 2000]);
        let months = periods(&["2024-12", "2025-01"]);
        assert_eq!(months[1] - months[0], 1);
        assert_eq!(periods(&["202412", "202501"]), months);
        assert_eq!(periods(&["b", "a", "b"]), [1, 0, 1]);
    }
}
