//! The labelled sample of aspects and emotions, and how well it is read.
//!
//! A row has split (`tune` or `test`), field, emotion, aspects (code with + or
//! -, spaces between) and text. What is tuned looks at `tune` rows only; the
//! figures of the model card are those of `test` rows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::aspect::{Field, Polarity, Vocabulary};
use crate::emotion::{Emotion, emotion};

/// A labelled text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Whether it is kept for judging.
    pub held_out: bool,
    /// Where it was written about something.
    pub field: Field,
    /// The emotion it shows most.
    pub emotion: Emotion,
    /// Aspect codes with whether they are praised.
    pub aspects: BTreeSet<(String, bool)>,
    /// The text.
    pub text: String,
}

/// Reads rows; lines that begin with # are comments.
///
/// # Errors
/// The first line that is no row, by number.
pub fn rows(table: &str) -> Result<Vec<Labelled>, String> {
    let lines = table.lines().enumerate().filter(|(_, l)| !l.starts_with('#') && !l.is_empty());
    lines.map(|(at, line)| row(line).ok_or(format!("line {}: split, field, emotion, aspects, text", at + 1))).collect()
}

fn row(line: &str) -> Option<Labelled> {
    let columns: Vec<&str> = line.split('\t').collect();
    let &[split, field, emotion, aspects, text] = columns.as_slice() else { return None };
    let aspects: Option<BTreeSet<(String, bool)>> = aspects
        .split_whitespace()
        .map(|label| match label.strip_suffix('+') {
            Some(code) => Some((code.to_owned(), true)),
            None => label.strip_suffix('-').map(|code| (code.to_owned(), false)),
        })
        .collect();
    Some(Labelled {
        held_out: match split {
            "tune" => false,
            "test" => true,
            _ => return None,
        },
        field: Field::named(field)?,
        emotion: Emotion::named(emotion)?,
        aspects: aspects?,
        text: text.to_owned(),
    })
}

/// Counts of one label: what was found and right, found and wrong, missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counted {
    /// Found and labelled.
    pub right: usize,
    /// Found, not labelled.
    pub wrong: usize,
    /// Labelled, not found.
    pub missed: usize,
}

impl Counted {
    /// F1; none where the label occurs nowhere.
    #[must_use]
    pub fn f1(self) -> Option<f64> {
        let both = 2 * self.right + self.wrong + self.missed;
        (both > 0).then(|| 2.0 * self.right as f64 / both as f64)
    }
}

/// Counts by label.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Scores {
    /// Texts judged.
    pub texts: usize,
    /// Counts by label.
    pub labels: BTreeMap<String, Counted>,
}

impl Scores {
    fn add<T: Ord>(&mut self, wanted: &BTreeSet<T>, found: &BTreeSet<T>, name: impl Fn(&T) -> String) {
        self.texts += 1;
        for label in wanted.union(found) {
            let counted = self.labels.entry(name(label)).or_default();
            match (wanted.contains(label), found.contains(label)) {
                (true, true) => counted.right += 1,
                (false, _) => counted.wrong += 1,
                _ => counted.missed += 1,
            }
        }
    }

    /// All counts together.
    #[must_use]
    pub fn sum(&self) -> Counted {
        self.labels.values().fold(Counted::default(), |sum, c| Counted {
            right: sum.right + c.right,
            wrong: sum.wrong + c.wrong,
            missed: sum.missed + c.missed,
        })
    }

    /// F1 of all counts together.
    #[must_use]
    pub fn micro(&self) -> f64 {
        self.sum().f1().unwrap_or(0.0)
    }

    /// Mean F1 of the labels that were labelled at least once.
    #[must_use]
    pub fn macro_f1(&self) -> f64 {
        let labelled: Vec<f64> =
            self.labels.values().filter(|c| c.right + c.missed > 0).filter_map(|c| c.f1()).collect();
        labelled.iter().sum::<f64>() / (labelled.len().max(1) as f64)
    }
}

/// What the lists say of a text: aspects with whether they are praised.
#[must_use]
pub fn found(text: &str, field: Option<Field>) -> BTreeSet<(String, bool)> {
    let aspects = Vocabulary::shipped().aspects(text, field);
    let judged = aspects.into_iter().filter(|a| a.polarity != Polarity::Neutral);
    judged.map(|a| (a.aspect.to_owned(), a.polarity == Polarity::Positive)).collect()
}

/// Aspect with polarity, against the labels; the field given where `with_field`.
#[must_use]
pub fn aspect_scores(rows: &[&Labelled], with_field: bool) -> Scores {
    let mut scores = Scores::default();
    for row in rows {
        let found = found(&row.text, with_field.then_some(row.field));
        scores.add(&row.aspects, &found, |(code, praised)| format!("{code}{}", if *praised { '+' } else { '-' }));
    }
    scores
}

/// Polarity alone, over the aspects that were found and labelled.
#[must_use]
pub fn polarity_agreement(rows: &[&Labelled]) -> (usize, usize) {
    let (mut same, mut n) = (0, 0);
    for row in rows {
        for (code, praised) in found(&row.text, Some(row.field)) {
            if row.aspects.iter().any(|(labelled, _)| *labelled == code) {
                n += 1;
                same += usize::from(row.aspects.contains(&(code, praised)));
            }
        }
    }
    (same, n)
}

/// Emotion against the labels.
#[must_use]
pub fn emotion_scores(rows: &[&Labelled]) -> Scores {
    let mut scores = Scores::default();
    for row in rows {
        let (wanted, found) = (BTreeSet::from([row.emotion]), BTreeSet::from([emotion(&row.text).main]));
        scores.add(&wanted, &found, |e| e.code().to_owned());
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line of the model card.
    fn line(script: &str, rows: &[&Labelled]) -> String {
        let (a, e) = (aspect_scores(rows, true), emotion_scores(rows));
        let (unknown, (same, n)) = (aspect_scores(rows, false), polarity_agreement(rows));
        format!(
            "| {script} | {} | {:.3} | {:.3} | {:.3} | {same} of {n} | {:.3} | {:.3} |",
            rows.len(),
            a.micro(),
            a.macro_f1(),
            unknown.micro(),
            e.micro(),
            e.macro_f1()
        )
    }

    #[test]
    fn the_figures_of_the_model_card_are_those_of_the_held_out_half() {
        let tables = [
            ("zh-Hans", include_str!("../corpus/labelled-zh-Hans.tsv")),
            ("zh-Hant", include_str!("../corpus/labelled-zh-Hant.tsv")),
            ("en", include_str!("../corpus/labelled-en.tsv")),
        ];
        let card = include_str!("../models/README.md");
        let mut all = Vec::new();
        for (script, table) in tables {
            let rows = rows(table).unwrap();
            assert!(rows.len() >= 200, "{script}");
            let held: Vec<&Labelled> = rows.iter().filter(|r| r.held_out).collect();
            assert!(held.len() * 2 >= rows.len() - 1, "{script}");
            let line = line(script, &held);
            assert!(card.contains(&line), "the card lacks: {line}");
            all.extend(rows);
        }
        let line = line("all", &all.iter().filter(|r| r.held_out).collect::<Vec<_>>());
        assert!(card.contains(&line), "the card lacks: {line}");
    }

    #[test]
    fn every_label_of_the_sample_is_an_aspect_and_no_text_is_in_it_twice() {
        let tables = [
            include_str!("../corpus/labelled-zh-Hans.tsv"),
            include_str!("../corpus/labelled-zh-Hant.tsv"),
            include_str!("../corpus/labelled-en.tsv"),
        ];
        let mut seen = BTreeSet::new();
        for row in tables.into_iter().flat_map(|t| rows(t).unwrap()) {
            for (code, _) in &row.aspects {
                assert!(Vocabulary::shipped().names().iter().any(|a| a.code == *code), "{code}");
            }
            assert!(seen.insert(crate::fold(&row.text)), "{}", row.text);
        }
        assert!(seen.len() >= 600);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named() {
        assert_eq!(
            rows("# x\ntest\tbank\tjoy\tapp+\tgood\nbroken").unwrap_err(),
            "line 3: split, field, emotion, aspects, text"
        );
        assert!(rows("maybe\tbank\tjoy\tapp+\tgood").is_err());
        assert!(rows("test\tbank\tjoy\tapp\tgood").is_err());
    }
}
