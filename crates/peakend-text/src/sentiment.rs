//! Sentiment from word lists, with negation, degree and contrast.
//!
//! Each clause sums its words' weights; "not" before a word turns it, "very"
//! strengthens it, and what follows "but" counts for more than what precedes.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::fold::fold;

/// Sentiment of a text, -100 to 100; 0 when no listed word occurs.
#[must_use]
pub fn sentiment(text: &str) -> i8 {
    of_folded(&fold(text))
}

/// Whether a text is rather positive than negative.
#[must_use]
pub(crate) fn polarity(text: &str) -> bool {
    sentiment(text) >= 0
}

/// What a listed word does.
#[derive(Clone, Copy)]
enum Mark {
    Weight(f64),
    Negation,
    Degree,
    Contrast,
}

/// Every listed word, and the longest in characters.
fn lexicon() -> &'static (HashMap<&'static str, Mark>, usize) {
    static LISTS: OnceLock<(HashMap<&'static str, Mark>, usize)> = OnceLock::new();
    LISTS.get_or_init(|| {
        let lines = include_str!("../data/sentiment.txt").lines().filter(|l| !l.starts_with('#'));
        let weights =
            lines.filter_map(|l| l.split_once('\t')).filter_map(|(w, n)| Some((w, Mark::Weight(n.parse().ok()?))));
        let map: HashMap<_, _> = weights
            .chain(NEGATIONS.map(|w| (w, Mark::Negation)))
            .chain(DEGREES.map(|w| (w, Mark::Degree)))
            .chain(CONTRASTS.map(|w| (w, Mark::Contrast)))
            .collect();
        let longest = map.keys().map(|w| w.chars().count()).max().unwrap_or(1);
        (map, longest)
    })
}

const NEGATIONS: [&str; 24] = [
    "不", "没", "没有", "并不", "不是", "不会", "不能", "无法", "毫不", "从不", "别", "未", "not", "no", "never",
    "isn't", "wasn't", "don't", "didn't", "doesn't", "can't", "won't", "cannot", "hardly",
];
const DEGREES: [&str; 18] = [
    "很",
    "太",
    "非常",
    "特别",
    "极其",
    "十分",
    "超级",
    "真",
    "最",
    "更",
    "very",
    "so",
    "too",
    "really",
    "extremely",
    "totally",
    "far",
    "absolutely",
];
const CONTRASTS: [&str; 10] = ["但", "但是", "可是", "不过", "然而", "却", "but", "however", "although", "yet"];

/// How far a negation or degree reaches, in units (Chinese characters or words).
const REACH: usize = 3;

enum Unit<'a> {
    Word(&'a str),
    Break,
}

pub(crate) fn of_folded(text: &str) -> i8 {
    let mut clauses = vec![0.0f64];
    // index of the clause from which on the words count more
    let mut turn = None;
    let (mut negated, mut strong) = (0usize, 0usize);
    for unit in units(text) {
        let Unit::Word(word) = unit else {
            (negated, strong) = (0, 0);
            clauses.push(0.0);
            continue;
        };
        match lexicon().0.get(word) {
            Some(Mark::Contrast) => {
                clauses.push(0.0);
                turn = Some(clauses.len() - 1);
                (negated, strong) = (0, 0);
            }
            // two negations cancel
            Some(Mark::Negation) => negated = if negated > 0 { 0 } else { REACH + 1 },
            Some(Mark::Degree) => strong = REACH + 1,
            Some(Mark::Weight(weight)) => {
                let turned = if negated > 0 { -0.8 } else { 1.0 };
                let degree = if strong > 0 { 1.4 } else { 1.0 };
                if let Some(sum) = clauses.last_mut() {
                    *sum += weight * turned * degree;
                }
                (negated, strong) = (0, 0);
            }
            None => {}
        }
        negated = negated.saturating_sub(1);
        strong = strong.saturating_sub(1);
    }
    let total: f64 =
        clauses.iter().enumerate().map(|(i, sum)| sum * turn.map_or(1.0, |t| if i >= t { 1.5 } else { 0.5 })).sum();
    scale(total)
}

/// Bounded, steep at first: one plain word is about 50.
fn scale(total: f64) -> i8 {
    let bounded = 100.0 * total / (total * total + 10.0).sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "within -100..=100 by the line above")]
    (bounded.round() as i8)
}

/// Cut into listed words (longest first), other words and breaks.
fn units(text: &str) -> Vec<Unit<'_>> {
    let longest = lexicon().1;
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if c.is_ascii_alphabetic() {
            let end =
                rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '\'' || c == '\u{2019}')).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or_default();
            units.push(Unit::Word(word));
            end
        } else if is_han(c) {
            let end = listed(rest, longest).unwrap_or(c.len_utf8());
            units.push(Unit::Word(rest.get(..end).unwrap_or_default()));
            end
        } else {
            if matches!(c, ',' | '.' | ';' | '!' | '?' | '\n' | '。' | '、' | '~') {
                units.push(Unit::Break);
            }
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    units
}

/// Bytes of the longest listed word at the beginning of a text.
fn listed(text: &str, longest: usize) -> Option<usize> {
    let ends: Vec<usize> =
        text.char_indices().take(longest).take_while(|(_, c)| is_han(*c)).map(|(i, c)| i + c.len_utf8()).collect();
    ends.into_iter().rev().find(|end| text.get(..*end).is_some_and(|w| lexicon().0.contains_key(w)))
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2ffff}')
}

#[cfg(test)]
mod tests {
    use super::sentiment;

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
}
