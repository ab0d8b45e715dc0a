//! The disk's own diary, as `disk.c` writes it: every change in the order in which it happened.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

/// Bytes before the data of a record.
const HEAD: usize = 29;

/// One change, with paths relative to the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// An existing file or folder got a handle.
    Opened { inode: u64, path: PathBuf, folder: bool },
    /// A file came into being.
    Created { inode: u64, path: PathBuf },
    /// Bytes were written at an offset.
    Written { inode: u64, offset: usize, bytes: Vec<u8> },
    /// A file got another length.
    Cut { inode: u64, length: usize },
    /// A sync was asked for.
    Begun { inode: u64 },
    /// The sync was answered: all before its beginning is safe.
    Synced { inode: u64 },
    /// A name moved.
    Renamed { from: PathBuf, to: PathBuf },
    /// A name went.
    Removed { path: PathBuf },
    /// A folder came into being.
    Folder { path: PathBuf },
}

/// A change and its moment.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// When it had happened.
    pub(super) at: SystemTime,
    /// What it was.
    pub(super) change: Change,
}

/// Read a diary of changes below `root`.
pub(super) fn read(diary: &Path, root: &Path) -> Result<Vec<Record>> {
    let bytes = std::fs::read(diary).with_context(|| format!("read {}", diary.display()))?;
    let mut records = Vec::new();
    let mut rest = bytes.as_slice();
    while rest.len() >= HEAD {
        let number = |from: usize, to: usize| {
            let bytes = rest.get(from..to).unwrap_or_default();
            bytes.iter().rev().fold(0u64, |n, byte| (n << 8) | u64::from(*byte))
        };
        let (nanos, inode, offset, length) = (number(1, 9), number(9, 17), number(17, 25), number(25, 29));
        let Some(data) = rest.get(HEAD..HEAD + usize::try_from(length)?) else { break };
        let inside = |text: &[u8]| {
            let path = PathBuf::from(String::from_utf8_lossy(text).into_owned());
            path.strip_prefix(root).map(Path::to_path_buf).unwrap_or(path)
        };
        let offset = usize::try_from(offset)?;
        let change = match rest.first() {
            Some(b'o') => Change::Opened { inode, path: inside(data), folder: offset == 1 },
            Some(b'c') => Change::Created { inode, path: inside(data) },
            Some(b'w') => Change::Written { inode, offset, bytes: data.to_vec() },
            Some(b't') => Change::Cut { inode, length: offset },
            Some(b's') => Change::Begun { inode },
            Some(b'e') => Change::Synced { inode },
            Some(b'r') => {
                let mut both = data.splitn(2, |byte| *byte == 0).map(inside);
                let (Some(from), Some(to)) = (both.next(), both.next()) else { bail!("a renaming names one path") };
                Change::Renamed { from, to }
            }
            Some(b'u') => Change::Removed { path: inside(data) },
            Some(b'm') => Change::Folder { path: inside(data) },
            other => bail!("{}: no such call: {other:?}", diary.display()),
        };
        records.push(Record { at: SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos), change });
        rest = &rest[HEAD + data.len()..];
    }
    Ok(records)
}

/// How many changes of each kind there are, for the report.
pub(super) fn counts(records: &[Record]) -> (usize, usize) {
    let mut kinds: HashMap<bool, usize> = HashMap::new();
    for record in records {
        match record.change {
            Change::Written { .. } => *kinds.entry(true).or_default() += 1,
            Change::Synced { .. } => *kinds.entry(false).or_default() += 1,
            _ => {}
        }
    }
    (kinds.get(&true).copied().unwrap_or(0), kinds.get(&false).copied().unwrap_or(0))
}
