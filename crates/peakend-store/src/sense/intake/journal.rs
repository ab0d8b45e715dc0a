//! The journal of an embedded database: what is acknowledged stands here, synced,
//! until it stands in the log.
//!
//! Its files lie beside the database, `peakend.sqlite-intake-N`, each going on
//! where the one before it ended. One process writes it, the owner; whoever else
//! appends to the log holds the [`Gate`], behind which the journal is empty.
//! Moving what stands here into the log twice changes nothing: ids are unique.

mod group;
mod owned;

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::append_in;
use crate::{Store, StoreError};

pub(super) use owned::{Owned, Place};

/// Between two looks whether another has left the gate.
const PATIENCE: Duration = Duration::from_millis(2);

/// Where a database's journal lies.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    /// What the names of its files begin with; the file of that name alone is locked by the gate.
    name: String,
}

/// Whoever holds it alone appends to the log, and the journal is empty. Take it
/// before a transaction is begun.
#[derive(Debug)]
#[must_use = "the log is open to others again as soon as it is dropped"]
pub struct Gate {
    /// Closed, and with it unlocked, in the end; none where the database itself keeps order.
    _lock: Option<File>,
}

impl Journal {
    /// That of an embedded database's file.
    pub(crate) fn beside(database: &Path) -> Option<Self> {
        // one journal, whatever link leads to the database
        let database = &fs::canonicalize(database).unwrap_or_else(|_| database.to_path_buf());
        let name = database.file_name()?.to_string_lossy().into_owned() + "-intake";
        let folder = database.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(Self { folder: folder.to_path_buf(), name })
    }

    /// Its files with their numbers, in order.
    fn files(&self) -> Result<Vec<(u64, PathBuf)>, StoreError> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(fault("list", &self.folder))? {
            let path = entry.map_err(fault("list", &self.folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let number = name.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('-')).map(str::parse);
            if let Some(Ok(number)) = number {
                all.push((number, path));
            }
        }
        all.sort();
        Ok(all)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}-{number}", self.name))
    }

    /// What is wrong with a file of it; none when it is sound or absent.
    pub(crate) fn damage(&self) -> Result<Option<(PathBuf, String)>, StoreError> {
        Ok(match self.look()? {
            // it may have been emptied while it was read: then it is looked at once more
            Some(_) => self.look()?,
            None => None,
        })
    }

    fn look(&self) -> Result<Option<(PathBuf, String)>, StoreError> {
        let mut torn = None;
        for (_, path) in self.files()? {
            let bytes = content(&path)?;
            let found = group::read(&bytes);
            if let Some(damage) = found.damage {
                return Ok(Some((path, damage)));
            }
            let end = found.groups.last().map_or(0, |(_, at, size)| at + size);
            match torn.take() {
                Some(before) if !found.groups.is_empty() => {
                    return Ok(Some((before, "its end is damaged; a later file goes on behind it".to_owned())));
                }
                Some(before) => torn = Some(before),
                None => torn = (end < bytes.len()).then_some(path),
            }
        }
        Ok(None)
    }

    /// Wait for the gate; what the journal holds is in no log yet.
    async fn lock(&self) -> Result<File, StoreError> {
        let file = self.gate()?;
        while !locked(&file, &self.folder)? {
            tokio::time::sleep(PATIENCE).await;
        }
        Ok(file)
    }

    fn gate(&self) -> Result<File, StoreError> {
        let path = self.folder.join(&self.name);
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        options.open(&path).map_err(fault("open", &path))
    }

    /// Move what stands here into the log and empty the files; behind the gate.
    async fn empty(&self, store: &Store) -> Result<(), StoreError> {
        if let Some((path, damage)) = self.damage()? {
            return Err(StoreError::corrupt("intake journal", format!("{}: {damage}", path.display())));
        }
        for (_, path) in self.files()? {
            let bytes = content(&path)?;
            let mut entries = Vec::new();
            for (_, at, size) in group::read(&bytes).groups {
                let Some((_, group)) = bytes.get(at..at + size).and_then(group::entries) else {
                    return Err(StoreError::corrupt("intake journal", format!("{}: byte {at}", path.display())));
                };
                entries.extend(group);
            }
            if !entries.is_empty() {
                let mut tx = store.begin_flow().await?;
                append_in(&mut tx, &entries).await?;
                tx.commit().await?;
            }
            discard_all(&path)?;
        }
        Ok(())
    }
}

impl Store {
    /// Wait until nobody else appends to the log and all that was acknowledged
    /// stands in it. With PostgreSQL transactions order themselves.
    pub async fn gate(&self) -> Result<Gate, StoreError> {
        let Some(journal) = self.journal() else { return Ok(Gate { _lock: None }) };
        let lock = journal.lock().await?;
        journal.empty(self).await?;
        Ok(Gate { _lock: Some(lock) })
    }
}

/// Empty a file, durably, and remove it unless a process still writes it; behind the gate.
fn discard_all(path: &Path) -> Result<(), StoreError> {
    let file = match File::options().write(true).open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        file => file.map_err(fault("open", path))?,
    };
    let ours = locked(&file, path)?;
    empty(&file, path)?;
    if ours { discard(&file, path) } else { Ok(()) }
}

/// Empty and remove a file that nobody else writes: it is locked, by us.
fn discard(file: &File, path: &Path) -> Result<(), StoreError> {
    empty(file, path)?;
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(fault("remove", path)(e)),
        _ => Ok(()),
    }
}

fn empty(file: &File, path: &Path) -> Result<(), StoreError> {
    if file.metadata().map_err(fault("look at", path))?.len() > 0 {
        file.set_len(0).and_then(|()| file.sync_all()).map_err(fault("empty", path))?;
    }
    Ok(())
}

/// A file's bytes; none when it has been removed meanwhile.
fn content(path: &Path) -> Result<Vec<u8>, StoreError> {
    match fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(fault("read", path)),
    }
}

/// Whether a file is locked now, by us.
fn locked(file: &File, path: &Path) -> Result<bool, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(fault("lock", path)(e)),
    }
}

fn fault(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::File { operation, path, source }
}
