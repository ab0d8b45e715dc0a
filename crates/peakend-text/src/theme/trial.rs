//! Trying rules on sample texts before they count: what matches, where, how often.

use std::ops::Range;

use serde::Serialize;

use super::matching::ThemeRules;
use super::scheme::{Rule, SchemeFault, Theme, ThemeName, ThemeScheme};

/// What the rules found in one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialRow {
    /// Position of the sample.
    pub sample: usize,
    /// Which rules hold, from 0.
    pub rules: Vec<usize>,
    /// Bytes of the sample they rest on.
    pub spans: Vec<Range<usize>>,
}

/// What the rules found in all samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Samples tried.
    pub n: usize,
    /// Samples in which at least one rule holds.
    pub matched: usize,
    /// Samples by rule.
    pub by_rule: Vec<usize>,
    /// Samples in which one rule alone holds, by rule: what would be lost without it.
    pub alone: Vec<usize>,
    /// The samples that match, in order.
    pub rows: Vec<TrialRow>,
}

/// Tries rules on samples.
///
/// # Errors
/// Rules that cannot be read; the path is `rules[number]`.
pub fn try_rules(rules: &[Rule], samples: &[&str]) -> Result<Trial, Vec<SchemeFault>> {
    let faults: Vec<SchemeFault> =
        rules.iter().enumerate().filter_map(|(at, rule)| rule.fault(&format!("rules[{at}]"))).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let name = || "trial".to_owned();
    let name = ThemeName { en: name(), zh_hans: name(), zh_hant: name() };
    let theme = Theme { code: "trial".to_owned(), parent: None, name, rules: rules.to_vec() };
    let compiled = ThemeRules::of(&ThemeScheme { version: 0, themes: vec![theme] })?;
    let mut trial = Trial {
        n: samples.len(),
        matched: 0,
        by_rule: vec![0; rules.len()],
        alone: vec![0; rules.len()],
        rows: vec![],
    };
    for (sample, text) in samples.iter().enumerate() {
        let Some(found) = compiled.read(text).into_iter().next() else { continue };
        trial.matched += 1;
        for rule in &found.rules {
            trial.by_rule[*rule] += 1;
        }
        if let [only] = found.rules.as_slice() {
            trial.alone[*only] += 1;
        }
        trial.rows.push(TrialRow { sample, rules: found.rules, spans: found.spans });
    }
    Ok(trial)
}
