//! Answers: integer counts with where they came from.

use serde::{Deserialize, Serialize};

use crate::{Tone, VoiceFact};

/// Everything countable about a group of voices, in one fused cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Voices in the group.
    pub voices: u64,
    /// Answers per NPS score 0..=10.
    pub nps: [u64; 11],
    /// Answers per CSAT score 1..=5.
    pub csat: [u64; 5],
    /// Answers per CES score 1..=7.
    pub ces: [u64; 7],
    /// Texts by tone: negative, neutral, positive.
    pub tone: [u64; 3],
    /// Voices with a text.
    pub texts: u64,
    /// Distinct known persons, when asked for.
    pub persons: Option<u64>,
}

impl Cell {
    /// Count one voice (not its person).
    pub fn add(&mut self, voice: &VoiceFact) {
        self.voices += 1;
        bump(&mut self.nps, voice.nps, 0);
        bump(&mut self.csat, voice.csat, 1);
        bump(&mut self.ces, voice.ces, 1);
        if let Some(s) = voice.sentiment {
            let i = match Tone::of(s) {
                Tone::Negative => 0,
                Tone::Neutral => 1,
                Tone::Positive => 2,
            };
            bump(&mut self.tone, Some(i), 0);
        }
        self.texts += u64::from(voice.has_text);
    }

    /// Add another group's counts; distinct persons do not add and become unknown.
    pub fn merge(&mut self, other: &Self) {
        self.voices += other.voices;
        self.texts += other.texts;
        self.persons = None;
        for (a, b) in self.nps.iter_mut().zip(other.nps) {
            *a += b;
        }
        for (a, b) in self.csat.iter_mut().zip(other.csat) {
            *a += b;
        }
        for (a, b) in self.ces.iter_mut().zip(other.ces) {
            *a += b;
        }
        for (a, b) in self.tone.iter_mut().zip(other.tone) {
            *a += b;
        }
    }
}

/// Values outside the range are not counted: intake refuses them before.
fn bump(bins: &mut [u64], value: Option<u8>, lowest: u8) {
    if let Some(bin) = value.and_then(|v| v.checked_sub(lowest)).and_then(|i| bins.get_mut(usize::from(i))) {
        *bin += 1;
    }
}

/// One group of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Codes in the order of the question's `by`; empty string = unknown.
    pub keys: Vec<String>,
    /// First day of the time bucket, when a grain was asked for.
    pub bucket: Option<i32>,
    /// The counts.
    pub cell: Cell,
}

/// How the answer was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Read the rows of segments and the hot tail.
    Scan,
    /// Read the coded columns beside the rows.
    Coded,
    /// Added stored counts; what they do not cover was read from coded columns.
    Rollup,
    /// In-memory reference implementation.
    Naive,
}

/// Where the answer came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Which way the planner went.
    pub route: Route,
    /// Highest log position included.
    pub position: u64,
    /// Segments considered.
    pub segments: u64,
    /// Hot rows considered (not yet sealed).
    pub hot_rows: u64,
}

/// The answer to a [`crate::Question`]: rows sorted by bucket, then keys.
/// Without `by` and grain there is exactly one row, also when it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The groups.
    pub rows: Vec<Row>,
    /// Where they came from.
    pub provenance: Provenance,
}

/// A page of voices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoicePage {
    /// How many match in all.
    pub total: u64,
    /// The page.
    pub voices: Vec<VoiceFact>,
    /// Where they came from.
    pub provenance: Provenance,
}
