//! The three languages every text exists in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A language of the product's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lang {
    /// English
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese
    #[serde(rename = "zh-Hans")]
    ZhHans,
    /// Traditional Chinese
    #[serde(rename = "zh-Hant")]
    ZhHant,
}

impl Lang {
    /// All of them, the fallback first.
    pub const ALL: [Self; 3] = [Self::En, Self::ZhHans, Self::ZhHant];

    /// BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
        }
    }

    /// The language a browser tag means; `None` when it is none of ours.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        match tag.as_str() {
            t if t == "en" || t.starts_with("en-") => Some(Self::En),
            "zh-hant" | "zh-tw" | "zh-hk" | "zh-mo" => Some(Self::ZhHant),
            t if t.starts_with("zh-hant-") => Some(Self::ZhHant),
            t if t == "zh" || t.starts_with("zh-") => Some(Self::ZhHans),
            _ => None,
        }
    }
}

/// A text in one or more languages, keyed by [`Lang::tag`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalText(pub BTreeMap<String, String>);

impl LocalText {
    /// The same text for every language.
    #[must_use]
    pub fn one(text: &str) -> Self {
        Self(Lang::ALL.iter().map(|l| (l.tag().to_owned(), text.to_owned())).collect())
    }

    /// The text for a language, else English, else any.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        self.0
            .get(lang.tag())
            .or_else(|| self.0.get(Lang::En.tag()))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}
