//! Columns of plain values into a Parquet file: what the generator writes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int8Array, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt8Array,
    UInt16Array, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use peakend_query::WarehouseError;

use crate::fault::{engine, storage};

const ROW_GROUP: usize = 1_000_000;

/// What a column of a sheet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers from 0.
    U64,
    /// Whole numbers.
    I64,
    /// Days since 1970.
    Day,
    /// Microseconds since 1970, UTC.
    Time,
    /// 0..=255
    U8,
    /// 0..=65535
    U16,
    /// 0..=255 or nothing.
    MaybeU8,
    /// -128..=127 or nothing.
    MaybeI8,
    /// Yes or no.
    Bool,
}

/// The values of a column, one per row.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// See [`Kind::U64`].
    U64(&'a [u64]),
    /// See [`Kind::I64`].
    I64(&'a [i64]),
    /// See [`Kind::Day`].
    Day(&'a [i32]),
    /// See [`Kind::Time`].
    Time(&'a [i64]),
    /// See [`Kind::U8`].
    U8(&'a [u8]),
    /// See [`Kind::U16`].
    U16(&'a [u16]),
    /// See [`Kind::MaybeU8`].
    MaybeU8(&'a [Option<u8>]),
    /// See [`Kind::MaybeI8`].
    MaybeI8(&'a [Option<i8>]),
    /// See [`Kind::Bool`].
    Bool(&'a [bool]),
}

/// A Parquet file being written. Blocking.
#[derive(Debug)]
pub struct SheetWriter {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

impl SheetWriter {
    /// Begin a file with these columns, in this order.
    ///
    /// # Errors
    /// `Storage` when the file cannot be created.
    pub fn create(path: &Path, columns: &[(&str, Kind)]) -> Result<Self, WarehouseError> {
        let field = |(name, kind): &(&str, Kind)| {
            let (data, empty) = match kind {
                Kind::U64 => (DataType::UInt64, false),
                Kind::I64 => (DataType::Int64, false),
                Kind::Day => (DataType::Date32, false),
                Kind::Time => (DataType::Timestamp(TimeUnit::Microsecond, None), false),
                Kind::U8 => (DataType::UInt8, false),
                Kind::U16 => (DataType::UInt16, false),
                Kind::MaybeU8 => (DataType::UInt8, true),
                Kind::MaybeI8 => (DataType::Int8, true),
                Kind::Bool => (DataType::Boolean, false),
            };
            Field::new(*name, data, empty)
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let level = ZstdLevel::try_new(1).map_err(engine("set the compression level"))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by("peakend".to_owned())
            .build();
        let file = File::create(path).map_err(storage("create", path))?;
        let writer =
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(storage("write", path))?;
        Ok(Self { path: path.to_owned(), schema, writer })
    }

    /// Append rows; every column of [`Self::create`], of equal length.
    ///
    /// # Errors
    /// `Engine` when columns differ from those declared; `Storage` when writing fails.
    pub fn write(&mut self, columns: &[Column<'_>]) -> Result<(), WarehouseError> {
        let array = |column: &Column<'_>| -> ArrayRef {
            match column {
                Column::U64(v) => Arc::new(UInt64Array::from_iter_values(v.iter().copied())),
                Column::I64(v) => Arc::new(Int64Array::from_iter_values(v.iter().copied())),
                Column::Day(v) => Arc::new(Date32Array::from_iter_values(v.iter().copied())),
                Column::Time(v) => Arc::new(TimestampMicrosecondArray::from_iter_values(v.iter().copied())),
                Column::U8(v) => Arc::new(UInt8Array::from_iter_values(v.iter().copied())),
                Column::U16(v) => Arc::new(UInt16Array::from_iter_values(v.iter().copied())),
                Column::MaybeU8(v) => Arc::new(v.iter().copied().collect::<UInt8Array>()),
                Column::MaybeI8(v) => Arc::new(v.iter().copied().collect::<Int8Array>()),
                Column::Bool(v) => Arc::new(BooleanArray::from_iter(v.iter().map(|b| Some(*b)))),
            }
        };
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.iter().map(array).collect())
            .map_err(engine("take the columns of a sheet"))?;
        self.writer.write(&batch).map_err(storage("write", &self.path))
    }

    /// Close the file and make it durable; returns its size in bytes.
    ///
    /// # Errors
    /// `Storage` when writing fails.
    pub fn finish(self) -> Result<u64, WarehouseError> {
        let file = self.writer.into_inner().map_err(storage("finish", &self.path))?;
        file.sync_all().map_err(storage("sync", &self.path))?;
        Ok(file.metadata().map_err(storage("read", &self.path))?.len())
    }
}
