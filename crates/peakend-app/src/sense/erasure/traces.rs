//! Which entries of the intake log are about an erased person.

use std::collections::BTreeMap;

use peakend_domain::sense::erasure::Erasure;
use peakend_domain::sense::event::EventBody;
use peakend_domain::sense::person::{Alias, AliasKind, IdentifyBody};
use peakend_domain::sense::response::{PersonRef, ResponseBody};
use peakend_domain::sense::signal::SignalBody;
use peakend_store::sense::intake::{IntakeKind, LoggedEntry};

use super::keyed;

/// Entries looked at together.
pub(super) const PAGE: i64 = 2_000;

/// Positions of entries about one of the erased persons, each with the index of
/// its erasure; what came in after an erasure is not about it.
pub(super) fn of(erasures: &[Erasure], entries: &[LoggedEntry]) -> Vec<(usize, i64)> {
    let mut found = Vec::new();
    for entry in entries {
        let (id, aliases) = who(entry);
        if id.is_none() && aliases.is_empty() {
            continue;
        }
        let about = erasures.iter().position(|e| entry.seq <= e.until_seq && means(e, id.as_deref(), &aliases));
        found.extend(about.map(|index| (index, entry.seq)));
    }
    found
}

fn means(erasure: &Erasure, id: Option<&str>, aliases: &[Alias]) -> bool {
    let by_id = id.is_some_and(|id| erasure.person.as_str() == id || erasure.former.iter().any(|f| f.as_str() == id));
    by_id || erasure.means(aliases, |alias| keyed(&erasure.salt, alias))
}

/// Whom an entry names: an id of ours, or aliases. Nobody, when it does not read.
fn who(entry: &LoggedEntry) -> (Option<String>, Vec<Alias>) {
    let body = &entry.entry.body;
    match entry.entry.kind {
        IntakeKind::Response => {
            referred(serde_json::from_str::<ResponseBody>(body).ok().and_then(|b| b.person).as_ref())
        }
        IntakeKind::Signal => referred(serde_json::from_str::<SignalBody>(body).ok().and_then(|b| b.person).as_ref()),
        IntakeKind::Event => (None, serde_json::from_str::<EventBody>(body).map(|b| b.aliases()).unwrap_or_default()),
        IntakeKind::Identify => {
            (None, serde_json::from_str::<IdentifyBody>(body).map(|b| b.aliases()).unwrap_or_default())
        }
    }
}

fn referred(person: Option<&PersonRef>) -> (Option<String>, Vec<Alias>) {
    match person {
        None => (None, Vec::new()),
        Some(PersonRef::Id(id)) => (Some(id.clone()), Vec::new()),
        Some(PersonRef::Aliases(map)) => (None, parsed(map)),
    }
}

/// The names that read; a faulty one beside them hides none of the others.
fn parsed(map: &BTreeMap<String, String>) -> Vec<Alias> {
    map.iter().filter_map(|(kind, value)| Alias::parse(AliasKind::parse(kind)?, value).ok()).collect()
}
