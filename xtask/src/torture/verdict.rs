//! What the server knows against what we wrote down.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::ledger::{Kind, Ledger};
use crate::scene::{self, Server};
use crate::wire::Wire;

/// Longest wait for the loop to take everything in.
const SETTLING: Duration = Duration::from_secs(60);
/// Connections that compare.
const WIRES: usize = 4;

/// What the comparison found.
#[derive(Debug, Default, Clone)]
pub(super) struct Verdict {
    /// Responses that must be there.
    pub(super) responses: usize,
    /// Events that must be there.
    pub(super) events: usize,
    /// Acknowledged and not there.
    pub(super) lost: usize,
    /// Counted more than once.
    pub(super) doubled: i64,
    figure: i64,
    voices: i64,
    cases: i64,
    low: i64,
}

impl Verdict {
    pub(super) fn holds(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && !self.is_wrong()
    }

    /// Whether a figure, a list or the inbox says another number.
    pub(super) fn is_wrong(&self) -> bool {
        let responses = i64::try_from(self.responses);
        responses != Ok(self.figure) || responses != Ok(self.voices) || self.cases != self.low
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "responses {}, of them in the figure {}, voices {}", self.responses, self.figure, self.voices)?;
        writeln!(f, "low scores {}, cases opened {}; events {}", self.low, self.cases, self.events)?;
        write!(f, "acknowledged and lost {}, doubled {}", self.lost, self.doubled)
    }
}

/// What many comparisons found together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Comparisons.
    pub(super) rounds: usize,
    /// Acknowledged entries they looked for.
    pub(super) acknowledged: usize,
    /// Acknowledged and not there.
    pub(super) lost: usize,
    /// Counted more than once.
    pub(super) doubled: i64,
    /// Rounds with a wrong figure.
    pub(super) wrong: usize,
    /// Rounds in which the server did not come back, or files were found damaged.
    pub(super) broken: usize,
}

impl Tally {
    pub(super) fn add(&mut self, acknowledged: usize, verdict: &Verdict) {
        self.rounds += 1;
        self.acknowledged += acknowledged;
        self.lost += verdict.lost;
        self.doubled += verdict.doubled;
        self.wrong += usize::from(verdict.is_wrong());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.wrong += other.wrong;
        self.broken += other.broken;
    }

    pub(super) fn holds(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.wrong == 0 && self.broken == 0
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rounds, acknowledged, lost, doubled, wrong, broken } = self;
        write!(
            f,
            "{rounds} comparisons, {acknowledged} acknowledged entries looked for: lost {lost}, doubled {doubled}, "
        )?;
        write!(f, "wrong figures {wrong}, damaged or not coming back {broken}")
    }
}

/// Send everything again and count.
pub(super) fn compare(server: &Server, key: &str, ledger: &mut Ledger) -> Result<Verdict> {
    let mut wires: Vec<Wire> = (0..WIRES).map(|_| server.wire(key)).collect();
    let lost = ledger.replay(&mut wires)?;
    let responses = ledger.count(Kind::Response);
    let low = ledger.low_scores();
    let wanted = i64::try_from(responses).unwrap_or(i64::MAX);
    let begun = Instant::now();
    let mut wire = server.wire(key);
    let (mut figure, mut cases);
    loop {
        let table = wire.get("/api/v1/figures?metric=responses&survey=load")?.ok("read the figure")?;
        figure = scene::counted(&table);
        cases = total(&mut wire, "/api/v1/cases?limit=1")?;
        if (figure >= wanted && cases >= low) || begun.elapsed() > SETTLING {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let voices = total(&mut wire, "/api/v1/voices?survey=load&limit=1")?;
    let doubled = (figure - wanted).max(voices - wanted).max(cases - low).max(0);
    Ok(Verdict { responses, events: ledger.count(Kind::Event), lost, doubled, figure, voices, cases, low })
}

fn total(wire: &mut Wire, path: &str) -> Result<i64> {
    let page: Value = wire.get(path)?.ok("count")?;
    page["total"].as_i64().with_context(|| format!("{path} has no total"))
}
