//! Rereading: all voices with words are read again with a version of the themes.
//!
//! It goes by position of the intake log. A chunk's voices and this record
//! change in one transaction, so each voice counts once however often the work
//! is interrupted; the warehouse follows up to `revised`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RereadingId;
use crate::sense::voice::Voice;

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RereadingState {
    /// Voices are read, or wait to be.
    Running,
    /// Somebody wants it to stop; figures are brought in line first.
    Stopping,
    /// Every voice has been read.
    Done,
    /// It was stopped; voices read so far keep what was read.
    Stopped,
}

impl RereadingState {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Running, Self::Stopping, Self::Done, Self::Stopped].into_iter().find(|s| s.name() == name)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Stopped)
    }
}

/// Voices that went from one main theme to another; an empty code is no theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThemeMove {
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
    /// How many.
    pub voices: u64,
}

/// The work and what has come of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rereading {
    /// Its id.
    pub id: RereadingId,
    /// Version of the scheme it reads with.
    pub version: u32,
    /// Where it stands.
    pub state: RereadingState,
    /// Voices with words when it began; like every number here without those of employees, who are read too.
    pub total: u64,
    /// Voices read.
    pub read: u64,
    /// Voices whose main theme, sentiment or language is another one now.
    pub changed: u64,
    /// From which theme to which.
    pub moves: Vec<ThemeMove>,
    /// Position of the log up to which voices are read.
    pub position: i64,
    /// Position up to which the warehouse counts what was read.
    pub revised: i64,
    /// Who wanted it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

impl Rereading {
    /// A new one at the beginning of the log.
    #[must_use]
    pub fn new(id: RereadingId, version: u32, total: u64, started_by: String, started_at: Timestamp) -> Self {
        Self {
            id,
            version,
            state: RereadingState::Running,
            total,
            read: 0,
            changed: 0,
            moves: Vec::new(),
            position: 0,
            revised: 0,
            started_by,
            started_at,
            finished_at: None,
        }
    }

    /// A voice has been read again; `changed` when figures count it otherwise now.
    pub fn count(&mut self, was: &Voice, now: &Voice, changed: bool) {
        self.read += 1;
        self.changed += u64::from(changed);
        if was.theme != now.theme {
            self.note_move(&was.theme, &now.theme);
        }
    }

    /// Note that a voice went from one main theme to another.
    fn note_move(&mut self, from: &str, to: &str) {
        match self.moves.iter_mut().find(|m| m.from == from && m.to == to) {
            Some(known) => known.voices += 1,
            None => self.moves.push(ThemeMove { from: from.to_owned(), to: to.to_owned(), voices: 1 }),
        }
    }

    /// Ask it to stop; `false` when it is over.
    pub fn stop(&mut self) -> bool {
        if self.state.is_over() {
            return false;
        }
        self.state = RereadingState::Stopping;
        true
    }

    /// It is over: done, or stopped when somebody wanted that.
    pub fn finish(&mut self, at: Timestamp) {
        self.state =
            if self.state == RereadingState::Stopping { RereadingState::Stopped } else { RereadingState::Done };
        self.finished_at = Some(at);
        self.moves.sort_by(|a, b| b.voices.cmp(&a.voices).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_add_up_and_a_stopped_one_ends_stopped() {
        let now = Timestamp::UNIX_EPOCH;
        let mut one = Rereading::new(RereadingId::stored("rrd_x".to_owned()), 2, 3, "me".to_owned(), now);
        for (from, to) in [("app", "fees"), ("", "trust"), ("", "trust")] {
            one.note_move(from, to);
        }
        assert!(one.stop());
        one.finish(now);
        assert_eq!(one.state, RereadingState::Stopped);
        assert!(!one.stop(), "it is over");
        let largest = ThemeMove { from: String::new(), to: "trust".to_owned(), voices: 2 };
        assert_eq!(one.moves.first(), Some(&largest));
    }
}
