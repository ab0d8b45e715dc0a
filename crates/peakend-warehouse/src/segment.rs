//! Segment files: written once, checked at opening, deleted when unused.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef, UInt64Type};
use datafusion::error::Result;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use datafusion::parquet::file::metadata::PageIndexPolicy;
use peakend_query::WarehouseError;

use crate::codes::{self, CodeBuilder, CodeFile, OutcomeBuilder, OutcomeFile, Stored};
use crate::columns::{OUTCOMES, VOICES, aligned, attributes_of, numbers, projected};
use crate::engine::RollupRule;
use crate::event::EVENTS;
use crate::fault::{damaged, engine, storage};
use crate::home::Home;
use crate::manifest::{Contents, Entry};
use crate::org::Org;
use crate::places::{PlaceBuilder, PlaceFile};
use crate::rollup::{self, RollupFile};
use crate::row_file::RowFile;
use crate::sum::Sum;

/// A segment in use. When a newer manifest no longer names it, it is marked
/// unused and the file goes when the last answer that reads it is done.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Where the file is, absolute.
    pub(crate) path: PathBuf,
    /// What the manifest says of it.
    pub(crate) entry: Entry,
    /// Its coded columns; voices alone have them.
    pub(crate) codes: Option<Arc<CodeFile>>,
    /// Values and persons in numbers; outcomes alone have them.
    pub(crate) values: Option<Arc<OutcomeFile>>,
    /// Its stored counts; none where there are too few rows.
    pub(crate) rollup: Option<Arc<RollupFile>>,
    /// Where rows lie; none where an earlier version wrote it, or where the file is damaged.
    pub(crate) places: Option<Arc<PlaceFile>>,
    /// How the rows are read, once they were.
    footer: OnceLock<ArrowReaderMetadata>,
    unused: AtomicBool,
    /// Where it lies besides.
    home: Option<(Arc<dyn Home>, String)>,
}

impl Segment {
    /// The segment of a manifest entry in this folder, its companions open.
    pub(crate) fn new(folder: &Path, entry: Entry) -> Result<Self, WarehouseError> {
        let coded = entry.parts.iter().find(|p| p.stored == Stored::Codes);
        let codes = coded.map(|part| CodeFile::open(folder, part, entry.rows).map(Arc::new)).transpose()?;
        let counts = entry.parts.iter().find(|p| p.stored == Stored::Rollup);
        let rollup = counts.map(|part| RollupFile::open(folder, part, entry.rows).map(Arc::new)).transpose()?;
        let valued = entry.parts.iter().find(|p| p.stored == Stored::Outcomes);
        let values = valued.map(|part| OutcomeFile::open(folder, part, entry.rows).map(Arc::new)).transpose()?;
        let placed = entry.parts.iter().find(|p| p.stored == Stored::Places);
        let places = placed.and_then(|part| match PlaceFile::open(folder, part, entry.rows) {
            Ok(file) => Some(Arc::new(file)),
            Err(error) => {
                // rows are found without it, only slower
                tracing::warn!(%error, "run `peakend rebuild`: look-ups are slow without this file");
                None
            }
        });
        Ok(Self {
            path: folder.join(&entry.file),
            codes,
            values,
            rollup,
            places,
            footer: OnceLock::new(),
            entry,
            unused: AtomicBool::new(false),
            home: None,
        })
    }

    /// The same, which lies in a store of several servers too, there in this folder.
    pub(crate) fn at(mut self, home: Option<&Arc<dyn Home>>, folder: &str) -> Self {
        self.home = home.map(|home| (Arc::clone(home), folder.to_owned()));
        self
    }

    /// The store it lies in besides this disk, and its path there.
    pub(crate) fn shared(&self) -> Option<(String, String)> {
        self.home.as_ref().map(|(home, folder)| home.place(folder, &self.entry.file))
    }

    /// Whether any row may lie in the range of days (or months).
    pub(crate) fn overlaps(&self, from: i32, to: i32) -> bool {
        self.entry.first <= to && self.entry.last >= from
    }

    /// Read some columns of some rows, ascending, without those between. Blocking.
    pub(crate) fn read_rows(&self, rows: &[usize], columns: &[&str]) -> Result<Vec<RecordBatch>, WarehouseError> {
        let file = File::open(&self.path).map_err(storage("open", &self.path))?;
        let footer = match self.footer.get() {
            Some(footer) => footer.clone(),
            None => {
                // the offsets of pages are wanted, not their statistics
                let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
                let footer = ArrowReaderMetadata::load(&file, options).map_err(storage("read", &self.path))?;
                self.footer.get_or_init(|| footer).clone()
            }
        };
        let sizes = footer.metadata().row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or(0));
        let (groups, selection) = selected(rows, sizes);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer);
        let columns = projected(builder.parquet_schema(), columns);
        let reader = builder.with_projection(columns).with_row_groups(groups).with_row_selection(selection).build();
        let reader = reader.map_err(storage("read", &self.path))?;
        reader.map(|batch| batch.map_err(storage("read", &self.path))).collect()
    }

    /// Delete the file once nobody reads it any more.
    pub(crate) fn retire(&self) {
        self.unused.store(true, Ordering::Release);
    }

    /// Compare the file with what the manifest says of it.
    pub(crate) fn verify(&self) -> Result<(), WarehouseError> {
        verify_file(&self.path, self.entry.bytes, self.entry.crc32)
    }
}

/// The row groups of these sizes that have some of these rows, ascending, and the rows within those groups.
fn selected(rows: &[usize], sizes: impl Iterator<Item = usize>) -> (Vec<usize>, RowSelection) {
    let (mut groups, mut selection) = (Vec::new(), Vec::new());
    // rows of the file before this group, wanted rows before it, rows passed since the last wanted one
    let (mut start, mut from, mut passed) = (0, 0, 0);
    for (group, size) in sizes.enumerate() {
        let to = from + rows[from..].partition_point(|row| *row < start + size);
        if to > from {
            groups.push(group);
            let mut next = start;
            for row in &rows[from..to] {
                selection.extend([RowSelector::skip(passed + row - next), RowSelector::select(1)]);
                (next, passed) = (row + 1, 0);
            }
            passed = start + size - next;
        }
        (start, from) = (start + size, to);
    }
    (groups, RowSelection::from(selection))
}

/// Compare a whole file with its declared size and checksum.
pub(crate) fn verify_file(path: &Path, bytes: u64, crc32: u32) -> Result<(), WarehouseError> {
    let mut file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(damaged(path, "the file is missing")),
        opened => opened.map_err(storage("open", path))?,
    };
    let size = file.metadata().map_err(storage("read", path))?.len();
    if size != bytes {
        return Err(damaged(path, format!("it has {size} bytes, declared {bytes}")));
    }
    let mut sum = Sum::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(storage("read", path))?;
        if read == 0 {
            break;
        }
        sum.update(&buffer[..read]);
    }
    let found = sum.finish();
    if found != crc32 {
        return Err(damaged(path, format!("its checksum is {found:08x}, declared {crc32:08x}")));
    }
    Ok(())
}

impl Drop for Segment {
    fn drop(&mut self) {
        if !self.unused.load(Ordering::Acquire) {
            return;
        }
        if let Some((home, folder)) = &self.home {
            self.entry.files().for_each(|file| home.forget(folder, file));
        }
        let companions = self.entry.parts.iter().map(|part| self.path.with_file_name(&part.file));
        for path in companions.chain([self.path.clone()]) {
            if let Err(error) = fs::remove_file(&path) {
                // opening the warehouse removes whatever no manifest names
                tracing::warn!(path = %path.display(), %error, "an unused file stays until the next start");
            }
        }
    }
}

/// Counts and sums the bytes on their way to the file.
pub(crate) struct Summing {
    file: BufWriter<File>,
    sum: Sum,
    bytes: u64,
}

impl Write for Summing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.sum.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The columns of a segment whose rows bring none of their own.
pub(crate) fn columns_of(contents: Contents) -> SchemaRef {
    Arc::clone(match contents {
        Contents::Voices => &VOICES,
        Contents::Outcomes => &OUTCOMES,
        Contents::Events => &EVENTS,
    })
}

/// A segment being written. Blocking: keep it off the threads that answer.
pub(crate) struct SegmentWriter {
    folder: PathBuf,
    rule: RollupRule,
    path: PathBuf,
    schema: SchemaRef,
    number: u64,
    writer: RowFile,
    codes: CodeBuilder,
    places: PlaceBuilder,
    values: OutcomeBuilder,
    entry: Entry,
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// Begin segment `number` of an organisation; rows come with these columns or fewer.
    pub(crate) fn create(
        org: &Org,
        contents: Contents,
        number: u64,
        schema: SchemaRef,
    ) -> Result<Self, WarehouseError> {
        let (folder, rule, number) = (org.inside(), org.rollup(), org.unlike_others(number));
        let file = format!("{}-{number:08}.parquet", contents.name());
        let path = folder.join(&file);
        let attributes = match contents {
            Contents::Voices => attributes_of(&schema),
            Contents::Outcomes | Contents::Events => BTreeSet::new(),
        };
        let out = File::create(&path).map_err(storage("create", &path))?;
        let summing = Summing { file: BufWriter::with_capacity(1 << 20, out), sum: Sum::new(), bytes: 0 };
        let writer = RowFile::create(summing, &path, &schema, contents)?;
        let entry = Entry {
            file,
            contents,
            rows: 0,
            first: i32::MAX,
            last: i32::MIN,
            first_seq: u64::MAX,
            last_seq: 0,
            bytes: 0,
            crc32: 0,
            batch: None,
            parts: Vec::new(),
            attributes,
        };
        Ok(Self {
            schema,
            folder,
            rule,
            path,
            number,
            writer,
            codes: CodeBuilder::default(),
            places: PlaceBuilder::default(),
            values: OutcomeBuilder::default(),
            entry,
        })
    }

    /// Append rows, already in the segment's order.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<(), WarehouseError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let period = match self.entry.contents {
            Contents::Voices | Contents::Events => "day",
            Contents::Outcomes => "month",
        };
        let days = numbers::<Int32Type>(batch, period).map_err(engine("read the period of new rows"))?;
        self.entry.first = self.entry.first.min(min(days).unwrap_or(i32::MAX));
        self.entry.last = self.entry.last.max(max(days).unwrap_or(i32::MIN));
        if self.entry.contents != Contents::Outcomes {
            let seqs = numbers::<UInt64Type>(batch, "seq").map_err(engine("read the positions of new rows"))?;
            self.entry.first_seq = self.entry.first_seq.min(min(seqs).unwrap_or(u64::MAX));
            self.entry.last_seq = self.entry.last_seq.max(max(seqs).unwrap_or(0));
        }
        match self.entry.contents {
            Contents::Voices => {
                self.codes.push(batch).map_err(engine("code new rows"))?;
                self.places.push(batch).map_err(engine("place new rows"))?;
            }
            Contents::Outcomes => self.values.push(batch).map_err(engine("code new rows"))?,
            Contents::Events => {}
        }
        self.entry.rows += batch.num_rows() as u64;
        let batch = aligned(batch, &self.schema).map_err(engine("align new rows"))?;
        self.writer.push(&batch, self.codes.table())
    }

    /// Take back what was written.
    pub(crate) fn abandon(self) -> Result<(), WarehouseError> {
        fs::remove_file(&self.path).map_err(storage("remove", &self.path))
    }

    /// Close the file and make it durable (its name becomes so with the folder).
    pub(crate) fn finish(mut self) -> Result<Entry, WarehouseError> {
        let mut summing = self.writer.finish(self.codes.table())?;
        summing.flush().map_err(storage("write", &self.path))?;
        summing.file.get_ref().sync_all().map_err(storage("sync", &self.path))?;
        self.entry.bytes = summing.bytes;
        self.entry.crc32 = summing.sum.finish();
        match self.entry.contents {
            Contents::Outcomes => {
                self.entry.first_seq = 0;
                self.entry.parts = vec![self.values.write(&self.folder, self.number)?];
            }
            Contents::Events => {}
            Contents::Voices => {
                let (folder, rule, number) = (&self.folder, self.rule, self.number);
                let (table, persons) = self.codes.finish();
                let (codes, places, counts) = std::thread::scope(|scope| {
                    let counting = scope.spawn(|| rollup::write(&table, rule, folder, number));
                    let places = self.places.write(persons, folder, number);
                    let codes = codes::write(&table, folder, number);
                    let broke = || Err(engine("count new rows")("the thread that does it broke"));
                    (codes, places, counting.join().unwrap_or_else(|_| broke()))
                });
                let mut parts = vec![codes?];
                parts.extend(counts?);
                parts.push(places?);
                self.entry.parts = parts;
            }
        }
        Ok(self.entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_wanted_rows_are_left_out() {
        let (groups, selection) = selected(&[1, 2, 9, 25, 29], [5, 5, 10, 10].into_iter());
        assert_eq!(groups, [0, 1, 3]);
        let (skip, select) = (RowSelector::skip, RowSelector::select);
        let wanted = vec![skip(1), select(2), skip(6), select(1), skip(5), select(1), skip(3), select(1)];
        assert_eq!(selection, RowSelection::from(wanted));
        assert_eq!(selected(&[], [5, 5].into_iter()).0, Vec::<usize>::new());
    }
}
