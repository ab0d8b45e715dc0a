//! Emotion: what a writer feels, of a small fixed set, and by which words.
//!
//! Listed words with weights, turned by negation ("not disappointed" is joy)
//! and strengthened by degree. Where no word is listed, sentiment decides
//! between joy, disappointment and neutral. Time is linear in the text.

mod lists;

use std::ops::Range;

use serde::Serialize;

use crate::language::identify;
use crate::sentiment::{Tone, tone_of};
use crate::units::Letters;

/// What is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Emotion {
    /// Pleased, delighted.
    Joy,
    /// Thankful, relying on somebody.
    Trust,
    /// Indignant, accusing.
    Anger,
    /// Let down, regretting.
    Disappointment,
    /// Afraid, unsure.
    Worry,
    /// Did not expect it, good or bad.
    Surprise,
    /// Says what is, without feeling.
    #[default]
    Neutral,
}

impl Emotion {
    /// All, in the order of their declaration.
    pub const ALL: [Self; 7] =
        [Self::Joy, Self::Trust, Self::Anger, Self::Disappointment, Self::Worry, Self::Surprise, Self::Neutral];

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Joy => "joy",
            Self::Trust => "trust",
            Self::Anger => "anger",
            Self::Disappointment => "disappointment",
            Self::Worry => "worry",
            Self::Surprise => "surprise",
            Self::Neutral => "neutral",
        }
    }

    /// The emotion of a code.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == code)
    }

    /// Name in English, simplified and traditional Chinese.
    #[must_use]
    pub fn names(self) -> [&'static str; 3] {
        match self {
            Self::Joy => ["Joy", "喜悦", "喜悅"],
            Self::Trust => ["Trust and gratitude", "信任与感谢", "信任與感謝"],
            Self::Anger => ["Anger", "愤怒", "憤怒"],
            Self::Disappointment => ["Disappointment", "失望", "失望"],
            Self::Worry => ["Worry", "担忧", "擔憂"],
            Self::Surprise => ["Surprise", "惊讶", "驚訝"],
            Self::Neutral => ["Neutral", "平静", "平靜"],
        }
    }
}

/// A word that shows an emotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// Bytes of the original text.
    pub range: Range<usize>,
    /// What it shows, negation counted.
    pub emotion: Emotion,
}

/// What a text feels.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Feeling {
    /// The strongest emotion.
    pub main: Emotion,
    /// Points of every emotion found, most first.
    pub points: Vec<(Emotion, f64)>,
    /// The words it rests on, in order.
    pub evidence: Vec<Sign>,
}

/// What a text feels, and why.
#[must_use]
pub fn emotion(text: &str) -> Feeling {
    let letters = Letters::of(text);
    let tone = tone_of(&letters, identify(text));
    feeling(&letters, &tone)
}

/// Whether some letters of a text feel good or bad, and how much, by the listed words alone.
pub(crate) fn leaning(letters: &[u16]) -> f64 {
    let [joy, trust, anger, disappointment, worry, ..] = lists::weigh(letters).points;
    joy + trust - anger - disappointment - worry
}

pub(crate) fn feeling(text: &Letters, tone: &Tone) -> Feeling {
    let found = lists::weigh(text.letters());
    let mut points = found.points;
    let listed = !found.signs.is_empty() || !tone.evidence.is_empty();
    let felt = tone.sentiment.filter(|s| listed || s.abs() >= SURE).unwrap_or(0);
    settle(&mut points, felt);
    let mut named: Vec<(Emotion, f64)> = Emotion::ALL.into_iter().zip(points).filter(|(_, p)| *p > 0.0).collect();
    named.sort_by(|x, y| y.1.total_cmp(&x.1));
    let main = named.first().map(|(e, _)| *e).unwrap_or_default();
    let mut evidence: Vec<Sign> =
        found.signs.iter().map(|(at, emotion)| Sign { range: text.original(at), emotion: *emotion }).collect();
    if !evidence.iter().any(|s| s.emotion == main) && main != Emotion::Neutral {
        // the sentiment decided: its words are the evidence
        let praises = main == Emotion::Joy;
        let words = tone.evidence.iter().filter(|e| e.positive == praises);
        evidence.extend(words.map(|e| Sign { range: e.range.clone(), emotion: main }));
        evidence.sort_by_key(|s| s.range.start);
    }
    Feeling { main, points: named, evidence }
}

/// Points beside which a sentiment of 100 counts.
const FELT: f64 = 1.6;
/// Sentiment from which letters alone, without a listed word, are believed.
const SURE: i8 = 90;
/// Sentiment below which nothing is felt.
const CALM: i8 = 30;

/// Sentiment joins the listed words: it speaks for joy or disappointment, and
/// against emotions of the other sign.
fn settle(points: &mut [f64; 7], felt: i8) {
    let share = f64::from(felt) / 100.0;
    let [joy, trust, anger, disappointment, worry, surprise, _] = points;
    let silent = *anger + *worry + *surprise + *trust == 0.0;
    if felt > 0 {
        *anger *= 1.0 - 0.5 * share;
        *disappointment *= 1.0 - 0.5 * share;
        *worry *= 1.0 - 0.3 * share;
    } else {
        *joy *= 1.0 + 0.5 * share;
        *trust *= 1.0 + 0.5 * share;
    }
    if felt >= CALM && silent {
        *joy += FELT * share;
    } else if felt <= -CALM && silent {
        *disappointment -= FELT * share;
    }
}

#[cfg(test)]
mod tests;
