//! What is sent to a case. Every body may name the `revision` the caller saw;
//! when somebody else has changed the case since, the answer is 409.

use peakend_app::Error;
use peakend_domain::Money;
use peakend_domain::act::case::{Contact, ContactOutcome, Offer, Resolution, RootCause};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::name::word;

/// A case to open by hand.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewCase {
    /// Voice id.
    pub(super) voice: String,
    /// `urgent`, `high` or `normal` (the default)
    pub(super) priority: Option<String>,
}

/// Taking a case.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct TakingBody {
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

/// Handing a case over.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AssignmentBody {
    /// User id.
    pub(super) to: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

/// An attempt to reach the person.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CaseContactBody {
    /// `phone`, `email`, `message`, `visit`, `public_reply`
    channel: String,
    /// `reached`, `message_left`, `no_answer`, `wrong_address`, `declined`
    outcome: String,
    /// What was said.
    #[serde(default)]
    note: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

impl CaseContactBody {
    pub(super) fn contact(self) -> Result<Contact, Error> {
        let known = "reached, message_left, no_answer, wrong_address, declined";
        let outcome = word("outcome", &self.outcome, ContactOutcome::parse, known)?;
        Ok(Contact { channel: self.channel, outcome, note: self.note })
    }
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CaseNoteBody {
    /// The words.
    pub(super) text: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

/// Money in the minor unit.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OfferAmount {
    /// Cents, fen.
    amount_minor: i64,
    /// ISO 4217 code.
    currency: String,
}

/// An offer.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CaseOfferBody {
    /// `apology`, `explanation`, `repair`, `fee_refund`, `voucher`, `other`
    kind: String,
    /// What it costs.
    amount: Option<OfferAmount>,
    /// In words.
    #[serde(default)]
    note: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

impl CaseOfferBody {
    pub(super) fn offer(self) -> Offer {
        let amount = self.amount.map(|a| Money { minor: a.amount_minor, currency: a.currency });
        Offer { kind: self.kind, amount, note: self.note }
    }
}

/// Closing a case.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ResolutionBody {
    /// `process`, `product`, `price`, `system`, `waiting`, `conduct`, `knowledge`, `communication`, `regulation`,
    /// `other`
    root_cause: String,
    /// In words.
    #[serde(default)]
    note: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}

impl ResolutionBody {
    pub(super) fn resolution(self) -> Result<Resolution, Error> {
        let known = RootCause::ALL.map(RootCause::name).join(", ");
        let root_cause = word("root_cause", &self.root_cause, RootCause::parse, &known)?;
        Ok(Resolution { root_cause, note: self.note })
    }
}

/// Opening a case again.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReopeningBody {
    /// Why.
    pub(super) reason: String,
    /// Revision the caller saw.
    pub(super) revision: Option<i64>,
}
