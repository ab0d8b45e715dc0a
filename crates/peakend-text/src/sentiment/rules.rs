//! Word lists with negation, degree and contrast.
//!
//! Each clause sums its words' weights; "not" before a word turns it, "very"
//! strengthens it, and what follows "but" counts for more than what precedes.

use std::ops::Range;
use std::sync::OnceLock;

use crate::lexicon::Lexicon;

/// What the lists say of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weighed {
    /// -1 to 1; 0 when no listed word occurs or they cancel.
    pub(super) balance: f64,
    /// Listed words with a weight.
    pub(super) words: usize,
    /// Letters and digits of the text, Chinese characters among them.
    pub(super) content: usize,
}

const NEGATION: u16 = 100;
const DEGREE: u16 = 101;
const CONTRAST: u16 = 102;
/// Code of weight 0.
const NOTHING: u16 = 50;

fn lists() -> &'static Lexicon {
    static LISTS: OnceLock<Lexicon> = OnceLock::new();
    LISTS.get_or_init(|| {
        let lines = include_str!("../../data/sentiment.txt").lines().filter(|l| !l.starts_with('#'));
        let weights: Vec<(String, u16)> = lines
            .filter_map(|l| l.split_once('\t'))
            .filter_map(|(weight, words)| Some((weight.parse::<i16>().ok()?, words)))
            .flat_map(|(weight, words)| {
                let code = NOTHING.saturating_add_signed(weight);
                words.split(' ').map(move |word| (word.replace('_', " "), code))
            })
            .collect();
        let marks = [(NEGATIONS, NEGATION), (DEGREES, DEGREE), (CONTRASTS, CONTRAST)];
        // of a word listed twice the lower code counts, so weights precede marks
        let marks = marks.iter().flat_map(|(words, mark)| words.split_whitespace().map(move |word| (word, *mark)));
        Lexicon::of(weights.iter().map(|(word, code)| (word.as_str(), *code)).chain(marks))
    })
}

const NEGATIONS: &str = "不 没 没有 并不 不是 不会 不能 无法 毫不 从不 别 未 无 冇 唔 唔系 并非 不算 不太 \
    not no never cannot hardly without nor neither dont doesnt didnt cant wont isnt wasnt";
const DEGREES: &str = "很 太 非常 特别 极其 十分 超级 真 最 更 几 超 巨 挺 蛮 相当 \
    so very too really extremely totally far absolutely incredibly highly quite pretty super";
const CONTRASTS: &str = "但 但是 可是 不过 然而 却 就是 只是 but however although yet though except";

/// How far a negation or degree reaches, in units (Chinese words or characters, English words).
const REACH: usize = 4;
/// What words after and before a contrast count.
const AFTER: f64 = 1.5;
const BEFORE: f64 = 0.5;

/// The letters of a folded text as the lists and the model read them.
pub(super) fn letters(folded: &str) -> Vec<u16> {
    folded.encode_utf16().map(|c| if c == 0x2019 { u16::from(b'\'') } else { c }).collect()
}

/// Weighs a text; calls with the place and the turned and strengthened weight
/// of every listed word.
pub(super) fn weigh(letters: &[u16], mut hit: impl FnMut(Range<usize>, f64)) -> Weighed {
    let mut state = Clauses::default();
    let mut content = 0;
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let class = class(letter);
        if class == Class::Break {
            state.end_clause();
        }
        content += usize::from(matches!(class, Class::Latin | Class::Han | Class::Other));
        if !matches!(class, Class::Latin | Class::Han) {
            at += 1;
            continue;
        }
        let (length, code) = unit(letters, at, class);
        content += length - 1;
        if let Some(weight) = state.take(code) {
            hit(at..at + length, weight);
        }
        at += length;
    }
    let total = state.total();
    Weighed { balance: total / (total * total + 10.0).sqrt(), words: state.words, content }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Latin,
    Han,
    Break,
    Other,
    Blank,
}

fn class(letter: u16) -> Class {
    match char::from_u32(u32::from(letter)) {
        Some('a'..='z') => Class::Latin,
        Some('\u{3400}'..='\u{9fff}') => Class::Han,
        Some(',' | '.' | ';' | '!' | '?' | '\n' | '。' | '、' | '~') => Class::Break,
        Some(c) if c.is_alphanumeric() => Class::Other,
        _ => Class::Blank,
    }
}

/// Length and code of the longest listed word here, or of what stands instead.
fn unit(letters: &[u16], at: usize, class: Class) -> (usize, Option<u16>) {
    let rest = letters.get(at..).unwrap_or_default();
    let latin =
        |letter: Option<&u16>| letter.is_some_and(|l| self::class(*l) == Class::Latin || *l == u16::from(b'\''));
    let mut longest = None;
    lists().words_at(rest, |length, code| {
        if class == Class::Han || !latin(rest.get(length)) {
            longest = Some((length, code as u16));
        }
    });
    if let Some((length, code)) = longest {
        return (length, Some(code));
    }
    if class == Class::Han {
        return (1, None);
    }
    let length = rest.iter().take_while(|l| latin(Some(l))).count().max(1);
    let contracted = rest.get(..length).is_some_and(|word| word.ends_with(&[0x6e, 0x27, 0x74]));
    (length, contracted.then_some(NEGATION))
}

/// Sums by clause.
#[derive(Debug)]
struct Clauses {
    before: f64,
    /// Sum since the last contrast, once there was one.
    after: Option<f64>,
    negated: usize,
    strong: usize,
    words: usize,
}

impl Default for Clauses {
    fn default() -> Self {
        Self { before: 0.0, after: None, negated: 0, strong: 0, words: 0 }
    }
}

impl Clauses {
    fn end_clause(&mut self) {
        (self.negated, self.strong) = (0, 0);
    }

    /// Takes a unit; the weight it counts with, if it has one.
    fn take(&mut self, code: Option<u16>) -> Option<f64> {
        let mut counted = None;
        match code {
            Some(CONTRAST) => {
                // what stood after an earlier contrast now stands before this one
                self.before += self.after.take().unwrap_or(0.0);
                self.after = Some(0.0);
                self.end_clause();
            }
            // two negations cancel
            Some(NEGATION) => self.negated = if self.negated > 0 { 0 } else { REACH + 1 },
            Some(DEGREE) => self.strong = REACH + 1,
            Some(code) if code != NOTHING => {
                let turned = if self.negated > 0 { -0.8 } else { 1.0 };
                let degree = if self.strong > 0 { 1.4 } else { 1.0 };
                let weight = (f64::from(code) - f64::from(NOTHING)) * turned * degree;
                *self.after.as_mut().unwrap_or(&mut self.before) += weight;
                self.end_clause();
                self.words += 1;
                counted = Some(weight);
            }
            _ => {}
        }
        self.negated = self.negated.saturating_sub(1);
        self.strong = self.strong.saturating_sub(1);
        counted
    }

    fn total(&self) -> f64 {
        self.after.map_or(self.before, |after| AFTER * after + BEFORE * self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(text: &str) -> f64 {
        weigh(&letters(&crate::fold::fold(text)), |_, _| {}).balance
    }

    #[test]
    fn negation_turns_degree_strengthens_and_contrast_weighs() {
        assert!(balance("满意") > 0.0 && balance("不是很满意") < 0.0);
        assert!(balance("非常满意") > balance("满意"));
        assert!(balance("it isn’t good") < 0.0);
        assert!(balance("味道很好,但是太慢") < balance("太慢,但是味道很好"));
        assert_eq!(balance("goodness"), 0.0);
    }

    #[test]
    fn a_weight_wins_over_a_mark_of_the_same_word() {
        let weighed = weigh(&letters("waste of money"), |_, _| {});
        assert_eq!((weighed.words, weighed.content), (1, 14));
    }
}
