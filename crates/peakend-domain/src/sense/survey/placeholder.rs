//! Placeholders: `{{ event.fund_name | your fund }}` in a text, filled as plain text.
//!
//! The value comes from the link's or event's context. It is put in as text:
//! nothing in it is read as a placeholder again, control characters go, and
//! whoever renders the result escapes it like any other text.

use serde_json::Value;

use crate::FieldFault;

/// Longest value put in, in characters.
const LONGEST: usize = 200;

enum Piece<'a> {
    Text(&'a str),
    Gap { path: Vec<&'a str>, otherwise: &'a str },
}

fn split(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, after) = rest.split_at(start);
        let inner = after.get(2..).unwrap_or_default();
        let Some(end) = inner.find("}}") else {
            return Err("a placeholder is not closed: add }}".to_owned());
        };
        pieces.push(Piece::Text(before));
        let (body, tail) = inner.split_at(end);
        let (name, otherwise) = body.split_once('|').unwrap_or((body, ""));
        let path: Vec<&str> = name.trim().split('.').collect();
        let known = matches!(path.first(), Some(&"event" | &"context")) && path.len() >= 2 && path.len() <= 6;
        if !known || path.iter().any(|p| p.is_empty() || p.contains(char::is_whitespace)) {
            return Err(format!("`{}` is no placeholder: write event.name or context.name", name.trim()));
        }
        pieces.push(Piece::Gap { path, otherwise: otherwise.trim() });
        rest = tail.get(2..).unwrap_or_default();
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// The placeholders of a text, or why they cannot be read.
pub fn placeholders(path: &str, text: &str) -> Result<Vec<String>, FieldFault> {
    let pieces = split(text).map_err(|message| FieldFault::new(path, "bad_placeholder", message))?;
    Ok(pieces
        .into_iter()
        .filter_map(|p| match p {
            Piece::Gap { path, .. } => Some(path.join(".")),
            Piece::Text(_) => None,
        })
        .collect())
}

/// The text with its placeholders filled from the context; a missing value is
/// replaced by the words after `|`, or by nothing.
#[must_use]
pub fn fill(text: &str, context: &Value) -> String {
    let Ok(pieces) = split(text) else { return text.to_owned() };
    let mut filled = String::with_capacity(text.len());
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Gap { path, otherwise } => {
                let value = path.iter().skip(1).try_fold(context, |at, name| at.get(*name));
                let value = value.map(plain).filter(|v| !v.is_empty());
                filled.push_str(value.as_deref().unwrap_or(otherwise));
            }
        }
    }
    filled
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        _ => String::new(),
    };
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>().trim().to_owned()
}
