//! Rows of a file into segments, sorted as segments are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use datafusion::arrow::array::{RecordBatch, UInt32Array};
use datafusion::arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::error::Result;
use peakend_query::WarehouseError;

use crate::columns::{VOICES, numbers};
use crate::fault::engine as fault;
use crate::manifest::Contents;
use crate::org::Org;
use crate::segment::SegmentWriter;

/// Rows per segment of a file that is sorted by time.
const SORTED: u64 = 5 << 20;
/// Rows per segment where rows must be sorted here, in memory.
const UNSORTED: usize = 1 << 20;
/// Rows handed to the writer at one time.
const PIECE: usize = 65_536;

/// Writes segments; a file in the order of time needs no memory for it.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    org: &'a Org,
    /// The next segment's number, shared by all threads.
    next: &'a AtomicU64,
    open: Option<SegmentWriter>,
    rows: u64,
    /// Day and instant of the last row of the open segment.
    last: (i32, i64),
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    sorted: bool,
    /// Takes segments with all their rows.
    full: SyncSender<SegmentWriter>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(org: &'a Org, next: &'a AtomicU64, full: SyncSender<SegmentWriter>) -> Self {
        let last = (i32::MIN, i64::MIN);
        Self { org, next, open: None, rows: 0, last, waiting: Vec::new(), waiting_rows: 0, sorted: true, full }
    }

    /// Take rows.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), WarehouseError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.sorted {
            match in_order(&batch, self.last).map_err(fault("order loaded voices"))? {
                Some(last) => {
                    self.last = last;
                    return self.write(&batch);
                }
                None => {
                    self.sorted = false;
                    self.close()?;
                }
            }
        }
        self.waiting_rows += batch.num_rows();
        self.waiting.push(batch);
        if self.waiting_rows >= UNSORTED { self.sort() } else { Ok(()) }
    }

    /// Write what waits.
    pub(super) fn finish(mut self) -> Result<(), WarehouseError> {
        self.sort()?;
        self.close()
    }

    /// Take back what is not full.
    pub(super) fn abandon(self) -> Result<(), WarehouseError> {
        self.open.map_or(Ok(()), SegmentWriter::abandon)
    }

    fn sort(&mut self) -> Result<(), WarehouseError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = sorted(&std::mem::take(&mut self.waiting)).map_err(fault("sort loaded voices"))?;
        self.waiting_rows = 0;
        for start in (0..rows.num_rows()).step_by(PIECE) {
            self.write(&rows.slice(start, PIECE.min(rows.num_rows() - start)))?;
        }
        self.close()
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), WarehouseError> {
        if self.open.is_none() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            self.open = Some(SegmentWriter::create(self.org, Contents::Voices, number, batch.schema())?);
        }
        if let Some(open) = &mut self.open {
            open.push(batch)?;
            self.rows += batch.num_rows() as u64;
        }
        if self.rows >= SORTED { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), WarehouseError> {
        self.rows = 0;
        let Some(open) = self.open.take() else { return Ok(()) };
        self.full.send(open).map_err(|_| fault("finish a segment")("the thread that does it broke"))
    }
}

/// Day and instant of the last row, when no row is before the one before it.
fn in_order(batch: &RecordBatch, mut last: (i32, i64)) -> Result<Option<(i32, i64)>> {
    let days = numbers::<Int32Type>(batch, "day")?;
    let instants = numbers::<Int64Type>(batch, "at")?;
    for (day, at) in days.values().iter().zip(instants.values()) {
        if (*day, *at) < last {
            return Ok(None);
        }
        last = (*day, *at);
    }
    Ok(Some(last))
}

fn sorted(batches: &[RecordBatch]) -> Result<RecordBatch> {
    // the batches of one file have the same columns
    let schema = batches.first().map_or_else(|| Arc::clone(&VOICES), RecordBatch::schema);
    let rows = concat_batches(&schema, batches)?;
    let column = |name| rows.column_by_name(name).cloned().ok_or_else(|| crate::fault::missing(name));
    let by = ["day", "at", "seq"]
        .map(|name| Ok(SortColumn { values: column(name)?, options: None }))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let order: UInt32Array = lexsort_to_indices(&by, None)?;
    Ok(take_record_batch(&rows, &order)?)
}
