//! What can be done to a case: the entries of its history.

use serde::{Deserialize, Serialize};

use super::RootCause;
use crate::act::recovery::{Reask, Recovery};
use crate::act::sla::Sla;
use crate::{Money, UserId};

/// How an attempt to reach the person ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactOutcome {
    /// Spoke or wrote with the person.
    Reached,
    /// Left a message the person will get.
    MessageLeft,
    /// Nobody answered.
    NoAnswer,
    /// The number or address is wrong.
    WrongAddress,
    /// The person does not want to talk.
    Declined,
}

impl ContactOutcome {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Reached, Self::MessageLeft, Self::NoAnswer, Self::WrongAddress, Self::Declined];

    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::MessageLeft => "message_left",
            Self::NoAnswer => "no_answer",
            Self::WrongAddress => "wrong_address",
            Self::Declined => "declined",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }

    /// Whether the person has heard from us: this stops the contact clock.
    #[must_use]
    pub fn reaches(self) -> bool {
        matches!(self, Self::Reached | Self::MessageLeft | Self::Declined)
    }
}

/// An attempt to reach the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// `phone`, `email`, `message`, `visit`, `public_reply`.
    pub channel: String,
    /// How it ended.
    pub outcome: ContactOutcome,
    /// What was said.
    #[serde(default)]
    pub note: String,
}

/// Ways to reach a person, for forms and checks.
pub const CONTACT_CHANNELS: [&str; 5] = ["phone", "email", "message", "visit", "public_reply"];

/// Kinds of offer, for forms and checks.
pub const OFFER_KINDS: [&str; 6] = ["apology", "explanation", "repair", "fee_refund", "voucher", "other"];

/// Something offered to make up for the problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// One of [`OFFER_KINDS`].
    pub kind: String,
    /// What it costs us, when it has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// How a case was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Why the problem arose.
    pub root_cause: RootCause,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// One change of a case; the body of a history entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Somebody took it.
    Taken {
        /// Who.
        by: UserId,
    },
    /// It was handed to somebody.
    Assigned {
        /// To whom.
        to: UserId,
    },
    /// An attempt to reach the person.
    Contacted(Contact),
    /// A remark.
    Noted {
        /// The words.
        text: String,
    },
    /// Something was offered.
    Offered(Offer),
    /// It was closed.
    Resolved {
        /// Why and how.
        resolution: Resolution,
        /// The second question.
        reask: Option<Reask>,
    },
    /// The second question went out (or could not).
    ReaskSent {
        /// Through which channel; empty when none could be used.
        through: String,
        /// Why not, when it could not.
        problem: String,
    },
    /// The second question was answered, or never was.
    Settled {
        /// What that means.
        recovery: Recovery,
        /// The answer; empty when there was none.
        voice: String,
    },
    /// It was opened again.
    Reopened {
        /// Why.
        reason: String,
        /// The new clock.
        sla: Sla,
    },
    /// A further voice of the same person about the same touchpoint joined.
    VoiceJoined {
        /// Which.
        voice: String,
        /// The rule it met.
        rule: String,
    },
}

impl Deed {
    /// The stored name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "taken",
            Self::Assigned { .. } => "assigned",
            Self::Contacted(_) => "contacted",
            Self::Noted { .. } => "noted",
            Self::Offered(_) => "offered",
            Self::Resolved { .. } => "resolved",
            Self::ReaskSent { .. } => "reask_sent",
            Self::Settled { .. } => "settled",
            Self::Reopened { .. } => "reopened",
            Self::VoiceJoined { .. } => "voice_joined",
        }
    }
}
