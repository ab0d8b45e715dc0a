//! Suggestions: themes that a model would give to texts no rule matches. A
//! suggestion never changes what the rules say; a person makes it a rule or not.
//!
//! Naive Bayes over the words of a text, one theme against the rest, learned
//! from texts the rules (or people) have given themes; only words that occur
//! speak (McCallum & Nigam 1998).

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::fold::fold;
use crate::refusal::Refusal;
use crate::segment::Cutter;

/// Texts with a theme, and texts without it, from which it can be learned.
pub const FEWEST_TEXTS: usize = 30;
/// Texts in which a word must occur.
const FEWEST_WITH_WORD: u32 = 4;
/// Log-odds from which a theme is suggested.
const SURE: f64 = 1.5;
/// Words shown with a suggestion.
const SHOWN: usize = 3;

/// A theme that a model would give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion<'s> {
    /// Code of the theme.
    pub theme: &'s str,
    /// Log-odds.
    pub score: f64,
    /// The words that speak for it most, folded.
    pub words: Vec<String>,
}

/// What was learned.
#[derive(Debug, Clone)]
pub struct ThemeSuggester {
    themes: Vec<String>,
    /// Log-odds before anything is read, by theme.
    priors: Vec<f64>,
    /// What a word says for each theme.
    words: HashMap<String, Vec<f32>>,
}

impl ThemeSuggester {
    /// Learns from texts with the codes of their themes; themes of fewer than
    /// [`FEWEST_TEXTS`] texts are left out.
    ///
    /// # Errors
    /// [`Refusal`] when no theme has enough texts with and without it.
    pub fn learn(texts: &[(&str, Vec<&str>)]) -> Result<Self, Refusal> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for theme in texts.iter().flat_map(|(_, themes)| themes.iter().collect::<HashSet<_>>()) {
            *counts.entry(theme).or_default() += 1;
        }
        let enough = |n: usize| n >= FEWEST_TEXTS && texts.len() - n >= FEWEST_TEXTS;
        let mut themes: Vec<&str> = counts.iter().filter(|(_, n)| enough(**n)).map(|(theme, _)| *theme).collect();
        themes.sort_unstable();
        if themes.is_empty() {
            let have = counts.values().copied().max().unwrap_or(0);
            return Err(Refusal { reason: "texts with one theme", have, need: FEWEST_TEXTS });
        }
        let sizes: Vec<f64> = themes.iter().map(|t| counts[t] as f64).collect();
        let n = texts.len() as f64;
        let mut seen: HashMap<String, (u32, Vec<u32>)> = HashMap::new();
        for (text, given) in texts {
            for word in distinct_words(text) {
                let (all, by_theme) = seen.entry(word).or_insert_with(|| (0, vec![0; themes.len()]));
                *all += 1;
                for (count, theme) in by_theme.iter_mut().zip(&themes) {
                    *count += u32::from(given.contains(theme));
                }
            }
        }
        let weigh = |all: u32, with: u32, size: f64| {
            let (with, without) = (f64::from(with), f64::from(all - with));
            (((with + 0.5) / (size + 1.0)).ln() - ((without + 0.5) / (n - size + 1.0)).ln()) as f32
        };
        let words = seen.into_iter().filter(|(_, (all, _))| *all >= FEWEST_WITH_WORD).map(|(word, (all, by_theme))| {
            (word, by_theme.iter().zip(&sizes).map(|(with, size)| weigh(all, *with, *size)).collect())
        });
        Ok(Self {
            priors: sizes.iter().map(|size| (size / (n - size)).ln()).collect(),
            words: words.collect(),
            themes: themes.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Themes for a text, surest first, without those that `matched` names.
    #[must_use]
    pub fn suggest(&self, text: &str, matched: &[&str]) -> Vec<Suggestion<'_>> {
        let known: Vec<(String, &Vec<f32>)> =
            distinct_words(text).into_iter().filter_map(|word| self.words.get(&word).map(|w| (word, w))).collect();
        let mut found = Vec::new();
        for (at, theme) in self.themes.iter().enumerate().filter(|(_, t)| !matched.contains(&t.as_str())) {
            let weight = |weights: &[f32]| weights.get(at).map_or(0.0, |w| f64::from(*w));
            let score = self.priors[at] + known.iter().map(|(_, w)| weight(w)).sum::<f64>();
            if score < SURE {
                continue;
            }
            let mut telling: Vec<(f64, &String)> = known.iter().map(|(word, w)| (weight(w), word)).collect();
            telling.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)));
            let words = telling.iter().take(SHOWN).filter(|(w, _)| *w > 0.0).map(|(_, word)| (*word).clone()).collect();
            found.push(Suggestion { theme, score, words });
        }
        found.sort_by(|x, y| y.score.total_cmp(&x.score));
        found
    }
}

/// The different words of a text that say something, folded, in order of the alphabet.
fn distinct_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words = HashSet::new();
    Cutter::default().cut(&folded, |word| {
        if word.chars().nth(1).is_some() && word.chars().any(char::is_alphabetic) {
            words.insert(word);
        }
    });
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words.sort_unstable();
    words
}
