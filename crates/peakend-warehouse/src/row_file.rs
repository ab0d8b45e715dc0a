//! The Parquet file of a segment while rows are appended to it.
//!
//! Codes and small numbers are packed by number ([`Packed`]); the other columns
//! go through the general writer, in pages small enough to read one row of.

use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, FieldRef, Int8Type, SchemaRef, UInt8Type};
use datafusion::error::Result;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::errors::Result as Written;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::file::writer::SerializedFileWriter;
use peakend_query::{Dimension, WarehouseError};

use crate::codes::{CodeTable, place};
use crate::fault::{engine, missing, storage};
use crate::manifest::Contents;
use crate::packed::{NOTHING, Packed};
use crate::segment::Summing;

/// Rows per row group: the grain at which a scan skips days and splits work.
const ROW_GROUP: usize = 262_144;
/// Rows to a page of a column that is not packed: what is unpacked to read one of them.
const PAGE: usize = 2_048;

/// How a column of the open row group is kept.
enum Kept {
    /// By the general writer.
    Wide(Box<ArrowColumnWriter>),
    /// Beside it, as the codes of this dimension.
    Codes(usize),
    /// Here, as numbers of at most eight bits.
    Small { rows: Vec<u32>, signed: bool },
}

/// Rows on their way into a file.
pub(crate) struct RowFile {
    path: PathBuf,
    schema: SchemaRef,
    level: ZstdLevel,
    writer: SerializedFileWriter<Summing>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<Kept>,
    /// Whether codes and small numbers are packed.
    packed: bool,
    /// First row of the open row group, and how many it has.
    first: usize,
    rows: usize,
}

impl RowFile {
    /// Begin a file of rows with these columns.
    pub(crate) fn create(
        out: Summing,
        path: &Path,
        schema: &SchemaRef,
        contents: Contents,
    ) -> Result<Self, WarehouseError> {
        let level = ZstdLevel::try_new(1).map_err(engine("set the compression level"))?;
        let made = ArrowWriter::try_new(out, SchemaRef::clone(schema), Some(properties(contents, level)))
            .and_then(ArrowWriter::into_serialized_writer);
        let (writer, factory) = made.map_err(storage("write", path))?;
        let mut file = Self {
            path: path.to_owned(),
            schema: SchemaRef::clone(schema),
            level,
            writer,
            factory,
            columns: Vec::new(),
            packed: contents == Contents::Voices,
            first: 0,
            rows: 0,
        };
        file.open().map_err(storage("write", path))?;
        Ok(file)
    }

    /// Append rows with every column of the file, which `table` holds in codes already.
    pub(crate) fn push(&mut self, batch: &RecordBatch, table: &CodeTable) -> Result<(), WarehouseError> {
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (batch.num_rows() - from).min(ROW_GROUP - self.rows);
            self.append(&batch.slice(from, rows)).map_err(engine("write new rows"))?;
            (self.rows, from) = (self.rows + rows, from + rows);
            if self.rows == ROW_GROUP {
                self.close(table, true)?;
            }
        }
        Ok(())
    }

    /// Write what waits and the footer.
    pub(crate) fn finish(mut self, table: &CodeTable) -> Result<Summing, WarehouseError> {
        if self.rows > 0 {
            self.close(table, false)?;
        }
        self.writer.into_inner().map_err(storage("finish", &self.path))
    }

    fn open(&mut self) -> Written<()> {
        let number = self.writer.flushed_row_groups().len();
        let writers = self.factory.create_column_writers(number)?;
        let kept = |(wide, field): (ArrowColumnWriter, &FieldRef)| {
            let dimension = Dimension::ALL.into_iter().find(|d| d.name() == field.name()).and_then(place);
            match (field.data_type(), dimension) {
                (DataType::Dictionary(..), Some(dimension)) if self.packed => Kept::Codes(dimension),
                (DataType::UInt8, _) if self.packed => Kept::Small { rows: Vec::new(), signed: false },
                (DataType::Int8, _) if self.packed => Kept::Small { rows: Vec::new(), signed: true },
                _ => Kept::Wide(Box::new(wide)),
            }
        };
        self.columns = writers.into_iter().zip(self.schema.fields()).map(kept).collect();
        Ok(())
    }

    fn append(&mut self, batch: &RecordBatch) -> Result<()> {
        for ((kept, field), column) in self.columns.iter_mut().zip(self.schema.fields()).zip(batch.columns()) {
            match kept {
                Kept::Wide(writer) => {
                    for leaf in compute_leaves(field, column)? {
                        writer.write(&leaf)?;
                    }
                }
                Kept::Small { rows, .. } => small(column, rows).ok_or_else(|| missing(field.name()))?,
                Kept::Codes(_) => {}
            }
        }
        Ok(())
    }

    fn close(&mut self, table: &CodeTable, more: bool) -> Result<(), WarehouseError> {
        let columns = std::mem::take(&mut self.columns);
        self.group(columns, table).map_err(storage("write", &self.path))?;
        (self.first, self.rows) = (self.first + self.rows, 0);
        if more { self.open().map_err(storage("write", &self.path)) } else { Ok(()) }
    }

    fn group(&mut self, columns: Vec<Kept>, table: &CodeTable) -> Written<()> {
        let leaves = self.writer.schema_descr().columns().to_vec();
        let mut group = self.writer.next_row_group()?;
        // none of the columns has parts, so leaves and columns are the same
        for (kept, leaf) in columns.into_iter().zip(leaves) {
            let packed = match kept {
                Kept::Wide(writer) => {
                    writer.close()?.append_to_row_group(&mut group)?;
                    continue;
                }
                Kept::Codes(dimension) => codes(table, dimension, self.first..self.first + self.rows)?,
                Kept::Small { rows, signed } => numbers(rows, signed),
            };
            let (bytes, close) = packed.chunk(&leaf, self.level)?;
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }
}

/// Take the bits of small numbers, [`NOTHING`] where there is none.
fn small(column: &ArrayRef, into: &mut Vec<u32>) -> Option<()> {
    let first = into.len();
    match column.data_type() {
        DataType::UInt8 => into.extend(column.as_primitive_opt::<UInt8Type>()?.values().iter().map(|v| u32::from(*v))),
        _ => {
            let column = column.as_primitive_opt::<Int8Type>()?;
            into.extend(column.values().iter().map(|v| u32::from(v.to_le_bytes()[0])));
        }
    }
    if column.null_count() > 0 {
        let rows = into[first..].iter_mut().enumerate();
        rows.filter(|(row, _)| column.is_null(*row)).for_each(|(_, bits)| *bits = NOTHING);
    }
    Some(())
}

/// The codes of some rows, each with its text once.
fn codes(table: &CodeTable, dimension: usize, rows: std::ops::Range<usize>) -> Written<Packed> {
    let column = &table.columns[dimension];
    let (mut local, mut order) = (vec![NOTHING; column.names.len()], Vec::new());
    let mut packed = Packed { rows: Vec::with_capacity(rows.len()), ..Packed::default() };
    column.codes.each(rows, |_, code| {
        let number = &mut local[code as usize];
        if *number == NOTHING {
            *number = order.len() as u32;
            order.push(code);
        }
        packed.rows.push(*number);
    });
    for code in order {
        packed.text(&column.names[code as usize])?;
    }
    Ok(packed)
}

/// Bits of small numbers, each number once.
fn numbers(mut rows: Vec<u32>, signed: bool) -> Packed {
    let (mut local, mut packed) = ([NOTHING; 256], Packed::default());
    for row in rows.iter_mut().filter(|row| **row != NOTHING) {
        let bits = row.to_le_bytes()[0];
        let number = &mut local[usize::from(bits)];
        if *number == NOTHING {
            *number = packed.entries;
            packed.number(if signed { i32::from(i8::from_le_bytes([bits])) } else { i32::from(bits) });
        }
        *row = *number;
    }
    packed.rows = rows;
    packed
}

/// Growing numbers are stored as differences; ids that never repeat get no dictionary,
/// and nobody asks for the least of names.
fn properties(contents: Contents, level: ZstdLevel) -> WriterProperties {
    let (growing, unique, names): (&[&str], &[&str], &[&str]) = match contents {
        Contents::Voices => (&["seq", "at"], &["id"], &["person"]),
        Contents::Outcomes => (&["value"], &["person"], &[]),
        Contents::Events => (&["key", "at", "seq"], &["person"], &[]),
    };
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by("peakend".to_owned());
    let encoded = [
        (growing, Encoding::DELTA_BINARY_PACKED),
        (unique, Encoding::DELTA_BYTE_ARRAY),
        (names, Encoding::DELTA_LENGTH_BYTE_ARRAY),
    ];
    for (columns, encoding) in encoded {
        for &column in columns {
            properties = properties
                .set_column_dictionary_enabled(column.into(), false)
                .set_column_encoding(column.into(), encoding);
        }
    }
    if contents == Contents::Voices {
        properties = properties.set_data_page_row_count_limit(PAGE);
        for name in ["id", "person"] {
            properties = properties.set_column_statistics_enabled(name.into(), EnabledStatistics::None);
        }
    }
    properties.build()
}
