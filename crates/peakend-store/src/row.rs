//! Reads columns, naming the operation when one does not read.

use peakend_domain::LocalText;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::StoreError;

/// Columns of one row.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    row: &'a AnyRow,
    operation: &'static str,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: &'a AnyRow, operation: &'static str) -> Self {
        Self { row, operation }
    }

    pub(crate) fn text(self, name: &str) -> Result<String, StoreError> {
        self.row.try_get(name).map_err(StoreError::on(self.operation))
    }

    pub(crate) fn maybe_text(self, name: &str) -> Result<Option<String>, StoreError> {
        self.row.try_get(name).map_err(StoreError::on(self.operation))
    }

    pub(crate) fn number(self, name: &str) -> Result<i64, StoreError> {
        self.row.try_get(name).map_err(StoreError::on(self.operation))
    }

    pub(crate) fn maybe_number(self, name: &str) -> Result<Option<i64>, StoreError> {
        self.row.try_get(name).map_err(StoreError::on(self.operation))
    }

    /// A name in several languages, stored as JSON.
    pub(crate) fn local(self, name: &'static str) -> Result<LocalText, StoreError> {
        serde_json::from_str(&self.text(name)?).map_err(|e| StoreError::corrupt(name, e))
    }

    /// A word of a closed set.
    pub(crate) fn word<T>(self, name: &'static str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text(name)?;
        parse(&text).ok_or_else(|| StoreError::corrupt(name, &text))
    }
}

/// A name in several languages as it is stored.
pub(crate) fn local(name: &LocalText) -> String {
    serde_json::to_string(name).unwrap_or_default()
}

/// Values per statement of bulk functions. SQLite looks numbered parameters up
/// one after the other, so that a statement's cost grows with their square.
const VALUES: usize = 240;

/// Rows per statement for rows of `width` values.
pub(crate) fn rows_of(width: usize) -> usize {
    (VALUES / width.max(1)).max(1)
}

/// `($1, $2), ($3, $4)`: placeholders for `rows` rows of `width` values after the first `skip`.
pub(crate) fn placeholders(rows: usize, width: usize, skip: usize) -> String {
    let mut sql = String::with_capacity(rows * width * 6);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                sql.push_str(", ");
            }
            sql.push('$');
            sql.push_str(&(skip + row * width + column + 1).to_string());
        }
        sql.push(')');
    }
    sql
}
