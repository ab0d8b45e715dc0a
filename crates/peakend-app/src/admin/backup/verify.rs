//! Whether what is stored is what was written: database, manifests, segments.

use std::collections::HashMap;
use std::path::Path;

use peakend_domain::OrgId;
use peakend_domain::sense::voice::Voice;
use peakend_store::admin::org;
use peakend_store::sense::intake::{self, IntakeKind, LoggedEntry};
use peakend_store::sense::voice;
use peakend_store::upkeep::{FileCheck, check_file};
use peakend_store::{Store, Tx};
use serde::Serialize;

use super::manifest::{OrgManifest, folders};
use super::{NOTE, WAREHOUSE, check, copying};
use crate::Error;
use crate::sense::survey::Shelf;
use crate::sense::{response, signal};

/// Voices compared together.
const PAGE: i64 = 2_000;
/// Voices named at most.
const SHOWN: usize = 20;

/// What was found about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFinding {
    /// The file.
    pub path: String,
    /// `database`, `manifest`, `segment` or `backup`
    pub kind: &'static str,
    /// Its size.
    pub bytes: u64,
    /// What is wrong with it; empty when nothing is.
    pub faults: Vec<String>,
    /// What is worth knowing of it.
    pub notes: Vec<String>,
}

/// What was found about a data folder (or a backup, which has the same shape).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Soundness {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// File by file.
    pub files: Vec<FileFinding>,
}

impl Soundness {
    fn add(&mut self, path: &Path, kind: &'static str, faults: Vec<String>, notes: Vec<String>) {
        let bytes = path.metadata().map_or(0, |m| m.len());
        self.files.push(FileFinding { path: path.display().to_string(), kind, bytes, faults, notes });
    }
}

/// Check every file of a data folder. `database` is the embedded database's
/// file; none when PostgreSQL keeps it. A running server is not disturbed.
pub async fn verify(data: &Path, database: Option<&Path>) -> Result<Soundness, Error> {
    let mut found = Soundness::default();
    if data.join(NOTE).is_file() {
        let fault = check(data).err().map(|e| e.to_string());
        found.add(&data.join(NOTE), "backup", fault.into_iter().collect(), Vec::new());
    }
    let mut manifests = Vec::new();
    for folder in folders(&data.join(WAREHOUSE))? {
        let path = OrgManifest::path(&folder);
        match OrgManifest::read(&folder) {
            Ok(Some(manifest)) => {
                segments(&manifest, &mut found)?;
                manifests.push(manifest);
            }
            Ok(None) => {}
            Err(Error::Refused { message, .. }) => found.add(&path, "manifest", vec![message], Vec::new()),
            Err(e) => return Err(e),
        }
    }
    let known = match database {
        Some(file) if !file.is_file() => {
            found.add(file, "database", vec!["it is missing".to_owned()], Vec::new());
            None
        }
        Some(file) => Some((file, check_file(file, &sealed(&manifests)).await?)),
        None => None,
    };
    for manifest in &manifests {
        let (faults, notes) = compare(manifest, known.as_ref().map(|(_, check)| check));
        found.add(&OrgManifest::path(&manifest.folder), "manifest", faults, notes);
    }
    if let Some((file, mut check)) = known {
        if check.faults.is_empty() {
            check.faults = retold(file).await?;
        }
        let notes = vec![format!("{} log entries, {} of them tombstones", check.log_entries, check.tombstones)];
        found.add(file, "database", check.faults, notes);
    }
    found.sound = found.files.iter().all(|f| f.faults.is_empty());
    Ok(found)
}

fn sealed(manifests: &[OrgManifest]) -> Vec<(String, i64)> {
    manifests.iter().map(|m| (m.org.clone(), i64::try_from(m.sealed).unwrap_or(i64::MAX))).collect()
}

/// Every file that a manifest names, against its size and checksum.
fn segments(manifest: &OrgManifest, found: &mut Soundness) -> Result<(), Error> {
    for (path, named) in &manifest.files {
        let fault = match copying::sums(path)? {
            // merged away since the manifest was read: then another names others
            None if OrgManifest::read(&manifest.folder)?.is_some_and(|now| !now.files.contains_key(path)) => continue,
            None => Some("it is missing".to_owned()),
            Some(sums) if sums.bytes != named.bytes => {
                Some(format!("it has {} bytes, declared {}", sums.bytes, named.bytes))
            }
            Some(sums) if sums.crc32 != named.crc32 => {
                Some(format!("its checksum is {:08x}, declared {:08x}", sums.crc32, named.crc32))
            }
            Some(_) => None,
        };
        found.add(path, "segment", fault.into_iter().collect(), Vec::new());
    }
    Ok(())
}

/// Hold every voice against its entry in the log: SQLite has no checksum of
/// contents, but what is figured on stands in it twice.
async fn retold(file: &Path) -> Result<Vec<String>, Error> {
    let Some(store) = Store::look(file).await? else {
        return Ok(vec!["its schema is of another release: start that release's peakend serve once".to_owned()]);
    };
    let mut tx = store.read().await?;
    let mut faults = Vec::new();
    for org in org::all(&mut tx).await? {
        let (mut from, mut shelf) = (0, Shelf::default());
        loop {
            let voices = match voice::after(&mut tx, &org.id, from, PAGE).await {
                Ok(voices) => voices,
                Err(e) => {
                    faults.push(format!("a voice behind position {from} does not read: {e}"));
                    break;
                }
            };
            let Some(last) = voices.last().map(|v| v.seq) else { break };
            let differing = differing(&mut tx, &org.id, &mut shelf, from, &voices).await?;
            faults.extend(differing.into_iter().take(SHOWN.saturating_sub(faults.len())));
            from = last;
        }
    }
    drop(tx);
    store.close().await;
    Ok(faults)
}

/// Voices that say something else than their entries in the log, one sentence
/// each; `voices` are in the order of the log, all behind position `from`.
pub(crate) async fn differing(
    tx: &mut Tx,
    org: &OrgId,
    shelf: &mut Shelf<'_>,
    from: i64,
    voices: &[Voice],
) -> Result<Vec<String>, Error> {
    let Some(last) = voices.last().map(|v| v.seq) else { return Ok(Vec::new()) };
    let entries = intake::between(tx, org, from, last, i64::MAX).await?;
    let entries: HashMap<i64, LoggedEntry> = entries.into_iter().map(|e| (e.seq, e)).collect();
    let mut faults = Vec::new();
    for voice in voices {
        let Some(entry) = entries.get(&voice.seq) else { continue };
        let agrees = match entry.entry.kind {
            IntakeKind::Response => response::agrees(tx, org, shelf, entry, voice).await?,
            _ => signal::agrees(entry, voice),
        };
        if agrees == Some(false) {
            faults.push(format!("voice {} says something else than position {} of the log", voice.id, voice.seq));
        }
    }
    Ok(faults)
}

/// The warehouse's voices against the store's, up to what is sealed.
fn compare(manifest: &OrgManifest, known: Option<&FileCheck>) -> (Vec<String>, Vec<String>) {
    let mut notes = vec![format!("{} voices up to position {} of the log", manifest.voices, manifest.sealed)];
    if manifest.loaded > 0 {
        notes.push(format!("{} voices loaded from files, which the database does not know", manifest.loaded));
    }
    let Some(check) = known.filter(|c| c.faults.is_empty()) else { return (Vec::new(), notes) };
    let stored = check.voices.iter().find(|(org, _)| *org == manifest.org).map_or(0, |(_, n)| *n);
    if stored == manifest.voices {
        return (Vec::new(), notes);
    }
    let differs = format!("it counts {} voices, the database {stored} up to the same position", manifest.voices);
    if check.erasing > 0 {
        notes.push(format!("{differs}: {} erasures are under way", check.erasing));
        return (Vec::new(), notes);
    }
    (vec![differs], notes)
}
