//! Which tables a case has: asked from the caller, else found in the texts that
//! come with it.

use std::collections::BTreeSet;

use super::case::CaseError;
use super::spec::{Spec, is_name};
use super::{ReadTable, TABLE_NAMES};
use crate::table::Table;

impl Table {
    /// Reads a table if the case has it.
    pub(super) fn find(name: &str, read: ReadTable<'_>) -> Result<Option<Self>, CaseError> {
        Ok(read(name).map(|text| Self::of(name, &text)).transpose()?)
    }

    /// Reads a table the case must have.
    pub(super) fn need(name: &str, read: ReadTable<'_>) -> Result<Self, CaseError> {
        Self::find(name, read)?.ok_or_else(|| CaseError::MissingTable(name.to_owned()))
    }
}

/// Names of the CSV tables of a case.
fn names(spec: Spec<'_>, read: ReadTable<'_>) -> BTreeSet<String> {
    let listed = read(TABLE_NAMES).unwrap_or_default();
    let read_me = read("README.md").unwrap_or_default();
    let texts = [listed.as_str(), read_me.as_str(), spec.0, "data.csv"];
    let words = texts.iter().flat_map(|text| text.split(|c: char| !is_name(c)));
    words.map(|word| word.trim_matches('.')).filter(|word| word.ends_with(".csv")).map(str::to_owned).collect()
}

/// All tables of a case with their names.
pub(super) fn all(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Vec<(String, Table)>, CaseError> {
    let mut tables = Vec::new();
    for name in names(spec, read) {
        if let Some(table) = Table::find(&name, read)? {
            tables.push((name, table));
        }
    }
    Ok(tables)
}

/// `data.csv`, else the first table there is.
pub(super) fn main(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Table, CaseError> {
    if let Some(table) = Table::find("data.csv", read)? {
        return Ok(table);
    }
    let first = all(spec, read)?.into_iter().next();
    first.map(|(_, table)| table).ok_or_else(|| CaseError::MissingTable("data.csv".to_owned()))
}
