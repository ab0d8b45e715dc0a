//! A voice: a response (answered) or a signal (heard), ready to be counted and read.

use serde::{Deserialize, Serialize};

use super::attribute::Attributes;
use super::reading::Reading;
use crate::{Day, OrgId, Pillar};

/// Whether a voice was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    /// A solicited answer to a survey.
    Response,
    /// Something said or written elsewhere.
    Signal,
}

impl VoiceKind {
    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Signal => "signal",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Response, Self::Signal].into_iter().find(|k| k.name() == name)
    }
}

/// One voice as the consumers of the intake log made it. Codes are the
/// organisation's; an empty string means "not known".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// Tenant.
    pub org: OrgId,
    /// Public id (`rsp_…`, `sig_…`, or the client's own).
    pub id: String,
    /// Position in the intake log.
    pub seq: i64,
    /// Response or signal.
    pub kind: VoiceKind,
    /// Pillar.
    pub pillar: Pillar,
    /// Survey code; empty for signals.
    pub survey_code: String,
    /// Survey version answered.
    pub survey_version: Option<i64>,
    /// Person id; empty when anonymous, and always empty in the employee pillar.
    pub person: String,
    /// Unit where it happened.
    pub unit_code: String,
    /// The unit's path at that time; empty without a unit.
    pub unit_path: String,
    /// Business line.
    pub line_code: String,
    /// Journey.
    pub journey_code: String,
    /// Stage of the journey.
    pub stage_code: String,
    /// Touchpoint.
    pub touchpoint_code: String,
    /// Channel.
    pub channel_code: String,
    /// Segment of the person at that time.
    pub segment: String,
    /// Main theme of the text.
    pub theme: String,
    /// Language tag of the text or the answers.
    pub language: String,
    /// When it happened; day-rounded in the employee pillar.
    pub at: jiff::Timestamp,
    /// Day of `at` in the organisation's time zone.
    pub day: Day,
    /// 0..=10
    pub nps: Option<u8>,
    /// 1..=5
    pub csat: Option<u8>,
    /// 1..=7
    pub ces: Option<u8>,
    /// -100..=100
    pub sentiment: Option<i8>,
    /// Answers by question id, as JSON object.
    pub answers: serde_json::Value,
    /// The sentence or sentences to read.
    pub text: String,
    /// Public author name of a signal.
    pub author: String,
    /// Where the signal can be read.
    pub url: String,
    /// Themes and tone with the words they rest on.
    #[serde(default)]
    pub reading: Reading,
    /// What the organisation says of it, by names of its own; none in the employee pillar.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Imported history: figures yes, alerts no. Not stored.
    #[serde(default)]
    pub quiet: bool,
}
