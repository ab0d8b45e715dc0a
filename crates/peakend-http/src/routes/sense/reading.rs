//! What was read in a text, as every page shows it.

use peakend_domain::sense::reading::Reading;
use serde::Serialize;
use utoipa::ToSchema;

/// Words of a text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct WordsView {
    /// First UTF-16 code unit, as JavaScript counts.
    start: usize,
    /// The code unit behind the last.
    end: usize,
    /// The words themselves.
    text: String,
}

/// A theme that rules found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct ThemeMentionView {
    /// Code.
    theme: String,
    /// Numbers of its rules that hold, from 1.
    rules: Vec<u32>,
    /// What they rest on, in order.
    words: Vec<WordsView>,
}

/// Words that speak for the tone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct ToneWordsView {
    #[serde(flatten)]
    words: WordsView,
    /// Whether they praise, negation counted.
    positive: bool,
}

/// What was read in a text, and the words it rests on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct ReadingView {
    /// Version of the themes it was read with.
    scheme: u32,
    /// Themes, the main one first.
    themes: Vec<ThemeMentionView>,
    /// Words the tone rests on; a model weighs the whole text beside them.
    tone: Vec<ToneWordsView>,
    /// Whether the sender stated the language; else it was read in the text.
    language_stated: bool,
}

impl ReadingView {
    /// Codes of its themes.
    pub(in crate::routes) fn theme_codes(&self) -> impl Iterator<Item = &String> {
        self.themes.iter().map(|m| &m.theme)
    }
}

/// `None` for a text that was stored before readings were kept.
pub(in crate::routes) fn reading_view(text: &str, reading: &Reading) -> Option<ReadingView> {
    if reading.scheme == 0 || text.is_empty() {
        return None;
    }
    let units = Units::of(text, reading);
    let words = |place: &(u32, u32)| units.words(text, *place);
    let themes = reading.themes.iter().map(|m| ThemeMentionView {
        theme: m.theme.clone(),
        rules: m.rules.iter().map(|rule| rule + 1).collect(),
        words: m.words.iter().filter_map(words).collect(),
    });
    let tone = reading.tone.iter();
    Some(ReadingView {
        scheme: reading.scheme,
        themes: themes.collect(),
        tone: tone.filter_map(|t| Some(ToneWordsView { words: words(&t.words)?, positive: t.positive })).collect(),
        language_stated: reading.language_stated,
    })
}

/// Code units before each byte that a reading names.
struct Units(Vec<(usize, usize)>);

impl Units {
    fn of(text: &str, reading: &Reading) -> Self {
        let themes = reading.themes.iter().flat_map(|m| &m.words);
        let places = themes.chain(reading.tone.iter().map(|t| &t.words)).flat_map(|(from, to)| [*from, *to]);
        let mut bytes: Vec<usize> = places.filter_map(|byte| usize::try_from(byte).ok()).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let (mut at, mut units) = (0, 0);
        let counted = bytes.into_iter().filter_map(|byte| {
            units += text.get(at..byte)?.encode_utf16().count();
            at = byte;
            Some((byte, units))
        });
        Self(counted.collect())
    }

    fn words(&self, text: &str, (from, to): (u32, u32)) -> Option<WordsView> {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        let unit = |byte| Some(self.0.get(self.0.binary_search_by_key(&byte, |known| known.0).ok()?)?.1);
        Some(WordsView { start: unit(from)?, end: unit(to)?, text: text.get(from..to)?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use peakend_domain::sense::reading::{ThemeMention, ToneWord};

    use super::*;

    #[test]
    fn places_are_counted_as_a_browser_counts() {
        let text = "😀 手续费太高, fees";
        let reading = Reading {
            scheme: 2,
            themes: vec![ThemeMention { theme: "fees".into(), rules: vec![0], words: vec![(5, 14), (22, 26)] }],
            tone: vec![ToneWord { words: (14, 20), positive: false }],
            language_stated: false,
        };
        let view = reading_view(text, &reading).unwrap();
        let words: Vec<_> = view.themes[0].words.iter().map(|w| (w.start, w.end, w.text.as_str())).collect();
        assert_eq!(words, [(3, 6, "手续费"), (10, 14, "fees")]);
        assert_eq!(view.themes[0].rules, [1]);
        assert_eq!((view.tone[0].words.start, view.tone[0].words.text.as_str()), (6, "太高"));
        assert!(reading_view(text, &Reading::default()).is_none());
    }
}
