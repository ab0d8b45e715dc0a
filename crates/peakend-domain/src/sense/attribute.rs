//! Attributes of voices: what an organisation says of a voice beyond the places,
//! by names of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::FieldFault;

/// Most names of one organisation, and so of one voice.
pub const NAMES: usize = 64;
/// Longest name, in characters.
pub const NAME: usize = 40;
/// Longest value, in characters.
pub const VALUE: usize = 200;

/// Values by name, as text. An absent one and an empty one are the same: not known.
pub type Attributes = BTreeMap<String, String>;

/// Whether it is a name: a small letter, then small letters, digits and `_`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase();
    let mut bytes = name.bytes();
    bytes.next().is_some_and(letter)
        && bytes.all(|b| letter(b) || b.is_ascii_digit() || b == b'_')
        && name.len() <= NAME
}

/// A value as it stands in a list of values: `\,` for a comma, which parts them, and `\\` for `\`.
#[must_use]
pub fn listed(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,")
}

/// The parts of a list that commas part, as they were before [`listed`].
#[must_use]
pub fn parts(list: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut rest = list.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ',' => parts.push(std::mem::take(&mut part)),
            '\\' => part.push(rest.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

/// Faults of what was sent as attributes: a JSON object of texts, numbers, truths and nulls.
#[must_use]
pub fn check(path: &str, sent: &Value) -> Vec<FieldFault> {
    let Some(map) = sent.as_object() else {
        return vec![FieldFault::new(path, "not_an_object", "expected a JSON object of names and values")];
    };
    let mut faults = Vec::new();
    if map.len() > NAMES {
        faults.push(FieldFault::new(path, "too_many", format!("{} attributes, at most {NAMES}", map.len())));
    }
    for (name, value) in map {
        let shown: String = name.chars().take(60).collect();
        let at = format!("{path}.{shown}");
        if !is_name(name) {
            let message = format!(
                "`{shown}` is no name of an attribute: use a small letter, then small letters, digits and `_`, at most {NAME}"
            );
            faults.push(FieldFault::new(at, "bad_attribute_name", message));
            continue;
        }
        match value {
            Value::Array(_) | Value::Object(_) => {
                let message = "an attribute is one text, number or truth, no list and no object";
                faults.push(FieldFault::new(at, "bad_attribute", message));
            }
            Value::String(text) if text.trim().chars().count() > VALUE => {
                faults.push(FieldFault::new(at, "too_long", format!("longer than {VALUE} characters")));
            }
            _ => {}
        }
    }
    faults
}

/// What is known of what was sent: numbers by their digits, truth as `true` and `false`.
#[must_use]
pub fn read(sent: &Value) -> Attributes {
    let known = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let pairs = sent.as_object().into_iter().flatten();
    pairs.filter(|(name, _)| is_name(name)).filter_map(|(name, value)| Some((name.clone(), known(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_numbers_and_truths_are_kept_as_text_and_nothing_else_is() {
        let sent = json!({"product": " fund ", "vip": true, "term": 12, "none": null, "empty": ""});
        assert!(check("attributes", &sent).is_empty());
        let read = read(&sent);
        let pairs: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("product", "fund"), ("term", "12"), ("vip", "true")]);
    }

    #[test]
    fn each_fault_names_its_attribute() {
        let sent = json!({"Product": "x", "tags": ["a"], "long": "x".repeat(VALUE + 1)});
        let mut faults: Vec<(String, String)> =
            check("context.attributes", &sent).into_iter().map(|f| (f.path, f.code)).collect();
        faults.sort();
        let fault = |path: &str, code: &str| (format!("context.attributes.{path}"), code.to_owned());
        let wanted =
            [fault("Product", "bad_attribute_name"), fault("long", "too_long"), fault("tags", "bad_attribute")];
        assert_eq!(faults, wanted);
        assert_eq!(check("attributes", &json!([1]))[0].code, "not_an_object");
    }

    #[test]
    fn a_list_of_values_comes_back_whatever_stands_in_them() {
        for values in [vec!["1,5 %", "a\\b", "\\,", "\\"], vec!["plain"], vec!["C:\\temp", ",,"]] {
            let list = values.iter().map(|value| listed(value)).collect::<Vec<_>>().join(",");
            assert_eq!(parts(&list), values, "{list}");
        }
        assert_eq!(parts("a\\b,c"), ["a\\b", "c"], "a stroke before anything else is a stroke");
    }
}
