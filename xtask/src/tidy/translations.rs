//! The three languages of the staff screens have the same keys and the same places to fill.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Text, Tree};
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 1] = [Rule {
    name: "translations",
    why: "a missing key shows its own name to a reader of that language; a missing {placeholder} loses a figure",
    mend: "add the key to every file of ui/src/i18n, with the same {placeholders}",
    check: unequal,
}];

const FILES: [&str; 3] = ["ui/src/i18n/en.json", "ui/src/i18n/zh-Hans.json", "ui/src/i18n/zh-Hant.json"];

fn unequal(tree: &Tree) -> Vec<Spot> {
    let present: Vec<&Text> = FILES.iter().filter_map(|path| tree.text(path)).collect();
    if present.is_empty() {
        return Vec::new();
    }
    let missing = FILES.iter().filter(|path| tree.text(path).is_none());
    let mut spots: Vec<Spot> = missing.map(|path| Spot::new(*path, 0, "no such file")).collect();
    let mut tables = Vec::new();
    for text in present {
        match serde_json::from_str::<serde_json::Value>(&text.text) {
            Ok(value) => {
                let mut keys = BTreeMap::new();
                flatten("", &value, &mut keys);
                tables.push((text, keys));
            }
            Err(error) => spots.push(Spot::new(&text.path, error.line(), format!("not JSON: {error}"))),
        }
    }
    let all: BTreeSet<&String> = tables.iter().flat_map(|(_, keys)| keys.keys()).collect();
    for key in all {
        let model = tables.iter().find_map(|(_, keys)| keys.get(key)).map(|v| placeholders(v)).unwrap_or_default();
        for (text, keys) in &tables {
            match keys.get(key) {
                None => spots.push(Spot::new(&text.path, 0, format!("no key {key}"))),
                Some(value) if value.trim().is_empty() => {
                    spots.push(Spot::new(&text.path, line_of(text, key), format!("{key} is empty")));
                }
                Some(value) if placeholders(value) != model => {
                    spots.push(Spot::new(&text.path, line_of(text, key), format!("{key} has other placeholders")));
                }
                Some(_) => {}
            }
        }
    }
    spots
}

/// Nested objects become dotted keys.
fn flatten(prefix: &str, value: &serde_json::Value, keys: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&path, inner, keys);
            }
        }
        serde_json::Value::String(text) => {
            keys.insert(prefix.to_owned(), text.clone());
        }
        other => {
            keys.insert(prefix.to_owned(), other.to_string());
        }
    }
}

/// Names in braces: `{n} of {total}` has n and total. A plural form `{n, plural, …}` counts by its name.
fn placeholders(text: &str) -> BTreeSet<String> {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ',']).next());
    names.map(|n| n.trim().to_owned()).filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).collect()
}

fn line_of(text: &Text, key: &str) -> usize {
    let last = format!("\"{}\"", key.rsplit('.').next().unwrap_or(key));
    let whole = format!("\"{key}\"");
    text.lines().find(|(_, l)| l.contains(&whole) || l.contains(&last)).map_or(0, |(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn check(en: &str, hans: &str, hant: &str) -> Vec<String> {
        let files = [(FILES[0], en), (FILES[1], hans), (FILES[2], hant)];
        unequal(&sample(&files)).into_iter().map(|s| format!("{}: {}", s.file, s.what)).collect()
    }

    #[test]
    fn equal_tables_pass() {
        let table = "{\"home\": {\"title\": \"{n} voices\"}, \"a.b\": \"x\"}";
        assert!(check(table, table, table).is_empty());
    }

    #[test]
    fn missing_key_empty_text_and_lost_placeholder_are_found() {
        let en = "{\"a\": \"{n} voices\", \"b\": \"x\"}";
        assert_eq!(check(en, "{\"a\": \"{n}\"}", en), ["ui/src/i18n/zh-Hans.json: no key b"]);
        assert_eq!(check(en, en, "{\"a\": \"{n}\", \"b\": \" \"}"), ["ui/src/i18n/zh-Hant.json: b is empty"]);
        assert_eq!(
            check(en, en, "{\"a\": \"x\", \"b\": \"x\"}"),
            ["ui/src/i18n/zh-Hant.json: a has other placeholders"]
        );
        assert_eq!(check(en, en, "{").len(), 1);
    }
}
