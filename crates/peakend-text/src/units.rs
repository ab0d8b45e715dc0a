//! Units of a folded text as the word lists read them: listed words, single
//! Chinese characters, words in Latin letters, and what ends a clause.

use std::ops::Range;

use crate::fold::Folded;
use crate::lexicon::Lexicon;
use crate::redaction::MASKS;

/// "Not", in all three languages.
pub(crate) const NEGATIONS: &str = "不 没 没有 并不 不是 不会 不能 无法 毫不 从不 别 未 无 冇 唔 唔系 并非 不算 不太 \
    not no never cannot hardly without nor neither dont doesnt didnt cant wont isnt wasnt";
/// "Very".
pub(crate) const DEGREES: &str = "很 太 非常 特别 极其 十分 超级 真 最 更 几 超 巨 挺 蛮 相当 \
    so very too really extremely totally far absolutely incredibly highly quite pretty super";
/// "But".
pub(crate) const CONTRASTS: &str = "但 但是 可是 不过 然而 却 就是 只是 but however although yet though except";

/// How far a negation or degree reaches, in units (Chinese words or characters, English words).
pub(crate) const REACH: usize = 4;

/// The letters of a folded text as the lists and the model read them.
pub(crate) fn letters(folded: &str) -> Vec<u16> {
    folded.encode_utf16().map(|c| if c == 0x2019 { u16::from(b'\'') } else { c }).collect()
}

/// A folded text by letters, with the way back to the bytes of the original.
#[derive(Debug)]
pub(crate) struct Letters {
    folded: Folded,
    letters: Vec<u16>,
    /// Byte of the folded text where each letter begins; ends with its length.
    places: Vec<usize>,
}

impl Letters {
    pub(crate) fn of(text: &str) -> Self {
        let folded = Folded::of(text);
        let mut letters = letters(folded.text());
        blank_masks(&mut letters);
        let mut places: Vec<usize> = Vec::with_capacity(letters.len() + 1);
        for (at, c) in folded.text().char_indices() {
            places.extend(std::iter::repeat_n(at, c.len_utf16()));
        }
        places.push(folded.text().len());
        Self { folded, letters, places }
    }

    pub(crate) fn folded(&self) -> &Folded {
        &self.folded
    }

    pub(crate) fn letters(&self) -> &[u16] {
        &self.letters
    }

    /// Bytes of the original from which a range of letters came.
    pub(crate) fn original(&self, letters: &Range<usize>) -> Range<usize> {
        let byte = |letter: usize| self.places.get(letter).copied().unwrap_or(self.folded.text().len());
        self.folded.original(byte(letters.start)..byte(letters.end))
    }
}

/// Masks say nothing: their letters become spaces.
fn blank_masks(letters: &mut [u16]) {
    let mut at = 0;
    while let Some(start) = letters.iter().skip(at).position(|l| *l == u16::from(b'[')).map(|n| at + n) {
        let rest = letters.get(start..).unwrap_or_default();
        let mask = MASKS.iter().find(|mask| mask.encode_utf16().eq(rest.iter().copied().take(mask.len())));
        if let Some(range) = mask.and_then(|mask| letters.get_mut(start..start + mask.len())) {
            range.fill(u16::from(b' '));
        }
        at = start + 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Latin,
    Han,
    Break,
    Other,
    Blank,
}

pub(crate) fn class(letter: u16) -> Class {
    match char::from_u32(u32::from(letter)) {
        Some('a'..='z') => Class::Latin,
        Some('\u{3400}'..='\u{9fff}') => Class::Han,
        Some(',' | '.' | ';' | '!' | '?' | '\n' | '。' | '、' | '~') => Class::Break,
        Some(c) if c.is_alphanumeric() => Class::Other,
        _ => Class::Blank,
    }
}

/// Which endings a listed English word may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endings {
    /// As listed.
    None,
    /// A plural or possessive s too.
    Plural,
}

/// Length and code of the longest listed word here, or of what stands instead;
/// the code of a contracted "not" is `contracted`.
pub(crate) fn unit(
    lexicon: &Lexicon,
    letters: &[u16],
    at: usize,
    endings: Endings,
    contracted: u16,
) -> (usize, Option<u16>) {
    let rest = letters.get(at..).unwrap_or_default();
    let latin = |letter: Option<&u16>| letter.is_some_and(|l| class(*l) == Class::Latin || *l == u16::from(b'\''));
    let is_han = rest.first().is_some_and(|l| class(*l) == Class::Han);
    let mut longest = None;
    lexicon.words_at(rest, |length, code| {
        if is_han || !latin(rest.get(length)) {
            longest = Some((length, code as u16));
        } else if endings == Endings::Plural
            && let Some(extra) = plural(rest.get(length..).unwrap_or_default())
            && !latin(rest.get(length + extra))
        {
            longest = Some((length + extra, code as u16));
        }
    });
    if let Some((length, code)) = longest {
        return (length, Some(code));
    }
    if is_han {
        return (1, None);
    }
    let length = rest.iter().take_while(|l| latin(Some(l))).count().max(1);
    let is_not = rest.get(..length).is_some_and(|word| word.ends_with(&[0x6e, 0x27, 0x74]));
    (length, is_not.then_some(contracted))
}

/// Letters of a plural or possessive ending that begins here.
fn plural(rest: &[u16]) -> Option<usize> {
    let letter = |at: usize| rest.get(at).copied().and_then(|l| u8::try_from(l).ok());
    match (letter(0)?, letter(1)) {
        (b'\'', Some(b's')) => Some(2),
        (b's', _) => Some(1),
        (b'e', Some(b's')) => Some(2),
        _ => None,
    }
}
