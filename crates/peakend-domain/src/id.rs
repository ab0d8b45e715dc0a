//! Typed ids: a short prefix and a time-ordered 26-letter tail (ULID layout,
//! Crockford base 32), so that ids sort by creation and cannot be mixed up.

use serde::{Deserialize, Serialize};

/// A source of unpredictable bytes; the binary passes the operating system's,
/// tests pass a seeded one.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// 32 fresh bytes.
    fn bytes(&self) -> [u8; 32];
}

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id: expected `{prefix}_` and 26 letters or digits")]
pub struct IdFault {
    /// What was read.
    pub text: String,
    /// Which noun was wanted.
    pub kind: &'static str,
    /// Its prefix.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters: 48 bits of milliseconds, 80 bits of entropy.
fn tail(at: jiff::Timestamp, entropy: &dyn Entropy) -> String {
    let millis = u128::from(u64::try_from(at.as_millisecond()).unwrap_or(0)) & 0xffff_ffff_ffff;
    let random = entropy.bytes().iter().take(10).fold(0u128, |acc, b| (acc << 8) | u128::from(*b));
    let bits = (millis << 80) | random;
    (0..26u32)
        .rev()
        .map(|i| {
            let index = usize::try_from((bits >> (5 * i)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
        })
        .collect()
}

fn is_tail(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| ALPHABET.contains(&b))
}

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        /// The id types.
        pub(crate) mod ids {
            use super::{Deserialize, Entropy, IdFault, Serialize, is_tail, tail};
            $(
                $(#[$doc])*
                #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
                #[serde(transparent)]
                pub struct $name(String);

                impl $name {
                    /// A fresh id, ordered by `at`.
                    #[must_use]
                    pub fn new(at: jiff::Timestamp, entropy: &dyn Entropy) -> Self {
                        Self(format!(concat!($prefix, "_{}"), tail(at, entropy)))
                    }

                    /// Read an id back; the prefix must fit.
                    pub fn parse(text: &str) -> Result<Self, IdFault> {
                        match text.strip_prefix(concat!($prefix, "_")) {
                            Some(rest) if is_tail(rest) => Ok(Self(text.to_owned())),
                            _ => Err(IdFault {
                                text: text.chars().take(64).collect(),
                                kind: stringify!($name),
                                prefix: $prefix,
                            }),
                        }
                    }

                    /// An id that the store has already vouched for.
                    #[must_use]
                    pub fn stored(text: String) -> Self {
                        Self(text)
                    }

                    /// The text.
                    #[must_use]
                    pub fn as_str(&self) -> &str {
                        &self.0
                    }
                }

                impl std::fmt::Display for $name {
                    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(&self.0)
                    }
                }
            )*
        }
    };
}

id_types! {
    /// An organisation (tenant).
    OrgId = "org";
    /// A member of staff who signs in.
    UserId = "usr";
    /// An API key.
    ApiKeyId = "key";
    /// A unit of the organisation tree.
    UnitId = "unt";
    /// A business line.
    LineId = "lin";
    /// A channel.
    ChannelId = "chn";
    /// A journey.
    JourneyId = "jny";
    /// A stage of a journey.
    StageId = "stg";
    /// A touchpoint.
    TouchpointId = "tpt";
    /// A person (audience, lead, customer or employee).
    PersonId = "per";
    /// A survey.
    SurveyId = "svy";
    /// An event rule.
    EventRuleId = "rul";
    /// A decision to ask, or not to ask, a person.
    AskId = "ask";
    /// A line on the list of erased persons.
    ErasureId = "era";
    /// A response.
    ResponseId = "rsp";
    /// A signal.
    SignalId = "sig";
    /// An event.
    EventId = "evt";
    /// A bulk import.
    ImportId = "imp";
    /// A rereading of all voices.
    RereadingId = "rrd";
    /// A finding.
    FindingId = "fnd";
    /// An alert rule.
    AlertRuleId = "alr";
    /// An alert.
    AlertId = "alt";
    /// A business calendar.
    CalendarId = "cal";
    /// A case.
    CaseId = "cas";
    /// An entry in a case's history.
    CaseEntryId = "cae";
    /// An initiative.
    InitiativeId = "ini";
    /// A task of an initiative.
    TaskId = "tsk";
    /// An evaluation.
    EvaluationId = "evl";
    /// A ledger entry.
    LedgerEntryId = "led";
    /// A job in the outbox.
    JobId = "job";
}

#[cfg(test)]
mod tests {
    use super::ids::{CaseId, UserId};
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);
    impl Entropy for Fixed {
        fn bytes(&self) -> [u8; 32] {
            [self.0; 32]
        }
    }

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let early = CaseId::new(jiff::Timestamp::from_millisecond(1_000).unwrap(), &Fixed(255));
        let late = CaseId::new(jiff::Timestamp::from_millisecond(1_001).unwrap(), &Fixed(0));
        assert!(early < late);
        assert_eq!(CaseId::parse(early.as_str()), Ok(early.clone()));
        assert!(UserId::parse(early.as_str()).is_err());
        assert!(CaseId::parse("cas_short").is_err());
    }
}
