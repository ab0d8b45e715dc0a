//! Which column of a file is which field of a voice.

use std::collections::{BTreeMap, BTreeSet};

use peakend_query::{ATTRIBUTE_NAME, AttributeName, Dimension, VoiceKind};
use serde::{Deserialize, Serialize};

use super::refuse::BulkRefusal;

/// Fields of a voice besides its dimensions.
const OTHERS: [&str; 9] = ["id", "kind", "at", "day", "nps", "csat", "ces", "sentiment", "has_text"];

/// Field to column, and fields that are the same for every row.
///
/// A field named in neither is taken from the column of its own name when the
/// file has one, and is unknown otherwise. `id` and one of `at` and `day` must be
/// there. `at` is a timestamp (or microseconds since 1970), `day` a date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkMap {
    /// Field to column.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Field to its one value.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
}

/// Where the values of a field come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A column of the file.
    Column(String),
    /// One value for all rows.
    Constant(String),
    /// Nowhere.
    Unknown,
}

impl BulkMap {
    /// Check the map against the columns of a file.
    pub(super) fn check(&self, columns: &[String]) -> Result<(), BulkRefusal> {
        let known = |field: &str| {
            let dimension = Dimension::ALL.iter().any(|d| d.name() == field);
            dimension || OTHERS.contains(&field) || AttributeName::of_column(field).is_some()
        };
        if let Some(field) = self.columns.keys().chain(self.constants.keys()).find(|f| !known(f)) {
            let dimensions = Dimension::ALL.map(Dimension::name).join(", ");
            let reason = format!(
                "`{field}` is no field of a voice; fields are {}, {dimensions}, and `attr.` with a name of your own (small \
                 letters, digits and `_`, at most {ATTRIBUTE_NAME})",
                OTHERS.join(", ")
            );
            return Err(BulkRefusal::Map(reason));
        }
        if let Some((field, column)) = self.columns.iter().find(|(_, column)| !columns.contains(column)) {
            let reason = format!("`{field}` is to come from column `{column}`; the file has {}", columns.join(", "));
            return Err(BulkRefusal::Map(reason));
        }
        if let Some(kind) = self.constants.get("kind").filter(|k| kind_of(k).is_none()) {
            return Err(BulkRefusal::Map(format!("`kind` is `response` or `signal`, not `{kind}`")));
        }
        let missing = |field: &str| self.origin(field, columns) == Origin::Unknown;
        if missing("id") {
            return Err(BulkRefusal::Map("no column gives `id`: name one under `columns`".to_owned()));
        }
        if missing("at") && missing("day") {
            return Err(BulkRefusal::Map("no column gives `at` or `day`: name one under `columns`".to_owned()));
        }
        Ok(())
    }

    pub(super) fn origin(&self, field: &str, columns: &[String]) -> Origin {
        if let Some(column) = self.columns.get(field) {
            return Origin::Column(column.clone());
        }
        if let Some(value) = self.constants.get(field) {
            return Origin::Constant(value.clone());
        }
        match columns.iter().find(|c| *c == field) {
            Some(column) => Origin::Column(column.clone()),
            None => Origin::Unknown,
        }
    }

    /// The attributes that voices of a file get.
    pub(super) fn attributes(&self, columns: &[String]) -> BTreeSet<AttributeName> {
        let fields = self.columns.keys().chain(self.constants.keys()).chain(columns);
        fields.filter_map(|field| AttributeName::of_column(field)).collect()
    }

    /// The columns of the file that are read.
    pub(super) fn wanted(&self, columns: &[String]) -> Vec<String> {
        let attributes = self.attributes(columns).into_iter().map(AttributeName::column);
        let fields = OTHERS.into_iter().chain(Dimension::ALL.map(Dimension::name)).chain(attributes);
        let mut wanted: Vec<String> = fields
            .filter_map(|field| match self.origin(field, columns) {
                Origin::Column(column) => Some(column),
                _ => None,
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}

pub(super) fn kind_of(name: &str) -> Option<VoiceKind> {
    match name {
        "response" => Some(VoiceKind::Response),
        "signal" => Some(VoiceKind::Signal),
        _ => None,
    }
}
