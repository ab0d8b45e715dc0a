//! Maps: a YAML document that says which column of a file is which field.
//!
//! ```yaml
//! kind: signals
//! zone: Asia/Shanghai
//! channel: {value: app-store}            # a constant
//! text: review                           # the column `review`
//! at: {column: date, format: "%d.%m.%Y"} # strptime, unix or unix_ms
//! csat: {column: label, values: {neg: 1, pos: 5}}
//! person: {customer_id: {row: "review-"}}  # prefix and row number
//! ```

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use peakend_domain::FieldFault;
use peakend_domain::sense::attribute::is_name;
use peakend_domain::sense::import::ImportKind;
use peakend_domain::sense::person::AliasKind;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

mod bind;
mod guess;
mod source;

pub use bind::{Bound, Mapped};
pub use guess::guess;
pub use source::{Scalar, Source};

/// Largest map in bytes.
const LIMIT: usize = 256 * 1024;

/// A map as written. Which keys fit depends on the kind of the import.
#[derive(Debug, Clone, Default)]
pub struct ImportMap {
    /// What the rows are; guards against using a map for another kind.
    pub kind: Option<ImportKind>,
    /// Separator; found from the header when absent.
    pub delimiter: Option<u8>,
    /// Time zone of times that name none; the organisation's when absent.
    pub zone: Option<TimeZone>,
    /// Whether alert and event rules apply; history is quiet unless this is true.
    pub alerts: bool,
    /// Cells that mean "nothing", besides empty ones.
    pub empty: Vec<String>,
    /// The row's own id; several sources are joined by `-`.
    pub id: Vec<Source>,
    /// Fields with one value each, by key.
    pub fields: BTreeMap<String, Source>,
    /// Groups of named values (`person`, `context`, `answers`, …), by key.
    pub groups: BTreeMap<String, BTreeMap<String, Source>>,
    text: String,
    wrong: Vec<(String, String)>,
}

/// Keys of a kind: required fields, other fields, required groups, other groups.
struct Keys {
    required: &'static [&'static str],
    fields: &'static [&'static str],
    required_groups: &'static [&'static str],
    groups: &'static [&'static str],
}

fn keys(kind: ImportKind) -> Keys {
    match kind {
        ImportKind::Responses => Keys {
            required: &["survey", "at"],
            fields: &["version", "language"],
            required_groups: &["answers"],
            groups: &["person", "context", "attributes"],
        },
        ImportKind::Signals => Keys {
            required: &["channel", "at", "pillar"],
            fields: &[
                "text",
                "author",
                "url",
                "touchpoint",
                "unit",
                "line",
                "rating",
                "nps",
                "csat",
                "ces",
                "language",
            ],
            required_groups: &[],
            groups: &["person", "attributes"],
        },
        ImportKind::People => Keys { required: &[], fields: &[], required_groups: &["person"], groups: &["traits"] },
        ImportKind::Events => {
            Keys { required: &["name", "at"], fields: &[], required_groups: &["person"], groups: &["properties"] }
        }
        ImportKind::Outcomes => {
            Keys { required: &["month"], fields: &[], required_groups: &["person", "outcomes"], groups: &[] }
        }
    }
}

/// Every key that is a field of some kind.
const FIELDS: [&str; 18] = [
    "survey",
    "at",
    "month",
    "version",
    "language",
    "channel",
    "pillar",
    "text",
    "author",
    "url",
    "touchpoint",
    "unit",
    "line",
    "rating",
    "nps",
    "csat",
    "ces",
    "name",
];

/// Every key that is a group of some kind.
const GROUPS: [&str; 7] = ["person", "context", "attributes", "answers", "properties", "traits", "outcomes"];

impl ImportMap {
    /// Read a map; faults name the line and the key.
    pub fn parse(text: &str) -> Result<Self, FieldFault> {
        if text.len() > LIMIT {
            return Err(FieldFault::new("map", "too_large", "the map is larger than 256 KB: is this the data file?"));
        }
        let mut map: Self = serde_yaml_ng::from_str(text).map_err(|e| {
            let (line, column) = e.location().map_or((1, 1), |l| (l.line(), l.column()));
            let full = e.to_string();
            let message = full.split(" at line ").next().unwrap_or_default();
            FieldFault::new(format!("map line {line}, column {column}"), "bad_map", message.to_owned())
                .arg("line", line.to_string())
        })?;
        text.clone_into(&mut map.text);
        match map.wrong.first() {
            Some((key, why)) => Err(map.fault(key, "bad_map", why.clone())),
            None => Ok(map),
        }
    }

    /// What is wrong with the map for a kind of import, before any file is seen.
    #[must_use]
    pub fn check(&self, kind: ImportKind) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if let Some(other) = self.kind.filter(|k| *k != kind) {
            let message = format!("this map is for {}, not for {}", other.name(), kind.name());
            faults.push(self.fault("kind", "other_kind", message));
        }
        let keys = keys(kind);
        for key in
            self.fields.keys().filter(|k| !keys.required.contains(&k.as_str()) && !keys.fields.contains(&k.as_str()))
        {
            faults.push(self.fault(key, "unknown_key", format!("an import of {} has no field `{key}`", kind.name())));
        }
        for key in self
            .groups
            .keys()
            .filter(|k| !keys.required_groups.contains(&k.as_str()) && !keys.groups.contains(&k.as_str()))
        {
            faults.push(self.fault(key, "unknown_key", format!("an import of {} has no `{key}`", kind.name())));
        }
        for key in keys.required.iter().filter(|k| !self.fields.contains_key(**k)) {
            faults.push(missing(key, kind));
        }
        for key in keys.required_groups.iter().filter(|k| self.groups.get(**k).is_none_or(BTreeMap::is_empty)) {
            faults.push(missing(key, kind));
        }
        for alias in self.group("person").filter(|(a, _)| AliasKind::parse(a).is_none()) {
            let message = format!(
                "`{}` is no kind of alias: use user_id, customer_id, employee_id, email, phone or anonymous_id",
                alias.0
            );
            faults.push(self.fault(alias.0, "unknown_alias_kind", message));
        }
        for (name, _) in self.group("attributes").filter(|(name, _)| !is_name(name)) {
            let message =
                format!("`{name}` is no name of an attribute: use a small letter, then small letters, digits and `_`");
            faults.push(self.fault(name, "bad_attribute_name", message));
        }
        if kind == ImportKind::Events {
            for (alias, _) in self.group("person").filter(|(a, _)| !matches!(a.as_str(), "user_id" | "anonymous_id")) {
                faults.push(self.fault(alias, "unknown_alias_kind", "events name user_id or anonymous_id".to_owned()));
            }
        }
        faults
    }

    /// Names and sources of a group; none when the map has no such group.
    pub fn group(&self, key: &str) -> impl Iterator<Item = (&String, &Source)> {
        self.groups.get(key).into_iter().flatten()
    }

    /// A fault at the line on which a key stands.
    fn fault(&self, key: &str, code: &str, message: String) -> FieldFault {
        let quoted = [format!("{key}:"), format!("\"{key}\":"), format!("'{key}':")];
        let line = self.text.lines().position(|l| quoted.iter().any(|q| l.contains(q.as_str()))).map(|i| i + 1);
        let path = line.map_or_else(|| format!("map, {key}"), |n| format!("map line {n}, {key}"));
        FieldFault::new(path, code, message).arg("key", key)
    }
}

fn missing(key: &str, kind: ImportKind) -> FieldFault {
    let message = format!("`{key}` is missing: an import of {} needs it, as a column or as a value", kind.name());
    FieldFault::new(format!("map, {key}"), "missing_key", message).arg("key", key)
}

impl<'de> Deserialize<'de> for ImportMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor)
    }
}

struct MapVisitor;

impl<'de> Visitor<'de> for MapVisitor {
    type Value = ImportMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of keys such as `at: date`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<ImportMap, A::Error> {
        let mut map = ImportMap::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(Scalar(key)) = access.next_key()? {
            // faults of a key are kept, since only the whole map knows the key's line
            let mut wrong = |why: String| map.wrong.push((key.clone(), why));
            if seen.contains(&key) {
                wrong(format!("`{key}` stands there twice"));
            }
            match key.as_str() {
                "kind" => map.kind = Some(access.next_value()?),
                "delimiter" => match delimiter(&access.next_value::<Scalar>()?.0) {
                    Ok(byte) => map.delimiter = Some(byte),
                    Err(why) => wrong(why),
                },
                "zone" => {
                    let Scalar(name) = access.next_value()?;
                    match TimeZone::get(&name) {
                        Ok(zone) => map.zone = Some(zone),
                        Err(_) => wrong(format!("`{name}` is no IANA time zone such as Asia/Shanghai")),
                    }
                }
                "alerts" => map.alerts = access.next_value()?,
                "empty" => map.empty = access.next_value::<Vec<Scalar>>()?.into_iter().map(|s| s.0).collect(),
                "id" => map.id = access.next_value::<source::OneOrMore>()?.0,
                name if FIELDS.contains(&name) => drop(map.fields.insert(key.clone(), access.next_value()?)),
                name if GROUPS.contains(&name) => drop(map.groups.insert(key.clone(), access.next_value()?)),
                _ => {
                    access.next_value::<IgnoredAny>()?;
                    let (fields, groups) = (FIELDS.join(", "), GROUPS.join(", "));
                    wrong(format!(
                        "there is no key `{key}`: use kind, delimiter, zone, alerts, empty, id, {fields}, {groups}"
                    ));
                }
            }
            seen.push(key);
        }
        Ok(map)
    }
}

fn delimiter(name: &str) -> Result<u8, String> {
    match name {
        "comma" | "," => Ok(b','),
        "semicolon" | ";" => Ok(b';'),
        "tab" | "\t" => Ok(b'\t'),
        _ => Err(format!("`{name}` is no delimiter: use comma, semicolon or tab")),
    }
}

#[cfg(test)]
mod tests;
