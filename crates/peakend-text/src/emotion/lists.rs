//! The listed words of emotions in a text.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::Emotion;
use crate::fold::fold;
use crate::lexicon::Lexicon;
use crate::units::{Class, DEGREES, Endings, NEGATIONS, REACH, class, unit};

const NEGATION: u16 = 1_000;
const DEGREE: u16 = 1_001;

/// What the lists found.
pub(super) struct Found {
    /// By emotion, in the order of [`Emotion::ALL`].
    pub(super) points: [f64; 7],
    /// Letters and what they show.
    pub(super) signs: Vec<(Range<usize>, Emotion)>,
}

/// Code of a word: ten for each emotion, and its weight.
fn lists() -> &'static Lexicon {
    static LISTS: OnceLock<Lexicon> = OnceLock::new();
    LISTS.get_or_init(|| {
        let lines = include_str!("../../data/emotions.txt").lines().filter(|l| !l.starts_with('#'));
        let mut codes: HashMap<String, u16> = HashMap::new();
        for line in lines {
            let mut columns = line.split('\t');
            let (Some(emotion), Some(weight), Some(words)) = (columns.next(), columns.next(), columns.next()) else {
                continue;
            };
            let Some(number) = Emotion::ALL.iter().position(|e| e.code() == emotion) else { continue };
            let code = number as u16 * 10 + weight.parse::<u16>().unwrap_or(0);
            for word in words.split_whitespace() {
                // of a word listed twice the first counts
                codes.entry(fold(&word.replace('_', " "))).or_insert(code);
            }
        }
        for (words, mark) in [(NEGATIONS, NEGATION), (DEGREES, DEGREE)] {
            for word in words.split_whitespace() {
                codes.entry(word.to_owned()).or_insert(mark);
            }
        }
        let mut listed: Vec<(String, u16)> = codes.into_iter().collect();
        listed.sort_unstable();
        Lexicon::of(listed.iter().map(|(word, code)| (word.as_str(), *code)))
    })
}

/// Sums the listed words of a text by emotion.
pub(super) fn weigh(letters: &[u16]) -> Found {
    let mut found = Found { points: [0.0; 7], signs: Vec::new() };
    let (mut negated, mut strong) = (0usize, 0usize);
    let (mut questions, mut cries) = (0u32, 0u32);
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let class = class(letter);
        if !matches!(class, Class::Latin | Class::Han) {
            questions += u32::from(letter == u16::from(b'?'));
            cries += u32::from(letter == u16::from(b'!'));
            if class == Class::Break {
                (negated, strong) = (0, 0);
            }
            at += 1;
            continue;
        }
        let (length, code) = unit(lists(), letters, at, Endings::None, NEGATION);
        match code {
            // two negations side by side cancel
            Some(NEGATION) => negated = if negated + 1 >= REACH { 0 } else { REACH + 1 },
            Some(DEGREE) => strong = REACH + 1,
            Some(code) => {
                let degree = if strong > 0 { 1.3 } else { 1.0 };
                let weight = f64::from(code % 10) / 2.0 * degree;
                if weight == 0.0 {
                    at += length;
                    continue;
                }
                let listed = Emotion::ALL.get(usize::from(code / 10)).copied().unwrap_or_default();
                if let Some(shown) = if negated > 0 { turned(listed) } else { Some(listed) } {
                    found.points[shown as usize] += weight;
                    found.signs.push((at..at + length, shown));
                }
                (negated, strong) = (0, 0);
            }
            None => {}
        }
        negated = negated.saturating_sub(1);
        strong = strong.saturating_sub(1);
        at += length;
    }
    punctuate(&mut found.points, questions, cries);
    found
}

/// What a negated emotion is; none where nothing follows.
fn turned(emotion: Emotion) -> Option<Emotion> {
    match emotion {
        Emotion::Joy => Some(Emotion::Disappointment),
        Emotion::Trust => Some(Emotion::Disappointment),
        Emotion::Disappointment => Some(Emotion::Joy),
        Emotion::Worry => Some(Emotion::Trust),
        Emotion::Anger | Emotion::Surprise | Emotion::Neutral => None,
    }
}

/// Questions sharpen worry, cries anger and surprise, where words show them.
fn punctuate(points: &mut [f64; 7], questions: u32, cries: u32) {
    let [_, _, anger, _, worry, surprise, _] = points;
    let more = |n: u32| 1.0 + 0.2 * f64::from(n.min(3));
    *worry *= more(questions);
    *anger *= more(cries);
    *surprise *= more(cries);
}
