//! What a method says of a table: lines of figures, warnings, plain words.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::caution::caution;
use super::reason::in_words;
use super::words::{shown, shown_p};
use crate::figure::{Answer, Figure, Interval, Refusal, Warning};
use crate::insight::compare::Difference;
use crate::value::did::Inference;

/// One figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// The figure; none when it is withheld.
    pub value: Option<f64>,
    /// 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Two-sided p.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// Rows or units behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// What to read beside it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Line {
    pub(super) fn of(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value: Some(value), ..Self::default() }
    }

    pub(super) fn figure(name: impl Into<String>, figure: &Figure) -> Self {
        Self::of(name, figure.value).within(figure.interval).base(figure.n)
    }

    pub(super) fn difference(name: impl Into<String>, difference: &Difference) -> Self {
        Self::of(name, difference.value)
            .within(difference.interval)
            .tested(difference.p)
            .base(difference.n[0] + difference.n[1])
    }

    pub(super) fn estimate(name: impl Into<String>, value: f64, inference: &Inference) -> Self {
        Self::of(name, value).within(inference.interval).tested(inference.p)
    }

    pub(super) fn withheld(name: impl Into<String>, refusal: &Refusal) -> Self {
        Self { name: name.into(), note: in_words(refusal), ..Self::default() }
    }

    pub(super) fn answer<T>(name: &str, answer: &Answer<T>, line: impl Fn(&T) -> Self) -> Self {
        match answer {
            Answer::Shown(shown) => line(shown),
            Answer::Refused(refusal) => Self::withheld(name, refusal),
        }
    }

    pub(super) fn within(self, interval: Interval) -> Self {
        Self { interval: Some(interval), ..self }
    }

    pub(super) fn tested(self, p: f64) -> Self {
        Self { p: Some(p), ..self }
    }

    pub(super) fn base(self, n: u64) -> Self {
        Self { n: Some(n), ..self }
    }

    pub(super) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    fn cells(&self) -> [String; 6] {
        [
            self.name.clone(),
            self.value.map_or_else(|| "withheld".to_owned(), shown),
            self.interval.map_or_else(String::new, |i| format!("{} to {}", shown(i.lo), shown(i.hi))),
            self.p.map_or_else(String::new, shown_p),
            self.n.map_or_else(String::new, |n| n.to_string()),
            self.note.clone(),
        ]
    }
}

/// What a method says of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the method.
    pub method: &'static str,
    /// Definition id of the figures.
    pub definition: &'static str,
    /// What was asked, with the names of the columns.
    pub title: String,
    /// What may be said, headline first.
    pub words: Vec<String>,
    /// The figures.
    pub lines: Vec<Line>,
    /// What has to be known beside them.
    pub warnings: Vec<String>,
    /// The whole result of the method.
    pub detail: Value,
}

impl Report {
    pub(super) fn of<T: Serialize>(
        method: &'static str,
        definition: &'static str,
        title: String,
        result: &T,
        warnings: &[Warning],
    ) -> Self {
        Self {
            method,
            definition,
            title,
            words: Vec::new(),
            lines: Vec::new(),
            warnings: warnings.iter().map(caution).collect(),
            detail: serde_json::to_value(result).unwrap_or_default(),
        }
    }

    pub(super) fn say(mut self, words: impl Into<String>) -> Self {
        self.words.push(words.into());
        self
    }

    pub(super) fn lines(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.lines.extend(lines);
        self
    }
}

/// Words first, then the table, then warnings; empty columns are left out.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})\n", self.title, self.definition)?;
        for words in &self.words {
            writeln!(f, "{words}")?;
        }
        let head = ["", "value", "95 % interval", "p", "n", ""].map(str::to_owned);
        let rows: Vec<[String; 6]> = std::iter::once(head).chain(self.lines.iter().map(Line::cells)).collect();
        let filled = |c: usize| rows[1..].iter().any(|row| !row[c].is_empty());
        let width = |c: usize| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0);
        let columns: Vec<(usize, usize)> = (0..6).filter(|&c| filled(c)).map(|c| (c, width(c))).collect();
        writeln!(f)?;
        for row in &rows {
            let mut line = String::new();
            for &(c, width) in &columns {
                let gap = " ".repeat(width - row[c].chars().count());
                // names and notes begin at the left, figures end at the right
                line += &if c == 0 || c == 5 { format!("{}{gap}  ", row[c]) } else { format!("{gap}{}  ", row[c]) };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        if !self.warnings.is_empty() {
            writeln!(f)?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}
