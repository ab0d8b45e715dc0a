//! Word lists with negation, degree and contrast.
//!
//! Each clause sums its words' weights; "not" before a word turns it, "very"
//! strengthens it, and what follows "but" counts for more than what precedes.

use std::ops::Range;
use std::sync::OnceLock;

use crate::lexicon::Lexicon;
use crate::units::{CONTRASTS, Class, DEGREES, Endings, NEGATIONS, REACH, class, unit};

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

/// The words of `data/sentiment.txt` with their weights, -3 to 3.
pub(crate) fn weighted() -> impl Iterator<Item = (String, i16)> {
    let lines = include_str!("../../data/sentiment.txt").lines().filter(|l| !l.starts_with('#'));
    let weighed =
        lines.filter_map(|l| l.split_once('\t')).filter_map(|(weight, words)| Some((weight.parse().ok()?, words)));
    weighed.flat_map(|(weight, words)| words.split(' ').map(move |word| (word.replace('_', " "), weight)))
}

fn lists() -> &'static Lexicon {
    static LISTS: OnceLock<Lexicon> = OnceLock::new();
    LISTS.get_or_init(|| {
        let weights: Vec<(String, u16)> =
            weighted().map(|(word, weight)| (word, NOTHING.saturating_add_signed(weight))).collect();
        let marks = [(NEGATIONS, NEGATION), (DEGREES, DEGREE), (CONTRASTS, CONTRAST)];
        // of a word listed twice the lower code counts, so weights precede marks
        let marks = marks.iter().flat_map(|(words, mark)| words.split_whitespace().map(move |word| (word, *mark)));
        Lexicon::of(weights.iter().map(|(word, code)| (word.as_str(), *code)).chain(marks))
    })
}

/// What words after and before a contrast count.
const AFTER: f64 = 1.5;
const BEFORE: f64 = 0.5;

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
        let (length, code) = unit(lists(), letters, at, Endings::None, NEGATION);
        content += length - 1;
        if let Some(weight) = state.take(code) {
            hit(at..at + length, weight);
        }
        at += length;
    }
    let total = state.total();
    Weighed { balance: total / (total * total + 10.0).sqrt(), words: state.words, content }
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
    use crate::units::letters;

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
