//! Sentences by topic, tone and language.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::Random;

/// Language a person writes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English
    En,
    /// Simplified Chinese
    ZhHans,
    /// Traditional Chinese
    ZhHant,
}

impl Language {
    /// BCP 47 tag
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Phrases {
    negative: Vec<(String, String, String)>,
    positive: Vec<(String, String, String)>,
}

fn phrases() -> &'static BTreeMap<String, Phrases> {
    static ALL: OnceLock<BTreeMap<String, Phrases>> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(include_str!("../data/phrases.json")).unwrap_or_default())
}

/// A sentence on a topic; the tone follows the experience (0..10), with a
/// middle in which both are said.
pub(crate) fn write(random: &mut Random, topic: &str, experience: f64, language: Language) -> String {
    let Some(p) = phrases().get(topic) else { return String::new() };
    let mut one = |from: &[(String, String, String)]| {
        random.pick(from).map_or_else(String::new, |(en, hans, hant)| {
            match language {
                Language::En => en,
                Language::ZhHans => hans,
                Language::ZhHant => hant,
            }
            .clone()
        })
    };
    let gap = if language == Language::En { " " } else { "" };
    match experience {
        e if e < 5.5 => one(&p.negative),
        e if e > 7.5 => one(&p.positive),
        _ => format!("{}{gap}{}", one(&p.positive), one(&p.negative)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_of_the_bank_has_sentences_of_both_tones() {
        let bank = crate::Bank::load().unwrap();
        for t in &bank.touchpoints {
            let p = phrases().get(&t.topic).unwrap_or_else(|| panic!("{}", t.topic));
            assert!(!p.negative.is_empty() && !p.positive.is_empty());
        }
    }
}
