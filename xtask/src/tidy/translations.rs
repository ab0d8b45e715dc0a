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

const FOLDER: &str = "ui/src/i18n/";
const LANGUAGES: [&str; 3] = ["en", "zh-Hans", "zh-Hant"];

/// Each area has one file per language: `<language>/<area>.json`, or `<language>.json` when there is one area only.
fn unequal(tree: &Tree) -> Vec<Spot> {
    let mut areas = BTreeSet::new();
    for text in &tree.texts {
        let rest = text.path.strip_prefix(FOLDER).filter(|rest| rest.ends_with(".json"));
        let area = rest.and_then(|rest| LANGUAGES.iter().find_map(|language| rest.strip_prefix(language)));
        areas.extend(area.filter(|area| area.starts_with(['/', '.'])));
    }
    areas.into_iter().flat_map(|area| unequal_area(tree, area)).collect()
}

fn unequal_area(tree: &Tree, area: &str) -> Vec<Spot> {
    let mut spots = Vec::new();
    let mut tables = Vec::new();
    for path in LANGUAGES.map(|language| format!("{FOLDER}{language}{area}")) {
        let Some(text) = tree.text(&path) else {
            spots.push(Spot::new(path, 0, "no such file"));
            continue;
        };
        match serde_json::from_str::<serde_json::Value>(&text.text) {
            Ok(value) => {
                let mut keys = BTreeMap::new();
                flatten("", &value, &mut keys);
                tables.push((text, keys));
            }
            Err(error) => spots.push(Spot::new(&text.path, error.line(), format!("not JSON: {error}"))),
        }
    }
    spots.extend(unequal_keys(&tables));
    spots
}

fn unequal_keys(tables: &[(&Text, BTreeMap<String, String>)]) -> Vec<Spot> {
    let mut spots = Vec::new();
    let all: BTreeSet<&String> = tables.iter().flat_map(|(_, keys)| keys.keys()).collect();
    for key in all {
        let model = tables.iter().find_map(|(_, keys)| keys.get(key)).map(|v| placeholders(v)).unwrap_or_default();
        for (text, keys) in tables {
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
        let path = |language: &str| format!("{FOLDER}{language}/home.json");
        let paths = LANGUAGES.map(path);
        let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip([en, hans, hant]).collect();
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
        assert_eq!(check(en, "{\"a\": \"{n}\"}", en), ["ui/src/i18n/zh-Hans/home.json: no key b"]);
        assert_eq!(check(en, en, "{\"a\": \"{n}\", \"b\": \" \"}"), ["ui/src/i18n/zh-Hant/home.json: b is empty"]);
        assert_eq!(
            check(en, en, "{\"a\": \"x\", \"b\": \"x\"}"),
            ["ui/src/i18n/zh-Hant/home.json: a has other placeholders"]
        );
        assert_eq!(check(en, en, "{").len(), 1);
        let alone = sample(&[("ui/src/i18n/en/act.json", en)]);
        assert_eq!(unequal(&alone).len(), 2);
    }
}
