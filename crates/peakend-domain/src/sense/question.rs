//! Questions of a survey, and what is a valid answer to one.

use serde_json::{Map, Value, json};

use super::expression::Expr;
use crate::{FieldFault, LocalText};

/// Longest text answer unless the question says less, in characters.
pub const TEXT_LIMIT: usize = 5_000;
/// Ends of the NPS scale.
pub const NPS: (i64, i64) = (0, 10);
/// Ends of the CSAT scale.
pub const CSAT: (i64, i64) = (1, 5);
/// Ends of the CES scale.
pub const CES: (i64, i64) = (1, 7);

/// One choice of a question. The id is stored and never translated.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Stable id.
    pub id: String,
    /// What the respondent reads.
    pub label: LocalText,
}

/// What kind of question it is, with what only that kind has.
#[derive(Debug, Clone, PartialEq)]
pub enum QuestionKind {
    /// Likelihood to recommend, 0 to 10.
    Nps(Ends),
    /// Satisfaction, 1 to 5, 5 is best.
    Csat(Ends),
    /// Ease, 1 to 7, 7 is easiest.
    Ces(Ends),
    /// One of several choices.
    Single(Vec<Choice>),
    /// Some of several choices.
    Multiple {
        /// The choices.
        options: Vec<Choice>,
        /// At least so many, when answered.
        min: usize,
        /// At most so many.
        max: usize,
    },
    /// Words.
    Text {
        /// Longest answer in characters.
        max_length: usize,
    },
}

/// What the two ends of a scale mean; empty texts fall back to the page's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ends {
    /// The lowest value.
    pub low: LocalText,
    /// The highest value.
    pub high: LocalText,
}

/// When a question is shown: the text as written and its tree.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowIf {
    /// As written.
    pub source: String,
    /// As evaluated.
    pub tree: Expr,
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Id within the survey: `a-z`, digits and `_`.
    pub id: String,
    /// Kind.
    pub kind: QuestionKind,
    /// What is asked; may hold placeholders.
    pub title: LocalText,
    /// A line below the title; may be empty.
    pub hint: LocalText,
    /// Whether it must be answered when it is shown.
    pub required: bool,
    /// When it is shown; always without.
    pub show_if: Option<ShowIf>,
}

impl QuestionKind {
    /// The name in documents.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nps(_) => "nps",
            Self::Csat(_) => "csat",
            Self::Ces(_) => "ces",
            Self::Single(_) => "single",
            Self::Multiple { .. } => "multiple",
            Self::Text { .. } => "text",
        }
    }

    /// The ends of the scale, for kinds that have one.
    #[must_use]
    pub fn scale(&self) -> Option<(i64, i64)> {
        match self {
            Self::Nps(_) => Some(NPS),
            Self::Csat(_) => Some(CSAT),
            Self::Ces(_) => Some(CES),
            _ => None,
        }
    }

    /// The choices, for kinds that have some.
    #[must_use]
    pub fn options(&self) -> &[Choice] {
        match self {
            Self::Single(options) | Self::Multiple { options, .. } => options,
            _ => &[],
        }
    }
}

/// Whether a value says "not answered".
#[must_use]
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

impl Question {
    /// Check an answer that is not blank.
    pub fn check(&self, answer: &Value) -> Result<(), FieldFault> {
        let path = || format!("answers.{}", self.id);
        if let Some((low, high)) = self.kind.scale() {
            return match answer.as_i64().or_else(|| whole(answer)) {
                Some(n) if (low..=high).contains(&n) => Ok(()),
                _ => Err(FieldFault::new(
                    path(),
                    "out_of_range",
                    format!("{answer} is not a whole number from {low} to {high}"),
                )
                .arg("low", low.to_string())
                .arg("high", high.to_string())),
            };
        }
        match &self.kind {
            QuestionKind::Single(options) => check_choice(path, options, answer),
            QuestionKind::Multiple { options, min, max } => {
                let Some(all) = answer.as_array() else {
                    return Err(FieldFault::new(path(), "not_a_list", "expected a list of choice ids"));
                };
                for (i, one) in all.iter().enumerate() {
                    let at = || format!("{}[{i}]", path());
                    check_choice(at, options, one)?;
                    if all.iter().take(i).any(|earlier| earlier == one) {
                        return Err(FieldFault::new(at(), "duplicate", format!("{one} is chosen twice")));
                    }
                }
                if all.len() < *min || all.len() > *max {
                    let message = format!("{} choices, expected {min} to {max}", all.len());
                    return Err(FieldFault::new(path(), "choice_count", message)
                        .arg("min", min.to_string())
                        .arg("max", max.to_string()));
                }
                Ok(())
            }
            QuestionKind::Text { max_length } => match answer.as_str().map(|t| t.chars().count()) {
                Some(n) if n <= *max_length => Ok(()),
                Some(n) => Err(FieldFault::new(path(), "too_long", format!("{n} characters, at most {max_length}"))
                    .arg("max", max_length.to_string())),
                None => Err(FieldFault::new(path(), "not_a_text", "expected a text")),
            },
            QuestionKind::Nps(_) | QuestionKind::Csat(_) | QuestionKind::Ces(_) => Ok(()),
        }
    }

    /// The question for the page: texts of all languages and the tree of its condition.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("id".to_owned(), json!(self.id));
        map.insert("type".to_owned(), json!(self.kind.name()));
        map.insert("title".to_owned(), json!(self.title));
        if !self.hint.0.is_empty() {
            map.insert("hint".to_owned(), json!(self.hint));
        }
        map.insert("required".to_owned(), json!(self.required));
        match &self.kind {
            QuestionKind::Nps(ends) | QuestionKind::Csat(ends) | QuestionKind::Ces(ends) => {
                for (name, text) in [("low", &ends.low), ("high", &ends.high)] {
                    if !text.0.is_empty() {
                        map.insert(name.to_owned(), json!(text));
                    }
                }
            }
            QuestionKind::Single(options) => {
                map.insert("options".to_owned(), choices(options));
            }
            QuestionKind::Multiple { options, min, max } => {
                map.insert("options".to_owned(), choices(options));
                map.insert("min".to_owned(), json!(min));
                map.insert("max".to_owned(), json!(max));
            }
            QuestionKind::Text { max_length } => {
                map.insert("max_length".to_owned(), json!(max_length));
            }
        }
        if let Some(condition) = &self.show_if {
            map.insert("show_if".to_owned(), json!(condition.source));
        }
        Value::Object(map)
    }
}

fn check_choice(path: impl Fn() -> String, options: &[Choice], answer: &Value) -> Result<(), FieldFault> {
    let known = answer.as_str().is_some_and(|id| options.iter().any(|o| o.id == id));
    if known {
        return Ok(());
    }
    let ids: Vec<&str> = options.iter().take(12).map(|o| o.id.as_str()).collect();
    let shown: String = answer.to_string().chars().take(60).collect();
    let message = format!("{shown} is no choice: expected one of {}", ids.join(", "));
    Err(FieldFault::new(path(), "unknown_choice", message))
}

fn choices(options: &[Choice]) -> Value {
    Value::Array(options.iter().map(|o| json!({"id": o.id, "label": o.label})).collect())
}

/// 7.0 counts as 7: some clients know only doubles.
fn whole(value: &Value) -> Option<i64> {
    let n = value.as_f64()?;
    // the scales are tiny, so the cast is exact once the range is checked
    #[expect(clippy::cast_possible_truncation, reason = "bounded to +-100 by the check before it")]
    (n.fract() == 0.0 && n.abs() <= 100.0).then_some(n as i64)
}
