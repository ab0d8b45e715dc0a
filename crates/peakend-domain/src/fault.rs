//! What is wrong with an input, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One fault of one field. The client translates `code` with `args`; the
/// English `message` is for people who read the API raw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// Where: a JSON path (`questions[2].id`), a column, or `line 7`.
    pub path: String,
    /// Stable machine code, snake case.
    pub code: String,
    /// Values for the translated text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
    /// What is wrong and what to do, in English.
    pub message: String,
}

impl FieldFault {
    /// A fault without arguments.
    pub fn new(path: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.to_owned(), args: BTreeMap::new(), message: message.into() }
    }

    /// With an argument for the translated text.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}
