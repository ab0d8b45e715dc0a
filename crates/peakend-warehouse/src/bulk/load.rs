//! Loading files: convert on all threads, then name all segments at once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use peakend_query::{ATTRIBUTES, AttributeName, Dimension, VoiceFact, WarehouseError};
use serde::Serialize;
use twox_hash::XxHash64;

use super::convert::Converter;
use super::map::BulkMap;
use super::read::{BulkFormat, Unit, each_batch, units};
use super::refuse::{BulkRefusal, Faults};
use super::segments::Segments;
use crate::codes::Work;
use crate::fault::engine as fault;
use crate::manifest::{Entry, Manifest};
use crate::org::Org;
use crate::segment::SegmentWriter;

/// Files to load.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Organisation id.
    pub org: String,
    /// The files, all of one format and with the same columns.
    pub paths: Vec<PathBuf>,
    /// Their format.
    pub format: BulkFormat,
    /// Which column is what.
    pub map: BulkMap,
    /// Codes of which no row may be loaded this way.
    pub refused: Vec<(Dimension, String)>,
    /// Rows taken so far, for whoever watches.
    pub progress: Arc<AtomicU64>,
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulkReport {
    /// Voices.
    pub rows: u64,
    /// Segments they are in.
    pub segments: usize,
    /// Bytes of the segments with their companions.
    pub bytes: u64,
    /// First and last day.
    pub days: Option<(i32, i32)>,
}

/// What a load came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkOutcome {
    /// All rows are in.
    Loaded(BulkReport),
    /// The same files were loaded with the same map before.
    AlreadyThere,
}

/// Load files as voices. Blocking; nobody else may write to the organisation.
pub(crate) fn load(org: &Org, bulk: &Bulk, threads: usize) -> Result<BulkOutcome, BulkRefusal> {
    let batch = content(bulk)?;
    if org.manifest().batches.contains(&batch) {
        return Ok(BulkOutcome::AlreadyThere);
    }
    let mut work: Vec<Unit> = Vec::new();
    for path in &bulk.paths {
        work.extend(units(path, bulk.format)?.0);
    }
    let mut attributes: BTreeSet<AttributeName> = org.attributes();
    for unit in &work {
        bulk.map.check(&unit.columns)?;
        attributes.extend(bulk.map.attributes(&unit.columns));
    }
    if attributes.len() > ATTRIBUTES {
        let names: Vec<&str> = attributes.iter().map(|a| a.name()).collect();
        let reason = format!(
            "voices would have {} attributes, at most {ATTRIBUTES} are kept: {}",
            attributes.len(),
            names.join(", ")
        );
        return Err(BulkRefusal::Map(reason));
    }
    org.settle()?;
    let next = AtomicU64::new(org.manifest().next);
    let (faults, entries, mut refused) = written(org, bulk, &work, &next, threads);
    if faults.count > 0 && refused.is_none() {
        refused = Some(BulkRefusal::Rows { count: faults.count, first: faults.first });
    }
    if let Some(refusal) = refused {
        entries.iter().try_for_each(|e| e.discard(&org.inside()))?;
        return Err(refusal);
    }
    let mut entries = entries;
    entries.sort_by_key(|e| (e.first, e.last, e.file.clone()));
    let report = BulkReport {
        rows: entries.iter().map(|e| e.rows).sum(),
        segments: entries.len(),
        bytes: entries.iter().map(|e| e.bytes + e.parts.iter().map(|p| p.bytes).sum::<u64>()).sum(),
        days: entries.iter().map(|e| e.first).min().zip(entries.iter().map(|e| e.last).max()),
    };
    let mut manifest = Manifest::clone(&org.manifest());
    manifest.next = next.load(Ordering::Relaxed).max(manifest.next);
    manifest.segments.extend(entries);
    manifest.batches.push(batch);
    org.publish(manifest, 0)?;
    Ok(BulkOutcome::Loaded(report))
}

/// Write all pieces as segments: bad rows, segments on stable storage, and why it broke off.
fn written(
    org: &Org,
    bulk: &Bulk,
    work: &[Unit],
    next: &AtomicU64,
    threads: usize,
) -> (Faults, Vec<Entry>, Option<BulkRefusal>) {
    // a load is not cut short by who waits for it; after a refusal the other pieces are passed over
    let (stop, broken) = (AtomicBool::new(false), AtomicBool::new(false));
    let (full, filled) = sync_channel(0);
    let filled = Mutex::new(filled);
    std::thread::scope(|scope| {
        // finishing takes a third of the time of filling, and as much memory again
        let finishing: Vec<_> =
            (0..threads.div_ceil(2).max(1)).map(|_| scope.spawn(|| finish(&filled, &broken))).collect();
        let done = Work { threads, stop: &stop }.each(
            work,
            || (Faults::default(), None, full.clone()),
            |(faults, refused, full), unit| {
                if broken.load(Ordering::Relaxed) {
                    return Ok(());
                }
                if let Err(refusal) = one(org, bulk, unit, next, full, faults) {
                    broken.store(true, Ordering::Relaxed);
                    refused.get_or_insert(refusal);
                }
                Ok(())
            },
        );
        drop(full);
        let (mut faults, mut refused) = (Faults::default(), None);
        match done {
            Ok(threads) => {
                for (more, refusal, _) in threads {
                    faults.merge(more);
                    refused = refused.or(refusal);
                }
            }
            Err(error) => refused = Some(error.into()),
        }
        let mut entries = Vec::new();
        for thread in finishing {
            let broke = || (Vec::new(), Err(fault("finish a segment")("a thread that does it broke")));
            let (more, finished) = thread.join().unwrap_or_else(|_| broke());
            entries.extend(more);
            // what is wrong with the rows or the file explains more than what it led to
            refused = refused.or(finished.err().map(BulkRefusal::Warehouse));
        }
        (faults, entries, refused)
    })
}

/// Finish segments until no more come, or take them back when one could not be.
fn finish(filled: &Mutex<Receiver<SegmentWriter>>, broken: &AtomicBool) -> (Vec<Entry>, Result<(), WarehouseError>) {
    let (mut entries, mut done) = (Vec::new(), Ok(()));
    loop {
        let next = filled.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(writer) = next else { return (entries, done) };
        let next =
            if broken.load(Ordering::Relaxed) { writer.abandon().map(|()| None) } else { writer.finish().map(Some) };
        match next {
            Ok(entry) => entries.extend(entry),
            Err(error) => {
                broken.store(true, Ordering::Relaxed);
                done = done.and(Err(error));
            }
        }
    }
}

/// Batches on their way from reading to writing.
const WAITING: usize = 2;

fn one(
    org: &Org,
    bulk: &Bulk,
    unit: &Unit,
    next: &AtomicU64,
    full: &SyncSender<SegmentWriter>,
    faults: &mut Faults,
) -> Result<(), BulkRefusal> {
    let wanted = bulk.map.wanted(&unit.columns);
    let mut converter =
        Converter { map: &bulk.map, refused: &bulk.refused, columns: &unit.columns, faults: Faults::default() };
    let (send, voices) = sync_channel(WAITING);
    let whole = AtomicBool::new(false);
    let (read, written) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| write(Segments::new(org, next, full.clone()), voices, &whole));
        let read = each_batch(unit, &wanted, |batch, first| {
            let seq = positions(next, batch.num_rows());
            let voices = converter.voices(&batch, first, seq).map_err(fault("read loaded voices"))?;
            if voices.is_some_and(|voices| send.send(voices).is_err()) {
                return Err(fault("write loaded voices")("the thread that does it broke off").into());
            }
            bulk.progress.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            Ok(())
        });
        whole.store(read.is_ok() && converter.faults.count == 0, Ordering::Release);
        drop(send);
        let broke = || Err(fault("write loaded voices")("the thread that does it broke"));
        (read, writing.join().unwrap_or_else(|_| broke()))
    });
    faults.merge(converter.faults);
    // when writing broke off, reading failed for that reason
    written?;
    read
}

/// Write batches until no more come; what is not `whole` then is taken back.
fn write(mut segments: Segments<'_>, voices: Receiver<RecordBatch>, whole: &AtomicBool) -> Result<(), WarehouseError> {
    for voices in voices {
        if let Err(error) = segments.push(voices) {
            segments.abandon()?;
            return Err(error);
        }
    }
    if whole.load(Ordering::Acquire) { segments.finish() } else { segments.abandon() }
}

/// A block of log positions for so many rows.
fn positions(next: &AtomicU64, rows: usize) -> u64 {
    debug_assert!(rows < 1 << 32, "one block holds a batch");
    VoiceFact::LOADED | (next.fetch_add(1, Ordering::Relaxed) << 32)
}

/// The name of this content: the same bytes under the same map have the same.
fn content(bulk: &Bulk) -> Result<String, BulkRefusal> {
    let mut hash = XxHash64::with_seed(0);
    let map = serde_json::to_vec(&(&bulk.map, bulk.format)).unwrap_or_default();
    std::hash::Hasher::write(&mut hash, &map);
    let (mut buffer, mut size) = (vec![0; 1 << 20], 0);
    for path in &bulk.paths {
        let unreadable = |e: std::io::Error| BulkRefusal::File { path: shown(path), reason: e.to_string() };
        let mut file = File::open(path).map_err(unreadable)?;
        loop {
            let read = file.read(&mut buffer).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            size += read as u64;
            std::hash::Hasher::write(&mut hash, &buffer[..read]);
        }
    }
    Ok(format!("files-{:016x}-{size}", std::hash::Hasher::finish(&hash)))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
