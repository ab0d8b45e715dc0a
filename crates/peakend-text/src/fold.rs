//! Folding: one form of a text for matching and modelling, with a way back.
//!
//! NFKC (half-width), lower case, traditional characters as simplified ones,
//! and no invisible characters. The original stays what is shown: [`Folded`]
//! knows where each piece came from.

use std::ops::Range;
use std::sync::OnceLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

/// The pairs of `data/characters.txt`: traditional, simplified.
pub(crate) fn pairs() -> impl Iterator<Item = (char, char)> {
    include_str!("../data/characters.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| {
            let mut letters = pair.chars();
            Some((letters.next()?, letters.next()?))
        })
}

/// First character of the table; everything before is never traditional.
const FIRST: u32 = 0x2e80;

/// Simplified form by code point from [`FIRST`]; 0 where there is none.
fn table() -> &'static [u16] {
    static TABLE: OnceLock<Vec<u16>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = vec![0; 0x1_0000 - FIRST as usize];
        for (traditional, simplified) in pairs() {
            let slot = u32::from(traditional).checked_sub(FIRST).and_then(|i| table.get_mut(i as usize));
            if let (Some(slot), Ok(code)) = (slot, u16::try_from(u32::from(simplified))) {
                *slot = code;
            }
        }
        table
    })
}

/// The simplified form of a traditional character.
pub(crate) fn simplified_form(c: char) -> Option<char> {
    let index = u32::from(c).checked_sub(FIRST)? as usize;
    match table().get(index) {
        Some(&code) if code != 0 => char::from_u32(u32::from(code)),
        _ => None,
    }
}

/// Traditional characters as simplified ones; everything else as it is. Keeps
/// the number of characters and of bytes, so positions hold in both.
#[must_use]
pub fn to_simplified(text: &str) -> String {
    text.chars().map(|c| simplified_form(c).unwrap_or(c)).collect()
}

/// NFKC, lower case, simplified characters, nothing invisible.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    each_piece(text, |_, piece| fold_piece(piece, |c| out.push(c)));
    out
}

/// A folded text that knows its original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// Where pieces begin: byte in the folded text, byte in the original; ends with both lengths.
    starts: Vec<(usize, usize)>,
}

impl Folded {
    /// Folds a text.
    #[must_use]
    pub fn of(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut starts = Vec::with_capacity(original.len() / 3 + 1);
        each_piece(original, |at, piece| {
            starts.push((text.len(), at));
            fold_piece(piece, |c| text.push(c));
        });
        starts.push((text.len(), original.len()));
        Self { text, starts }
    }

    /// The folded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original from which a range of the folded text came:
    /// the smallest whole pieces that cover it.
    #[must_use]
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|(folded, _)| *folded <= range.start).saturating_sub(1);
        let last = self.starts.partition_point(|(folded, _)| *folded < range.end);
        let at = |i: usize| self.starts.get(i).or(self.starts.last()).map_or(0, |(_, original)| *original);
        at(first)..at(last).max(at(first))
    }
}

/// Characters that show nothing and only hide words from matching: zero-width,
/// bidirectional controls, soft hyphen, variation selectors.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}')
}

/// A character that normalisation leaves alone.
fn plain(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3001}' | '\u{3002}')
}

/// Whether what precedes a character can be normalised without it: neither it
/// nor what it decomposes to is a mark or joins what stands before.
fn boundary(c: char) -> bool {
    let stands =
        |c: char| canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) != IsNormalized::Maybe;
    plain(c) || (stands(c) && std::iter::once(c).nfkd().next().is_none_or(stands))
}

/// The pieces of a text that can be normalised one by one, with their first byte.
fn each_piece<'a>(text: &'a str, mut piece: impl FnMut(usize, &'a str)) {
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if at > start && boundary(c) {
            piece(start, text.get(start..at).unwrap_or_default());
            start = at;
        }
    }
    if start < text.len() {
        piece(start, text.get(start..).unwrap_or_default());
    }
}

fn fold_piece(piece: &str, mut push: impl FnMut(char)) {
    let mut letters = piece.chars();
    if let (Some(c), None) = (letters.next(), letters.next())
        && plain(c)
    {
        push(simplified_form(c).unwrap_or(c.to_ascii_lowercase()));
        return;
    }
    for c in piece.nfkc().flat_map(char::to_lowercase).filter(|c| !invisible(*c)) {
        push(simplified_form(c).unwrap_or(c));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_and_script_are_folded() {
        assert_eq!(fold("ＡＰＰ 開戶 很麻煩"), "app 开户 很麻烦");
        assert_eq!(to_simplified("贖回費用"), "赎回费用");
        assert_eq!(fold("差\u{200b}評\u{202e}"), "差评");
        assert_eq!(fold("ｶﾞ①㈱"), "ガ1(株)");
    }

    #[test]
    fn no_simplified_character_is_itself_in_need_of_folding() {
        for (traditional, simplified) in pairs() {
            assert_ne!(traditional, simplified);
            assert_eq!(simplified_form(simplified), None, "{simplified}");
            assert_eq!(traditional.len_utf8(), simplified.len_utf8(), "{traditional}");
        }
    }

    #[test]
    fn a_word_of_the_folded_text_leads_back_to_the_original() {
        let original = "　Ｔｈｅ ㈱ 服務\u{200b}很 e\u{301}t\u{e9}";
        let folded = Folded::of(original);
        let at = folded.text().find("服务").unwrap();
        let back = folded.original(at..at + "服务".len());
        assert!(original[back.clone()].starts_with("服務"), "{}", &original[back]);
        let at = folded.text().find("the").unwrap();
        assert_eq!(&original[folded.original(at..at + 3)], "Ｔｈｅ");
    }

    proptest! {
        #[test]
        fn folding_by_pieces_is_folding_the_whole(text in "\\PC{0,40}") {
            let whole: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| !invisible(*c))
                .map(|c| simplified_form(c).unwrap_or(c)).collect();
            prop_assert_eq!(&fold(&text), &whole);
            let folded = Folded::of(&text);
            prop_assert_eq!(folded.text(), &whole);
            let back = folded.original(0..whole.len());
            prop_assert!(text.get(back).is_some());
        }
    }
}
