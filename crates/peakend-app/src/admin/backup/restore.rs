//! Restoring: every checksum first, then aside, then by renaming.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::copying::{self, fault};
use super::{BackupNote, WAREHOUSE, damaged};
use crate::Error;

/// Where the folder that was replaced is kept, if there was one.
pub type Former = Option<PathBuf>;

/// Check every file of a backup against its note; the first that differs is named.
pub fn check(from: &Path) -> Result<BackupNote, Error> {
    let note = BackupNote::read(from)?;
    for file in &note.files {
        let path = inside(from, &file.path)?;
        let Some(sums) = copying::sums(&path)? else { return Err(damaged(&path, "it is missing")) };
        if sums.bytes != file.bytes {
            return Err(damaged(&path, &format!("it has {} bytes, noted {}", sums.bytes, file.bytes)));
        }
        if sums.sha256 != file.sha256 {
            return Err(damaged(&path, &format!("its SHA-256 is {}, noted {}", sums.sha256, file.sha256)));
        }
    }
    Ok(note)
}

/// A noted path, which must not lead outside.
fn inside(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let parts = path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
    if parts { Ok(root.join(path)) } else { Err(damaged(root, &format!("its note names `{path}`"))) }
}

/// Whether a server has the data folder open.
pub fn in_use(data: &Path) -> Result<bool, Error> {
    let path = data.join(WAREHOUSE).join("lock");
    let Ok(lock) = File::open(&path) else { return Ok(false) };
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(fault("lock", &path)(e)),
    }
}

/// Copy a checked backup into a folder beside the data folder, where it can be
/// brought up to date before it serves. A data folder that is in use or not
/// empty is refused, the latter unless it is to be replaced.
pub fn lay_out(from: &Path, note: &BackupNote, data: &Path, replace: bool) -> Result<PathBuf, Error> {
    if in_use(data)? {
        let message = format!("{} is in use: stop the server first", data.display());
        return Err(Error::refused("data_in_use", message));
    }
    if !replace && copying::is_occupied(data)? {
        let message = format!("{} is not empty: name another folder, or add --replace", data.display());
        return Err(Error::refused("target_not_empty", message));
    }
    let aside = copying::beside(data, "restoring")?;
    copying::make_anew(&aside)?;
    for file in &note.files {
        let (source, target) = (inside(from, &file.path)?, inside(&aside, &file.path)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(fault("create", parent))?;
        }
        let sums = copying::copy(&source, &target)?;
        if sums.is_none_or(|s| s.sha256 != file.sha256) {
            return Err(damaged(&source, "it has changed while it was read"));
        }
    }
    Ok(aside)
}

/// Put the folder laid out aside in the data folder's place; what was there is
/// kept under another name.
pub fn exchange(aside: &Path, data: &Path, now: Timestamp) -> Result<Former, Error> {
    let mut former = None;
    if copying::is_occupied(data)? {
        let kept = copying::beside(data, &format!("replaced-{}", now.as_second()))?;
        fs::rename(data, &kept).map_err(fault("rename", data))?;
        former = Some(kept);
    }
    copying::rename(aside, data)?;
    Ok(former)
}
