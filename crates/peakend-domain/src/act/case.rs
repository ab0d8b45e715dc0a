//! Case: one person's problem, its owner, its clock, and what was done.
//!
//! The state is an enum that carries its data. Every change is a [`Deed`];
//! [`Case::apply`] is the one place that says which deed is legal in which
//! state, and the verbs around it only build deeds. The stored history is the
//! list of deeds, so replaying it from the opening gives the state again.
mod deed;
mod forgetting;
mod root_cause;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::recovery::{Reask, Recovery};
use super::sla::Sla;
use crate::{CalendarId, CaseId, OrgId, Pillar, UserId};

pub use deed::{CONTACT_CHANNELS, Contact, ContactOutcome, Deed, OFFER_KINDS, Offer, Resolution};
pub use root_cause::RootCause;

/// Days within which a second voice of the same person at the same touchpoint
/// joins the open case: one problem is told twice, and two colleagues calling
/// the same person about it would make it worse.
pub const JOIN_DAYS: i64 = 7;

/// How urgent a case is; also the order in which rules are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Today.
    Urgent,
    /// Soon.
    High,
    /// In turn.
    Normal,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::High, Self::Normal];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::High => "high",
            Self::Normal => "normal",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// The state's bare name, for lists and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody works on it yet.
    Open,
    /// Somebody does.
    Taken,
    /// The person has been heard.
    Contacted,
    /// Something was offered.
    Recovering,
    /// Closed with a root cause.
    Resolved,
    /// Open again.
    Reopened,
}

impl Phase {
    /// All of them, in order of work.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Taken, Self::Contacted, Self::Recovering, Self::Resolved, Self::Reopened];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Contacted => "contacted",
            Self::Recovering => "recovering",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }

    /// The phase of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// Where a case stands, with what that state knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum CaseState {
    /// Waits for somebody; it may have an owner who has not taken it.
    Open,
    /// Somebody works on it.
    Taken {
        /// Who.
        by: UserId,
        /// Since when.
        at: Timestamp,
        /// Attempts to reach the person that failed.
        attempts: u32,
    },
    /// The person has been reached.
    Contacted {
        /// Who works on it.
        by: UserId,
        /// When the person was last reached.
        at: Timestamp,
        /// How.
        contact: Contact,
    },
    /// Something was offered.
    Recovering {
        /// Who works on it.
        by: UserId,
        /// When it was offered.
        at: Timestamp,
        /// What.
        offer: Offer,
    },
    /// Closed.
    Resolved {
        /// Who closed it.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why the problem arose and what was done.
        resolution: Resolution,
        /// The second question; none when nobody can be asked.
        reask: Option<Reask>,
    },
    /// Closed before, waits again.
    Reopened {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl CaseState {
    /// The bare name.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self {
            Self::Open => Phase::Open,
            Self::Taken { .. } => Phase::Taken,
            Self::Contacted { .. } => Phase::Contacted,
            Self::Recovering { .. } => Phase::Recovering,
            Self::Resolved { .. } => Phase::Resolved,
            Self::Reopened { .. } => Phase::Reopened,
        }
    }
}

/// What a case is about when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOpening {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: CaseId,
    /// Its number within the organisation, from 1.
    pub number: i64,
    /// Pillar.
    pub pillar: Pillar,
    /// Person; empty when nobody can be identified.
    pub person: String,
    /// The voice that opened it.
    pub voice: String,
    /// The alert rule that opened it; empty when by hand.
    pub rule: String,
    /// Touchpoint.
    pub touchpoint_code: String,
    /// Business line.
    pub line_code: String,
    /// Unit.
    pub unit_code: String,
    /// The unit's path at that time.
    pub unit_path: String,
    /// Priority.
    pub priority: Priority,
    /// The voice's score, when it has one.
    pub score: Option<i64>,
    /// First words of the voice.
    pub title: String,
    /// Calendar of its clock.
    pub calendar: CalendarId,
    /// When.
    pub at: Timestamp,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is about; this part never changes.
    pub opening: CaseOpening,
    /// Who answers for it now.
    pub owner: Option<UserId>,
    /// The clock now (a reopened case gets a new one).
    pub sla: Sla,
    /// Where it stands.
    pub state: CaseState,
    /// When the person was first reached, ever.
    pub first_contact_at: Option<Timestamp>,
    /// What the re-ask said.
    pub recovery: Recovery,
    /// Number of deeds applied; a writer must name the one it saw.
    pub revision: i64,
}

/// Why a deed is not legal now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseRefusal {
    /// Somebody has taken it.
    #[error("the case is already taken: assign it to hand it over")]
    AlreadyTaken,
    /// Nobody has taken it.
    #[error("nobody has taken the case: take it first")]
    NotTaken,
    /// The person has not been reached.
    #[error("the person has not been reached: log a contact first")]
    NotContacted,
    /// Nobody has tried to reach the person.
    #[error("nobody has tried to reach the person: log a contact before closing")]
    NoContactTried,
    /// It is closed.
    #[error("the case is resolved: reopen it to go on")]
    AlreadyResolved,
    /// It is not closed.
    #[error("the case is not resolved")]
    NotResolved,
    /// A deed before the opening.
    #[error("the instant lies before the case was opened")]
    BeforeOpening,
    /// Its recovery has been decided by an answer.
    #[error("the recovery of the case has been decided")]
    AlreadySettled,
}

impl CaseRefusal {
    /// Public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyTaken => "case_already_taken",
            Self::NotTaken => "case_not_taken",
            Self::NotContacted => "case_not_contacted",
            Self::NoContactTried => "case_no_contact_tried",
            Self::AlreadyResolved => "case_already_resolved",
            Self::NotResolved => "case_not_resolved",
            Self::BeforeOpening => "case_before_opening",
            Self::AlreadySettled => "case_already_settled",
        }
    }
}

impl Case {
    /// Open a case for who owns the touchpoint there, with its clock started.
    #[must_use]
    pub fn open(opening: CaseOpening, owner: Option<UserId>, sla: Sla) -> Self {
        Self {
            owner,
            sla,
            state: CaseState::Open,
            first_contact_at: None,
            recovery: Recovery::NotAsked,
            revision: 0,
            opening,
        }
    }

    /// Take it: from now on somebody works on it.
    pub fn take(self, by: UserId, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Taken { by }, at)
    }

    /// Hand it to somebody.
    pub fn assign(self, to: UserId, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Assigned { to }, at)
    }

    /// Log an attempt to reach the person.
    pub fn contact(self, contact: Contact, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Contacted(contact), at)
    }

    /// Log an offer.
    pub fn offer(self, offer: Offer, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Offered(offer), at)
    }

    /// Close it.
    pub fn resolve(self, resolution: Resolution, reask: Option<Reask>, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Resolved { resolution, reask }, at)
    }

    /// Open it again with a new clock.
    pub fn reopen(self, reason: String, sla: Sla, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Reopened { reason, sla }, at)
    }

    /// Record what the re-ask said; `voice` is the answer, empty when there was none.
    pub fn settle(self, recovery: Recovery, voice: String, at: Timestamp) -> Result<Self, CaseRefusal> {
        self.apply(&Deed::Settled { recovery, voice }, at)
    }

    /// Whether a further voice of the same person and touchpoint joins this case.
    #[must_use]
    pub fn takes_in(&self, at: Timestamp) -> bool {
        let seconds = self.opening.at.duration_until(at).as_secs();
        self.state.phase() != Phase::Resolved && (0..JOIN_DAYS * 86_400).contains(&seconds)
    }

    /// When it was closed, if it is.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        match &self.state {
            CaseState::Resolved { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// The root cause, once closed.
    #[must_use]
    pub fn root_cause(&self) -> Option<RootCause> {
        match &self.state {
            CaseState::Resolved { resolution, .. } => Some(resolution.root_cause),
            _ => None,
        }
    }

    /// Apply a deed, or say why it is not legal.
    pub fn apply(mut self, deed: &Deed, at: Timestamp) -> Result<Self, CaseRefusal> {
        if at < self.opening.at {
            return Err(CaseRefusal::BeforeOpening);
        }
        match deed {
            // words about a case are always welcome, also after it is closed
            Deed::Noted { .. } | Deed::VoiceJoined { .. } | Deed::ReaskSent { .. } => {}
            Deed::Taken { by } => self.state = self.taken(by, at)?,
            Deed::Assigned { to } => {
                self.state = self.assigned(to)?;
                self.owner = Some(to.clone());
            }
            Deed::Contacted(contact) => {
                self.state = self.contacted(contact, at)?;
                if contact.outcome.reaches() {
                    self.first_contact_at = self.first_contact_at.or(Some(at));
                }
            }
            Deed::Offered(offer) => self.state = self.offered(offer, at)?,
            Deed::Resolved { resolution, reask } => {
                self.state = self.resolved(resolution, reask.as_ref(), at)?;
                self.recovery = if reask.is_some() { Recovery::Waiting } else { Recovery::NotAsked };
            }
            Deed::Settled { recovery, voice } => self = self.settled(*recovery, voice)?,
            Deed::Reopened { reason, sla } => {
                if self.state.phase() != Phase::Resolved {
                    return Err(CaseRefusal::NotResolved);
                }
                self.state = CaseState::Reopened { at, reason: reason.clone() };
                self.recovery = Recovery::NotAsked;
                self.sla = *sla;
            }
        }
        if let Deed::Taken { by } = deed {
            self.owner = Some(by.clone());
        }
        self.revision += 1;
        Ok(self)
    }

    fn taken(&self, by: &UserId, at: Timestamp) -> Result<CaseState, CaseRefusal> {
        match self.state {
            CaseState::Open | CaseState::Reopened { .. } => Ok(CaseState::Taken { by: by.clone(), at, attempts: 0 }),
            CaseState::Resolved { .. } => Err(CaseRefusal::AlreadyResolved),
            _ => Err(CaseRefusal::AlreadyTaken),
        }
    }

    /// A case that was only taken waits for its new owner; once the person has
    /// been reached, the work goes on in other hands.
    fn assigned(&self, to: &UserId) -> Result<CaseState, CaseRefusal> {
        Ok(match self.state.clone() {
            CaseState::Resolved { .. } => return Err(CaseRefusal::AlreadyResolved),
            CaseState::Taken { by, at, attempts } if by == *to => CaseState::Taken { by, at, attempts },
            CaseState::Taken { .. } => CaseState::Open,
            CaseState::Contacted { at, contact, .. } => CaseState::Contacted { by: to.clone(), at, contact },
            CaseState::Recovering { at, offer, .. } => CaseState::Recovering { by: to.clone(), at, offer },
            waiting @ (CaseState::Open | CaseState::Reopened { .. }) => waiting,
        })
    }

    fn contacted(&self, contact: &Contact, at: Timestamp) -> Result<CaseState, CaseRefusal> {
        let reached = contact.outcome.reaches();
        match self.state.clone() {
            CaseState::Taken { by, .. } if reached => Ok(CaseState::Contacted { by, at, contact: contact.clone() }),
            CaseState::Taken { by, at, attempts } => Ok(CaseState::Taken { by, at, attempts: attempts + 1 }),
            CaseState::Contacted { by, .. } if reached => Ok(CaseState::Contacted { by, at, contact: contact.clone() }),
            further @ (CaseState::Contacted { .. } | CaseState::Recovering { .. }) => Ok(further),
            CaseState::Open | CaseState::Reopened { .. } => Err(CaseRefusal::NotTaken),
            CaseState::Resolved { .. } => Err(CaseRefusal::AlreadyResolved),
        }
    }

    fn offered(&self, offer: &Offer, at: Timestamp) -> Result<CaseState, CaseRefusal> {
        match &self.state {
            CaseState::Contacted { by, .. } | CaseState::Recovering { by, .. } => {
                Ok(CaseState::Recovering { by: by.clone(), at, offer: offer.clone() })
            }
            CaseState::Taken { .. } => Err(CaseRefusal::NotContacted),
            CaseState::Open | CaseState::Reopened { .. } => Err(CaseRefusal::NotTaken),
            CaseState::Resolved { .. } => Err(CaseRefusal::AlreadyResolved),
        }
    }

    /// Nobody closes a case of a known person without having tried to reach them.
    fn resolved(
        &self,
        resolution: &Resolution,
        reask: Option<&Reask>,
        at: Timestamp,
    ) -> Result<CaseState, CaseRefusal> {
        let by = match &self.state {
            CaseState::Contacted { by, .. } | CaseState::Recovering { by, .. } => by,
            CaseState::Taken { by, attempts, .. } if *attempts > 0 || self.opening.person.is_empty() => by,
            CaseState::Taken { .. } => return Err(CaseRefusal::NoContactTried),
            CaseState::Open | CaseState::Reopened { .. } => return Err(CaseRefusal::NotTaken),
            CaseState::Resolved { .. } => return Err(CaseRefusal::AlreadyResolved),
        };
        Ok(CaseState::Resolved { by: by.clone(), at, resolution: resolution.clone(), reask: reask.cloned() })
    }

    /// An answer decides for good; "unknown" may still be overtaken by a late answer.
    fn settled(mut self, recovery: Recovery, voice: &str) -> Result<Self, CaseRefusal> {
        let CaseState::Resolved { reask, .. } = &mut self.state else { return Err(CaseRefusal::NotResolved) };
        if matches!(self.recovery, Recovery::Recovered | Recovery::NotRecovered) {
            return Err(CaseRefusal::AlreadySettled);
        }
        if let Some(reask) = reask.as_mut().filter(|_| !voice.is_empty()) {
            reask.answered_by = Some(voice.to_owned());
        }
        self.recovery = recovery;
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
