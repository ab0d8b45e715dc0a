//! Loading files: convert on all threads, then name all segments at once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use peakend_query::{ATTRIBUTES, AttributeName, Dimension};
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
    // a load is not cut short by who waits for it; after a refusal the other pieces are passed over
    let (stop, refused_one) = (AtomicBool::new(false), AtomicBool::new(false));
    let done = Work { threads, stop: &stop }.each(
        &work,
        || (Faults::default(), Vec::new(), None),
        |(faults, entries, refused): &mut (Faults, Vec<Entry>, Option<BulkRefusal>), unit| {
            if refused_one.load(Ordering::Relaxed) {
                return Ok(());
            }
            match one(org, bulk, unit, &next, faults) {
                Ok(more) => entries.extend(more),
                Err(refusal) => {
                    refused_one.store(true, Ordering::Relaxed);
                    refused.get_or_insert(refusal);
                }
            }
            Ok(())
        },
    );
    let discard = |entries: &[Entry]| entries.iter().try_for_each(|e| e.discard(&org.inside()));
    let (mut faults, mut entries, mut refused) = (Faults::default(), Vec::new(), None);
    match done {
        Ok(threads) => {
            for (more, written, refusal) in threads {
                faults.merge(more);
                entries.extend(written);
                refused = refused.or(refusal);
            }
        }
        Err(error) => refused = Some(error.into()),
    }
    if faults.count > 0 && refused.is_none() {
        refused = Some(BulkRefusal::Rows { count: faults.count, first: faults.first });
    }
    if let Some(refusal) = refused {
        discard(&entries)?;
        return Err(refusal);
    }
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

fn one(org: &Org, bulk: &Bulk, unit: &Unit, next: &AtomicU64, faults: &mut Faults) -> Result<Vec<Entry>, BulkRefusal> {
    let wanted = bulk.map.wanted(&unit.columns);
    let mut converter =
        Converter { map: &bulk.map, refused: &bulk.refused, columns: &unit.columns, faults: Faults::default() };
    let mut segments = Segments::new(org, next);
    each_batch(unit, &wanted, |batch, first| {
        let seq = segments.positions(batch.num_rows());
        let voices = converter.voices(&batch, first, seq).map_err(fault("read loaded voices"))?;
        if let Some(voices) = voices {
            segments.push(voices)?;
        }
        bulk.progress.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(())
    })?;
    faults.merge(converter.faults);
    Ok(segments.finish()?)
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
