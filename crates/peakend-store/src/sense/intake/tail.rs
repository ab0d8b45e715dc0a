//! The newest entries of the log in memory, for the consumer that follows it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::LoggedEntry;

/// Bytes of bodies kept at most; a consumer that is further behind reads the log.
const MOST: usize = 16 * 1024 * 1024;

/// Entries that were committed by this process and not taken yet, in order.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<LoggedEntry>,
    bytes: usize,
}

impl Tail {
    /// Remember what was committed, as far as there is room.
    pub(super) fn keep(&self, entries: impl Iterator<Item = LoggedEntry>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            if kept.bytes + entry.entry.body.len() > MOST {
                return;
            }
            kept.bytes += entry.entry.body.len();
            kept.entries.push_back(entry);
        }
    }

    /// At most so many entries from the position after `seq` on, without a gap;
    /// none when the next one is not here. They are here no more afterwards.
    pub(super) fn take(&self, seq: i64, most: usize) -> Vec<LoggedEntry> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut next) = (Vec::new(), seq + 1);
        while let Some(first) = kept.entries.front() {
            if first.seq > next || taken.len() == most {
                break;
            }
            let Some(entry) = kept.entries.pop_front() else { break };
            kept.bytes = kept.bytes.saturating_sub(entry.entry.body.len());
            if entry.seq == next {
                next += 1;
                taken.push(entry);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use peakend_domain::OrgId;

    use super::super::{IntakeEntry, IntakeKind};
    use super::*;

    fn entry(seq: i64, bytes: usize) -> LoggedEntry {
        let entry = IntakeEntry {
            org: OrgId::stored("org".to_owned()),
            kind: IntakeKind::Event,
            id: seq.to_string(),
            body_hash: String::new(),
            body: "x".repeat(bytes),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        };
        LoggedEntry { seq, entry }
    }

    fn seqs(taken: &[LoggedEntry]) -> Vec<i64> {
        taken.iter().map(|e| e.seq).collect()
    }

    #[test]
    fn entries_are_taken_once_in_order_and_never_over_a_gap() {
        let tail = Tail::default();
        tail.keep([1, 2, 3, 5, 6].map(|seq| entry(seq, 1)).into_iter());
        assert_eq!(seqs(&tail.take(0, 2)), [1, 2]);
        assert_eq!(seqs(&tail.take(2, 9)), [3], "4 is not here: the log knows it");
        assert_eq!(seqs(&tail.take(3, 9)), Vec::<i64>::new());
        assert_eq!(seqs(&tail.take(4, 9)), [5, 6]);
    }

    #[test]
    fn what_was_read_from_the_log_meanwhile_is_dropped() {
        let tail = Tail::default();
        tail.keep([1, 2, 3].map(|seq| entry(seq, 1)).into_iter());
        assert_eq!(seqs(&tail.take(2, 9)), [3]);
    }

    #[test]
    fn memory_is_bounded_and_taking_makes_room() {
        let tail = Tail::default();
        tail.keep((1..=5).map(|seq| entry(seq, MOST / 4)));
        assert_eq!(seqs(&tail.take(0, 9)), [1, 2, 3, 4]);
        tail.keep([entry(5, MOST)].into_iter());
        assert_eq!(seqs(&tail.take(4, 9)), [5]);
    }
}
