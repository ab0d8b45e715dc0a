//! Coded columns near the processor that counts them: copies of what a bucket has.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::ObjectStoreExt;
use datafusion::object_store::path::Path as StorePath;
use peakend_query::WarehouseError;
use tokio::runtime::Handle;

use super::tally::Beside;
use crate::codes::{CodeFile, Part, Source, Stored};
use crate::fault::{damaged, storage};
use crate::rollup::RollupFile;
use crate::segment::verify_file;

/// Sources to count from, each with its stored counts.
pub(super) type Opened = (Vec<Source>, Vec<Option<Arc<RollupFile>>>);

/// Coded columns and stored counts of sealed voices, copied from a bucket when a
/// question first needs them, and kept open while there is room. A process that
/// counts for others has one as an extension of its sessions.
#[derive(Debug)]
pub struct Companions {
    folder: PathBuf,
    room: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<String, Open>,
    bytes: u64,
    turn: u64,
}

#[derive(Debug)]
struct Open {
    codes: Arc<CodeFile>,
    rollup: Option<Arc<RollupFile>>,
    bytes: u64,
    /// The turn of the last question that used it.
    last: u64,
    /// Copies to delete with it.
    copies: Vec<PathBuf>,
}

impl Companions {
    /// Copies go to a folder of their own, which is emptied first; `room` is how many
    /// bytes are kept.
    ///
    /// # Errors
    /// When the folder cannot be emptied or created.
    pub fn new(folder: PathBuf, room: u64) -> Result<Self, WarehouseError> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(storage("empty", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(storage("create", &folder))?;
        Ok(Self { folder, room, kept: Mutex::default() })
    }

    /// Open what lies beside these segments, fetching what is not here. Blocking.
    pub(super) fn open(
        &self,
        runtime: &RuntimeEnv,
        io: &Handle,
        bucket: Option<&str>,
        share: &[Beside],
    ) -> Result<Opened> {
        // two questions that need the same copy must not both fetch it
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.turn += 1;
        let turn = kept.turn;
        let (mut sources, mut rollups) = (Vec::with_capacity(share.len()), Vec::with_capacity(share.len()));
        for beside in share {
            let name = name(bucket, beside).map_err(external)?;
            if !kept.files.contains_key(&name) {
                let open = self.bring(runtime, io, bucket, beside)?;
                kept.bytes += open.bytes;
                kept.files.insert(name.clone(), open);
            }
            if let Some(open) = kept.files.get_mut(&name) {
                open.last = turn;
                sources.push(Source::Sealed(Arc::clone(&open.codes)));
                rollups.push(open.rollup.clone());
            }
        }
        kept.make_room(self.room);
        Ok((sources, rollups))
    }

    fn bring(&self, runtime: &RuntimeEnv, io: &Handle, bucket: Option<&str>, beside: &Beside) -> Result<Open> {
        let Some(bucket) = bucket else { return Open::at(Path::new(&beside.folder), beside, false) };
        let store = runtime.object_store(ObjectStoreUrl::parse(bucket)?)?;
        let folder = self.folder.join(&beside.folder);
        fs::create_dir_all(&folder)?;
        for part in &beside.parts {
            let from = format!("{}/{}", beside.folder, part.file);
            let from = StorePath::parse(from).map_err(|e| DataFusionError::External(Box::new(e)))?;
            let bytes = io.block_on(async { store.get(&from).await?.bytes().await })?;
            let to = folder.join(&part.file);
            fs::write(&to, &bytes)?;
            verify_file(&to, part.bytes, part.crc32).map_err(external)?;
        }
        Open::at(&folder, beside, true)
    }
}

fn part(beside: &Beside, stored: Stored) -> Option<&Part> {
    beside.parts.iter().find(|p| p.stored == stored)
}

fn coded(beside: &Beside) -> Result<&Part, WarehouseError> {
    part(beside, Stored::Codes).ok_or_else(|| damaged(Path::new(&beside.folder), "a segment has no coded columns"))
}

/// What tells a segment from every other: files never change under their name.
fn name(bucket: Option<&str>, beside: &Beside) -> Result<String, WarehouseError> {
    let codes = coded(beside)?;
    Ok(format!("{}{}/{} {:08x}", bucket.unwrap_or_default(), beside.folder, codes.file, codes.crc32))
}

impl Open {
    fn at(folder: &Path, beside: &Beside, copied: bool) -> Result<Self> {
        let codes = CodeFile::open(folder, coded(beside).map_err(external)?, beside.rows).map_err(external)?;
        let counts = part(beside, Stored::Rollup).map(|part| RollupFile::open(folder, part, beside.rows));
        let copies = beside.parts.iter().filter(|_| copied).map(|part| folder.join(&part.file)).collect();
        Ok(Self {
            codes: Arc::new(codes),
            rollup: counts.transpose().map_err(external)?.map(Arc::new),
            bytes: beside.parts.iter().map(|part| part.bytes).sum(),
            last: 0,
            copies,
        })
    }
}

impl Kept {
    /// Let go of what was not used for longest. Answers that still read it keep it open.
    fn make_room(&mut self, room: u64) {
        while self.bytes > room {
            let oldest = self.files.iter().min_by_key(|(_, open)| open.last).map(|(name, _)| name.clone());
            let Some(open) = oldest.and_then(|name| self.files.remove(&name)) else { return };
            self.bytes -= open.bytes;
            for path in &open.copies {
                if let Err(error) = fs::remove_file(path) {
                    tracing::warn!(path = %path.display(), %error, "a copy stays until the next start");
                }
            }
        }
    }
}

fn external(error: WarehouseError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
