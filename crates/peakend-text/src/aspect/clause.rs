//! Clauses: which opinion belongs to which term.

use std::ops::Range;

use super::vocabulary::{Entry, Field, Mark, Vocabulary};
use crate::emotion::leaning;
use crate::language::Language;
use crate::sentiment;
use crate::units::{Class, Endings, REACH, class, unit};

/// Letters after which a clause ends even without a stop, so that time stays linear.
const LONGEST_CLAUSE: usize = 160;
/// The same for a sentence.
const LONGEST_SENTENCE: usize = 2_000;
/// Colour of a sentence from which it passes to a term nobody judged.
const COLOURS: f64 = 0.4;
/// Code of a contracted "not".
const CONTRACTED: u16 = u16::MAX - 1;
/// Weight of an opinion that judges only beside a term.
const BESIDE: f64 = 2.0;

/// An opinion with its weight, negation and degree counted.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) at: Range<usize>,
    pub(super) weight: f64,
    pub(super) negated: bool,
    pub(super) strengthened: bool,
}

/// An aspect somewhere in a text.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) aspect: u8,
    /// Letters.
    pub(super) at: Range<usize>,
    pub(super) named: bool,
    pub(super) opinions: Vec<Judged>,
    /// What the term itself or its sentence says, where nobody judged.
    pub(super) leaning: f64,
}

/// A listed word that may judge.
struct Word {
    entry: usize,
    at: Range<usize>,
    negated: bool,
    strengthened: bool,
}

/// The mentions of a text in order.
pub(super) fn mentions(
    vocabulary: &Vocabulary,
    letters: &[u16],
    language: Language,
    field: Option<Field>,
) -> Vec<Mention> {
    let mut reader = Reader {
        vocabulary,
        field,
        language,
        letters,
        mentions: Vec::new(),
        words: Vec::new(),
        clause: 0,
        clause_mentions: 0,
        sentence: 0,
        sentence_mentions: 0,
        carried: None,
        negated: 0,
        strong: 0,
    };
    reader.read();
    reader.mentions
}

struct Reader<'a> {
    vocabulary: &'a Vocabulary,
    field: Option<Field>,
    language: Language,
    letters: &'a [u16],
    mentions: Vec<Mention>,
    /// Words of the clause that may judge.
    words: Vec<Word>,
    /// Where clause and sentence begin, in letters and in mentions.
    clause: usize,
    clause_mentions: usize,
    sentence: usize,
    sentence_mentions: usize,
    /// The last mention of the clause before, in the same sentence.
    carried: Option<usize>,
    negated: usize,
    strong: usize,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = 0;
        while let Some(&letter) = self.letters.get(at) {
            let class = class(letter);
            if class == Class::Break {
                self.end_clause(at);
                if !matches!(char::from_u32(u32::from(letter)), Some(',' | '、' | ';' | '~')) {
                    self.end_sentence(at);
                }
            }
            if !matches!(class, Class::Latin | Class::Han) {
                at += 1;
                continue;
            }
            if at - self.clause > LONGEST_CLAUSE {
                self.end_clause(at);
            }
            if at - self.sentence > LONGEST_SENTENCE {
                self.end_sentence(at);
            }
            let (length, code) = unit(&self.vocabulary.words, self.letters, at, Endings::Plural, CONTRACTED);
            self.take(at..at + length, code);
            at += length;
        }
        self.end_clause(at);
        self.end_sentence(at);
        self.end();
    }

    fn take(&mut self, at: Range<usize>, code: Option<u16>) {
        let entries = &self.vocabulary.entries;
        let number = code.map(usize::from);
        let entry = number.and_then(|n| entries.get(n));
        let mark = if code == Some(CONTRACTED) { Mark::Negation } else { entry.map(|e| e.mark).unwrap_or_default() };
        match mark {
            // two negations side by side cancel
            Mark::Negation => self.negated = if self.negated + 1 >= REACH { 0 } else { REACH + 1 },
            Mark::Degree => self.strong = REACH + 1,
            Mark::Contrast => self.end_clause(at.start),
            Mark::None => {}
        }
        if let (Some(entry), Some(number)) = (entry, number) {
            if let Some(aspect) = entry.terms.iter().copied().find(|a| self.vocabulary.allowed(*a, self.field)) {
                let leaning = f64::from(entry.weight) / 2.0;
                self.mention(aspect, at.clone(), leaning);
            }
            if judges(entry) {
                let (negated, strengthened) = (self.negated > 0, self.strong > 0);
                self.words.push(Word { entry: number, at, negated, strengthened });
                (self.negated, self.strong) = (0, 0);
            }
        }
        self.negated = self.negated.saturating_sub(1);
        self.strong = self.strong.saturating_sub(1);
    }

    /// One mention of an aspect a clause; terms that touch are one term.
    fn mention(&mut self, aspect: u8, at: Range<usize>, leaning: f64) {
        let known = self.mentions.iter_mut().skip(self.clause_mentions).find(|m| m.aspect == aspect);
        match known {
            Some(known) => {
                if known.at.end == at.start {
                    known.at.end = at.end;
                }
                known.leaning += leaning;
            }
            None => self.mentions.push(Mention { aspect, at, named: true, opinions: Vec::new(), leaning }),
        }
    }

    fn end_clause(&mut self, at: usize) {
        let words = std::mem::take(&mut self.words);
        let named_here = self.mentions.len() > self.clause_mentions;
        for word in &words {
            self.assign(word, named_here);
        }
        self.words = words;
        self.words.clear();
        if self.mentions.len() > self.clause_mentions {
            self.carried = Some(self.mentions.len() - 1);
        }
        self.clause_mentions = self.mentions.len();
        self.clause = at;
        (self.negated, self.strong) = (0, 0);
    }

    /// Gives an opinion to a mention.
    fn assign(&mut self, word: &Word, named_here: bool) {
        let Some(entry) = self.vocabulary.entries.get(word.entry) else { return };
        let beside = |aspect: u8| entry.beside.iter().find(|(a, _)| *a == aspect).map(|(_, praises)| *praises);
        let weight_of = |praises: bool| if praises { BESIDE } else { -BESIDE };
        if let Some(at) = self.nearest(&word.at, |m| beside(m.aspect).is_some()) {
            let praises = beside(self.mentions[at].aspect).unwrap_or(true);
            return self.judge(at, word, weight_of(praises));
        }
        if !named_here
            && let Some(at) = self.carried
            && let Some(praises) = beside(self.mentions[at].aspect)
        {
            return self.judge(at, word, weight_of(praises));
        }
        let weight = f64::from(entry.weight);
        if weight == 0.0 {
            return;
        }
        if let Some(aspect) = entry.names.iter().copied().find(|a| self.vocabulary.allowed(*a, self.field)) {
            let here = self.nearest(&word.at, |m| m.aspect == aspect);
            let before = self.carried.filter(|at| self.mentions[*at].aspect == aspect);
            if let Some(at) = here.or(before) {
                return self.judge(at, word, weight);
            }
            let mention = Mention { aspect, at: word.at.clone(), named: false, opinions: Vec::new(), leaning: 0.0 };
            self.mentions.push(mention);
            return self.judge(self.mentions.len() - 1, word, weight);
        }
        let here = self.nearest(&word.at, |m| m.at != word.at);
        if let Some(at) = here.or(self.carried.filter(|_| !named_here)) {
            self.judge(at, word, weight);
        }
    }

    /// The mention of this clause nearest to some letters; of two the earlier.
    fn nearest(&self, at: &Range<usize>, fits: impl Fn(&Mention) -> bool) -> Option<usize> {
        let here = self.mentions.iter().enumerate().skip(self.clause_mentions).filter(|(_, m)| fits(m));
        let gap = |m: &Mention| m.at.start.max(at.start) - m.at.end.min(at.end).min(m.at.start.max(at.start));
        here.min_by_key(|(number, m)| (gap(m), *number)).map(|(number, _)| number)
    }

    fn judge(&mut self, mention: usize, word: &Word, weight: f64) {
        let turned = if word.negated { -0.8 } else { 1.0 };
        let degree = if word.strengthened { 1.4 } else { 1.0 };
        if let Some(mention) = self.mentions.get_mut(mention) {
            let (negated, strengthened) = (word.negated, word.strengthened);
            let weight = weight * turned * degree;
            mention.opinions.push(Judged { at: word.at.clone(), weight, negated, strengthened });
            mention.leaning = 0.0;
        }
    }

    /// Terms take the colour of their sentence where it judges nothing else.
    fn end_sentence(&mut self, at: usize) {
        let (language, letters) = (self.language, self.letters.get(self.sentence..at).unwrap_or_default());
        if let Some(mentions) = self.mentions.get_mut(self.sentence_mentions..) {
            colour(mentions, letters, language);
        }
        self.sentence = at;
        self.sentence_mentions = self.mentions.len();
        self.carried = None;
    }

    /// That of the text where the text judges nothing else.
    fn end(&mut self) {
        let (language, letters) = (self.language, self.letters);
        colour(&mut self.mentions, letters, language);
    }
}

/// Gives mentions the colour of letters, unless one of them is judged.
fn colour(mentions: &mut [Mention], letters: &[u16], language: Language) {
    if mentions.is_empty() || !mentions.iter().all(unjudged) {
        return;
    }
    let leaning = colour_of(letters, language);
    for mention in mentions {
        mention.leaning = leaning;
    }
}

fn unjudged(mention: &Mention) -> bool {
    mention.opinions.is_empty() && mention.leaning == 0.0
}

/// Sentiment and listed emotions together, where they say enough; else 0.
fn colour_of(letters: &[u16], language: Language) -> f64 {
    let felt = f64::from(sentiment::of_letters(letters, language).unwrap_or(0)) / 100.0;
    let sum = felt + leaning(letters);
    if sum.abs() >= COLOURS { sum.clamp(-1.0, 1.0) } else { 0.0 }
}

fn judges(entry: &Entry) -> bool {
    (entry.weight != 0 && entry.terms.is_empty()) || !entry.names.is_empty() || !entry.beside.is_empty()
}
