//! Reads columns, naming the operation when one does not read.

use std::borrow::Cow;

use peakend_domain::LocalText;
use serde::Serializer as _;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{Engine, StoreError};

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

/// Rows per statement of [`rows_from_json`].
pub(crate) const JSON_ROWS: usize = 256;

/// A value of a row on its way into a statement, borrowed from where it stands.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(Option<i64>),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl<N: Into<i64>> From<Option<N>> for Cell<'_> {
    fn from(number: Option<N>) -> Self {
        Self::Number(number.map(Into::into))
    }
}

/// The rows as one JSON array of arrays, written without a copy of their texts.
pub(crate) fn json_rows<'a, T, const WIDTH: usize>(
    rows: &'a [T],
    cells: impl Fn(&'a T) -> [Cell<'a>; WIDTH],
) -> Result<String, StoreError>
where
    [Cell<'a>; WIDTH]: serde::Serialize,
{
    let mut text = Vec::with_capacity(rows.len() * 256);
    let mut writer = serde_json::Serializer::new(&mut text);
    writer.collect_seq(rows.iter().map(cells)).map_err(|e| StoreError::corrupt("row", e))?;
    String::from_utf8(text).map_err(|e| StoreError::corrupt("row", e))
}

/// `SELECT … FROM …` over the rows of a JSON array of arrays in `$1`, in order.
/// One value instead of thousands: binding them one by one costs more than the
/// insert itself. Columns are texts but for `numbers`, counted from 0.
pub(crate) fn rows_from_json(engine: Engine, width: usize, numbers: &[usize]) -> String {
    let column = |i: usize| match numbers.contains(&i) {
        true => format!("CAST(e.value ->> {i} AS BIGINT)"),
        false => format!("e.value ->> {i}"),
    };
    let columns = (0..width).map(column).collect::<Vec<_>>().join(", ");
    match engine {
        // without WHERE an ON CONFLICT that follows would be read as part of a join
        Engine::Sqlite => format!("SELECT {columns} FROM json_each($1) AS e WHERE true ORDER BY e.key"),
        Engine::Postgres => format!(
            "SELECT {columns} FROM jsonb_array_elements(CAST($1 AS jsonb)) WITH ORDINALITY AS e(value, at) ORDER BY e.at"
        ),
    }
}
