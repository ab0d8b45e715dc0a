//! Reading: what a voice's text says, and the words it rests on.
//!
//! Kept beside the voice, so that a screen shows why a voice has its theme and
//! its tone without reading the text again. Places are bytes of the stored text.

use serde::{Deserialize, Serialize};

/// Themes kept per voice, the main one first.
pub const MOST_THEMES: usize = 8;
/// Words kept per theme, and for the tone.
pub const MOST_WORDS: usize = 24;

/// A theme that a rule found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThemeMention {
    /// Code of the theme.
    pub theme: String,
    /// Its rules that hold, from 0.
    pub rules: Vec<u32>,
    /// First byte of each word they rest on, and the byte behind it; in order.
    pub words: Vec<(u32, u32)>,
}

/// A word that speaks for the tone of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneWord {
    /// First byte, and the byte behind the last.
    pub words: (u32, u32),
    /// Whether it praises, negation counted.
    pub positive: bool,
}

/// What was read in a text, beside theme, language and sentiment themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Version of the scheme of themes it was read with; 0 when nothing was read.
    pub scheme: u32,
    /// Themes, the main one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub themes: Vec<ThemeMention>,
    /// Words the sentiment rests on; the model weighs the whole text beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tone: Vec<ToneWord>,
    /// Whether the sender stated the language, which then stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub language_stated: bool,
}

impl Reading {
    /// Whether the text has a theme, as the main one or beside it.
    #[must_use]
    pub fn has(&self, theme: &str) -> bool {
        self.themes.iter().any(|m| m.theme == theme)
    }
}
