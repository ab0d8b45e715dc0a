//! Events not yet sealed, and what an answer reads of one moment.

use std::collections::HashSet;
use std::sync::Arc;

use peakend_query::{EventFact, Provenance, Route};

use crate::segment::Segment;

/// So many pieces may stand side by side before they become one.
const PIECES: usize = 32;

/// Events since the last seal, in the order of the log. They are read again from
/// the store after a restart, so losing them loses nothing.
#[derive(Debug, Default)]
pub(crate) struct HotEvents {
    pieces: Vec<Arc<Vec<EventFact>>>,
    last_seq: u64,
}

/// Sealed and hot events of the same moment.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    /// Segments that may hold a wanted row.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Hot rows.
    pub(crate) hot: Vec<Arc<Vec<EventFact>>>,
    /// For the answer.
    pub(crate) provenance: Provenance,
}

impl Happened {
    /// What an organisation without events answers from.
    pub(crate) fn nothing() -> Self {
        let provenance = Provenance { route: Route::Scan, position: 0, segments: 0, hot_rows: 0 };
        Self { segments: Vec::new(), hot: Vec::new(), provenance }
    }
}

impl HotEvents {
    /// Highest log position taken here; 0 when none.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Rows.
    pub(crate) fn rows(&self) -> u64 {
        self.pieces.iter().map(|p| p.len() as u64).sum()
    }

    /// The rows.
    pub(crate) fn pieces(&self) -> Vec<Arc<Vec<EventFact>>> {
        self.pieces.clone()
    }

    /// Take what comes after `head`.
    pub(crate) fn add(&mut self, mut events: Vec<EventFact>, head: u64) {
        let head = head.max(self.last_seq);
        events.retain(|e| e.seq > head);
        events.sort_by_key(|e| e.seq);
        let Some(last) = events.last() else { return };
        self.last_seq = last.seq;
        self.pieces.push(Arc::new(events));
        if self.pieces.len() > PIECES {
            self.keep(|_| true);
        }
    }

    /// Drop what lies at or before a position: it is sealed.
    pub(crate) fn follow(&mut self, sealed: u64) {
        if self.pieces.first().and_then(|p| p.first()).is_some_and(|e| e.seq <= sealed) {
            self.keep(|e| e.seq > sealed);
        }
    }

    /// Drop the events of these persons; returns how many there were. Their positions stay taken.
    pub(crate) fn erase(&mut self, persons: &HashSet<&str>) -> u64 {
        self.keep(|e| !persons.contains(e.person.as_str()))
    }

    /// Drop events before a day; returns how many there were.
    pub(crate) fn expire(&mut self, day: i32) -> u64 {
        self.keep(|e| e.day >= day)
    }

    fn keep(&mut self, wanted: impl Fn(&EventFact) -> bool) -> u64 {
        let before = self.rows();
        let mut kept = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            kept.extend(Arc::unwrap_or_clone(piece).into_iter().filter(&wanted));
        }
        let gone = before - kept.len() as u64;
        if !kept.is_empty() {
            self.pieces.push(Arc::new(kept));
        }
        gone
    }
}
