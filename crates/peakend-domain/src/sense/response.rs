//! Responses: what a respondent answered, as it stands in the intake log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::attribute::{self, Attributes};
use super::person::{Alias, AliasKind};
use super::place::Place;
use crate::FieldFault;

/// Longest free value of a context, in characters.
const CONTEXT_TEXT: usize = 2_000;
/// The field of a context that holds the organisation's own attributes.
pub const ATTRIBUTES: &str = "attributes";
/// Most fields of a context.
const CONTEXT_FIELDS: usize = 64;

/// Who is meant: an id of ours, or names by alias kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PersonRef {
    /// `per_…`
    Id(String),
    /// Such as `{"customer_id": "K1", "email": "a@b.c"}`.
    Aliases(BTreeMap<String, String>),
}

impl PersonRef {
    /// The aliases, all faults named under `path`.
    pub fn aliases(&self, path: &str) -> Result<Vec<Alias>, Vec<FieldFault>> {
        let Self::Aliases(map) = self else { return Ok(Vec::new()) };
        let mut faults = Vec::new();
        let mut aliases = Vec::new();
        for (kind, value) in map {
            let Some(known) = AliasKind::parse(kind) else {
                let names: Vec<&str> = AliasKind::ALL.iter().map(|k| k.name()).collect();
                let message = format!("`{kind}` is no kind of alias: use {}", names.join(", "));
                faults.push(FieldFault::new(format!("{path}.{kind}"), "unknown_alias_kind", message));
                continue;
            };
            match Alias::parse(known, value) {
                Ok(alias) => aliases.push(alias),
                Err(mut fault) => {
                    fault.path = format!("{path}.{}", fault.path);
                    faults.push(fault);
                }
            }
        }
        if faults.is_empty() { Ok(aliases) } else { Err(faults) }
    }
}

/// Body of a response in the intake log. `at` is when it was received unless given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseBody {
    /// Survey code.
    pub survey: String,
    /// Version answered; the published one unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Who answered; nobody is known without it. Never kept in the employee pillar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonRef>,
    /// `unit`, `channel`, `touchpoint`, `line`, `journey`, `stage`, `segment` and free fields.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
    /// Answers by question id.
    pub answers: Map<String, Value>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// Language tag of the page or of the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Ask that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// Case whose re-ask this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Import of history: figures yes, alerts no.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quiet: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde wants")]
fn is_false(b: &bool) -> bool {
    !*b
}

/// A text field of a context; numbers are read as text.
#[must_use]
pub fn context_text(context: &Map<String, Value>, name: &str) -> String {
    match context.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

/// The place that a context names; the unit's path is not known here.
#[must_use]
pub fn context_place(context: &Map<String, Value>) -> Place {
    let text = |name| context_text(context, name);
    Place {
        unit: text("unit"),
        unit_path: String::new(),
        line: text("line"),
        journey: text("journey"),
        stage: text("stage"),
        touchpoint: text("touchpoint"),
        channel: text("channel"),
    }
}

/// The organisation's own attributes in a context.
#[must_use]
pub fn context_attributes(context: &Map<String, Value>) -> Attributes {
    context.get(ATTRIBUTES).map(attribute::read).unwrap_or_default()
}

/// Faults of a context: too many fields, texts too long, lists or maps too large.
#[must_use]
pub fn check_context(path: &str, context: &Map<String, Value>) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if context.len() > CONTEXT_FIELDS {
        let message = format!("{} fields, at most {CONTEXT_FIELDS}", context.len());
        faults.push(FieldFault::new(path, "too_many", message));
    }
    if let Some(attributes) = context.get(ATTRIBUTES) {
        faults.extend(attribute::check(&format!("{path}.{ATTRIBUTES}"), attributes));
    }
    for (name, value) in context.iter().filter(|(name, _)| *name != ATTRIBUTES) {
        let length = match value {
            Value::String(text) => text.chars().count(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 0,
        };
        if length > CONTEXT_TEXT {
            let shown: String = name.chars().take(60).collect();
            let message = format!("longer than {CONTEXT_TEXT} characters");
            faults.push(FieldFault::new(format!("{path}.{shown}"), "too_long", message));
        }
    }
    faults
}

/// Longest id that a client may choose for a response, signal or event.
pub const ID_LIMIT: usize = 128;

/// Check a client's id: 1 to 128 visible ASCII characters.
pub fn check_id(path: &str, id: &str) -> Result<(), FieldFault> {
    if !id.is_empty() && id.len() <= ID_LIMIT && id.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let message = format!("an id has 1 to {ID_LIMIT} visible ASCII characters, such as a UUID");
    Err(FieldFault::new(path, "bad_id", message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_is_named_by_id_or_by_aliases_with_all_faults() {
        let body: ResponseBody = serde_json::from_value(json!({
            "survey": "nps", "answers": {"nps": 9}, "person": {"email": "A@B.cn", "shoe": "44", "phone": "x"}
        }))
        .unwrap();
        let faults = body.person.unwrap().aliases("person").unwrap_err();
        let found: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(found, ["person.phone", "person.shoe"]);
        let by_id: PersonRef = serde_json::from_value(json!("per_1")).unwrap();
        assert_eq!(by_id, PersonRef::Id("per_1".to_owned()));
    }

    #[test]
    fn unknown_fields_are_refused_by_name() {
        let e =
            serde_json::from_value::<ResponseBody>(json!({"survey": "a", "answers": {}, "anwers": {}})).unwrap_err();
        assert!(e.to_string().contains("anwers"), "{e}");
    }

    #[test]
    fn ids_are_visible_ascii() {
        assert!(check_id("id", "0190-abc.DEF:7").is_ok());
        for bad in ["", "a b", "编号", &"x".repeat(129)] {
            assert_eq!(check_id("id", bad).unwrap_err().code, "bad_id");
        }
    }
}
