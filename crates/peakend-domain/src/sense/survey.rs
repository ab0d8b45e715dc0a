//! Surveys: one document holds the questions, their logic and their translations.
//!
//! A document is YAML (or JSON) as `schema/survey.json` describes it. It is
//! read with **all** its faults, each with path and line; a survey that was
//! read is valid. A published version never changes.
mod placeholder;
mod read;
pub mod template;
#[cfg(test)]
mod tests;
mod tree;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use placeholder::{fill, placeholders};
pub use tree::{MAX_BYTES, MAX_DEPTH, MAX_NODES};

use super::question::{Question, ShowIf, is_blank};
use crate::{FieldFault, Lang, LocalText, Pillar};

/// The published JSON Schema of survey documents.
pub const SCHEMA: &str = include_str!("../../../../schema/survey.json");
/// Most questions of a survey.
pub const MAX_QUESTIONS: usize = 200;
/// Most choices of a question.
pub const MAX_OPTIONS: usize = 100;
/// Longest text of a document, in characters.
pub const MAX_TEXT: usize = 2_000;

/// A valid survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Code within the organisation: letters, digits, `-`, `_`, `.`.
    pub code: String,
    /// Pillar.
    pub pillar: Pillar,
    /// Name, shown to staff and as the page's title.
    pub title: LocalText,
    /// Languages of every text, the fallback first.
    pub languages: Vec<Lang>,
    /// Touchpoint unless a link or rule says another; may be empty.
    pub touchpoint: String,
    /// Channel unless a link or rule says another; may be empty.
    pub channel: String,
    /// Words before the first question; may be empty.
    pub intro: LocalText,
    /// Words after the last; empty means the page's own.
    pub thanks: LocalText,
    /// Questions in order.
    pub questions: Vec<Question>,
}

/// Scores of a response, each from the first answered question of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scores {
    /// 0 to 10
    pub nps: Option<u8>,
    /// 1 to 5
    pub csat: Option<u8>,
    /// 1 to 7
    pub ces: Option<u8>,
}

impl Survey {
    /// Read a YAML or JSON text with all its faults.
    pub fn parse(text: &str) -> Result<Self, Vec<FieldFault>> {
        let tree = tree::read(text).map_err(|fault| vec![fault])?;
        read::survey(&tree)
    }

    /// Read a document that is already JSON.
    pub fn from_json(document: &Value) -> Result<Self, Vec<FieldFault>> {
        read::survey(&tree::Node::from_json(document))
    }

    /// The document in canonical form; [`Survey::from_json`] reads it back equal.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("code".to_owned(), json!(self.code));
        map.insert("pillar".to_owned(), json!(self.pillar));
        map.insert("languages".to_owned(), json!(self.languages));
        map.insert("title".to_owned(), json!(self.title));
        for (name, text) in [("touchpoint", &self.touchpoint), ("channel", &self.channel)] {
            if !text.is_empty() {
                map.insert(name.to_owned(), json!(text));
            }
        }
        for (name, text) in [("intro", &self.intro), ("thanks", &self.thanks)] {
            if !text.0.is_empty() {
                map.insert(name.to_owned(), json!(text));
            }
        }
        map.insert("questions".to_owned(), Value::Array(self.questions.iter().map(Question::to_json).collect()));
        Value::Object(map)
    }

    /// The document as YAML; [`Survey::parse`] reads it back equal.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        document_to_yaml(&self.to_json())
    }

    /// The language to show for a wish; the survey's first when it lacks the wished one.
    #[must_use]
    pub fn language(&self, wished: Option<Lang>) -> Lang {
        wished.filter(|l| self.languages.contains(l)).or_else(|| self.languages.first().copied()).unwrap_or(Lang::En)
    }

    /// A question by id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == id)
    }

    /// Check answers by question id; `context` is what the link or event brought.
    /// Answers to questions that are not shown are dropped, blank ones too.
    pub fn check_answers(
        &self,
        answers: &Map<String, Value>,
        context: &impl Serialize,
    ) -> Result<Map<String, Value>, Vec<FieldFault>> {
        Ok(owned(&self.sound_answers(answers, context)?))
    }

    /// [`Self::check_answers`] without copying what it finds.
    pub fn sound_answers<'a>(
        &'a self,
        answers: &'a Map<String, Value>,
        context: &impl Serialize,
    ) -> Result<Vec<(&'a str, &'a Value)>, Vec<FieldFault>> {
        let mut faults = Vec::new();
        for id in answers.keys().filter(|id| self.question(id).is_none()) {
            let shown: String = id.chars().take(60).collect();
            let message = format!("survey `{}` has no question `{shown}`", self.code);
            faults.push(FieldFault::new(format!("answers.{shown}"), "unknown_question", message));
        }
        let mut kept = Vec::new();
        for question in &self.questions {
            // show-if may look only at earlier questions, so `kept` is complete for it
            let hidden = |show_if: &ShowIf| !show_if.tree.holds(&facts(&owned(&kept), context));
            if question.show_if.as_ref().is_some_and(hidden) {
                continue;
            }
            match answers.get(&question.id) {
                Some(answer) if !is_blank(answer) => match question.check(answer) {
                    Ok(()) => kept.push((question.id.as_str(), answer)),
                    Err(fault) => faults.push(fault),
                },
                _ if question.required => {
                    let path = format!("answers.{}", question.id);
                    faults.push(FieldFault::new(path, "required", "this question must be answered"));
                }
                _ => {}
            }
        }
        if faults.is_empty() { Ok(kept) } else { Err(faults) }
    }

    /// The scores among checked answers.
    #[must_use]
    pub fn scores(&self, answers: &Map<String, Value>) -> Scores {
        let first = |kind: &str| {
            self.questions
                .iter()
                .filter(|q| q.kind.name() == kind)
                .find_map(|q| answers.get(&q.id)?.as_f64())
                .and_then(to_score)
        };
        Scores { nps: first("nps"), csat: first("csat"), ces: first("ces") }
    }

    /// All text answers in order, one per line.
    #[must_use]
    pub fn words(&self, answers: &Map<String, Value>) -> String {
        let texts: Vec<&str> = self
            .questions
            .iter()
            .filter(|q| q.kind.name() == "text")
            .filter_map(|q| answers.get(&q.id)?.as_str())
            .map(str::trim)
            .collect();
        texts.join("\n")
    }
}

fn owned(answers: &[(&str, &Value)]) -> Map<String, Value> {
    answers.iter().map(|(id, answer)| ((*id).to_owned(), (*answer).clone())).collect()
}

/// What conditions look at: `answers`, and the context twice, as `context` and
/// (what an event brought) as `event`.
#[must_use]
pub fn facts(answers: &Map<String, Value>, context: &impl Serialize) -> Value {
    json!({"answers": answers, "context": context, "event": context})
}

/// Any document as YAML that reads back as the same document, also one that still has
/// faults.
#[must_use]
pub fn document_to_yaml(document: &Value) -> String {
    let yaml = serde_yaml_ng::to_string(document).unwrap_or_default();
    if yaml_to_document(&yaml).is_ok_and(|read| read == *document) {
        return yaml;
    }
    // the writer leaves some texts bare that YAML folds, such as one that starts with a
    // line separator (U+2028); JSON is YAML too, and its texts can be escaped
    let json = format!("{document:#}");
    json.chars().map(|c| if is_break(c) { format!("\\u{:04x}", c as u32) } else { c.to_string() }).collect()
}

/// Letters that YAML takes for line breaks or leaves out, and JSON writes as they are.
fn is_break(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A YAML text as a JSON document, also one that still has faults.
pub fn yaml_to_document(text: &str) -> Result<Value, FieldFault> {
    tree::read(text).map(|node| node.to_json())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the check before it")]
fn to_score(n: f64) -> Option<u8> {
    (0.0..=10.0).contains(&n).then_some(n as u8)
}
