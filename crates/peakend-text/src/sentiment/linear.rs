//! A linear model over hashed pieces of a text, weights of one byte.
//!
//! Chinese: every piece of one to three letters. English: words, pairs of
//! words and beginnings of words, marked when negated. Each piece falls into
//! one of 2^18 places (feature hashing, Weinberger et al. 2009).

use std::sync::OnceLock;

use crate::language::Language;

/// Places of weights.
const PLACES: usize = 1 << 18;
/// Letters read of a long text: half from its beginning, half from its end,
/// where reviews conclude.
const LONGEST: usize = 2_000;

/// Which pieces a model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pieces {
    /// Pieces of one to three letters.
    Letters,
    /// Words and pairs of words.
    Words,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pieces: Pieces,
    /// What one step of a weight is worth.
    step: f32,
    bias: f32,
    weights: Vec<i8>,
}

impl Model {
    /// The model that ships for a language; Chinese for Chinese, English else.
    #[must_use]
    pub fn shipped(language: Language) -> &'static Self {
        static CHINESE: OnceLock<Model> = OnceLock::new();
        static ENGLISH: OnceLock<Model> = OnceLock::new();
        if language.is_chinese() {
            CHINESE.get_or_init(|| Self::read(Pieces::Letters, include_bytes!("../../models/sentiment-zh.bin")))
        } else {
            ENGLISH.get_or_init(|| Self::read(Pieces::Words, include_bytes!("../../models/sentiment-en.bin")))
        }
    }

    /// Rounds trained weights to bytes.
    #[must_use]
    pub fn of(pieces: Pieces, bias: f32, weights: &[f32]) -> Self {
        let largest = weights.iter().fold(f32::MIN_POSITIVE, |m, w| m.max(w.abs()));
        let step = largest / 127.0;
        #[expect(clippy::cast_possible_truncation, reason = "the largest weight becomes 127")]
        let weights = weights.iter().map(|w| (w / step).round() as i8).collect();
        Self { pieces, step, bias, weights }
    }

    /// Its weights and bias as numbers to go on from.
    pub(super) fn floats(&self) -> (Vec<f32>, f32) {
        (self.weights.iter().map(|w| f32::from(*w) * self.step).collect(), self.bias)
    }

    /// As it is stored: step, bias (little-endian f32), one byte a place.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + PLACES);
        bytes.extend(self.step.to_le_bytes());
        bytes.extend(self.bias.to_le_bytes());
        bytes.extend(self.weights.iter().map(|w| w.cast_unsigned()));
        bytes
    }

    /// From its stored form; what is missing weighs nothing.
    #[must_use]
    pub fn read(pieces: Pieces, bytes: &[u8]) -> Self {
        let number = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
            f32::from_le_bytes(four.unwrap_or_default())
        };
        let mut weights: Vec<i8> = bytes.iter().skip(8).map(|b| b.cast_signed()).collect();
        weights.resize(PLACES, 0);
        Self { pieces, step: number(0), bias: number(4), weights }
    }

    /// Log-odds of being positive, by the letters of a folded text.
    #[must_use]
    pub fn margin(&self, letters: &[u16]) -> f64 {
        let (mut sum, mut n) = (0i64, 0u32);
        each_place(self.pieces, letters, |place| {
            sum += i64::from(self.weights[place]);
            n += 1;
        });
        f64::from(self.bias) + f64::from(self.step * unit(n)) * sum as f64
    }
}

/// Pieces up to which a text's evidence adds up; of a longer one, which tells a
/// story between its judgements, it is averaged.
const SHORT: f32 = 120.0;

/// What each of `n` pieces of a text counts.
fn unit(n: u32) -> f32 {
    let n = (n.max(1)) as f32;
    1.0 / (n.sqrt() * (n / SHORT).sqrt().max(1.0))
}

/// Calls with the place of every piece of a text, repeated ones again.
pub(super) fn each_place(pieces: Pieces, letters: &[u16], mut place: impl FnMut(usize)) {
    if letters.len() <= LONGEST {
        part(pieces, letters, &mut place);
    } else {
        let (head, _) = letters.split_at(LONGEST / 2);
        let (_, tail) = letters.split_at(letters.len() - LONGEST / 2);
        part(pieces, head, &mut place);
        part(pieces, tail, &mut place);
    }
}

fn part(pieces: Pieces, letters: &[u16], place: &mut impl FnMut(usize)) {
    match pieces {
        Pieces::Letters => letter_pieces(letters, place),
        Pieces::Words => word_pieces(letters, place),
    }
}

fn hashed(code: u64) -> usize {
    // the golden ratio's multiplier spreads neighbours; the high bits are the good ones
    (code.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize
}

fn letter_pieces(letters: &[u16], place: &mut impl FnMut(usize)) {
    // codes of the last letter, two and three; digits in a row are one
    let (mut two, mut three) = (0u64, 0u64);
    let mut length = 0;
    let mut digit = false;
    for &letter in letters {
        if letter == 0x3000 || letter <= 0x20 {
            continue;
        }
        let is_digit = (0x30..=0x39).contains(&letter);
        if is_digit && digit {
            continue;
        }
        digit = is_digit;
        let one = if is_digit { 0x30 } else { u64::from(letter) };
        two = ((two & 0xffff) << 16) | one;
        three = ((three & 0xffff_ffff) << 16) | one;
        length += 1;
        place(hashed(one));
        if length > 1 {
            place(hashed((1 << 60) | two));
        }
        if length > 2 {
            place(hashed((2 << 60) | three));
        }
    }
}

fn word_pieces(letters: &[u16], place: &mut impl FnMut(usize)) {
    let mut before = 0u64;
    let mut negated = 0usize;
    for word in words(letters) {
        let plain = spelled(word);
        let sign = !is_letter(word.first());
        if sign && !word.first().is_some_and(|l| (0x30..=0x39).contains(l)) {
            negated = 0;
        }
        let negation = is_negation(word);
        let marked = if negated > 0 && !negation && !sign { plain ^ 0x5bd1_e995_7b93_d0a1 } else { plain };
        negated = if negation { 4 } else { negated }.saturating_sub(1);
        place(hashed(marked));
        if before != 0 {
            place(hashed(before.rotate_left(21) ^ marked ^ 1));
        }
        if let Some(beginning) = word.get(..5).filter(|_| !sign) {
            place(hashed(spelled(beginning) ^ marked ^ plain ^ 2));
        }
        before = marked;
    }
}

/// FNV-1a over letters.
fn spelled(word: &[u16]) -> u64 {
    word.iter().fold(0xcbf2_9ce4_8422_2325, |code, letter| (code ^ u64::from(*letter)).wrapping_mul(0x0100_0000_01b3))
}

fn is_letter(letter: Option<&u16>) -> bool {
    letter.is_some_and(|l| (0x61..=0x7a).contains(l))
}

fn is_negation(word: &[u16]) -> bool {
    const WORDS: [&str; 10] = ["not", "no", "never", "cannot", "hardly", "without", "nor", "neither", "dont", "doesnt"];
    word.ends_with(&[0x6e, 0x27, 0x74]) || WORDS.iter().any(|w| w.encode_utf16().eq(word.iter().copied()))
}

/// Words with their apostrophes, numbers as one 0, runs of ! and ?, single stops.
fn words(letters: &[u16]) -> impl Iterator<Item = &[u16]> {
    const ZERO: &[u16] = &[0x30];
    let mut rest = letters;
    std::iter::from_fn(move || {
        loop {
            let &first = rest.first()?;
            let run = |inside: &dyn Fn(u16) -> bool| rest.iter().take_while(|l| inside(**l)).count().max(1);
            let (length, kept) = match char::from_u32(u32::from(first)) {
                Some('a'..='z') => (run(&|l| (0x61..=0x7a).contains(&l) || l == 0x27), true),
                Some('0'..='9') => (run(&|l| (0x30..=0x39).contains(&l)), true),
                Some('!' | '?') => (run(&|l| l == 0x21 || l == 0x3f), true),
                Some('.' | ',' | ';' | ':') => (1, true),
                _ => (1, false),
            };
            let (word, after) = rest.split_at(length);
            rest = after;
            if kept {
                return Some(if (0x30..=0x39).contains(&first) { ZERO } else { word });
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(pieces: Pieces, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        each_place(pieces, &text.encode_utf16().collect::<Vec<_>>(), |place| found.push(place));
        found
    }

    #[test]
    fn pieces_ignore_spaces_and_the_value_of_numbers() {
        assert_eq!(places(Pieces::Letters, "等了 30 分"), places(Pieces::Letters, "等了45分"));
        assert_eq!(places(Pieces::Letters, "等了").len(), 3);
        assert_eq!(places(Pieces::Words, "cost 30"), places(Pieces::Words, "cost 7"));
        assert_ne!(places(Pieces::Words, "not good")[1], places(Pieces::Words, "so good")[1]);
    }

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let mut weights = vec![0.0; PLACES];
        weights[hashed(u64::from('好' as u32))] = 2.0;
        weights[hashed(u64::from('差' as u32))] = -1.0;
        let model = Model::of(Pieces::Letters, 0.5, &weights);
        let again = Model::read(Pieces::Letters, &model.to_bytes());
        assert_eq!(model, again);
        assert!((again.margin(&[0x597d]) - 2.5).abs() < 1e-3);
        assert!((again.margin(&[0x5dee]) + 0.5).abs() < 0.02);
        assert!((Model::read(Pieces::Words, &[]).margin(&[0x61]) - 0.0).abs() < 1e-9);
    }
}
