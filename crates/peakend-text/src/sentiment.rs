//! Sentiment of a text: a linear model of its letters together with word
//! lists that know negation, degree and contrast.
//!
//! The model says how texts with such pieces were labelled, the lists say why:
//! their words are the evidence shown beside a figure. Both work on the folded
//! text. The model card is `models/README.md`.

pub mod corpus;
pub mod course;
mod course_card;
mod linear;
pub(crate) mod rules;
pub mod training;

use std::ops::Range;

use serde::Serialize;

use crate::language::{Language, identify};
use crate::units::{Letters, letters};
pub use linear::{Model, Pieces};
use rules::{Weighed, weigh};

/// What one unit of the word lists counts beside the model's margin.
const LISTS: f64 = 2.0;
/// Margins nearer to zero than this are neutral.
const NEUTRAL: f64 = 0.25;
/// The same for texts without a listed word: letters alone must be surer.
const NEUTRAL_UNLISTED: f64 = 1.2;
/// Fewer letters and digits than this, none of them listed, say nothing.
const FEWEST_LETTERS: usize = 3;

/// A listed word on which the sentiment of a text rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Bytes of the original text.
    pub range: Range<usize>,
    /// Whether it speaks for the text being positive, negation counted.
    pub positive: bool,
}

/// What a text feels, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tone {
    /// -100 to 100; 0 is neutral. None when there is too little to tell.
    pub sentiment: Option<i8>,
    /// The listed words in order.
    pub evidence: Vec<Evidence>,
}

/// Sentiment of a text, -100 to 100; 0 when it is neutral or says too little.
#[must_use]
pub fn sentiment(text: &str) -> i8 {
    of_folded(&crate::fold::fold(text), identify(text)).unwrap_or(0)
}

/// Sentiment with the words on which it rests.
#[must_use]
pub fn tone(text: &str) -> Tone {
    let letters = Letters::of(text);
    tone_of(&letters, identify(text))
}

pub(crate) fn tone_of(text: &Letters, language: Language) -> Tone {
    let mut hits = Vec::new();
    let weighed = weigh(text.letters(), |at, weight| hits.push((at, weight > 0.0)));
    let evidence = hits.into_iter().map(|(at, positive)| Evidence { range: text.original(&at), positive }).collect();
    Tone { sentiment: scaled(text.letters(), &weighed, language), evidence }
}

/// Sentiment with the words on which it rests, by an organisation's own model.
#[must_use]
pub fn tone_with(text: &str, model: &Model) -> Tone {
    let letters = Letters::of(text);
    let mut tone = tone_of(&letters, identify(text));
    let weighed = weigh(letters.letters(), |_, _| {});
    tone.sentiment = scaled_by(model, letters.letters(), &weighed);
    tone
}

/// Sentiment of some letters of a text.
pub(crate) fn of_letters(letters: &[u16], language: Language) -> Option<i8> {
    let weighed = weigh(letters, |_, _| {});
    scaled(letters, &weighed, language)
}

pub(crate) fn of_folded(folded: &str, language: Language) -> Option<i8> {
    of_letters(&letters(folded), language)
}

/// Whether a text is rather positive than negative; there is no third answer.
pub(crate) fn polarity(text: &str) -> bool {
    let letters = letters(&crate::fold::fold(text));
    let weighed = weigh(&letters, |_, _| {});
    margin(&letters, &weighed, identify(text)) >= 0.0
}

/// Log-odds of being positive.
fn margin(letters: &[u16], weighed: &Weighed, language: Language) -> f64 {
    Model::shipped(language).margin(letters) + LISTS * weighed.balance
}

fn scaled(letters: &[u16], weighed: &Weighed, language: Language) -> Option<i8> {
    scaled_by(Model::shipped(language), letters, weighed)
}

fn scaled_by(model: &Model, letters: &[u16], weighed: &Weighed) -> Option<i8> {
    if weighed.words == 0 && weighed.content < FEWEST_LETTERS {
        return None;
    }
    let margin = model.margin(letters) + LISTS * weighed.balance;
    let band = if weighed.words == 0 { NEUTRAL_UNLISTED } else { NEUTRAL };
    if margin.abs() < band {
        return Some(0);
    }
    #[expect(clippy::cast_possible_truncation, reason = "tanh keeps it within -100..=100")]
    Some((100.0 * (margin / 2.0).tanh()).round() as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_right_for_plain_negated_and_contrasted_sentences() {
        for text in [
            "服务很好,非常满意",
            "柜员耐心又专业",
            "不麻烦,很快就办好了",
            "没有问题,很顺利",
            "之前很慢,但是现在很快,满意",
            "The staff were friendly and helpful",
            "not bad at all",
            "It was slow, but the agent was excellent and solved it",
            "服務熱情,辦理很快",
            "呢間嘢食好好味,下次再嚟",
        ] {
            assert!(sentiment(text) > 20, "{text}: {}", sentiment(text));
        }
        for text in [
            "态度差,等了很久",
            "不满意",
            "一点都不方便",
            "没有解决我的问题,非常失望",
            "柜员很热情,但是手续太繁琐了,很失望",
            "The app keeps crashing and it is really frustrating",
            "not helpful",
            "Nice branch, but the fees are terrible",
            "態度差,手續麻煩",
            "難食到喊,唔會再嚟",
        ] {
            assert!(sentiment(text) < -20, "{text}: {}", sentiment(text));
        }
        for text in ["我昨天去了网点", "I went to the branch yesterday", ""] {
            assert_eq!(sentiment(text), 0, "{text}");
        }
    }

    #[test]
    fn more_words_never_leave_the_scale() {
        assert!(sentiment(&"非常失望".repeat(500)) >= -100);
        assert!(sentiment(&"excellent ".repeat(500)) <= 100);
    }

    #[test]
    fn evidence_points_into_the_original() {
        let text = "服務熱情,但 ＡＰＰ 不好用";
        let found: Vec<(&str, bool)> = tone(text).evidence.into_iter().map(|e| (&text[e.range], e.positive)).collect();
        assert_eq!(found, [("熱情", true), ("不好用", false)]);
        assert_eq!(tone("嗯"), Tone::default());
    }

    #[test]
    fn the_cases_of_sentiment_pass() {
        for name in ["sentiment-zh-waimai", "sentiment-en-amazon", "sentiment-zh-hant-openrice-valid"] {
            crate::verify::tests::passes(name);
        }
    }
}
