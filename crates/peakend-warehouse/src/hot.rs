//! The hot tail: voices not yet sealed, ready to be scanned.
//!
//! A short row list takes single voices cheaply; every [`CHUNK`] rows it becomes
//! an immutable columnar chunk. A question therefore converts at most one chunk.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{Int32Type, UInt64Type};
use datafusion::error::Result;
use peakend_query::{AttributeName, Retention, VoiceFact};

use crate::codes::{CodeBuilder, CodeTable};
use crate::columns::{numbers, voice_batch, voices_of};

/// Rows per columnar chunk.
pub(crate) const CHUNK: usize = 4096;

/// Hot rows in columns, with their days.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// The rows, sorted by day.
    pub(crate) rows: RecordBatch,
    /// The same in codes.
    pub(crate) codes: Arc<CodeTable>,
    /// First day among them.
    pub(crate) first: i32,
    /// Last day among them.
    pub(crate) last: i32,
}

impl Chunk {
    fn of(voices: &mut [VoiceFact]) -> Result<Self> {
        voices.sort_unstable_by_key(|v| (v.day, v.at, v.seq));
        let rows = voice_batch(voices)?;
        let mut codes = CodeBuilder::default();
        codes.push(&rows)?;
        let days = numbers::<Int32Type>(&rows, "day")?;
        let (first, last) = (min(days).unwrap_or(i32::MAX), max(days).unwrap_or(i32::MIN));
        Ok(Self { rows, codes: Arc::new(codes.finish().0), first, last })
    }
}

/// Voices since the last seal.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    chunks: Vec<Chunk>,
    tail: Vec<VoiceFact>,
    /// The tail in columns, until a row is added.
    converted: Option<Chunk>,
    seqs: HashSet<u64>,
    last_seq: u64,
    attributes: BTreeSet<AttributeName>,
}

impl Hot {
    /// Rows in all.
    pub(crate) fn rows(&self) -> u64 {
        self.seqs.len() as u64
    }

    /// Highest log position here; 0 when empty.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Attributes that voices here have, or had until they were sealed.
    pub(crate) fn attributes(&self) -> &BTreeSet<AttributeName> {
        &self.attributes
    }

    /// Take new voices; those already here are ignored.
    pub(crate) fn add(&mut self, voices: impl IntoIterator<Item = VoiceFact>) -> Result<()> {
        for voice in voices {
            if self.seqs.insert(voice.seq) {
                self.last_seq = self.last_seq.max(voice.seq);
                self.attributes.extend(voice.attributes.keys().filter_map(|name| AttributeName::parse(name)));
                self.tail.push(voice);
                self.converted = None;
            }
            if self.tail.len() >= CHUNK {
                self.fold()?;
            }
        }
        Ok(())
    }

    /// Everything in columns.
    pub(crate) fn chunks(&mut self) -> Result<Vec<Chunk>> {
        if self.converted.is_none() && !self.tail.is_empty() {
            self.converted = Some(Chunk::of(&mut self.tail)?);
        }
        Ok(self.chunks.iter().chain(&self.converted).cloned().collect())
    }

    /// Everything in columns, as whole chunks that [`Self::forget`] can drop.
    pub(crate) fn freeze(&mut self) -> Result<Vec<Chunk>> {
        self.fold()?;
        Ok(self.chunks.clone())
    }

    /// Drop the first chunks, which were sealed.
    pub(crate) fn forget(&mut self, chunks: usize) -> Result<()> {
        for chunk in self.chunks.drain(..chunks.min(self.chunks.len())) {
            for seq in numbers::<UInt64Type>(&chunk.rows, "seq")?.values() {
                self.seqs.remove(seq);
            }
        }
        self.last_seq = self.seqs.iter().copied().max().unwrap_or(0);
        Ok(())
    }

    /// Drop what lies at or before a position: it was sealed elsewhere.
    pub(crate) fn follow(&mut self, sealed: u64) -> Result<()> {
        self.fold()?;
        let mut kept = Vec::new();
        for chunk in std::mem::take(&mut self.chunks) {
            kept.extend(voices_of(&chunk.rows)?.into_iter().filter(|v| v.seq > sealed));
        }
        *self = Self::default();
        self.add(kept)
    }

    /// Drop the voices of these persons; returns how many there were.
    pub(crate) fn erase(&mut self, persons: &HashSet<&str>) -> Result<u64> {
        self.keep(|v| !persons.contains(v.person.as_str()))
    }

    /// Drop all others. Their positions stay taken.
    fn keep(&mut self, wanted: impl Fn(&VoiceFact) -> bool) -> Result<u64> {
        self.fold()?;
        let mut gone = 0;
        for chunk in std::mem::take(&mut self.chunks) {
            let mut voices = voices_of(&chunk.rows)?;
            let before = voices.len();
            voices.retain(&wanted);
            gone += (before - voices.len()) as u64;
            if voices.len() == before {
                self.chunks.push(chunk);
            } else if !voices.is_empty() {
                self.chunks.push(Chunk::of(&mut voices)?);
            }
        }
        Ok(gone)
    }

    /// Put these voices in the place of those with the same position; returns how
    /// many there were, or the first that is to get another moment.
    pub(crate) fn revise(&mut self, new: &HashMap<u64, &VoiceFact>) -> Result<std::result::Result<u64, u64>> {
        self.fold()?;
        let mut chunks = Vec::with_capacity(self.chunks.len());
        let mut replaced = 0;
        for chunk in &self.chunks {
            let mut voices = voices_of(&chunk.rows)?;
            let before = replaced;
            for voice in &mut voices {
                if let Some(new) = new.get(&voice.seq) {
                    if (new.day, new.at) != (voice.day, voice.at) {
                        return Ok(Err(voice.seq));
                    }
                    voice.clone_from(new);
                    replaced += 1;
                }
            }
            chunks.push(if replaced == before { chunk.clone() } else { Chunk::of(&mut voices)? });
        }
        self.chunks = chunks;
        Ok(Ok(replaced))
    }

    /// Drop voices that are no longer kept; returns how many there were.
    pub(crate) fn expire(&mut self, keep: &Retention) -> Result<u64> {
        self.keep(|v| v.day >= keep.first_day_of(&v.survey))
    }

    fn fold(&mut self) -> Result<()> {
        if !self.tail.is_empty() {
            self.chunks.push(match self.converted.take() {
                Some(chunk) => chunk,
                None => Chunk::of(&mut self.tail)?,
            });
            self.tail.clear();
        }
        Ok(())
    }
}
