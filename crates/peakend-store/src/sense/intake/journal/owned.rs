//! The journal as its owner writes it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::super::IntakeEntry;
use super::{Journal, content, discard, fault, group, locked};
use crate::{Store, StoreError};

/// Bytes of a file after which the next one is begun.
const LONG: u64 = 4 * 1024 * 1024;

/// Wait for others who append to the log until the journal is not owned yet.
const AT_THE_GATE: Duration = Duration::from_secs(5);

/// The journal of the process that writes it.
#[derive(Debug)]
pub(in crate::sense::intake) struct Owned {
    journal: Arc<Journal>,
    gate: File,
    /// Number of the file that grows.
    number: u64,
    /// Number of the last file that was begun, or tried to be.
    begun: u64,
    file: File,
    /// Number of the next group.
    next: u64,
    buffer: Vec<u8>,
}

/// Where a group stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::sense::intake) struct Place {
    /// Number of the group.
    pub(in crate::sense::intake) group: u64,
    /// Number of the file.
    pub(in crate::sense::intake) file: u64,
    at: u64,
    size: usize,
}

#[cfg(test)]
impl Place {
    /// Of a group that stands nowhere.
    pub(in crate::sense::intake) fn at(group: u64) -> Self {
        Self { group, file: 1, at: 0, size: 0 }
    }
}

impl Place {
    /// Bytes of the group.
    pub(in crate::sense::intake) fn size(self) -> usize {
        self.size
    }
}

impl Owned {
    /// Own the journal of a store, unless another process does; what a former
    /// owner left is moved into the log.
    pub(in crate::sense::intake) async fn own(store: &Store) -> Result<Option<Self>, StoreError> {
        let Some(journal) = store.journal().cloned() else { return Ok(None) };
        let held = tokio::time::timeout(AT_THE_GATE, store.gate()).await;
        let held = held.unwrap_or(Err(StoreError::Busy { retry_after_s: 2 }))?;
        // what is left of files is written by somebody
        let left = journal.files()?;
        if !left.is_empty() {
            return Ok(None);
        }
        let gate = journal.gate()?;
        let owned = begin(&journal, 1)?;
        drop(held);
        Ok(Some(Self { journal, gate, number: 1, begun: 1, file: owned, next: 1, buffer: Vec::new() }))
    }

    /// Whether the gate is ours now; then [`Self::leave`] it.
    pub(in crate::sense::intake) fn enter(&self) -> Result<bool, StoreError> {
        locked(&self.gate, &self.journal.folder)
    }

    /// Let others through the gate.
    pub(in crate::sense::intake) fn leave(&self) -> Result<(), StoreError> {
        self.gate.unlock().map_err(fault("unlock", &self.journal.folder))
    }

    /// Write a group and sync it; behind the gate. When there is no room for it,
    /// nothing of it stays.
    pub(in crate::sense::intake) fn write<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a IntakeEntry>,
    ) -> Result<Place, StoreError> {
        let path = self.journal.path(self.number);
        let length = |file: &File| file.metadata().map(|m| m.len());
        let mut at = length(&self.file).map_err(fault("look at", &path))?;
        if at >= LONG {
            // a file that could not be begun may be there all the same: each has a number of its own
            self.begun += 1;
            self.file = begin(&self.journal, self.begun)?;
            self.number = self.begun;
            at = 0;
        }
        let path = self.journal.path(self.number);
        self.buffer.clear();
        group::write(self.next, entries, &mut self.buffer);
        if let Err(e) = self.file.write_all(&self.buffer) {
            self.file.set_len(at).map_err(fault("take back the end of", &path))?;
            return Err(fault("write", &path)(e));
        }
        self.file.sync_data().map_err(fault("sync", &path))?;
        let place = Place { group: self.next, file: self.number, at, size: self.buffer.len() };
        self.next += 1;
        Ok(place)
    }

    /// Take back the group that was written last; behind the same gate.
    pub(in crate::sense::intake) fn take_back(&mut self, place: Place) -> Result<(), StoreError> {
        let path = self.journal.path(place.file);
        self.file.set_len(place.at).and_then(|()| self.file.sync_data()).map_err(fault("take back the end of", &path))
    }

    /// The file that grows.
    pub(in crate::sense::intake) fn growing(&self) -> u64 {
        self.number
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // what is left of it is moved by whoever opens the store next
        if self.file.metadata().is_ok_and(|m| m.len() == 0) {
            let _removed = fs::remove_file(self.journal.path(self.number));
        }
    }
}

impl Journal {
    /// The entries of a group, read again; none when they were moved by another, who emptied the file.
    pub(in crate::sense::intake) fn again(&self, place: Place) -> Result<Option<Vec<IntakeEntry>>, StoreError> {
        let path = self.path(place.file);
        let mut file = match File::open(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(fault("open", &path))?,
        };
        let mut bytes = Vec::with_capacity(place.size);
        file.seek(SeekFrom::Start(place.at)).map_err(fault("read", &path))?;
        file.take(place.size as u64).read_to_end(&mut bytes).map_err(fault("read", &path))?;
        if let Some((_, entries)) = group::entries(&bytes).filter(|(group, _)| *group == place.group) {
            return Ok(Some(entries));
        }
        // whoever emptied the file has moved it; it may have grown again since
        let all = content(&path)?;
        if all.is_empty() || group::read(&all).groups.first().is_some_and(|(first, ..)| *first > place.group) {
            return Ok(None);
        }
        let reason = format!("{}: group {} does not read", path.display(), place.group);
        Err(StoreError::corrupt("intake journal", reason))
    }

    /// Remove a file whose groups are all in the log, unless a process still writes it.
    pub(in crate::sense::intake) fn remove(&self, number: u64) -> Result<(), StoreError> {
        let path = self.path(number);
        let file = match File::options().write(true).open(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.map_err(fault("open", &path))?,
        };
        if locked(&file, &path)? { discard(&file, &path) } else { Ok(()) }
    }
}

/// A new file, ours, whose name is durable.
fn begin(journal: &Journal, number: u64) -> Result<File, StoreError> {
    let path = journal.path(number);
    let file = File::options().create_new(true).append(true).open(&path).map_err(fault("create", &path))?;
    let sync = || File::open(&journal.folder)?.sync_all();
    match locked(&file, &path).and_then(|_ours| sync().map_err(fault("sync", &journal.folder))) {
        Ok(()) => Ok(file),
        Err(e) => {
            // so that it can be begun again
            let _removed = fs::remove_file(&path);
            Err(e)
        }
    }
}
