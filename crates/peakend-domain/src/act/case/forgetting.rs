//! What stays of a case when its person is erased: numbers, instants and codes, no words.

use super::{CaseState, Contact, Deed, Offer, Resolution};
use crate::act::recovery::Reask;

fn wordless(contact: Contact) -> Contact {
    Contact { note: String::new(), ..contact }
}

fn bare(offer: Offer) -> Offer {
    Offer { note: String::new(), ..offer }
}

fn closed(resolution: Resolution) -> Resolution {
    Resolution { note: String::new(), ..resolution }
}

fn unlinked(reask: Option<Reask>) -> Option<Reask> {
    reask.map(|r| Reask { link: String::new(), ..r })
}

impl CaseState {
    /// The same state without a word of or about the person, and without their link.
    #[must_use]
    pub fn without_words(self) -> Self {
        match self {
            Self::Contacted { by, at, contact } => Self::Contacted { by, at, contact: wordless(contact) },
            Self::Recovering { by, at, offer } => Self::Recovering { by, at, offer: bare(offer) },
            Self::Resolved { by, at, resolution, reask } => {
                Self::Resolved { by, at, resolution: closed(resolution), reask: unlinked(reask) }
            }
            Self::Reopened { at, .. } => Self::Reopened { at, reason: String::new() },
            wordless @ (Self::Open | Self::Taken { .. }) => wordless,
        }
    }
}

impl Deed {
    /// The same deed without a word of or about the person, and without their link.
    #[must_use]
    pub fn without_words(self) -> Self {
        match self {
            Self::Contacted(contact) => Self::Contacted(wordless(contact)),
            Self::Noted { .. } => Self::Noted { text: String::new() },
            Self::Offered(offer) => Self::Offered(bare(offer)),
            Self::Resolved { resolution, reask } => {
                Self::Resolved { resolution: closed(resolution), reask: unlinked(reask) }
            }
            Self::Reopened { sla, .. } => Self::Reopened { reason: String::new(), sla },
            wordless @ (Self::Taken { .. }
            | Self::Assigned { .. }
            | Self::ReaskSent { .. }
            | Self::Settled { .. }
            | Self::VoiceJoined { .. }) => wordless,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::UserId;
    use crate::act::case::RootCause;

    #[test]
    fn a_closed_case_keeps_its_cause_and_loses_every_word() {
        let at = Timestamp::UNIX_EPOCH;
        let reask =
            Reask { survey: "reask".into(), link: "/s/canary".into(), send_at: at, expires_at: at, answered_by: None };
        let root_cause = RootCause::ALL[0];
        let resolution = Resolution { root_cause, note: "canary".into() };
        let by = UserId::stored("usr_1".into());
        let state = CaseState::Resolved { by, at, resolution: resolution.clone(), reask: Some(reask.clone()) };
        let deeds = [
            Deed::Noted { text: "canary".into() },
            Deed::Offered(Offer { kind: "voucher".into(), amount: None, note: "canary".into() }),
            Deed::Resolved { resolution, reask: Some(reask) },
        ];
        let state = state.without_words();
        let CaseState::Resolved { resolution, .. } = &state else { panic!("still resolved") };
        assert_eq!(resolution.root_cause, root_cause);
        let mut text = serde_json::to_string(&state).unwrap();
        for deed in deeds {
            text += &serde_json::to_string(&deed.without_words()).unwrap();
        }
        assert!(!text.contains("canary"), "{text}");
    }
}
