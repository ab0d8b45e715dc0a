//! Inserting many rows by few statements, whatever the database.

use std::borrow::Cow;

use serde::Serializer as _;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::{Engine, StoreError, Tx};

/// Rows per statement, largest first: few texts, so that prepared ones are met again.
const SQLITE_ROWS: [usize; 7] = [128, 64, 32, 16, 8, 4, 1];
/// Rows per statement where they travel as one JSON value.
const JSON_ROWS: usize = 256;

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

impl<'a> From<Cow<'a, str>> for Cell<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
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

/// Which rows of an [`Insert`] are new.
pub(crate) enum New {
    /// Every one.
    All,
    /// These, with the columns that were asked for.
    Some(Vec<AnyRow>),
}

/// Where rows go; one whose key is there already changes nothing.
pub(crate) struct Insert {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    /// Which columns are numbers, counted from 0.
    pub(crate) numbers: &'static [usize],
    /// Columns that are unique together.
    pub(crate) key: &'static str,
    /// Columns that are answered of each new row.
    pub(crate) returning: &'static str,
    /// What is done, for errors.
    pub(crate) operation: &'static str,
}

impl Insert {
    /// Insert rows in their order, and say which are new.
    pub(crate) async fn rows<const WIDTH: usize>(
        &self,
        tx: &mut Tx,
        rows: &[[Cell<'_>; WIDTH]],
    ) -> Result<New, StoreError>
    where
        for<'a> [Cell<'a>; WIDTH]: serde::Serialize,
    {
        match tx.engine() {
            Engine::Sqlite => self.by_values(tx, rows).await,
            Engine::Postgres => self.by_json(tx, rows).await.map(New::Some),
        }
    }

    /// Insert rows of which none is there yet; one that is, is a fault.
    pub(crate) async fn all<const WIDTH: usize>(
        &self,
        tx: &mut Tx,
        rows: &[[Cell<'_>; WIDTH]],
    ) -> Result<(), StoreError>
    where
        for<'a> [Cell<'a>; WIDTH]: serde::Serialize,
    {
        let written = match tx.engine() {
            Engine::Sqlite => self.write(tx, rows).await?,
            Engine::Postgres => self.by_json(tx, rows).await?.len() as u64,
        };
        if usize::try_from(written) == Ok(rows.len()) {
            return Ok(());
        }
        let reason = format!("{written} of {} new rows were written: the others are there already", rows.len());
        Err(StoreError::corrupt(self.table, reason))
    }

    /// Value by value. As a rule all rows are new: then nothing is answered, since
    /// each row that is costs the driver two wake-ups.
    async fn by_values<const WIDTH: usize>(&self, tx: &mut Tx, rows: &[[Cell<'_>; WIDTH]]) -> Result<New, StoreError> {
        let written = self.write(tx, rows).await?;
        if usize::try_from(written) == Ok(rows.len()) {
            return Ok(New::All);
        }
        // new rows of SQLite have larger numbers than all before them
        let Self { table, returning, .. } = self;
        let sql = format!("SELECT {returning} FROM {table} ORDER BY rowid DESC LIMIT $1");
        let written = i64::try_from(written).unwrap_or(i64::MAX);
        let new = sqlx::query(AssertSqlSafe(sql)).bind(written).fetch_all(&mut **tx).await;
        new.map(New::Some).map_err(StoreError::on(self.operation))
    }

    /// How many rows SQLite wrote. Nameless placeholders: it looks numbered ones up one
    /// after the other, so that a statement's cost grows with their square; and it would
    /// read a row of JSON anew for each of its columns.
    async fn write<const WIDTH: usize>(&self, tx: &mut Tx, rows: &[[Cell<'_>; WIDTH]]) -> Result<u64, StoreError> {
        let mut written = 0;
        let mut rest = rows;
        for size in SQLITE_ROWS {
            while rest.len() >= size {
                let (chunk, more) = rest.split_at(size);
                rest = more;
                let values = format!("VALUES {}", nameless(size, WIDTH));
                let mut query = sqlx::query(AssertSqlSafe(self.sql(&values)));
                for cell in chunk.iter().flatten() {
                    query = match cell {
                        Cell::Text(text) => query.bind(&**text),
                        Cell::Number(number) => query.bind(*number),
                    };
                }
                let done = query.execute(&mut **tx).await.map_err(StoreError::on(self.operation))?;
                written += done.rows_affected();
            }
        }
        Ok(written)
    }

    /// One JSON array of arrays instead of thousands of values.
    async fn by_json<const WIDTH: usize>(
        &self,
        tx: &mut Tx,
        rows: &[[Cell<'_>; WIDTH]],
    ) -> Result<Vec<AnyRow>, StoreError>
    where
        for<'a> [Cell<'a>; WIDTH]: serde::Serialize,
    {
        let sql = format!("{} RETURNING {}", self.sql(&rows_from_json(WIDTH, self.numbers)), self.returning);
        let mut new = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(JSON_ROWS) {
            let some = sqlx::query(AssertSqlSafe(sql.clone())).bind(json_rows(chunk)?).fetch_all(&mut **tx).await;
            new.extend(some.map_err(StoreError::on(self.operation))?);
        }
        Ok(new)
    }

    fn sql(&self, rows: &str) -> String {
        let Self { table, columns, key, .. } = self;
        format!("INSERT INTO {table} ({columns}) {rows} ON CONFLICT ({key}) DO NOTHING")
    }
}

/// `(?, ?), (?, ?)`
fn nameless(rows: usize, width: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(", "));
    vec![row; rows].join(", ")
}

/// The rows as one JSON array of arrays, written without a copy of their texts.
fn json_rows<T: serde::Serialize>(rows: &[T]) -> Result<String, StoreError> {
    let mut text = Vec::with_capacity(rows.len() * 256);
    let mut writer = serde_json::Serializer::new(&mut text);
    writer.collect_seq(rows).map_err(|e| StoreError::corrupt("row", e))?;
    String::from_utf8(text).map_err(|e| StoreError::corrupt("row", e))
}

/// `SELECT … FROM …` over the rows of a JSON array of arrays in `$1`, in order, as PostgreSQL reads them.
fn rows_from_json(width: usize, numbers: &[usize]) -> String {
    let column = |i: usize| match numbers.contains(&i) {
        true => format!("CAST(e.value ->> {i} AS BIGINT)"),
        false => format!("e.value ->> {i}"),
    };
    let columns = (0..width).map(column).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT {columns} FROM jsonb_array_elements(CAST($1 AS jsonb)) WITH ORDINALITY AS e(value, at) ORDER BY e.at"
    )
}
