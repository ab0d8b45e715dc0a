//! Files as batches of columns: Parquet, CSV, JSON Lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refuse::BulkRefusal;
use crate::columns::projected;

/// Rows per batch.
const BATCH: usize = 65_536;
/// Rows of one piece of work, about.
const UNIT: usize = 5 << 20;
/// Batches read ahead of the one being written.
const AHEAD: usize = 4;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkFormat {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values with a header line, UTF-8.
    Csv,
    /// One JSON object per line, its fields plain values.
    JsonLines,
}

impl BulkFormat {
    /// The format that a file's name tells.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// A part of a file that one thread loads.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    path: PathBuf,
    format: BulkFormat,
    /// Row groups of a Parquet file.
    groups: Vec<usize>,
    /// Number of its first row, the first of the file being 1.
    first: u64,
    /// The columns of the file.
    pub(super) columns: Vec<String>,
}

fn unreadable(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> BulkRefusal + '_ {
    move |reason| BulkRefusal::File { path: path.display().to_string(), reason: reason.to_string() }
}

/// The pieces of a file, and how many rows it has where that is known.
pub(super) fn units(path: &Path, format: BulkFormat) -> Result<(Vec<Unit>, Option<u64>), BulkRefusal> {
    let fault = unreadable(path);
    let file = File::open(path).map_err(|e| fault(&e))?;
    let whole = |columns| Unit { path: path.to_owned(), format, groups: Vec::new(), first: 1, columns };
    match format {
        BulkFormat::Parquet => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| fault(&e))?;
            let columns: Vec<String> = reader.schema().fields().iter().map(|f| f.name().clone()).collect();
            let (mut units, mut rows, mut inside) = (Vec::new(), 0, 0);
            let mut open = whole(columns);
            for (number, group) in reader.metadata().row_groups().iter().enumerate() {
                let more = usize::try_from(group.num_rows()).unwrap_or(0);
                if inside > 0 && inside + more > UNIT {
                    let next = Unit { first: rows as u64 + 1, groups: Vec::new(), ..open.clone() };
                    units.push(std::mem::replace(&mut open, next));
                    inside = 0;
                }
                open.groups.push(number);
                (rows, inside) = (rows + more, inside + more);
            }
            units.push(open);
            Ok((units, Some(rows as u64)))
        }
        BulkFormat::Csv => {
            let mut reader = csv::Reader::from_reader(BufReader::new(file));
            let columns = reader.headers().map_err(|e| fault(&e))?.iter().map(|c| c.trim_start_matches('\u{feff}'));
            Ok((vec![whole(columns.map(str::to_owned).collect())], None))
        }
        BulkFormat::JsonLines => {
            let mut columns: Vec<String> = Vec::new();
            // fields may be absent in some lines: the first thousand say which there are
            for line in BufReader::new(file).lines().take(1000) {
                let line = line.map_err(|e| fault(&e))?;
                if let Ok(Value::Object(fields)) = serde_json::from_str(&line) {
                    columns.extend(
                        fields.into_iter().map(|(name, _)| name).filter(|n| !columns.contains(n)).collect::<Vec<_>>(),
                    );
                }
            }
            Ok((vec![whole(columns)], None))
        }
    }
}

/// Call with each batch of a unit and the number of its first row.
pub(super) fn each_batch(
    unit: &Unit,
    wanted: &[String],
    mut with: impl FnMut(RecordBatch, u64) -> Result<(), BulkRefusal>,
) -> Result<(), BulkRefusal> {
    let fault = unreadable(&unit.path);
    let file = File::open(&unit.path).map_err(|e| fault(&e))?;
    if unit.format == BulkFormat::Parquet {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| fault(&e))?;
        let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mask = projected(builder.parquet_schema(), &names);
        let groups = unit.groups.clone();
        let reader = builder.with_projection(mask).with_row_groups(groups).with_batch_size(BATCH).build();
        let mut first = unit.first;
        for batch in reader.map_err(|e| fault(&e))? {
            let batch = batch.map_err(|e| fault(&e))?;
            let rows = batch.num_rows() as u64;
            with(batch, first)?;
            first += rows;
        }
        return Ok(());
    }
    // texts are taken apart on a thread of their own
    let (send, receive) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut texts = Texts::new(wanted);
            let mut push = |texts: &mut Texts, least: usize| -> Result<bool, BulkRefusal> {
                if texts.rows < least.max(1) {
                    return Ok(true);
                }
                let batch = texts.take().map_err(|e| unreadable(&unit.path)(&e))?;
                Ok(send.send(batch).is_ok())
            };
            match unit.format {
                BulkFormat::Csv => read_csv(unit, file, wanted, &mut texts, &mut push),
                _ => read_json_lines(unit, file, wanted, &mut texts, &mut push),
            }
        });
        let mut first = unit.first;
        for batch in receive {
            let rows = batch.num_rows() as u64;
            with(batch, first)?;
            first += rows;
        }
        reading.join().unwrap_or_else(|_| Err(fault(&"reading it broke off")))
    })
}

type Push<'a> = dyn FnMut(&mut Texts, usize) -> Result<bool, BulkRefusal> + 'a;

fn read_csv(
    unit: &Unit,
    file: File,
    wanted: &[String],
    texts: &mut Texts,
    push: &mut Push<'_>,
) -> Result<(), BulkRefusal> {
    let fault = unreadable(&unit.path);
    let places: Vec<usize> = wanted.iter().filter_map(|w| unit.columns.iter().position(|c| c == w)).collect();
    let mut reader = csv::Reader::from_reader(BufReader::with_capacity(1 << 20, file));
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| fault(&e))? {
        for (into, place) in texts.columns.iter_mut().zip(&places) {
            let value = record.get(*place).unwrap_or_default();
            let value = std::str::from_utf8(value).map_err(|_| {
                let line = record.position().map_or(0, csv::Position::line);
                fault(&format!("line {line} is not UTF-8; save the file as UTF-8"))
            })?;
            append(into, value);
        }
        texts.rows += 1;
        if !push(texts, BATCH)? {
            return Ok(());
        }
    }
    push(texts, 1).map(|_| ())
}

fn read_json_lines(
    unit: &Unit,
    file: File,
    wanted: &[String],
    texts: &mut Texts,
    push: &mut Push<'_>,
) -> Result<(), BulkRefusal> {
    let fault = unreadable(&unit.path);
    for (number, line) in BufReader::with_capacity(1 << 20, file).lines().enumerate() {
        let line = line.map_err(|e| fault(&format!("line {}: {e}", number + 1)))?;
        if line.trim().is_empty() {
            continue;
        }
        let fields: serde_json::Map<String, Value> = serde_json::from_str(&line)
            .map_err(|e| fault(&format!("line {} is not a JSON object ({e})", number + 1)))?;
        for (into, name) in texts.columns.iter_mut().zip(wanted) {
            match fields.get(name) {
                None | Some(Value::Null) => into.append_null(),
                Some(Value::String(text)) => append(into, text),
                Some(Value::Array(_) | Value::Object(_)) => {
                    return Err(fault(&format!("line {}: `{name}` is not a plain value", number + 1)));
                }
                Some(other) => into.append_value(other.to_string()),
            }
        }
        texts.rows += 1;
        if !push(texts, BATCH)? {
            return Ok(());
        }
    }
    push(texts, 1).map(|_| ())
}

fn append(into: &mut StringViewBuilder, value: &str) {
    if value.is_empty() { into.append_null() } else { into.append_value(value) }
}

/// Columns of texts being filled.
struct Texts {
    schema: Arc<Schema>,
    columns: Vec<StringViewBuilder>,
    rows: usize,
}

impl Texts {
    fn new(wanted: &[String]) -> Self {
        let fields: Vec<Field> = wanted.iter().map(|name| Field::new(name, DataType::Utf8View, true)).collect();
        let columns = wanted.iter().map(|_| StringViewBuilder::with_capacity(BATCH)).collect();
        Self { schema: Arc::new(Schema::new(fields)), columns, rows: 0 }
    }

    fn take(&mut self) -> Result<RecordBatch, datafusion::arrow::error::ArrowError> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}
