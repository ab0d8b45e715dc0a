//! Our own book of what was sent and what the server acknowledged.

use std::time::SystemTime;

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
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) body: Value,
    /// When it left us.
    pub(super) at: SystemTime,
    /// When its acknowledgement was here.
    pub(super) acknowledged: Option<SystemTime>,
    /// Status of an answer that was no acknowledgement.
    pub(super) refused: Option<u16>,
}

/// Everything that was sent.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger(pub(super) Vec<Sent>);

impl Ledger {
    pub(super) fn extend(&mut self, sent: Vec<Sent>) {
        self.0.extend(sent);
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.0.iter().filter(|s| s.acknowledged.is_some()).count()
    }

    pub(super) fn open(&self) -> usize {
        self.0.len() - self.acknowledged()
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.0.iter().filter(|s| s.kind == kind).count()
    }

    /// Responses that open a case.
    pub(super) fn low_scores(&self) -> i64 {
        let low = self.0.iter().filter(|s| s.body["answers"]["nps"].as_u64().is_some_and(|n| n <= 6));
        i64::try_from(low.count()).unwrap_or(i64::MAX)
    }

    /// The book as it stood at a moment.
    pub(super) fn until(&self, moment: SystemTime) -> Self {
        let sent = self.0.iter().filter(|s| s.at <= moment).cloned();
        let known = sent.map(|s| Sent { acknowledged: s.acknowledged.filter(|at| *at <= moment), ..s });
        Self(known.collect())
    }

    /// Sends everything again, as a client would that has no answer: how many
    /// acknowledged ids the server no longer knew. All is acknowledged then.
    pub(super) fn replay(&mut self, wires: &mut [Wire]) -> Result<usize> {
        let size = self.0.len().div_ceil(wires.len().max(1)).max(1);
        std::thread::scope(|scope| {
            let parts = self.0.chunks_mut(size).zip(wires);
            let running: Vec<_> = parts.map(|(part, wire)| scope.spawn(|| again(part, wire))).collect();
            let mut lost = 0;
            for part in running {
                lost += part.join().unwrap_or_else(|_| bail!("sending again broke off"))?;
            }
            Ok(lost)
        })
    }
}

fn again(part: &mut [Sent], wire: &mut Wire) -> Result<usize> {
    let mut lost = 0;
    for sent in part {
        let answer = wire.post(sent.kind.path(), &sent.body)?;
        match sent.kind.taken(&answer) {
            Some(false) if sent.acknowledged.is_some() => {
                lost += 1;
            }
            Some(_) => sent.acknowledged = sent.acknowledged.or(Some(SystemTime::now())),
            None => bail!("{} was refused: status {}: {}", sent.id, answer.status, answer.body),
        }
    }
    Ok(lost)
}
