//! Our own book of what was sent and what the server acknowledged.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::wire::{Answer, Wire};

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A response, at `/api/v1/responses`.
    Response,
    /// An event, at `/v1/track`.
    Event,
}

impl Kind {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Response => "/api/v1/responses",
            Self::Event => "/v1/track",
        }
    }

    /// Whether the answer acknowledges: `Some(true)` when it had come before.
    pub(super) fn taken(self, answer: &Answer) -> Option<bool> {
        match self {
            Self::Response => match (answer.status, answer.body["status"].as_str()) {
                (200, Some("replayed")) => Some(true),
                (201, Some("accepted")) => Some(false),
                _ => None,
            },
            Self::Event => match (answer.body["accepted"].as_u64(), answer.body["replayed"].as_u64()) {
                (Some(0), Some(1)) if answer.status == 200 => Some(true),
                (Some(1), Some(0)) if answer.status == 200 => Some(false),
                _ => None,
            },
        }
    }
}

/// One request with its fate.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) body: Value,
    pub(super) acknowledged: bool,
}

/// Everything that was sent.
#[derive(Debug, Default)]
pub(super) struct Ledger(Vec<Sent>);

impl Ledger {
    pub(super) fn extend(&mut self, sent: Vec<Sent>) {
        self.0.extend(sent);
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.0.iter().filter(|s| s.acknowledged).count()
    }

    pub(super) fn open(&self) -> usize {
        self.0.iter().filter(|s| !s.acknowledged).count()
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.0.iter().filter(|s| s.kind == kind).count()
    }

    /// Responses that open a case.
    pub(super) fn low_scores(&self) -> i64 {
        let low = self.0.iter().filter(|s| s.body["answers"]["nps"].as_u64().is_some_and(|n| n <= 6));
        i64::try_from(low.count()).unwrap_or(i64::MAX)
    }

    /// Sends what was not acknowledged again, as a client would.
    pub(super) fn resend(&mut self, wire: &mut Wire) -> Result<()> {
        for sent in self.0.iter_mut().filter(|s| !s.acknowledged) {
            let answer = wire.post(sent.kind.path(), &sent.body)?;
            if sent.kind.taken(&answer).is_none() {
                bail!("{} was not taken: status {}: {}", sent.id, answer.status, answer.body);
            }
            sent.acknowledged = true;
        }
        Ok(())
    }

    /// Sends everything again: how many acknowledged ids the server no longer knew.
    pub(super) fn replay(&mut self, wire: &mut Wire) -> Result<usize> {
        let mut lost = 0;
        for sent in &self.0 {
            let answer = wire.post(sent.kind.path(), &sent.body)?;
            match sent.kind.taken(&answer) {
                Some(true) => {}
                Some(false) => {
                    println!("lost: {}", sent.id);
                    lost += 1;
                }
                None => bail!("{} was refused: status {}: {}", sent.id, answer.status, answer.body),
            }
        }
        Ok(lost)
    }
}
