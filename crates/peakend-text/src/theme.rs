//! Themes: what a text is about.
//!
//! [`ThemeScheme`] is an organisation's editable hierarchy with rules,
//! [`ThemeRules`] the same ready for texts, [`try_rules`] tries rules on samples,
//! [`ThemeSuggester`] suggests where no rule matches. [`theme`] gives the main
//! theme by the keywords of `data/themes.txt` alone.

mod expression;
mod matching;
mod parse;
mod scheme;
mod suggestion;
mod trial;

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::fold::fold;
pub use expression::{Expression, ExpressionError, ExpressionFault, NEAR, Term};
pub use matching::{Matched, ThemeRules};
pub use parse::{DEEPEST, LONGEST};
pub use scheme::{MOST_PATTERNS, MOST_THEMES, MOST_WORDS, Rule, SchemeFault, Theme, ThemeName, ThemeScheme};
pub use suggestion::{FEWEST_TEXTS, Suggestion, ThemeSuggester};
pub use trial::{Trial, TrialRow, try_rules};

/// The codes of all themes, in the order of the file.
pub fn themes() -> impl Iterator<Item = &'static str> {
    rules().names.iter().copied()
}

/// The main theme of a text; empty when no keyword occurs.
#[must_use]
pub fn theme(text: &str) -> &'static str {
    of_folded(&fold(text)).first().map_or("", |(name, _)| name)
}

/// The rules as one automaton: a text is read once, however many keywords there are.
struct Rules {
    names: Vec<&'static str>,
    keywords: Vec<Keyword>,
    automaton: Option<AhoCorasick>,
}

struct Keyword {
    theme: usize,
    points: usize,
    ascii: bool,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let lines = include_str!("../data/themes.txt").lines().filter(|l| !l.starts_with('#'));
        let (mut names, mut keywords, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (name, listed) in lines.filter_map(|l| l.split_once('\t')) {
            for word in listed.split(' ').map(|w| w.replace('_', " ")) {
                let ascii = word.is_ascii();
                // long keywords are rarer by chance and count more
                let points = if ascii { 4 } else { word.chars().count() * 2 };
                keywords.push(Keyword { theme: names.len(), points, ascii });
                words.push(word);
            }
            names.push(name);
        }
        // the patterns are a file of this crate: they build, or every test of a theme fails
        let automaton = AhoCorasick::new(&words).ok();
        Rules { names, keywords, automaton }
    })
}

/// Times one keyword counts.
const MOST: u8 = 3;

/// Themes with their points, most first; ties keep the order of the file.
pub(crate) fn of_folded(text: &str) -> Vec<(&'static str, usize)> {
    let rules = rules();
    let mut points = vec![0; rules.names.len()];
    let mut seen = vec![(0_u8, 0_usize); rules.keywords.len()];
    for hit in rules.automaton.iter().flat_map(|a| a.find_overlapping_iter(text)) {
        let at = hit.pattern().as_usize();
        let (Some(keyword), Some((times, end))) = (rules.keywords.get(at), seen.get_mut(at)) else { continue };
        let whole = !keyword.ascii || whole_word(text, hit.start(), hit.end(), false);
        if whole && *times < MOST && hit.start() >= *end {
            *times += 1;
            *end = hit.end();
            points[keyword.theme] += keyword.points;
        }
    }
    let named = rules.names.iter().copied().zip(points);
    let mut found: Vec<(&'static str, usize)> = named.filter(|(_, points)| *points > 0).collect();
    found.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
    found
}

/// Whether no letter stands before or, unless `open`, behind.
fn whole_word(text: &str, start: usize, end: usize, open: bool) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !letter(before) && (open || !letter(after))
}

#[cfg(test)]
mod tests;
