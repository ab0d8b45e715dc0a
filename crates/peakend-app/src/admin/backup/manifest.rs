//! The warehouse's files as its manifests name them, without the engine.
//!
//! Only what every format of the manifest has is read: objects that name a
//! `file` with its `bytes` and `crc32`, wherever they stand. What such a file
//! holds is the warehouse's own business.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crc_fast::CrcAlgorithm;
use peakend_query::VoiceFact;
use serde_json::Value;

use super::copying::{copy, fault, noted, write_durably};
use super::{NotedFile, WAREHOUSE, damaged};
use crate::Error;

const FILE: &str = "manifest.json";
/// Where an organisation's files lie in its folder.
const INSIDE: &str = "segments";
/// How often a manifest is read again because a file it named has been merged away.
const ATTEMPTS: u32 = 50;

/// What one organisation's warehouse consists of.
#[derive(Debug, Clone)]
pub(super) struct OrgManifest {
    /// The organisation's folder.
    pub(super) folder: PathBuf,
    /// Whose it is.
    pub(super) org: String,
    /// Last position of the intake log that is sealed.
    pub(super) sealed: u64,
    /// Voices of the log in it.
    pub(super) voices: u64,
    /// Voices that were loaded from files, past the log.
    pub(super) loaded: u64,
    /// Every file it names.
    pub(super) files: BTreeMap<PathBuf, Named>,
    text: Vec<u8>,
}

/// A file as a manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

/// Folders of organisations in a warehouse; none when there is no warehouse.
pub(super) fn folders(warehouse: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match warehouse.read_dir() {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fault("list", warehouse)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fault("list", warehouse))?;
        if entry.file_name().to_string_lossy().starts_with("org-") && entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

impl OrgManifest {
    /// Where a folder's manifest is.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// The manifest of an organisation's folder; none before its first segment.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(folder);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let orphaned = super::copying::is_occupied(&folder.join(INSIDE))?;
                return if orphaned { Err(damaged(&path, "it is missing")) } else { Ok(None) };
            }
            Err(e) => return Err(fault("read", &path)(e)),
        };
        let value: Value =
            serde_json::from_slice(&text).map_err(|e| damaged(&path, &format!("it is not a manifest ({e})")))?;
        check(&path, value.clone())?;
        let mut files = BTreeMap::new();
        collect(&path, &value, &mut files)?;
        let segments = value.get("segments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let of_voices = segments.iter().filter(|s| s.get("contents").and_then(Value::as_str) == Some("voices"));
        // voices loaded from files have no row in the database
        let (loaded, logged): (Vec<&Value>, Vec<&Value>) =
            of_voices.partition(|s| number(s, "last_seq") >= VoiceFact::LOADED);
        let rows = |of: Vec<&Value>| of.into_iter().map(|s| number(s, "rows")).sum();
        Ok(Some(Self {
            folder: folder.to_owned(),
            org: value.get("org").and_then(Value::as_str).unwrap_or_default().to_owned(),
            sealed: number(&value, "sealed"),
            voices: rows(logged),
            loaded: rows(loaded),
            files: files.into_iter().map(|(name, named)| (folder.join(INSIDE).join(name), named)).collect(),
            text,
        }))
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// A manifest carries the CRC-32 of itself with `check` = 0.
fn check(path: &Path, mut value: Value) -> Result<(), Error> {
    let Some(declared) = value.get("check").and_then(Value::as_u64) else {
        return Err(damaged(path, "it has no checksum"));
    };
    if let Some(check) = value.get_mut("check") {
        *check = Value::from(0);
    }
    let text = serde_json::to_vec_pretty(&value).map_err(|e| Error::Fault(format!("sum {}: {e}", path.display())))?;
    let found = crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, &text);
    if found == declared {
        return Ok(());
    }
    Err(damaged(path, &format!("its checksum is {found:08x}, declared {declared:08x}")))
}

fn collect(path: &Path, value: &Value, files: &mut BTreeMap<String, Named>) -> Result<(), Error> {
    match value {
        Value::Object(map) => {
            if let Some(file) = map.get("file").and_then(Value::as_str) {
                if file.contains(['/', '\\']) || file.starts_with('.') {
                    return Err(damaged(path, &format!("it names `{file}`, which is outside its folder")));
                }
                let crc32 = u32::try_from(number(value, "crc32")).unwrap_or(0);
                files.insert(file.to_owned(), Named { bytes: number(value, "bytes"), crc32 });
            }
            map.values().try_for_each(|inner| collect(path, inner, files))
        }
        Value::Array(all) => all.iter().try_for_each(|inner| collect(path, inner, files)),
        _ => Ok(()),
    }
}

/// Copy every organisation's files, each as one manifest names them.
pub(super) fn copy_warehouse(warehouse: &Path, to: &Path) -> Result<Vec<NotedFile>, Error> {
    let mut noted = Vec::new();
    for folder in folders(warehouse)? {
        noted.extend(copy_org(&folder, to)?);
    }
    Ok(noted)
}

fn copy_org(folder: &Path, to: &Path) -> Result<Vec<NotedFile>, Error> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = to.join(WAREHOUSE).join(&name);
    fs::create_dir_all(target.join(INSIDE)).map_err(fault("create", &target))?;
    let mut copied: BTreeMap<String, NotedFile> = BTreeMap::new();
    for _ in 0..ATTEMPTS {
        let Some(manifest) = OrgManifest::read(folder)? else {
            fs::remove_dir_all(&target).map_err(fault("remove", &target))?;
            return Ok(Vec::new());
        };
        if !copy_named(&manifest, &target, &mut copied)? {
            continue;
        }
        let at = |file: &str| format!("{WAREHOUSE}/{name}/{file}");
        write_durably(&target.join(FILE), &manifest.text)?;
        let mut files = vec![noted(to, &at(FILE))?];
        // what an earlier manifest named is not part of this one
        for (file, copy) in copied {
            if manifest.files.keys().any(|path| path.file_name().is_some_and(|n| n == file.as_str())) {
                files.push(NotedFile { path: at(&format!("{INSIDE}/{file}")), ..copy });
            } else {
                let path = target.join(INSIDE).join(&file);
                fs::remove_file(&path).map_err(fault("remove", &path))?;
            }
        }
        return Ok(files);
    }
    Err(Error::Fault(format!("copy {}: its files change faster than they can be copied", folder.display())))
}

/// Copy what a manifest names and is not yet there; false when a file has been
/// merged away meanwhile: then another manifest is in force.
fn copy_named(manifest: &OrgManifest, target: &Path, copied: &mut BTreeMap<String, NotedFile>) -> Result<bool, Error> {
    for (path, named) in &manifest.files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if copied.contains_key(&file) {
            continue;
        }
        let Some(sums) = copy(path, &target.join(INSIDE).join(&file))? else { return Ok(false) };
        if (sums.bytes, sums.crc32) != (named.bytes, named.crc32) {
            return Err(damaged(path, "it is not what the manifest says; a backup of it would help nobody"));
        }
        copied.insert(file, NotedFile { path: String::new(), bytes: sums.bytes, sha256: sums.sha256 });
    }
    Ok(true)
}
