//! Files copied, summed and renamed so that a power cut leaves the old or the new.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crc_fast::{CrcAlgorithm, Digest};
use sha2::{Digest as _, Sha256};

use super::NotedFile;
use crate::Error;

/// Size and sums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) bytes: u64,
    pub(super) crc32: u32,
    pub(super) sha256: String,
}

/// An operation on a file that failed, for `map_err`.
pub(super) fn fault(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |e| Error::Fault(format!("{operation} {path}: {e}"))
}

/// Read a file once for its sums, and write what was read where that is wanted.
fn pour(from: &Path, mut to: Option<&mut File>) -> std::io::Result<Sums> {
    let mut file = File::open(from)?;
    let (mut crc, mut sha, mut bytes) = (Digest::new(CrcAlgorithm::Crc32IsoHdlc), Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|p| !p.is_empty()) else { break };
        crc.update(piece);
        sha.update(piece);
        bytes += read as u64;
        if let Some(to) = to.as_deref_mut() {
            to.write_all(piece)?;
        }
    }
    Ok(Sums { bytes, crc32: crc.finalize() as u32, sha256: hex::encode(sha.finalize()) })
}

/// Sums of a file; none when it is missing.
pub(super) fn sums(path: &Path) -> Result<Option<Sums>, Error> {
    match pour(path, None) {
        Ok(sums) => Ok(Some(sums)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(fault("read", path)(e)),
    }
}

/// Copy a file durably; none when it has vanished meanwhile.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Option<Sums>, Error> {
    let mut file = File::create(to).map_err(fault("create", to))?;
    match pour(from, Some(&mut file)) {
        Ok(sums) => {
            file.sync_all().map_err(fault("sync", to))?;
            Ok(Some(sums))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            fs::remove_file(to).map_err(fault("remove", to))?;
            Ok(None)
        }
        Err(e) => Err(fault("copy", from)(e)),
    }
}

/// A file of a backup with its sums.
pub(super) fn noted(root: &Path, path: &str) -> Result<NotedFile, Error> {
    let full = root.join(path);
    let sums = sums(&full)?.ok_or_else(|| Error::Fault(format!("read {}: it is missing", full.display())))?;
    Ok(NotedFile { path: path.to_owned(), bytes: sums.bytes, sha256: sums.sha256 })
}

/// Write a small file durably.
pub(super) fn write_durably(path: &Path, text: &[u8]) -> Result<(), Error> {
    let mut file = File::create(path).map_err(fault("create", path))?;
    file.write_all(text).map_err(fault("write", path))?;
    file.sync_all().map_err(fault("sync", path))
}

/// Make a file's or a folder's content durable.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|f| f.sync_all()).map_err(fault("sync", path))
}

/// Whether something is there already.
pub(super) fn is_occupied(path: &Path) -> Result<bool, Error> {
    match path.read_dir() {
        Ok(mut files) => Ok(files.next().is_some()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(fault("list", path)(e)),
    }
}

/// A path beside another: `folder.partial` beside `folder`.
pub(super) fn beside(path: &Path, ending: &str) -> Result<PathBuf, Error> {
    let name = path.file_name().ok_or_else(|| {
        Error::refused("no_folder_name", format!("{} has no name of its own: name a folder", path.display()))
    })?;
    Ok(path.with_file_name(format!("{}.{ending}", name.to_string_lossy())))
}

/// An empty folder; what a broken attempt left there goes.
pub(super) fn make_anew(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(fault("remove", path)(e)),
        _ => {}
    }
    fs::create_dir_all(path).map_err(fault("create", path))
}

/// Rename a whole folder, with everything in it durable before its name is.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    sync_below(from)?;
    // an empty folder may stand there: renaming replaces it
    fs::rename(from, to).map_err(fault("rename", from))?;
    match to.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => sync(parent),
        None => sync(Path::new(".")),
    }
}

/// Make the names in a folder and below it durable.
fn sync_below(folder: &Path) -> Result<(), Error> {
    for entry in folder.read_dir().map_err(fault("list", folder))? {
        let path = entry.map_err(fault("list", folder))?.path();
        if path.is_dir() {
            sync_below(&path)?;
        }
    }
    sync(folder)
}
