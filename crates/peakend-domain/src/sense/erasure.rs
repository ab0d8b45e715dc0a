//! Erasure: everything that tells of one person goes; that it went stays on a list.
//!
//! The list holds ids of ours and the person's names only as keyed hashes. With
//! it an older backup is cleaned again before it serves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person::{Alias, AliasKind};
use crate::{ErasureId, PersonId};

/// Why a person is erased, in the words of the law (GDPR 17, PIPL 47). A closed
/// set: free words would bring back what is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureReason {
    /// The person asked for it.
    Asked,
    /// The person withdrew consent.
    Withdrawn,
    /// The purpose is fulfilled or its time is over.
    Unneeded,
    /// It should never have been kept.
    Unlawful,
}

impl ErasureReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Withdrawn, Self::Unneeded, Self::Unlawful];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Withdrawn => "withdrawn",
            Self::Unneeded => "unneeded",
            Self::Unlawful => "unlawful",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// How much went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureCounts {
    /// Names.
    pub aliases: u64,
    /// Voices with their answers and texts.
    pub voices: u64,
    /// Events.
    pub events: u64,
    /// Decisions to ask.
    pub asks: u64,
    /// Links to surveys.
    pub links: u64,
    /// Cases that lost their words and their person, and stay as numbers.
    pub cases: u64,
    /// Entries of the intake log that are tombstones now.
    pub log_entries: u64,
    /// Import reports whose messages are blank now.
    pub imports: u64,
    /// Rows of the warehouse.
    pub warehouse_rows: u64,
}

impl ErasureCounts {
    /// The sum of two counts, field by field.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            aliases: self.aliases + other.aliases,
            voices: self.voices + other.voices,
            events: self.events + other.events,
            asks: self.asks + other.asks,
            links: self.links + other.links,
            cases: self.cases + other.cases,
            log_entries: self.log_entries + other.log_entries,
            imports: self.imports + other.imports,
            warehouse_rows: self.warehouse_rows + other.warehouse_rows,
        }
    }
}

/// Where an erasure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ErasureState {
    /// Nobody sees the person any more; files are being rewritten.
    Requested,
    /// No byte is left.
    Done {
        /// Since when.
        at: Timestamp,
    },
}

impl ErasureState {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Done { .. } => "done",
        }
    }
}

/// A name as the list keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HashedAlias {
    /// Kind.
    pub kind: AliasKind,
    /// Keyed hash of the canonical value, hex.
    pub hash: String,
}

/// One line of the list of erased persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Who it was; the id leads nowhere any more.
    pub person: PersonId,
    /// Ids of persons that had been merged into this one.
    pub former: Vec<PersonId>,
    /// Key of the hashes, hex.
    pub salt: String,
    /// The names.
    pub names: Vec<HashedAlias>,
    /// Why.
    pub reason: ErasureReason,
    /// Who asked for it here: a user's or key's id, or `system`.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// Last position of the intake log that it covers: what comes in later is a new relation.
    pub until_seq: i64,
    /// Where it stands.
    pub state: ErasureState,
    /// What went so far.
    pub counts: ErasureCounts,
}

impl Erasure {
    /// Every id under which the person was ever stored.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        std::iter::once(&self.person).chain(&self.former).map(ToString::to_string).collect()
    }

    /// Whether something that names these aliases is about the erased person:
    /// they share a name, and no strong name of the same kind says otherwise.
    /// `hash` makes the keyed hash of an alias with this erasure's salt.
    #[must_use]
    pub fn means(&self, aliases: &[Alias], hash: impl Fn(&Alias) -> String) -> bool {
        let mut known: BTreeMap<AliasKind, Vec<&str>> = BTreeMap::new();
        for name in &self.names {
            known.entry(name.kind).or_default().push(&name.hash);
        }
        let mut shares = false;
        for alias in aliases {
            let Some(hashes) = known.get(&alias.kind) else { continue };
            let same = hashes.contains(&hash(alias).as_str());
            if alias.kind.is_strong() && !same {
                return false;
            }
            shares |= same;
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(kind: AliasKind, value: &str) -> Alias {
        Alias { kind, value: value.to_owned() }
    }

    fn erased(aliases: &[Alias]) -> Erasure {
        let names = aliases.iter().map(|a| HashedAlias { kind: a.kind, hash: hash(a) }).collect();
        Erasure {
            id: ErasureId::stored("era_1".into()),
            person: PersonId::stored("per_1".into()),
            former: vec![PersonId::stored("per_0".into())],
            salt: String::new(),
            names,
            reason: ErasureReason::Asked,
            requested_by: "system".into(),
            requested_at: Timestamp::UNIX_EPOCH,
            until_seq: 0,
            state: ErasureState::Requested,
            counts: ErasureCounts::default(),
        }
    }

    fn hash(a: &Alias) -> String {
        format!("#{}{}", a.kind.name(), a.value)
    }

    #[test]
    fn a_shared_name_means_the_person_unless_a_strong_name_says_otherwise() {
        use AliasKind::{CustomerId, Email, UserId};
        let it = erased(&[alias(CustomerId, "K1"), alias(Email, "family@x.cn")]);
        assert!(it.means(&[alias(CustomerId, "K1")], hash));
        assert!(it.means(&[alias(Email, "family@x.cn")], hash));
        assert!(it.means(&[alias(UserId, "u9"), alias(Email, "family@x.cn")], hash));
        assert!(!it.means(&[alias(CustomerId, "K2"), alias(Email, "family@x.cn")], hash), "a relative's");
        assert!(!it.means(&[alias(UserId, "K1")], hash), "another kind of name");
        assert!(!it.means(&[], hash));
        assert_eq!(it.ids(), ["per_1", "per_0"]);
    }

    #[test]
    fn counts_add_field_by_field() {
        let one = ErasureCounts { voices: 1, log_entries: 2, ..ErasureCounts::default() };
        let two = ErasureCounts { voices: 3, warehouse_rows: 4, ..ErasureCounts::default() };
        let sum = one.plus(two);
        assert_eq!((sum.voices, sum.log_entries, sum.warehouse_rows), (4, 2, 4));
    }
}
