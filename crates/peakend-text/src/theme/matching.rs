//! Rules at work: all words of all rules in one automaton, regular expressions
//! of the linear engine, expressions over what was found. Every match carries
//! the words it rests on.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder};
use serde::Serialize;

use super::expression::{Expression, Term};
use super::scheme::{Rule, SchemeFault, ThemeScheme};
use super::whole_word;
use crate::fold::{Folded, fold, to_simplified};
use crate::segment::Cutter;

/// Times a word or pattern is looked at in one text.
const MOST: u8 = 32;
/// Times it counts for the order of themes.
const COUNTED: usize = 3;
/// Bytes a compiled regular expression may take.
const PATTERN_SIZE: usize = 1 << 20;
/// Points of a match of a regular expression or an expression.
const POINTS: usize = 6;

/// A theme a text has by rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matched<'s> {
    /// Code of the theme.
    pub theme: &'s str,
    /// Which of its rules hold, from 0.
    pub rules: Vec<usize>,
    /// Bytes of the original text that they rest on, in order, no two overlapping.
    pub spans: Vec<Range<usize>>,
    /// How much speaks for it: longer words count more.
    pub points: usize,
}

/// A scheme's rules ready for texts.
#[derive(Debug)]
pub struct ThemeRules {
    scheme: ThemeScheme,
    automaton: AhoCorasick,
    words: Vec<ListedWord>,
    patterns: Vec<Regex>,
    /// By theme of the scheme.
    rules: Vec<Vec<Compiled>>,
}

#[derive(Debug, Clone, Copy)]
struct ListedWord {
    ascii: bool,
    /// Whether words that merely begin so count.
    open: bool,
    points: usize,
}

#[derive(Debug)]
enum Compiled {
    /// Numbers of words.
    Words(Vec<usize>),
    Pattern(usize),
    Expression(Check),
}

/// An expression over numbers of words.
#[derive(Debug)]
enum Check {
    Word(usize),
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Near(Vec<usize>, Vec<usize>, usize),
}

/// Compiles a regular expression as rules use it.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    if text.trim().is_empty() {
        return Err("a pattern is needed".to_owned());
    }
    let mut builder = RegexBuilder::new(&to_simplified(text));
    let built = builder.case_insensitive(true).size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE).build();
    let regex = built.map_err(|e| e.to_string())?;
    if regex.is_match("") { Err("the pattern also matches where nothing is".to_owned()) } else { Ok(regex) }
}

impl ThemeRules {
    /// Compiles a scheme.
    ///
    /// # Errors
    /// Everything that is not right with it, by place.
    pub fn of(scheme: &ThemeScheme) -> Result<Self, Vec<SchemeFault>> {
        let faults = scheme.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut listed = Listed::default();
        let mut patterns = Vec::new();
        let mut rules = Vec::new();
        for (at, theme) in scheme.themes.iter().enumerate() {
            let mut compiled = Vec::new();
            for (number, rule) in theme.rules.iter().enumerate() {
                let path = format!("themes[{at}].rules[{number}]");
                compiled.push(match rule {
                    Rule::Keywords { words } => Compiled::Words(words.iter().map(|w| listed.written(w)).collect()),
                    Rule::Regex { pattern } => {
                        patterns.push(self::pattern(pattern).map_err(|e| vec![SchemeFault::new(&path, "regex", e)])?);
                        Compiled::Pattern(patterns.len() - 1)
                    }
                    Rule::Expression { text } => {
                        let read = text.parse::<Expression>();
                        let read = read.map_err(|e| vec![SchemeFault::new(&path, "expression", e.to_string())])?;
                        Compiled::Expression(listed.check(&read))
                    }
                });
            }
            rules.push(compiled);
        }
        let automaton = AhoCorasick::new(&listed.texts);
        let automaton = automaton.map_err(|e| vec![SchemeFault::new("themes", "too_many_words", e.to_string())])?;
        Ok(Self { scheme: scheme.clone(), automaton, words: listed.words, patterns, rules })
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &ThemeScheme {
        &self.scheme
    }

    /// The themes of a text, most points first, ties in the order of the scheme.
    #[must_use]
    pub fn read(&self, text: &str) -> Vec<Matched<'_>> {
        self.of_folded(&Folded::of(text))
    }

    pub(crate) fn of_folded(&self, text: &Folded) -> Vec<Matched<'_>> {
        let hits = Hits::of(self, text.text());
        let mut found: Vec<Matched<'_>> = Vec::new();
        for (theme, rules) in self.scheme.themes.iter().zip(&self.rules) {
            let (mut held, mut spans, mut points) = (Vec::new(), Vec::new(), 0);
            for (number, rule) in rules.iter().enumerate() {
                let before = spans.len();
                points += hits.rule(rule, &mut spans);
                if spans.len() > before {
                    held.push(number);
                }
            }
            if !held.is_empty() {
                let spans = apart(spans).into_iter().map(|s| text.original(s)).collect();
                found.push(Matched { theme: &theme.code, rules: held, spans, points });
            }
        }
        found.sort_by_key(|m| std::cmp::Reverse(m.points));
        found
    }
}

/// Words while rules are compiled, each once.
#[derive(Default)]
struct Listed {
    numbers: HashMap<(String, bool), usize>,
    texts: Vec<String>,
    words: Vec<ListedWord>,
}

impl Listed {
    fn written(&mut self, word: &str) -> usize {
        let open = word.len() > 1 && word.ends_with('*');
        self.number(word.trim_end_matches('*'), open)
    }

    fn number(&mut self, text: &str, open: bool) -> usize {
        let text = fold(text).trim().to_owned();
        let next = self.texts.len();
        let number = *self.numbers.entry((text.clone(), open)).or_insert(next);
        if number == next {
            let ascii = text.is_ascii();
            let points = if ascii { 4 } else { text.chars().count() * 2 };
            self.words.push(ListedWord { ascii, open, points });
            self.texts.push(text);
        }
        number
    }

    fn check(&mut self, expression: &Expression) -> Check {
        let mut term = |t: &Term| self.number(&t.text, t.open);
        match expression {
            Expression::Word(word) => Check::Word(term(word)),
            Expression::Near(left, right, within) => {
                let (left, right) = (left.iter().map(&mut term).collect(), right.iter().map(&mut term).collect());
                Check::Near(left, right, usize::from(*within))
            }
            Expression::Any(parts) => Check::Any(parts.iter().map(|p| self.check(p)).collect()),
            Expression::All(parts) => Check::All(parts.iter().map(|p| self.check(p)).collect()),
            Expression::Not(part) => Check::Not(Box::new(self.check(part))),
        }
    }
}

/// What occurs in one text.
struct Hits<'a> {
    rules: &'a ThemeRules,
    text: &'a str,
    /// Number of the word and where it stands, in order of numbers.
    words: Vec<(usize, usize, usize)>,
    /// First bytes of the text's words, once they are needed.
    starts: std::cell::OnceCell<Vec<usize>>,
}

impl<'a> Hits<'a> {
    fn of(rules: &'a ThemeRules, text: &'a str) -> Self {
        let mut seen = vec![(0u8, 0usize); rules.words.len()];
        let mut words = Vec::new();
        for hit in rules.automaton.find_overlapping_iter(text) {
            let number = hit.pattern().as_usize();
            let (Some(word), Some((times, end))) = (rules.words.get(number), seen.get_mut(number)) else { continue };
            let whole = !word.ascii || whole_word(text, hit.start(), hit.end(), word.open);
            if whole && *times < MOST && hit.start() >= *end && hit.end() > hit.start() {
                *times += 1;
                *end = hit.end() + if word.open && word.ascii { rest_of_word(text, hit.end()) } else { 0 };
                words.push((number, hit.start(), *end));
            }
        }
        words.sort_unstable();
        Self { rules, text, words, starts: std::cell::OnceCell::new() }
    }

    fn word(&self, number: usize) -> &[(usize, usize, usize)] {
        let from = self.words.partition_point(|(n, ..)| *n < number);
        let to = self.words.partition_point(|(n, ..)| *n <= number);
        self.words.get(from..to).unwrap_or_default()
    }

    /// Adds what a rule rests on; its points.
    fn rule(&self, rule: &Compiled, spans: &mut Vec<Range<usize>>) -> usize {
        match rule {
            Compiled::Words(numbers) => {
                let mut points = 0;
                for number in numbers {
                    let hits = self.word(*number);
                    spans.extend(hits.iter().map(|(_, start, end)| *start..*end));
                    points += hits.len().min(COUNTED) * self.rules.words.get(*number).map_or(0, |w| w.points);
                }
                points
            }
            Compiled::Pattern(number) => {
                let found = self.rules.patterns.get(*number).into_iter().flat_map(|p| p.find_iter(self.text));
                let before = spans.len();
                spans.extend(found.take(usize::from(MOST)).map(|m| m.range()).filter(|r| !r.is_empty()));
                (spans.len() - before).min(COUNTED) * POINTS
            }
            Compiled::Expression(check) => {
                let mut own = Vec::new();
                if !self.holds(check, &mut own) || own.is_empty() {
                    return 0;
                }
                spans.extend(own);
                POINTS
            }
        }
    }

    /// Whether an expression holds; adds the words it rests on.
    fn holds(&self, check: &Check, spans: &mut Vec<Range<usize>>) -> bool {
        match check {
            Check::Word(number) => {
                let hits = self.word(*number);
                spans.extend(hits.iter().map(|(_, start, end)| *start..*end));
                !hits.is_empty()
            }
            // every part is asked: all words that hold are evidence
            Check::Any(parts) => parts.iter().filter(|part| self.holds(part, spans)).count() > 0,
            Check::All(parts) => {
                let before = spans.len();
                let held = parts.iter().all(|part| self.holds(part, spans));
                if !held {
                    spans.truncate(before);
                }
                held
            }
            Check::Not(part) => !self.holds(part, &mut Vec::new()),
            Check::Near(left, right, within) => self.near(left, right, *within, spans),
        }
    }

    fn near(&self, left: &[usize], right: &[usize], within: usize, spans: &mut Vec<Range<usize>>) -> bool {
        let hits = |numbers: &[usize]| -> Vec<(usize, usize)> {
            let mut hits: Vec<_> = numbers.iter().flat_map(|n| self.word(*n)).map(|(_, s, e)| (*s, *e)).collect();
            hits.sort_unstable();
            hits
        };
        let (left, right) = (hits(left), hits(right));
        if left.is_empty() || right.is_empty() {
            return false;
        }
        let before = spans.len();
        for (start, end) in &left {
            let place = self.place(*start);
            // hits are in order: only those in reach are looked at
            let from = right.partition_point(|(s, _)| self.place(*s) + within < place);
            let other = right.iter().skip(from).take_while(|(s, _)| self.place(*s) <= place + within);
            for (s, e) in other.filter(|(s, e)| e <= start || s >= end).take(usize::from(MOST)) {
                spans.push(*start..*end);
                spans.push(*s..*e);
            }
        }
        spans.len() > before
    }

    /// The number of the word at a byte.
    fn place(&self, byte: usize) -> usize {
        let starts = self.starts.get_or_init(|| {
            let (mut starts, mut at) = (Vec::new(), 0);
            Cutter::default().cut(self.text, |word| {
                if word.chars().any(char::is_alphanumeric) {
                    starts.push(at);
                }
                at += word.len();
            });
            starts
        });
        starts.partition_point(|start| *start <= byte)
    }
}

/// Bytes of the letters and digits that go on at a byte.
fn rest_of_word(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())
}

/// Spans in order, those that overlap or are equal as one.
fn apart(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_unstable_by_key(|s| (s.start, s.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut().filter(|last| span.start < last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => apart.push(span),
        }
    }
    apart
}
