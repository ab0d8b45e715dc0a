//! Languages of cases: `data.tsv` (label, text).

use std::collections::BTreeMap;

use serde_json::json;

use super::table::columns;
use super::{Figures, ReadTable};
use crate::language::identify;

pub(super) fn figures(_ids: &[&str], read: ReadTable<'_>) -> Result<Figures, String> {
    let labels = ["label", "language", "lang", "tag"];
    let rows = columns(&["data.tsv", "data.csv"], &labels, &["text", "sentence", "content"], read)?;
    let mut by_label: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (label, text) in &rows {
        let (n, right) = by_label.entry(label.trim()).or_default();
        *n += 1;
        *right += usize::from(identify(text).tag().eq_ignore_ascii_case(label.trim()));
    }
    let right: usize = by_label.values().map(|(_, right)| right).sum();
    let recalls = by_label.values().map(|(n, right)| *right as f64 / *n as f64);
    let mut figures = Figures::from([
        ("n".to_owned(), json!(rows.len())),
        ("accuracy".to_owned(), json!(right as f64 / rows.len().max(1) as f64)),
        ("recall_min".to_owned(), json!(recalls.fold(1.0, f64::min))),
    ]);
    for (label, (n, right)) in by_label {
        figures.insert(format!("n.{label}"), json!(n));
        figures.insert(format!("recall.{label}"), json!(right as f64 / n as f64));
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn other_languages_are_counted_by_label() {
        let table = "label\ttext\nja\tありがとう\nja\t很好\nko\t감사합니다\nother\tСпасибо\n";
        let found = figures(&[], &|_| Some(table.to_owned())).unwrap();
        assert_eq!((&found["n.ja"], &found["accuracy"], &found["recall_min"]), (&2.into(), &0.75.into(), &0.5.into()));
    }
}
