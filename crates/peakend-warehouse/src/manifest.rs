//! The one file that says what an organisation's warehouse consists of.
//!
//! A reader sees the old manifest or the new one: it is written aside, synced,
//! renamed over the old one, and the folder is synced. Segments are on stable
//! storage before a manifest names them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use peakend_query::{AttributeName, VoiceFact, WarehouseError};
use serde::{Deserialize, Serialize};

use crate::codes::Part;
use crate::fault::{damaged, storage};
use crate::sum::crc32;

/// Format written by this program; it refuses to read a newer one.
const FORMAT: u32 = 3;
/// The format of a manifest without events, which older programs read too.
const WITHOUT_EVENTS: u32 = 2;
const FILE: &str = "manifest.json";
const ASIDE: &str = "manifest.json.new";

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contents {
    /// Voices, sorted by day, instant and log position.
    Voices,
    /// Outcomes, sorted by kind, month and person; one row for each of them.
    Outcomes,
    /// Events, sorted by name, person's number, instant and log position.
    Events,
}

impl Contents {
    /// First part of a segment's file name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Voices => "voices",
            Self::Outcomes => "outcomes",
            Self::Events => "events",
        }
    }
}

/// One segment file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Name inside the `segments` folder.
    pub(crate) file: String,
    /// What it holds.
    pub(crate) contents: Contents,
    /// Rows in it.
    pub(crate) rows: u64,
    /// First day (voices, events) or month (outcomes).
    pub(crate) first: i32,
    /// Last day (voices, events) or month (outcomes).
    pub(crate) last: i32,
    /// Lowest log position; 0 for outcomes.
    pub(crate) first_seq: u64,
    /// Highest log position; 0 for outcomes.
    pub(crate) last_seq: u64,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// CRC-32 of the file.
    pub(crate) crc32: u32,
    /// The batch it was loaded from; none for sealed voices and merged segments.
    pub(crate) batch: Option<String>,
    /// Companion files; a segment of format 1 has none until it is next opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Part>,
    /// The attributes that its voices have columns for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) attributes: BTreeSet<AttributeName>,
}

impl Entry {
    /// Whether its voices were loaded from files, past the log.
    pub(crate) fn is_loaded(&self) -> bool {
        self.contents == Contents::Voices && self.last_seq >= VoiceFact::LOADED
    }

    /// Every file of the segment, the rows last.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|p| p.file.as_str()).chain([self.file.as_str()])
    }

    /// Remove the files of a segment that no manifest will name.
    pub(crate) fn discard(&self, inside: &Path) -> Result<(), WarehouseError> {
        for file in self.files() {
            let path = inside.join(file);
            fs::remove_file(&path).map_err(storage("remove", &path))?;
        }
        Ok(())
    }
}

/// Everything sealed of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// Whose it is; the folder name is only an encoding of it.
    pub(crate) org: String,
    /// Highest log position that is sealed; 0 when none.
    pub(crate) sealed: u64,
    /// Highest log position whose events are sealed; 0 when none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) events_sealed: u64,
    /// Number of the next segment; never used twice.
    pub(crate) next: u64,
    /// The segments; outcomes in the order they were loaded.
    pub(crate) segments: Vec<Entry>,
    /// Every outcome batch ever loaded, also those merged since.
    pub(crate) batches: Vec<String>,
    /// How often rows that may be hot elsewhere were changed or removed; servers
    /// that share a manifest read their hot rows again when it moves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) turns: u64,
    /// CRC-32 of this manifest with `check` = 0.
    check: u32,
}

impl Manifest {
    /// The manifest of an organisation with nothing sealed.
    pub(crate) fn empty(org: &str) -> Self {
        Self {
            format: WITHOUT_EVENTS,
            org: org.to_owned(),
            sealed: 0,
            events_sealed: 0,
            next: 1,
            segments: Vec::new(),
            batches: Vec::new(),
            turns: 0,
            check: 0,
        }
    }

    /// Events are sealed up to a position.
    pub(crate) fn seal_events(&mut self, head: u64) {
        self.format = FORMAT;
        self.events_sealed = self.events_sealed.max(head);
    }

    /// The manifest in a folder; `None` when there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, WarehouseError> {
        let path = folder.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(storage("read", &path)(e)),
        };
        Self::parse(&text, &path).map(Some)
    }

    /// The manifest written as text, found at a path.
    pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Self, WarehouseError> {
        let mut manifest: Self =
            serde_json::from_slice(text).map_err(|e| damaged(path, format!("it is not a manifest ({e})")))?;
        if manifest.format > FORMAT {
            let reason = format!("format {} is newer than {FORMAT}, which this program reads", manifest.format);
            return Err(damaged(path, reason));
        }
        let expected = std::mem::take(&mut manifest.check);
        let found = crc32(&manifest.text(path)?);
        if found != expected {
            return Err(damaged(path, format!("its checksum is {found:08x}, declared {expected:08x}")));
        }
        Ok(manifest)
    }

    /// Replace the manifest in a folder, durably and in one step.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), WarehouseError> {
        let (path, aside) = (folder.join(FILE), folder.join(ASIDE));
        let text = self.checked(&path)?;
        let mut file = File::create(&aside).map_err(storage("create", &aside))?;
        file.write_all(&text).map_err(storage("write", &aside))?;
        file.sync_all().map_err(storage("sync", &aside))?;
        fs::rename(&aside, &path).map_err(storage("replace", &path))?;
        sync_folder(folder)
    }

    /// The manifest as it is written, with its checksum.
    pub(crate) fn checked(&self, path: &Path) -> Result<Vec<u8>, WarehouseError> {
        let mut manifest = Self { check: 0, ..self.clone() };
        manifest.check = crc32(&manifest.text(path)?);
        manifest.text(path)
    }

    fn text(&self, path: &Path) -> Result<Vec<u8>, WarehouseError> {
        serde_json::to_vec_pretty(self).map_err(storage("encode", path))
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Make names created or renamed in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), WarehouseError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(storage("sync", folder))
}
