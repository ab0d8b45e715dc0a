//! The vocabulary of aspects: terms, judgements that name their aspect, and
//! judgements that count only beside a term.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::fold::fold;
use crate::lexicon::Lexicon;
use crate::sentiment::rules::weighted;
use crate::units::{CONTRASTS, DEGREES, NEGATIONS};

/// Where a text was written about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Banks and their products.
    Bank,
    /// Shops, online and on the street.
    Retail,
    /// Restaurants and food delivery.
    Food,
    /// Cars, their sale and repair.
    Car,
    /// The workplace, by those who work there.
    Work,
}

impl Field {
    /// `bank`, `retail`, `food`, `car` or `work`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bank" => Self::Bank,
            "retail" => Self::Retail,
            "food" => Self::Food,
            "car" => Self::Car,
            "work" => Self::Work,
            _ => return None,
        })
    }
}

/// An aspect as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AspectName {
    /// Stable code.
    pub code: String,
    /// Name in English.
    pub en: String,
    /// Name in simplified Chinese.
    pub zh_hans: String,
    /// Name in traditional Chinese.
    pub zh_hant: String,
    /// Fields in which it is looked for.
    pub fields: Vec<Field>,
}

/// A line of a vocabulary that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct VocabularyFault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what is expected.
    pub fault: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mark {
    #[default]
    None,
    Negation,
    Degree,
    Contrast,
}

/// What a listed word is.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// Aspects of which it is a term.
    pub(super) terms: Vec<u8>,
    /// Judgement by itself, -3 to 3.
    pub(super) weight: i8,
    /// Aspect that it names while judging.
    pub(super) names: Vec<u8>,
    /// Aspects beside whose terms it judges, and whether it praises.
    pub(super) beside: Vec<(u8, bool)>,
    pub(super) mark: Mark,
}

/// Aspects with their words.
#[derive(Debug)]
pub struct Vocabulary {
    aspects: Vec<AspectName>,
    pub(super) entries: Vec<Entry>,
    pub(super) words: Lexicon,
}

/// Weight of a judgement that is listed with an aspect only.
const LISTED: i8 = 2;
/// Aspects a vocabulary can hold.
const MOST: usize = 64;

impl Vocabulary {
    /// The vocabulary that ships: 22 aspects of five fields.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Vocabulary> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let mut draft = Draft::default();
            // the file is part of this crate: a test reads it without faults
            let _faults: Vec<VocabularyFault> = include_str!("../../data/aspects.txt")
                .lines()
                .enumerate()
                .filter_map(|l| draft.line(l).err())
                .collect();
            draft.finish()
        })
    }

    /// The shipped vocabulary with an organisation's own lines, written as in
    /// `data/aspects.txt`: `@code<TAB>fields<TAB>names`, then `code<TAB>term|+|-|near+|near-<TAB>words`.
    ///
    /// # Errors
    /// Every line that cannot be read.
    pub fn with(own: &str) -> Result<Self, Vec<VocabularyFault>> {
        let mut draft = Draft::default();
        let shipped = include_str!("../../data/aspects.txt").lines().enumerate();
        let mut faults: Vec<VocabularyFault> = shipped.filter_map(|l| draft.line(l).err()).collect();
        faults.extend(own.lines().enumerate().filter_map(|l| draft.line(l).err()));
        if faults.is_empty() { Ok(draft.finish()) } else { Err(faults) }
    }

    /// Aspects in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[AspectName] {
        &self.aspects
    }

    pub(super) fn code(&self, aspect: u8) -> Option<&str> {
        self.aspects.get(usize::from(aspect)).map(|a| a.code.as_str())
    }

    pub(super) fn allowed(&self, aspect: u8, field: Option<Field>) -> bool {
        let known = self.aspects.get(usize::from(aspect));
        known.is_some_and(|a| field.is_none_or(|f| a.fields.contains(&f)))
    }
}

/// A vocabulary while its lines are read.
#[derive(Default)]
struct Draft {
    aspects: Vec<AspectName>,
    entries: HashMap<String, Entry>,
}

impl Draft {
    fn line(&mut self, (at, line): (usize, &str)) -> Result<(), VocabularyFault> {
        let fault = |fault: &str| VocabularyFault { line: at + 1, fault: fault.to_owned() };
        if line.starts_with('#') || line.trim().is_empty() {
            return Ok(());
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let &[first, second, third] = columns.as_slice() else {
            return Err(fault("three columns with tabs between are needed"));
        };
        if let Some(code) = first.strip_prefix('@') {
            return self.aspect(code, second, third).map_err(|e| fault(&e));
        }
        let position = self.aspects.iter().position(|a| a.code == first);
        let aspect = position.and_then(|p| u8::try_from(p).ok());
        if aspect.is_none() && second != "hide" {
            return Err(fault(&format!("aspect `{first}` is not declared by a line `@{first}` above")));
        }
        let aspect = aspect.unwrap_or(u8::MAX);
        for word in third.split_whitespace() {
            let entry = self.entries.entry(fold(&word.replace('_', " "))).or_default();
            match second {
                "term" => entry.terms.push(aspect),
                "+" | "-" => {
                    entry.names.push(aspect);
                    entry.weight = if second == "+" { LISTED } else { -LISTED };
                }
                "near+" | "near-" => entry.beside.push((aspect, second == "near+")),
                "hide" => {}
                other => return Err(fault(&format!("kind `{other}` is none of term, +, -, near+, near-, hide"))),
            }
        }
        Ok(())
    }

    fn aspect(&mut self, code: &str, fields: &str, names: &str) -> Result<(), String> {
        let fields: Option<Vec<Field>> = fields.split(',').map(|f| Field::named(f.trim())).collect();
        let fields = fields.ok_or("fields are some of bank, retail, food, car, work, with commas between")?;
        let names: Vec<&str> = names.split('|').map(str::trim).collect();
        let &[en, zh_hans, zh_hant] = names.as_slice() else {
            return Err("three names are needed: English | 简体 | 繁體".to_owned());
        };
        if self.aspects.iter().any(|a| a.code == code) {
            return Err(format!("aspect `{code}` is declared twice"));
        }
        if self.aspects.len() >= MOST {
            return Err(format!("more than {MOST} aspects"));
        }
        let [code, en, zh_hans, zh_hant] = [code, en, zh_hans, zh_hant].map(str::to_owned);
        self.aspects.push(AspectName { code, en, zh_hans, zh_hant, fields });
        Ok(())
    }

    fn finish(mut self) -> Vocabulary {
        // words with a weight judge whatever stands beside them; those around a term name its aspect
        let terms: HashMap<String, Vec<u8>> = self
            .entries
            .iter()
            .filter(|(_, e)| !e.terms.is_empty())
            .map(|(w, e)| (w.clone(), e.terms.clone()))
            .collect();
        for (word, weight) in weighted() {
            let named = if word.is_ascii() { Vec::new() } else { inside(&word, &terms) };
            let entry = self.entries.entry(word).or_default();
            if entry.names.is_empty() {
                entry.weight = i8::try_from(weight).unwrap_or(0);
                if entry.terms.is_empty() && entry.beside.is_empty() {
                    entry.names = named;
                }
            }
        }
        for (words, mark) in [(NEGATIONS, Mark::Negation), (DEGREES, Mark::Degree), (CONTRASTS, Mark::Contrast)] {
            for word in words.split_whitespace() {
                let entry = self.entries.entry(word.to_owned()).or_default();
                if entry.weight == 0 && entry.terms.is_empty() {
                    entry.mark = mark;
                }
            }
        }
        let mut listed: Vec<(String, Entry)> = self.entries.into_iter().collect();
        listed.sort_by(|x, y| x.0.cmp(&y.0));
        // 65,000 words are more than any vocabulary has; the rest would not be found
        listed.truncate(65_000);
        let words = Lexicon::of(listed.iter().zip(0u16..).map(|((word, _), code)| (word.as_str(), code)));
        Vocabulary { aspects: self.aspects, entries: listed.into_iter().map(|(_, e)| e).collect(), words }
    }
}

/// The aspects of the longest term of two characters or more inside a Chinese word.
fn inside(word: &str, terms: &HashMap<String, Vec<u8>>) -> Vec<u8> {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    let n = starts.len() - 1;
    for length in (2..n).rev() {
        for (from, to) in starts.iter().zip(starts.iter().skip(length)) {
            if let Some(aspects) = word.get(*from..*to).and_then(|part| terms.get(part)) {
                return aspects.clone();
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_vocabulary_has_no_fault() {
        let vocabulary = Vocabulary::with("").unwrap();
        assert_eq!(vocabulary.names().len(), 22);
        assert!(vocabulary.names().iter().all(|a| !a.en.is_empty() && !a.zh_hans.is_empty() && !a.zh_hant.is_empty()));
    }

    #[test]
    fn faults_name_their_line_and_say_what_is_needed() {
        let faults =
            Vocabulary::with("# ours\n@queue\tbank\tQueue | 排队 | 排隊\nqueue\tmaybe\tx\nnowhere\tterm\ty\nz")
                .unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.iter().map(|f| f.line).collect::<Vec<_>>(), [3, 4, 5], "{said:?}");
        assert!(said[0].contains("near+") && said[1].contains("@nowhere"));
    }
}
