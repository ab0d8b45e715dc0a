//! Names, codes and days as they stand in requests.

use std::collections::BTreeMap;

use peakend_app::Error;
use peakend_domain::{Day, Lang, LocalText, Pillar, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A name: one text for all languages, or a text per language tag
/// (`en`, `zh-Hans`, `zh-Hant`).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Name {
    /// The same in every language.
    One(String),
    /// By language tag.
    Each(BTreeMap<String, String>),
}

impl Name {
    /// Read the name; an unknown language is a fault of `path`.
    pub(crate) fn local(self, path: &str) -> Result<LocalText, Error> {
        match self {
            Self::One(text) => Ok(LocalText::one(text.trim())),
            Self::Each(texts) => match texts.keys().find(|tag| Lang::ALL.iter().all(|l| l.tag() != tag.as_str())) {
                Some(tag) => Err(Error::field(
                    &format!("{path}.{tag}"),
                    "unknown_language",
                    "use the language tags en, zh-Hans and zh-Hant",
                )),
                None => Ok(LocalText(texts.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect())),
            },
        }
    }
}

/// A word of a closed set; `known` lists it for the fault.
pub(crate) fn word<T>(path: &str, text: &str, parse: fn(&str) -> Option<T>, known: &str) -> Result<T, Error> {
    parse(text).ok_or_else(|| Error::field(path, "unknown_value", format!("`{text}` is not one of: {known}")))
}

/// A pillar by name.
pub(crate) fn pillar(path: &str, text: &str) -> Result<Pillar, Error> {
    word(path, text, Pillar::parse, "brand, customer, employee")
}

/// A day such as `2026-11-22`.
pub(crate) fn day(path: &str, text: &str) -> Result<Day, Error> {
    Day::parse(text).ok_or_else(|| Error::field(path, "bad_day", format!("`{text}` is not a day like 2026-11-22")))
}

/// A user's id.
pub(crate) fn user(path: &str, text: Option<&str>) -> Result<Option<UserId>, Error> {
    text.filter(|t| !t.is_empty())
        .map(|t| UserId::parse(t).map_err(|e| Error::field(path, "bad_id", e.to_string())))
        .transpose()
}

/// An empty text means "none".
pub(crate) fn given(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}
