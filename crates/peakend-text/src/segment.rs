//! Words and sentences of a text.
//!
//! Chinese is cut by a dictionary: of all ways through the graph of words the
//! cheapest (unigram Viterbi). Traditional text is folded for the look-up only:
//! the words are slices of the original. Other scripts are cut at what is not
//! a letter. Time is linear in the text.

use unicode_normalization::char::canonical_combining_class;

use crate::fold::{invisible, simplified_form};
use crate::lexicon::{Lexicon, UNKNOWN};

/// The words of a text in order, punctuation and spaces included: joined they
/// are the text again.
///
/// The first call loads the dictionary.
#[must_use]
pub fn segment(text: &str) -> Vec<&str> {
    let mut cutter = Cutter::default();
    let mut words = Vec::with_capacity(text.len() / 4 + 1);
    cutter.cut(text, |word| words.push(word));
    words
}

/// The words that carry meaning: no spaces, no punctuation.
#[must_use]
pub fn words(text: &str) -> Vec<&str> {
    let mut words = segment(text);
    words.retain(|w| w.chars().any(char::is_alphanumeric));
    words
}

/// Cuts text after text with the same working memory.
#[derive(Debug, Default)]
pub struct Cutter {
    /// Letters of a run, folded.
    letters: Vec<u16>,
    /// Cheapest cost up to each place.
    costs: Vec<u32>,
    /// Length of the last word on the cheapest way to each place.
    lengths: Vec<u8>,
    /// Bytes of the words of a run.
    sizes: Vec<usize>,
}

impl Cutter {
    /// Calls with every word of a text in order.
    pub fn cut<'a>(&mut self, text: &'a str, mut word: impl FnMut(&'a str)) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let end = match kind(c) {
                Kind::Han => {
                    let end = rest.find(|c| kind(c) != Kind::Han).unwrap_or(rest.len());
                    let (run, _) = rest.split_at(end);
                    self.han(run, &mut word);
                    end
                }
                Kind::Sign => {
                    let end = with_marks(rest, c.len_utf8());
                    word(rest.get(..end).unwrap_or_default());
                    end
                }
                kind => {
                    let end = run_end(rest, kind);
                    word(rest.get(..end).unwrap_or_default());
                    end
                }
            };
            rest = rest.get(end..).unwrap_or_default();
        }
    }

    /// The cheapest way through a run of Chinese characters (three bytes each).
    fn han<'a>(&mut self, run: &'a str, word: &mut impl FnMut(&'a str)) {
        let lexicon = Lexicon::shipped();
        self.letters.clear();
        self.letters.extend(run.chars().map(|c| u32::from(simplified_form(c).unwrap_or(c)) as u16));
        let n = self.letters.len();
        self.costs.clear();
        self.costs.resize(n + 1, u32::MAX);
        self.costs[0] = 0;
        self.lengths.clear();
        self.lengths.resize(n + 1, 1);
        for at in 0..n {
            // a long run is a chain of short ones: what counts is the difference
            let here = self.costs[at];
            let (costs, lengths) = (&mut self.costs, &mut self.lengths);
            let mut offer = |length: usize, cost: u32| {
                let place = at + length;
                let sum = here.saturating_add(cost);
                if sum < costs[place] {
                    costs[place] = sum;
                    lengths[place] = length.min(255) as u8;
                }
            };
            offer(1, UNKNOWN);
            lexicon.words_at(&self.letters[at..], offer);
        }
        self.sizes.clear();
        let mut at = n;
        while at > 0 {
            let length = usize::from(self.lengths[at]);
            self.sizes.push(length * 3);
            at -= length;
        }
        let mut rest = run;
        for size in self.sizes.iter().rev() {
            let (head, tail) = rest.split_at(*size);
            word(head);
            rest = tail;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A Chinese character of three bytes.
    Han,
    Kana,
    /// Letters of any other script.
    Letter,
    Digit,
    Space,
    /// Punctuation, symbols, emoji and rare characters: each by itself.
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | 'A'..='Z' => Kind::Letter,
        '0'..='9' | '０'..='９' => Kind::Digit,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => Kind::Han,
        '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' => Kind::Kana,
        '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Kind::Sign,
        c if c.is_whitespace() => Kind::Space,
        c if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Sign,
    }
}

/// Where a run of one kind ends. Letters keep apostrophes and hyphens between
/// them, digits keep points, commas and colons between them.
fn run_end(text: &str, run: Kind) -> usize {
    let mut end = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let inside = match (run, c) {
            (Kind::Letter, '\'' | '’' | '-') | (Kind::Digit, '.' | ',' | ':') => {
                at > 0 && letters.peek().is_some_and(|(_, next)| kind(*next) == run)
            }
            _ => kind(c) == run || (at > 0 && is_mark(c)),
        };
        if !inside {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn with_marks(text: &str, start: usize) -> usize {
    let after = text.get(start..).unwrap_or_default();
    start + after.find(|c| !is_mark(c)).unwrap_or(after.len())
}

/// What belongs to the character before it.
fn is_mark(c: char) -> bool {
    canonical_combining_class(c) != 0 || invisible(c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// The sentences of a text, trimmed, in order; closing quotes and brackets
/// belong to the sentence they close, and a point inside a number is no end.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, c)| *c);
        if ends(before, c, next) {
            let mut end = at + c.len_utf8();
            while let Some((at, closing)) = letters.next_if(|(_, c)| stays(*c)) {
                end = at + closing.len_utf8();
            }
            push_trimmed(&mut sentences, text, start, end);
            start = end;
        }
        before = c;
    }
    push_trimmed(&mut sentences, text, start, text.len());
    sentences
}

fn push_trimmed<'a>(sentences: &mut Vec<&'a str>, text: &'a str, start: usize, end: usize) {
    let sentence = text.get(start..end).unwrap_or_default().trim();
    if !sentence.is_empty() {
        sentences.push(sentence);
    }
}

fn ends(before: char, c: char, next: Option<char>) -> bool {
    match c {
        '。' | '！' | '？' | '；' | '…' | '!' | '?' | '\n' | '\u{ff61}' => true,
        '.' => {
            let number = before.is_ascii_digit() && next.is_some_and(|n| n.is_ascii_digit());
            let apart = next.is_none_or(|n| n.is_whitespace() || !n.is_ascii());
            !number && apart
        }
        _ => false,
    }
}

/// What belongs to the end of a sentence that has just ended.
fn stays(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '…' | '!' | '?' | '.' | '”' | '’' | '」' | '』' | '）' | ')' | '"' | '\'' | '》' | '~'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_scripts_are_cut_alike_and_keep_their_characters() {
        assert_eq!(segment("服务态度非常好"), ["服务", "态度", "非常", "好"]);
        assert_eq!(segment("銀行服務態度非常好"), ["銀行", "服務", "態度", "非常", "好"]);
        assert_eq!(words("快递, 太慢了! OK"), ["快递", "太", "慢", "了", "OK"]);
        assert_eq!(segment("it's 3.50, 12:30 ok."), ["it's", " ", "3.50", ",", " ", "12:30", " ", "ok", "."]);
        assert_eq!(segment("手机App闪退👍🏽2次"), ["手机", "App", "闪退", "👍🏽", "2", "次"]);
    }

    #[test]
    fn sentences_end_where_a_reader_stops() {
        assert_eq!(sentences("很好。下次还来！！ 真的?"), ["很好。", "下次还来！！", "真的?"]);
        assert_eq!(sentences("It costs 3.50. Too much.\nBye"), ["It costs 3.50.", "Too much.", "Bye"]);
        assert_eq!(sentences("他说“不行。”我走了"), ["他说“不行。”", "我走了"]);
        assert!(sentences(" \n ").is_empty());
    }

    proptest! {
        #[test]
        fn the_words_joined_are_the_text(text in "[\\PC\\n我們的銀行服务很好不𠀀豈]{0,60}") {
            prop_assert_eq!(segment(&text).concat(), text);
        }
    }

    #[test]
    fn a_long_text_without_a_break_is_cut_whole() {
        let text = "银行服务".repeat(20_000);
        assert_eq!(segment(&text).len(), 40_000);
    }
}
