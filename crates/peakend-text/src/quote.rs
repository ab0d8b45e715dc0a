//! Representative quotes: texts that say what most of a group say, each
//! another side of it, none nearly the same as another.
//!
//! Weights of words are tf-idf; a quote is chosen for its likeness to the mean
//! of the group less its likeness to those chosen before (maximal marginal
//! relevance, Carbonell & Goldstein 1998).

use std::collections::HashMap;

use serde::Serialize;

use crate::duplicate;
use crate::terms::terms;

/// Likeness from which one text repeats another.
const REPEATS: f64 = 0.6;
/// What being central counts beside being different.
const CENTRAL: f64 = 0.7;
/// Texts looked at of a larger group, evenly spread.
const LOOKED_AT: usize = 2_000;
/// Characters a good quote has.
const SHORTEST: usize = 8;
const LONGEST: usize = 200;

/// A chosen text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quote {
    /// Position in the group.
    pub position: usize,
    /// Likeness to the mean of the group, 0 to 1.
    pub centrality: f64,
}

type Weights = Vec<(u32, f64)>;

/// Up to `most` quotes of a group, most central first. Fewer where the others
/// would repeat them or say nothing.
#[must_use]
pub fn quotes(texts: &[&str], most: usize) -> Vec<Quote> {
    let step = texts.len().div_ceil(LOOKED_AT).max(1);
    let positions: Vec<usize> = (0..texts.len()).step_by(step).collect();
    let looked: Vec<&str> = positions.iter().filter_map(|p| texts.get(*p).copied()).collect();
    let weights = weigh(&looked);
    let mean = mean(&weights);
    let repeated = repeats(&looked);
    let mut left: Vec<(usize, f64)> = looked
        .iter()
        .enumerate()
        .filter(|(at, _)| !repeated[*at] && !weights[*at].is_empty())
        .map(|(at, text)| (at, likeness(&weights[at], &mean) * readable(text)))
        .collect();
    let mut chosen: Vec<(usize, f64)> = Vec::new();
    let mut nearest = vec![0.0f64; looked.len()];
    while chosen.len() < most {
        let worth = |(at, central): &(usize, f64)| CENTRAL * central - (1.0 - CENTRAL) * nearest[*at];
        let best = left.iter().enumerate().max_by(|x, y| worth(x.1).total_cmp(&worth(y.1)).then(y.0.cmp(&x.0)));
        let Some((place, _)) = best else { break };
        let (at, central) = left.remove(place);
        for (other, _) in &left {
            nearest[*other] = nearest[*other].max(likeness(&weights[*other], &weights[at]));
        }
        chosen.push((at, central));
    }
    let quote = |(at, centrality): (usize, f64)| Some(Quote { position: *positions.get(at)?, centrality });
    chosen.into_iter().filter_map(quote).collect()
}

/// Unit vectors of tf-idf, by number of the term.
fn weigh(texts: &[&str]) -> Vec<Weights> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut with: Vec<f64> = Vec::new();
    let listed: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| {
            let mut found: Vec<u32> = Vec::new();
            for term in terms(text, false) {
                let next = numbers.len() as u32;
                let number = *numbers.entry(term.key).or_insert(next);
                if number == next {
                    with.push(0.0);
                }
                with[number as usize] += 1.0;
                found.push(number);
            }
            found.sort_unstable();
            found
        })
        .collect();
    let n = texts.len() as f64;
    let unit = |numbers: Vec<u32>| {
        let weight = |number: u32| (1.0 + n / with.get(number as usize).copied().unwrap_or(n)).ln();
        let length = numbers.iter().map(|t| weight(*t).powi(2)).sum::<f64>().sqrt();
        numbers.into_iter().map(|t| (t, weight(t) / length)).collect()
    };
    listed.into_iter().map(unit).collect()
}

fn mean(weights: &[Weights]) -> Weights {
    let mut sums: HashMap<u32, f64> = HashMap::new();
    for (term, weight) in weights.iter().flatten() {
        *sums.entry(*term).or_default() += weight;
    }
    let mut mean: Weights = sums.into_iter().collect();
    mean.sort_unstable_by_key(|(term, _)| *term);
    let length = mean.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
    for (_, weight) in &mut mean {
        *weight /= length;
    }
    mean
}

/// Cosine of unit vectors sorted by term.
fn likeness(x: &Weights, y: &Weights) -> f64 {
    let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
    let weight = |term: u32| long.binary_search_by_key(&term, |(t, _)| *t).ok().and_then(|at| long.get(at));
    short.iter().filter_map(|(term, w)| weight(*term).map(|(_, other)| w * other)).sum()
}

/// Marks all but the first of texts that are nearly the same.
fn repeats(texts: &[&str]) -> Vec<bool> {
    let mut repeated = vec![false; texts.len()];
    for cluster in duplicate::clusters(texts, REPEATS) {
        for at in cluster.into_iter().skip(1) {
            repeated[at] = true;
        }
    }
    repeated
}

/// Very short and very long texts make poor quotes.
fn readable(text: &str) -> f64 {
    match text.chars().count() {
        n if n < SHORTEST => 0.5,
        n if n > LONGEST => (LONGEST as f64 / n as f64).max(0.3),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_central_and_different_and_never_repeat() {
        let texts = [
            "手机银行登录不了,一直转圈",
            "手机银行登录不了,一直转圈!",
            "登录之后手机银行马上闪退",
            "昨天的天气非常好",
            "手机银行转账页面打不开,登录也慢",
            "手机银行登录不了",
        ];
        let chosen: Vec<usize> = quotes(&texts, 3).iter().map(|q| q.position).collect();
        assert_eq!(chosen.len(), 3);
        assert!(!(chosen.contains(&0) && chosen.contains(&1)), "{chosen:?}");
        assert!(!chosen.contains(&3), "{chosen:?}");
    }

    #[test]
    fn nothing_is_quoted_of_nothing() {
        assert_eq!(quotes(&[], 3), []);
        assert_eq!(quotes(&["", "!!", "12"], 3), []);
    }
}
