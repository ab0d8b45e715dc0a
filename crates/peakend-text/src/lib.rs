//! Text methods: language, words, sentiment, themes, key words, near-duplicates,
//! redaction; text in, values out.
//!
//! Word lists are data files in `data/`. Everything works on one folded form
//! of the text (half-width, lower case, simplified characters), so that the
//! three languages share their rules. To add a theme: a line in
//! `data/themes.txt` and a sentence in the tests.
mod analysis;
pub mod aspect;
pub mod duplicate;
pub mod emerging;
pub mod emotion;
mod fold;
#[cfg(test)]
mod hostile;
pub mod keyness;
pub mod labelled;
mod language;
mod lexicon;
pub mod quote;
mod redaction;
mod refusal;
mod segment;
pub mod sentiment;
mod terms;
pub mod theme;
mod units;
pub mod verify;

pub use analysis::{Analysis, Glance, TextReader};
pub use aspect::aspects;
pub use emotion::emotion;
pub use fold::{Folded, fold, to_simplified};
pub use language::{Language, identify, language};
pub use redaction::{MASKS, redact};
pub use refusal::Refusal;
pub use segment::{Cutter, segment, sentences, words};
pub use sentiment::{Evidence, Tone, sentiment, tone};
pub use theme::{theme, themes};

/// What a text says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Language tag: `en`, `zh-Hans`, `zh-Hant`, `ja`, `ko`; empty when it cannot be told.
    pub language: &'static str,
    /// -100 (negative) to 100 (positive); none when the language has no model or the text says too little.
    pub sentiment: Option<i8>,
    /// The main theme; empty when no rule fits.
    pub theme: &'static str,
}

/// Read a text.
#[must_use]
pub fn read(text: &str) -> Reading {
    let text = redaction::without_masks(text);
    let spoken = identify(&text);
    let known = spoken.is_chinese() || spoken == Language::English;
    let folded = fold(&text);
    Reading {
        language: language::voiced(spoken),
        sentiment: if known { sentiment::of_folded(&folded, spoken) } else { None },
        theme: theme::of_folded(&folded).first().map_or("", |(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_read_in_three_languages_alike() {
        for text in [
            "手续费太高了,而且没有提前说明,非常失望",
            "手續費太高了,而且沒有提前說明,非常失望",
            "The fees are far too expensive and nobody told me. Very disappointed.",
        ] {
            let r = read(text);
            assert_eq!(r.theme, "fees", "{text}");
            assert!(r.sentiment.unwrap() < -30, "{text}: {r:?}");
        }
        assert_eq!(read(""), Reading::default());
        let masked = "请打[phone],我叫[name],证件[id]";
        assert_eq!((read(masked).language, read(masked).theme), ("zh-Hans", read("请打,我叫,证件").theme));
        assert_eq!(read("12345 !!!").sentiment, None);
    }

    /// A megabyte of one character, a tenth of the others: were reading not
    /// linear, this would take hours.
    #[test]
    fn hostile_text_is_read_in_linear_time() {
        let units = [
            "不",
            "很",
            "a",
            "费",
            " ",
            "1",
            "@",
            "\u{202e}",
            "😀",
            "不好",
            "\u{301}",
            "e\u{301}",
            "👨\u{200d}👩\u{200d}👧",
            "路1号",
            "王",
            "Mr. ",
            "A1",
            ".",
            "\u{0}",
            "ｶﾞ",
            "\u{ac00}",
            "ab不好",
            "n't ",
        ];
        for unit in units {
            let bytes = if unit == "不" { 1_000_000 } else { 100_000 };
            let text = unit.repeat(bytes / unit.len());
            let _reading = read(&text);
            let _tone = tone(&text);
            let _masked = redact(&text);
            assert_eq!(segment(&text).iter().map(|w| w.len()).sum::<usize>(), text.len());
            assert!(!sentences(&text).is_empty() || text.trim().is_empty());
            assert_eq!(duplicate::clusters(&[&text, &text], 0.8).len(), usize::from(!text.trim().is_empty()));
        }
    }

    #[test]
    fn ten_megabytes_without_a_space_are_read() {
        let text: String = "我們的服务不好ａbc１２３".chars().cycle().take(4_000_000).collect();
        assert!(text.len() > 10_000_000);
        assert_eq!(language(&text), "zh-Hans");
        assert!(read(&text).sentiment.is_some());
        assert_eq!(segment(&text).iter().map(|w| w.len()).sum::<usize>(), text.len());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _reading = read(&text);
            let _masked = redact(&text);
            let _sentences = sentences(&text);
            for evidence in tone(&text).evidence {
                prop_assert!(text.get(evidence.range).is_some_and(|words| !words.is_empty()));
            }
        }
    }
}
