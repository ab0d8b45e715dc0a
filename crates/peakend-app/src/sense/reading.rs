//! Reading texts: each organisation's themes compiled once per version, and what
//! a voice keeps of what was read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use peakend_domain::OrgId;
use peakend_domain::insight::theme::ThemeVersion;
use peakend_domain::sense::reading::{MOST_THEMES, MOST_WORDS, Reading, ThemeMention, ToneWord};
use peakend_domain::sense::voice::Voice;
use peakend_store::Tx;
use peakend_store::insight::theme as store;
use peakend_text::theme::{SchemeFault, ThemeRules, ThemeScheme};
use peakend_text::{MASKS, TextReader};

use crate::Error;
use crate::insight::theme::TextTrial;

/// A version of an organisation's themes, ready for texts.
#[derive(Debug)]
pub(crate) struct OrgReader {
    reader: TextReader,
    /// Who saved it and when; `None` for the scheme that ships.
    pub(crate) saved: Option<ThemeVersion>,
}

impl OrgReader {
    /// Compiles a scheme.
    pub(crate) fn of(scheme: &ThemeScheme) -> Result<Self, Vec<SchemeFault>> {
        Ok(Self { reader: TextReader::of(ThemeRules::of(scheme)?), saved: None })
    }

    pub(crate) fn scheme(&self) -> &ThemeScheme {
        self.reader.rules.scheme()
    }

    /// What a text says. Masks say nothing, whatever the rules name.
    pub(crate) fn read(&self, text: &str) -> Read {
        let text = without_masks(text);
        let glance = self.reader.glance(&text);
        let words = |range: &std::ops::Range<usize>| (place(range.start), place(range.end));
        let themes = glance.themes.iter().take(MOST_THEMES).map(|found| ThemeMention {
            theme: found.theme.to_owned(),
            rules: found.rules.iter().map(|rule| place(*rule)).collect(),
            words: found.spans.iter().take(MOST_WORDS).map(words).collect(),
        });
        let tone = glance.tone.evidence.iter().take(MOST_WORDS);
        Read {
            language: glance.language,
            sentiment: glance.tone.sentiment,
            reading: Reading {
                scheme: self.scheme().version,
                themes: themes.collect(),
                tone: tone.map(|e| ToneWord { words: words(&e.range), positive: e.positive }).collect(),
                language_stated: false,
            },
        }
    }
}

/// What was read in a text.
#[derive(Debug)]
pub(crate) struct Read {
    language: &'static str,
    sentiment: Option<i8>,
    reading: Reading,
}

impl Read {
    /// The code of the main theme; empty without one.
    pub(crate) fn theme(&self) -> &str {
        self.reading.themes.first().map_or("", |m| &m.theme)
    }

    /// Put into a voice; a language that the sender stated stands.
    pub(crate) fn put(self, voice: &mut Voice, stated: Option<&str>) {
        self.theme().clone_into(&mut voice.theme);
        voice.sentiment = self.sentiment;
        stated.unwrap_or(self.language).clone_into(&mut voice.language);
        voice.reading = Reading { language_stated: stated.is_some(), ..self.reading };
    }

    /// Where a theme was found.
    pub(crate) fn mention(&self, theme: &str) -> Option<ThemeMention> {
        self.reading.themes.iter().find(|m| m.theme == theme).cloned()
    }

    /// What was read in a text that is tried.
    pub(crate) fn tried(self, text: &str) -> TextTrial {
        let Self { language, sentiment, reading } = self;
        TextTrial { text: text.to_owned(), language, sentiment, reading }
    }

    /// The language read in the text; empty when it cannot be told.
    pub(crate) fn language(&self) -> &'static str {
        self.language
    }
}

/// Read a stored voice again. A language that was stated, or of which nobody
/// knows how it came, stands.
pub(crate) fn again(reader: &OrgReader, voice: &Voice) -> Voice {
    let mut next = voice.clone();
    let read = reader.read(&voice.text);
    let stands = voice.reading.scheme == 0 || voice.reading.language_stated || read.language.is_empty();
    read.put(&mut next, stands.then_some(voice.language.as_str()));
    next
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The text with spaces in place of its masks: every other byte stays where it was.
fn without_masks(text: &str) -> String {
    let mut text = text.to_owned();
    for mask in MASKS {
        if text.contains(mask) {
            text = text.replace(mask, &" ".repeat(mask.len()));
        }
    }
    text
}

/// The compiled themes of every organisation whose texts were read lately.
#[derive(Debug, Default)]
pub(crate) struct Readers(Mutex<HashMap<OrgId, Vec<Arc<OrgReader>>>>);

/// Versions kept per organisation: the one in use, and the one a rereading may still use.
const KEPT: usize = 2;

impl Readers {
    /// The version in use.
    pub(crate) async fn current(&self, tx: &mut Tx, org: &OrgId) -> Result<Arc<OrgReader>, Error> {
        let version = store::newest(tx, org).await?;
        self.version(tx, org, version.unwrap_or(ThemeScheme::SHIPPED)).await
    }

    /// One version.
    pub(crate) async fn version(&self, tx: &mut Tx, org: &OrgId, version: u32) -> Result<Arc<OrgReader>, Error> {
        if let Some(known) = self.known(org, version) {
            return Ok(known);
        }
        let saved = store::find(tx, org, version).await?;
        let scheme = match &saved {
            Some(saved) => serde_json::from_str(&saved.document)
                .map_err(|e| Error::Fault(format!("version {version} of the themes of {org} does not read: {e}")))?,
            None if version == ThemeScheme::SHIPPED => ThemeScheme::shipped(),
            None => return Err(Error::NotFound("version of the themes")),
        };
        let mut reader = OrgReader::of(&scheme).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            Error::Fault(format!("version {version} of the themes of {org} is not accepted any more: {first}"))
        })?;
        reader.saved = saved;
        let reader = Arc::new(reader);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.entry(org.clone()).or_default();
        kept.retain(|r| r.scheme().version != version);
        kept.push(Arc::clone(&reader));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(reader)
    }

    fn known(&self, org: &OrgId, version: u32) -> Option<Arc<OrgReader>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(org)?.iter().find(|r| r.scheme().version == version).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_masked_gives_no_theme_and_places_stay() {
        let mut scheme = ThemeScheme::shipped();
        scheme.themes.retain(|t| t.code == "fees" || t.code == "money");
        if let Some(peakend_text::theme::Rule::Keywords { words }) =
            scheme.themes.iter_mut().find(|t| t.code == "fees").and_then(|t| t.rules.first_mut())
        {
            words.push("card".to_owned());
        }
        let reader = OrgReader::of(&scheme).unwrap();
        assert_eq!(reader.read("call [card] please").theme(), "");
        let read = reader.read("[phone] 手续费太高");
        assert_eq!(read.reading.themes.first().map(|m| m.words.clone()), Some(vec![(8, 17)]));
    }
}
