//! Keyness: which words tell one group of texts from another.
//!
//! Every word gets its log-likelihood over four cells (Dunning 1993), Pearson's
//! chi-squared, the log ratio as effect size (Hardie 2014) and the weighted
//! log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008),
//! by which words are ranked because it neither favours rare nor common ones.
//! One long text cannot make a topic: a key word occurs in at least three texts.

use std::collections::HashMap;

use serde::Serialize;
use statrs::function::erf::erfc;

use crate::refusal::Refusal;

/// Words each group needs at least.
pub const FEWEST_TOKENS: usize = 500;
/// Occurrences in both groups together below which a word is not judged.
pub const FEWEST_OCCURRENCES: u64 = 5;
/// Texts of its group in which a key word occurs at least.
pub const FEWEST_TEXTS: u64 = 3;

/// One word with its counts and figures. Signs: positive leans to the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyWord {
    /// The word.
    pub word: String,
    /// Occurrences in the target.
    pub a: u64,
    /// Occurrences in the reference.
    pub b: u64,
    /// Texts of the target with the word.
    pub doc_a: u64,
    /// Texts of the reference with the word.
    pub doc_b: u64,
    /// Log-likelihood of four cells, signed.
    pub g2: f64,
    /// Pearson's statistic without correction, signed.
    pub chi2: f64,
    /// log2 of the ratio of the rates; half an occurrence stands for none.
    pub log_ratio: f64,
    /// Weighted log-odds over its standard error.
    pub z_dirichlet: f64,
    /// Two-sided p of `g2` (chi-squared, one degree of freedom).
    pub p: f64,
    /// `p` adjusted over all judged words (Benjamini & Hochberg 1995).
    pub p_adjusted: f64,
    /// Adjusted p below 0.05 and enough texts on the side it leans to.
    pub key: bool,
}

/// The words of two groups compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Keyness {
    /// Words in the target, n of its rates.
    pub n1: u64,
    /// Words in the reference.
    pub n2: u64,
    /// The judged words, highest `z_dirichlet` first, ties by word.
    pub words: Vec<KeyWord>,
}

/// Compares the words of two groups of texts, each text a list of its words.
///
/// # Errors
/// [`Refusal`] when a group has fewer than [`FEWEST_TOKENS`] words.
pub fn keyness(target: &[Vec<&str>], reference: &[Vec<&str>]) -> Result<Keyness, Refusal> {
    let tokens = |texts: &[Vec<&str>]| texts.iter().map(Vec::len).sum::<usize>();
    let (n1, n2) = (tokens(target), tokens(reference));
    for (reason, have) in [("words in the target group", n1), ("words in the reference group", n2)] {
        if have < FEWEST_TOKENS {
            return Err(Refusal { reason, have, need: FEWEST_TOKENS });
        }
    }
    let counts = count(target, reference);
    let (n1, n2) = (n1 as u64, n2 as u64);
    let mut words: Vec<KeyWord> = counts
        .into_iter()
        .filter(|(_, c)| c.a + c.b >= FEWEST_OCCURRENCES)
        .map(|(word, counted)| judge(word, counted, n1, n2))
        .collect();
    adjust(&mut words);
    words.sort_by(|x, y| y.z_dirichlet.total_cmp(&x.z_dirichlet).then_with(|| x.word.cmp(&y.word)));
    Ok(Keyness { n1, n2, words })
}

#[derive(Clone, Copy, Default)]
struct Counted {
    a: u64,
    b: u64,
    doc_a: u64,
    doc_b: u64,
    /// The text last seen with the word, so that each counts once.
    last: usize,
}

fn count<'a>(target: &[Vec<&'a str>], reference: &[Vec<&'a str>]) -> HashMap<&'a str, Counted> {
    let mut counts: HashMap<&str, Counted> = HashMap::new();
    for (number, text) in target.iter().chain(reference).enumerate() {
        for word in text {
            let counted = counts.entry(word).or_default();
            let new = u64::from(counted.last != number + 1);
            counted.last = number + 1;
            if number < target.len() {
                counted.a += 1;
                counted.doc_a += new;
            } else {
                counted.b += 1;
                counted.doc_b += new;
            }
        }
    }
    counts
}

fn judge(word: &str, counted: Counted, n1: u64, n2: u64) -> KeyWord {
    let Counted { a, b, doc_a, doc_b, .. } = counted;
    let (x, y, t1, t2) = (a as f64, b as f64, n1 as f64, n2 as f64);
    let g2 = log_likelihood(x, y, t1, t2);
    let sign = if x / t1 < y / t2 { -1.0 } else { 1.0 };
    let or_half = |count: f64| if count == 0.0 { 0.5 } else { count };
    let p = erfc((g2 / 2.0).sqrt());
    KeyWord {
        word: word.to_owned(),
        a,
        b,
        doc_a,
        doc_b,
        g2: sign * g2,
        chi2: sign * pearson(x, y, t1, t2),
        log_ratio: ((or_half(x) / t1) / (or_half(y) / t2)).log2(),
        z_dirichlet: weighted_log_odds(x, y, t1, t2),
        p,
        p_adjusted: p,
        key: false,
    }
}

fn log_likelihood(a: f64, b: f64, n1: f64, n2: f64) -> f64 {
    let (both, total) = (a + b, n1 + n2);
    let cell = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    let rest = total - both;
    let sum = cell(a, n1 * both / total)
        + cell(b, n2 * both / total)
        + cell(n1 - a, n1 * rest / total)
        + cell(n2 - b, n2 * rest / total);
    (2.0 * sum).max(0.0)
}

fn pearson(a: f64, b: f64, n1: f64, n2: f64) -> f64 {
    let (c, d) = (n1 - a, n2 - b);
    let margins = n1 * n2 * (a + b) * (c + d);
    if margins == 0.0 { 0.0 } else { (n1 + n2) * (a * d - b * c).powi(2) / margins }
}

/// The prior is the two groups together: each word as often as it occurs.
fn weighted_log_odds(a: f64, b: f64, n1: f64, n2: f64) -> f64 {
    let (prior, mass) = (a + b, n1 + n2);
    let odds = |count: f64, n: f64| ((count + prior) / (n + mass - count - prior)).ln();
    let delta = odds(a, n1) - odds(b, n2);
    let variance = 1.0 / (a + prior) + 1.0 / (b + prior);
    if delta.is_finite() { delta / variance.sqrt() } else { 0.0 }
}

/// Benjamini and Hochberg over all judged words; marks the key ones.
fn adjust(words: &mut [KeyWord]) {
    words.sort_by(|x, y| y.p.total_cmp(&x.p));
    let n = words.len() as f64;
    let mut least = 1.0f64;
    for (from_last, word) in words.iter_mut().enumerate() {
        least = least.min(word.p * n / (n - from_last as f64));
        word.p_adjusted = least;
        let texts = if word.g2 >= 0.0 { word.doc_a } else { word.doc_b };
        word.key = word.p_adjusted < 0.05 && texts >= FEWEST_TEXTS;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts<'a>(words: &[(&'a str, usize)]) -> Vec<Vec<&'a str>> {
        words.iter().flat_map(|(word, n)| vec![vec![*word, "filler"]; *n]).collect()
    }

    #[test]
    fn a_word_of_one_group_is_its_key_word() {
        let found = keyness(&texts(&[("slow", 200), ("good", 100)]), &texts(&[("slow", 10), ("good", 290)])).unwrap();
        let first = &found.words[0];
        assert_eq!((first.word.as_str(), first.a, first.b, first.doc_a), ("slow", 200, 10, 200));
        assert!(first.key && first.g2 > 0.0 && first.log_ratio > 4.0);
        let last = found.words.last().unwrap();
        assert!(last.word == "good" && last.key && last.g2 < 0.0);
    }

    #[test]
    fn one_long_text_makes_no_key_word() {
        let mut target = texts(&[("good", 300)]);
        target.push(vec!["spam"; 50]);
        let found = keyness(&target, &texts(&[("good", 300)])).unwrap();
        let spam = found.words.iter().find(|w| w.word == "spam").unwrap();
        assert!(spam.p_adjusted < 0.05 && !spam.key);
    }

    #[test]
    fn too_few_words_are_refused() {
        let refusal = keyness(&texts(&[("a", 300)]), &texts(&[("a", 100)])).unwrap_err();
        assert_eq!((refusal.have, refusal.need), (200, 500));
    }

    proptest! {
        #[test]
        fn exchanging_the_groups_turns_every_sign(a in 0u32..50, b in 0u32..50, n1 in 60u32..900, n2 in 60u32..900) {
            prop_assume!(a + b > 0);
            let there = judge("w", Counted { a: a.into(), b: b.into(), ..Counted::default() }, n1.into(), n2.into());
            let back = judge("w", Counted { a: b.into(), b: a.into(), ..Counted::default() }, n2.into(), n1.into());
            prop_assert!((there.log_ratio + back.log_ratio).abs() < 1e-9);
            prop_assert!((there.z_dirichlet + back.z_dirichlet).abs() < 1e-9);
            prop_assert!((there.chi2.abs() - back.chi2.abs()).abs() < 1e-6);
            prop_assert!((there.g2.abs() - back.g2.abs()).abs() < 1e-6);
            prop_assert!(there.p >= 0.0 && there.p <= 1.0);
        }
    }
}
