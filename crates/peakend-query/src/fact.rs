//! The facts a warehouse keeps: voices (answered or heard) and outcomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Attributes;

/// Whether a voice was asked for or heard unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    /// A solicited answer to a survey.
    Response,
    /// Something said or written elsewhere.
    Signal,
}

/// One voice, one row. Codes are the organisation's own; an empty string means
/// "not known", and never matches a filter on a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceFact {
    /// Position in the intake log; unique within an organisation.
    pub seq: u64,
    /// Public id of the response or signal.
    pub id: String,
    /// Response or signal.
    pub kind: VoiceKind,
    /// `brand`, `customer` or `employee`.
    pub pillar: String,
    /// Survey code; empty for signals.
    pub survey: String,
    /// Business line code.
    pub line: String,
    /// Unit code (leaf of the tree where it happened).
    pub unit: String,
    /// Journey code.
    pub journey: String,
    /// Stage code.
    pub stage: String,
    /// Touchpoint code.
    pub touchpoint: String,
    /// Channel code.
    pub channel: String,
    /// Customer segment code at the time of the voice.
    pub segment: String,
    /// Theme code of the text; empty when there is no text or none matched.
    pub theme: String,
    /// Language tag: `en`, `zh-Hans`, `zh-Hant`, or another BCP 47 tag.
    pub language: String,
    /// Person id; empty when anonymous. Always empty for employee surveys.
    pub person: String,
    /// When it happened, microseconds UTC. Day-rounded for employee surveys.
    pub at: i64,
    /// Day of `at` in the organisation's time zone, days since 1970-01-01.
    pub day: i32,
    /// Likelihood to recommend, 0..=10.
    pub nps: Option<u8>,
    /// Satisfaction, 1..=5.
    pub csat: Option<u8>,
    /// Ease, 1..=7.
    pub ces: Option<u8>,
    /// Sentiment of the text, -100..=100; `None` when undetermined or no text.
    pub sentiment: Option<i8>,
    /// Whether there is a text to read.
    pub has_text: bool,
    /// Attributes of the organisation's own; none of employees.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl VoiceFact {
    /// Positions from here on are of voices loaded from files, past the log; the
    /// operational store has no row of them.
    pub const LOADED: u64 = 1 << 63;

    /// Whether the voice was loaded from a file, past the log.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.seq >= Self::LOADED
    }
}

/// One operating figure of one person in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeFact {
    /// Person id.
    pub person: String,
    /// Kind code: `aum`, `orders`, `churn`, or the organisation's own.
    pub kind: String,
    /// Month as `year * 12 + (month - 1)`.
    pub month: i32,
    /// Value in the kind's minor unit (cents for money, ones for counts and 0/1).
    pub value: i64,
}

/// What is kept of an organisation's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// First day whose voices stay, days since 1970-01-01.
    pub first_day: i32,
    /// The same for the voices of surveys that have a time of their own, by code.
    pub surveys: BTreeMap<String, i32>,
    /// First month whose outcomes stay, as `year * 12 + (month - 1)`.
    pub first_month: i32,
    /// First day whose events stay.
    pub first_event_day: i32,
}

impl Retention {
    /// First day that stays of the voices of a survey; an empty code means signals.
    #[must_use]
    pub fn first_day_of(&self, survey: &str) -> i32 {
        self.surveys.get(survey).copied().unwrap_or(self.first_day)
    }

    /// No voice of before this day stays.
    #[must_use]
    pub fn earliest_day(&self) -> i32 {
        self.surveys.values().copied().fold(self.first_day, i32::min)
    }

    /// Every voice of this day and later stays.
    #[must_use]
    pub fn latest_day(&self) -> i32 {
        self.surveys.values().copied().fold(self.first_day, i32::max)
    }
}
