//! Backups of a data folder: taken while the server runs, checked, restored.
//!
//! A backup is a folder of plain files and `backup.json`, which names each of
//! them with its size and SHA-256. The warehouse is copied first and the
//! database after it, so that the database knows everything the warehouse
//! holds: what is missing there is filled from it at the next start. A backup
//! comes into being under another name and is renamed when it is whole.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use peakend_domain::Clock;
use peakend_store::Store;
use serde::{Deserialize, Serialize};

use crate::{Error, sha256_hex};

mod copying;
mod manifest;
mod restore;
pub(crate) mod verify;

pub use restore::{Former, check, exchange, in_use, lay_out};
pub use verify::{FileFinding, Soundness, verify};

/// Format of the note, and of the folder it describes.
const FORMAT: u32 = 1;
/// The note's file.
const NOTE: &str = "backup.json";
/// The database's file, in the data folder and in a backup.
pub const DATABASE: &str = "peakend.sqlite";
/// The warehouse's folder, in the data folder and in a backup.
pub const WAREHOUSE: &str = "warehouse";

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupNote {
    /// 1
    pub format: u32,
    /// Version of the program that took it.
    pub program: String,
    /// When it was begun: everything acknowledged before is in it.
    pub begun_at: Timestamp,
    /// When it was whole.
    pub finished_at: Timestamp,
    /// `sqlite`, or `none` when the database is PostgreSQL and was left to `pg_dump`.
    pub database: String,
    /// Every other file.
    pub files: Vec<NotedFile>,
    /// SHA-256 of this note with an empty `check`.
    pub check: String,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedFile {
    /// Path inside the backup, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

impl BackupNote {
    /// Whether the database is among the files.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.database == "sqlite"
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }

    fn sum(&self) -> Result<String, Error> {
        let bare = Self { check: String::new(), ..self.clone() };
        let text = serde_json::to_vec_pretty(&bare).map_err(|e| Error::Fault(format!("write a backup's note: {e}")))?;
        Ok(sha256_hex(&text))
    }

    /// The note of a backup.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NOTE);
        let text = fs::read(&path).map_err(|e| {
            let message = format!("{}: {e}; a backup made by peakend backup holds this file", path.display());
            Error::refused("no_backup", message)
        })?;
        let note: Self =
            serde_json::from_slice(&text).map_err(|e| damaged(&path, &format!("it does not read ({e})")))?;
        if note.format > FORMAT {
            let message = format!("{} has format {}, this release reads {FORMAT}", path.display(), note.format);
            return Err(Error::refused("newer_backup", message));
        }
        if note.sum()? != note.check {
            return Err(damaged(&path, "its checksum differs"));
        }
        Ok(note)
    }

    fn write(mut self, folder: &Path) -> Result<Self, Error> {
        self.check = self.sum()?;
        let text = serde_json::to_vec_pretty(&self).map_err(|e| Error::Fault(format!("write a backup's note: {e}")))?;
        copying::write_durably(&folder.join(NOTE), &text)?;
        Ok(self)
    }
}

/// Take a backup of an open store and the warehouse beside it into a folder
/// that must not exist (or be empty). Others read and write meanwhile.
pub async fn take(
    store: &Store,
    warehouse: &Path,
    to: &Path,
    program: &str,
    clock: &dyn Clock,
) -> Result<BackupNote, Error> {
    if copying::is_occupied(to)? {
        let message = format!("{} is not empty: name a folder that does not exist yet", to.display());
        return Err(Error::refused("target_not_empty", message));
    }
    let begun_at = clock.now();
    let aside = copying::beside(to, "partial")?;
    copying::make_anew(&aside)?;
    let mut files = manifest::copy_warehouse(warehouse, &aside)?;
    let database = aside.join(DATABASE);
    let has_database = store.copy_into(&database).await?;
    if has_database {
        copying::sync(&database)?;
        files.push(copying::noted(&aside, DATABASE)?);
    }
    let note = BackupNote {
        format: FORMAT,
        program: program.to_owned(),
        begun_at,
        finished_at: clock.now(),
        database: if has_database { "sqlite" } else { "none" }.to_owned(),
        files,
        check: String::new(),
    };
    let note = note.write(&aside)?;
    copying::rename(&aside, to)?;
    Ok(note)
}

fn damaged(path: &Path, reason: &str) -> Error {
    Error::refused("damaged", format!("{} is damaged: {reason}", path.display()))
}
