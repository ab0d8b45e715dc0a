//! Signals: what was said or written elsewhere, as it stands in the intake log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attribute;
use super::response::PersonRef;
use crate::{FieldFault, Pillar};

/// Longest text of a signal, in characters.
pub const TEXT_LIMIT: usize = 20_000;
/// Longest author, address or code, in characters.
const SHORT_LIMIT: usize = 2_000;

/// Body of a signal in the intake log. `at` is when it was received unless given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalBody {
    /// Channel code, such as a review platform.
    pub channel: String,
    /// Public name of who wrote it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// The words.
    pub text: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// When it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// Pillar.
    pub pillar: Pillar,
    /// Touchpoint code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touchpoint: Option<String>,
    /// Unit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Business line code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Stars, 1 to 5; counts as CSAT when `csat` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// 0 to 10
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nps: Option<u8>,
    /// 1 to 5
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csat: Option<u8>,
    /// 1 to 7
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ces: Option<u8>,
    /// Who wrote it, when known. Never kept in the employee pillar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonRef>,
    /// Language tag; found from the words unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The organisation's own: texts, numbers and truths by name.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub attributes: Value,
    /// Import of history: figures yes, alerts no.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quiet: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde wants")]
fn is_false(b: &bool) -> bool {
    !*b
}

impl SignalBody {
    /// CSAT of the signal: given, or its stars.
    #[must_use]
    pub fn satisfaction(&self) -> Option<u8> {
        self.csat.or(self.rating)
    }

    /// All faults.
    #[must_use]
    pub fn check(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if !self.attributes.is_null() {
            faults.extend(attribute::check("attributes", &self.attributes));
        }
        if self.text.trim().is_empty() && self.satisfaction().is_none() && self.nps.is_none() && self.ces.is_none() {
            let message = "a signal needs words or a score: give text, rating, nps, csat or ces";
            faults.push(FieldFault::new("text", "required", message));
        }
        if self.channel.trim().is_empty() {
            faults.push(FieldFault::new("channel", "required", "`channel` is missing: say where it was said"));
        }
        let lengths = [
            ("text", self.text.as_str(), TEXT_LIMIT),
            ("author", self.author.as_str(), SHORT_LIMIT),
            ("url", self.url.as_str(), SHORT_LIMIT),
            ("channel", self.channel.as_str(), SHORT_LIMIT),
        ];
        for (path, text, most) in lengths {
            if text.chars().count() > most {
                faults.push(FieldFault::new(path, "too_long", format!("longer than {most} characters")));
            }
        }
        let web = self.url.starts_with("https://") || self.url.starts_with("http://");
        if !web && !self.url.is_empty() {
            faults.push(FieldFault::new("url", "bad_url", "an address begins with https:// or http://"));
        }
        let scores = [
            ("rating", self.rating, 1, 5),
            ("nps", self.nps, 0, 10),
            ("csat", self.csat, 1, 5),
            ("ces", self.ces, 1, 7),
        ];
        for (path, score, low, high) in scores {
            if score.is_some_and(|s| s < low || s > high) {
                let message = format!("not a whole number from {low} to {high}");
                faults.push(FieldFault::new(path, "out_of_range", message));
            }
        }
        if let Some(Err(more)) = self.person.as_ref().map(|p| p.aliases("person")) {
            faults.extend(more);
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_signal_needs_words_or_a_score_and_names_every_fault() {
        let read = |v| serde_json::from_value::<SignalBody>(v).unwrap().check();
        assert!(read(json!({"channel": "app-store", "text": "好用", "pillar": "brand"})).is_empty());
        assert!(read(json!({"channel": "app-store", "text": "", "rating": 2, "pillar": "brand"})).is_empty());
        let faults = read(json!({"channel": " ", "text": "", "nps": 11, "url": "javascript:1", "pillar": "brand"}));
        let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["channel", "url", "nps"]);
    }
}
