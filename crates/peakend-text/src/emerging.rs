//! Emerging themes: what people talk of now and did not before.
//!
//! Terms that are key in the recent period against the base period (see
//! [`crate::keyness`], each text counting once) are gathered by the texts in
//! which they occur together, and each gathering is named from its key terms.
//! It is a proposal: a person makes a theme of it or not.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::keyness::keyness;
use crate::quote::quotes;
use crate::refusal::Refusal;
use crate::terms::{Found, terms};

/// Key terms looked at.
const MOST_TERMS: usize = 80;
/// Texts a discovered theme has at least.
const FEWEST_TEXTS: usize = 5;
/// Share of the rarer term's texts in which two terms of one theme occur together.
const TOGETHER: f64 = 0.4;
/// Terms in a name.
const NAMED: usize = 3;
/// Share of the expected texts of the base period up to which a theme is new.
const NEW: f64 = 0.1;

/// A term with the texts that have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyTerm {
    /// As it was first written.
    pub term: String,
    /// Texts of the recent period with it.
    pub recent: usize,
    /// Texts of the base period with it.
    pub base: usize,
    /// Weighted log-odds over their standard error.
    pub z: f64,
}

/// A theme that is new or grows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Emerging {
    /// Up to three of its key terms.
    pub name: Vec<String>,
    /// Its key terms, strongest first.
    pub terms: Vec<KeyTerm>,
    /// Texts of the recent period.
    pub recent: usize,
    /// Texts of the base period.
    pub base: usize,
    /// How many times the share of texts has grown; half a text stands for none.
    pub ratio: f64,
    /// 95 % interval of the ratio (Katz et al. 1978).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Hardly anybody spoke of it before.
    pub new: bool,
    /// Positions of representative texts of the recent period.
    pub quotes: Vec<usize>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmergingThemes {
    /// Texts of the recent period.
    pub n_recent: usize,
    /// Texts of the base period.
    pub n_base: usize,
    /// Strongest first.
    pub themes: Vec<Emerging>,
}

/// Compares the texts of a recent period with those of a base period; each
/// theme gets up to `quoted` quotes.
///
/// # Errors
/// [`Refusal`] when a period has too few words to compare.
pub fn emerging_themes(recent: &[&str], base: &[&str], quoted: usize) -> Result<EmergingThemes, Refusal> {
    let listed: Vec<Vec<Found>> = recent.iter().chain(base).map(|text| terms(text, true)).collect();
    let keys: Vec<Vec<&str>> = listed.iter().map(|t| t.iter().map(|f| f.key.as_str()).collect()).collect();
    let (now, before) = keys.split_at(recent.len());
    let found = keyness(now, before)?;
    let key = found.words.into_iter().filter(|w| w.key && w.z_dirichlet > 0.0 && w.doc_a >= FEWEST_TEXTS as u64);
    let key: Vec<(String, f64)> = key.take(MOST_TERMS).map(|w| (w.word, w.z_dirichlet)).collect();
    let places = Places::of(&key, &keys, recent.len());
    let shown = surfaces(&listed);
    let mut themes: Vec<Emerging> = gather(&places)
        .into_iter()
        .filter_map(|members| {
            let terms = members.iter().filter_map(|at| {
                let (word, z) = key.get(*at)?;
                let term = (*shown.get(word.as_str())?).to_owned();
                Some(KeyTerm { term, recent: places.recent[*at].len(), base: places.base[*at].len(), z: *z })
            });
            theme(terms.collect(), &places, &members, (recent, base.len()), quoted)
        })
        .collect();
    themes.sort_by(|x, y| y.recent.cmp(&x.recent).then(y.ratio.total_cmp(&x.ratio)));
    Ok(EmergingThemes { n_recent: recent.len(), n_base: base.len(), themes })
}

/// Texts of each key term.
struct Places {
    recent: Vec<HashSet<usize>>,
    base: Vec<HashSet<usize>>,
}

impl Places {
    fn of(key: &[(String, f64)], texts: &[Vec<&str>], recent: usize) -> Self {
        let numbers: HashMap<&str, usize> = key.iter().enumerate().map(|(at, (word, _))| (word.as_str(), at)).collect();
        let mut places = Self { recent: vec![HashSet::new(); key.len()], base: vec![HashSet::new(); key.len()] };
        for (position, text) in texts.iter().enumerate() {
            for at in text.iter().filter_map(|word| numbers.get(word)) {
                let side = if position < recent { &mut places.recent } else { &mut places.base };
                side[*at].insert(position);
            }
        }
        places
    }

    fn together(&self, x: usize, y: usize) -> f64 {
        let (x, y) = (&self.recent[x], &self.recent[y]);
        let both = x.intersection(y).count() as f64;
        both / (x.len().min(y.len()).max(1) as f64)
    }
}

/// How each term was first written.
fn surfaces(listed: &[Vec<Found>]) -> HashMap<&str, &str> {
    let mut shown = HashMap::new();
    for term in listed.iter().flatten() {
        shown.entry(term.key.as_str()).or_insert(term.shown.as_str());
    }
    shown
}

/// Terms by the strongest term with which they occur together.
fn gather(places: &Places) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for term in 0..places.recent.len() {
        let near =
            |group: &&mut Vec<usize>| group.first().is_some_and(|first| places.together(*first, term) >= TOGETHER);
        match groups.iter_mut().find(near) {
            Some(group) => group.push(term),
            None => groups.push(vec![term]),
        }
    }
    groups
}

fn theme(
    terms: Vec<KeyTerm>,
    places: &Places,
    members: &[usize],
    (recent, base): (&[&str], usize),
    quoted: usize,
) -> Option<Emerging> {
    let union = |sides: &[HashSet<usize>]| -> Vec<usize> {
        let mut all: Vec<usize> = members.iter().flat_map(|at| &sides[*at]).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (now, before) = (union(&places.recent), union(&places.base));
    let (ratio, low, high) = growth(now.len(), recent.len(), before.len(), base);
    if now.len() < FEWEST_TEXTS || low <= 1.0 {
        return None;
    }
    let texts: Vec<&str> = now.iter().filter_map(|at| recent.get(*at).copied()).collect();
    let quotes = quotes(&texts, quoted).into_iter().filter_map(|q| now.get(q.position).copied()).collect();
    let expected = now.len() as f64 * base as f64 / recent.len() as f64;
    Some(Emerging {
        name: name(&terms),
        recent: now.len(),
        base: before.len(),
        ratio,
        low,
        high,
        new: before.len() as f64 <= NEW * expected,
        quotes,
        terms,
    })
}

/// The strongest terms of which none is part of another.
fn name(terms: &[KeyTerm]) -> Vec<String> {
    let mut name: Vec<String> = Vec::new();
    for term in terms {
        let longer =
            terms.iter().find(|t| t.term != term.term && t.term.contains(&term.term) && t.recent * 2 >= term.recent);
        let best = longer.map_or(&term.term, |t| &t.term);
        if !name.iter().any(|n| n.contains(best.as_str()) || best.contains(n.as_str())) {
            name.push(best.clone());
        }
        if name.len() == NAMED {
            break;
        }
    }
    name
}

/// Ratio of two shares with its 95 % interval.
fn growth(a: usize, n1: usize, b: usize, n2: usize) -> (f64, f64, f64) {
    let half = |count: usize| if count == 0 { 0.5 } else { count as f64 };
    let (a, b, n1, n2) = (half(a), half(b), n1 as f64, n2 as f64);
    let ratio = (a / n1) / (b / n2);
    let error = (1.0 / a - 1.0 / n1 + 1.0 / b - 1.0 / n2).max(0.0).sqrt();
    (ratio, ratio * (-1.96 * error).exp(), ratio * (1.96 * error).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of two months: everyday ones, and in the second month a planted matter.
    fn months() -> (Vec<String>, Vec<String>) {
        let everyday = |n: usize| {
            let (what, how) = (
                ["柜员", "手续费", "排队", "网点", "客服"][n % 5],
                ["很好", "一般", "太慢", "不错", "麻烦"][n / 5 % 5],
            );
            format!("{n}号去银行办业务,{what}{how},回家路上又下雨")
        };
        let planted = |n: usize| format!("数字人民币红包{}到账,客户{n}说钱包打不开", ["没有", "一直没", "还没"][n % 3]);
        let base = (0..300).map(everyday).collect();
        let recent = (0..260).map(everyday).chain((0..40).map(planted)).collect();
        (base, recent)
    }

    #[test]
    fn a_planted_matter_is_discovered_named_and_quoted() {
        let (base, recent) = months();
        let (base, recent): (Vec<&str>, Vec<&str>) =
            (base.iter().map(String::as_str).collect(), recent.iter().map(String::as_str).collect());
        let found = emerging_themes(&recent, &base, 3).unwrap();
        let first = &found.themes[0];
        assert_eq!((first.recent, first.base, first.new), (40, 0, true), "{found:#?}");
        assert!(first.name.iter().any(|n| n.contains("红包") || n.contains("人民币")), "{:?}", first.name);
        assert!(first.low > 1.0 && first.quotes.iter().all(|q| recent[*q].contains("红包")));
        assert!(!first.quotes.is_empty());
    }

    #[test]
    fn two_periods_alike_discover_nothing() {
        let (base, _) = months();
        let base: Vec<&str> = base.iter().map(String::as_str).collect();
        assert_eq!(emerging_themes(&base, &base, 3).unwrap().themes, []);
        assert!(emerging_themes(&base[..3], &base, 3).is_err());
    }
}
