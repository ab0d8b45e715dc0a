//! Everything a text says, read at once: what an application calls per voice.

use serde::Serialize;

use crate::aspect::{Aspect, Field, Vocabulary};
use crate::emotion::{Feeling, feeling};
use crate::language::{Language, identify, voiced};
use crate::redaction::{redact, without_masks};
use crate::segment::Cutter;
use crate::sentiment::{Model, Tone, tone_of, tone_with};
use crate::theme::{Matched, ThemeRules};
use crate::units::Letters;

/// How an organisation's texts are read.
#[derive(Debug)]
pub struct TextReader {
    /// Rules of its themes.
    pub rules: ThemeRules,
    /// Its own vocabulary of aspects; none for the shipped one.
    pub vocabulary: Option<Vocabulary>,
    /// Its own sentiment model; none for the shipped ones.
    pub model: Option<Model>,
}

/// What a text says. All ranges are bytes of the text as it was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis<'r> {
    /// Language tag: `en`, `zh-Hans`, `zh-Hant`, `ja`, `ko`; empty when it cannot be told.
    pub language: &'static str,
    /// Words that carry meaning.
    pub words: usize,
    /// Sentiment; none in languages without a model.
    pub tone: Tone,
    /// Emotion; neutral in languages without lists.
    pub feeling: Feeling,
    /// Aspects in order.
    pub aspects: Vec<Aspect<'r>>,
    /// Themes by rule, most points first.
    pub themes: Vec<Matched<'r>>,
    /// The text without what identifies somebody.
    pub masked: String,
}

/// What a text is about and how it sounds: as much of [`Analysis`] as a figure counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance<'r> {
    /// Language tag, as in [`Analysis`].
    pub language: &'static str,
    /// Sentiment with the words it rests on.
    pub tone: Tone,
    /// Themes by rule, most points first.
    pub themes: Vec<Matched<'r>>,
}

impl TextReader {
    /// Reads by rules, with the shipped vocabulary and models.
    #[must_use]
    pub fn of(rules: ThemeRules) -> Self {
        Self { rules, vocabulary: None, model: None }
    }

    /// Reads a text; aspects of one field only where the field is known.
    #[must_use]
    pub fn read(&self, text: &str, field: Option<Field>) -> Analysis<'_> {
        let spoken = identify(&without_masks(text));
        let letters = Letters::of(text);
        let known = spoken.is_chinese() || spoken == Language::English;
        let tone = self.tone(text, &letters, spoken);
        let vocabulary = self.vocabulary.as_ref().unwrap_or(Vocabulary::shipped());
        let mut words = 0;
        Cutter::default().cut(text, |word| words += usize::from(word.chars().any(char::is_alphanumeric)));
        Analysis {
            language: voiced(spoken),
            words,
            feeling: if known { feeling(&letters, &tone) } else { Feeling::default() },
            aspects: if known { vocabulary.of_letters(&letters, spoken, field) } else { Vec::new() },
            themes: self.rules.of_folded(letters.folded()),
            masked: redact(text).into_owned(),
            tone,
        }
    }

    /// Reads language, sentiment and themes alone.
    #[must_use]
    pub fn glance(&self, text: &str) -> Glance<'_> {
        let spoken = identify(&without_masks(text));
        let letters = Letters::of(text);
        Glance {
            language: voiced(spoken),
            tone: self.tone(text, &letters, spoken),
            themes: self.rules.of_folded(letters.folded()),
        }
    }

    fn tone(&self, text: &str, letters: &Letters, spoken: Language) -> Tone {
        match &self.model {
            _ if !spoken.is_chinese() && spoken != Language::English => Tone::default(),
            Some(own) => tone_with(text, own),
            None => tone_of(letters, spoken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
    use crate::theme::ThemeScheme;

    #[test]
    fn one_reading_agrees_with_the_parts() {
        let reader = TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).unwrap());
        let text = "我係陳小姐,電話 9123 4567。櫃員好有耐心,多謝佢,不過手續費太高";
        let read = reader.read(text, Some(Field::Bank));
        assert_eq!(read.language, "zh-Hant");
        assert_eq!(read.feeling, crate::emotion(text));
        assert_eq!(read.tone, crate::tone(text));
        assert_eq!(read.feeling.main, Emotion::Trust);
        assert_eq!(read.masked, crate::redact(text));
        let glance = reader.glance(text);
        assert_eq!(
            (glance.language, glance.tone, glance.themes),
            (read.language, read.tone.clone(), read.themes.clone())
        );
        assert!(read.themes.iter().any(|t| t.theme == "fees"));
        let aspects: Vec<&str> = read.aspects.iter().map(|a| a.aspect).collect();
        assert!(aspects.contains(&"staff") && aspects.contains(&"price"), "{aspects:?}");
        assert!(serde_json::to_string(&read).is_ok());
    }

    #[test]
    fn what_was_masked_says_nothing() {
        let reader = TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).unwrap());
        let read = reader.read("请打[phone]找[name],客服态度差", None);
        assert_eq!(read.language, "zh-Hans");
        assert!(read.aspects.iter().all(|a| a.aspect != "product"), "{:?}", read.aspects);
    }

    #[test]
    fn a_language_without_lists_gets_no_figure() {
        let reader = TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).unwrap());
        let read = reader.read("とても良いサービスでした", None);
        assert_eq!((read.language, read.tone.sentiment, read.feeling.main), ("ja", None, Emotion::Neutral));
        assert!(read.aspects.is_empty());
    }
}
