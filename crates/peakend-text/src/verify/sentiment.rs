//! Polarity of cases: `data.tsv` (label, text); neutral answers count as wrong.

use std::collections::BTreeMap;

use serde_json::json;

use super::table::columns;
use super::{Figures, ReadTable};
use crate::sentiment::polarity;

pub(super) fn figures(_ids: &[&str], read: ReadTable<'_>) -> Result<Figures, String> {
    let labels = ["label", "polarity", "sentiment", "class"];
    let rows = columns(&["data.tsv", "data.csv"], &labels, &["text", "review", "sentence", "content"], read)?;
    // by whether the text is positive: how many, how many we call so, how many of these rightly
    let mut counts = [(0usize, 0usize, 0usize); 2];
    let mut by_label: BTreeMap<&str, usize> = BTreeMap::new();
    for (label, text) in &rows {
        *by_label.entry(label.trim()).or_default() += 1;
        let Some(positive) = is_positive(label) else { continue };
        let ours = polarity(text);
        counts[usize::from(positive)].0 += 1;
        counts[usize::from(ours)].1 += 1;
        counts[usize::from(positive)].2 += usize::from(ours == positive);
    }
    let judged: usize = counts.iter().map(|c| c.0).sum();
    if judged == 0 {
        return Err("no row is labelled pos or neg".to_owned());
    }
    let right: usize = counts.iter().map(|c| c.2).sum();
    let f1 = |(n, called, right): (usize, usize, usize)| 2.0 * right as f64 / (n + called).max(1) as f64;
    let mut figures = Figures::from([
        ("n".to_owned(), json!(rows.len())),
        ("accuracy".to_owned(), json!(right as f64 / judged as f64)),
        ("f1_neg".to_owned(), json!(f1(counts[0]))),
        ("f1_pos".to_owned(), json!(f1(counts[1]))),
        ("macro_f1".to_owned(), json!(f64::midpoint(f1(counts[0]), f1(counts[1])))),
    ]);
    figures.extend(by_label.into_iter().map(|(label, n)| (format!("n.{label}"), json!(n))));
    Ok(figures)
}

fn is_positive(label: &str) -> Option<bool> {
    match label.trim().to_lowercase().as_str() {
        "pos" | "positive" | "1" | "smile" | "good" => Some(true),
        "neg" | "negative" | "0" | "-1" | "cry" | "bad" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn labels_of_other_names_are_judged() {
        let table = "sentiment\treview\npositive\t非常满意,服务很好\nnegative\t太差了,非常失望\nnegative\tterrible, never again\n";
        let found = figures(&[], &|_| Some(table.to_owned())).unwrap();
        assert_eq!((&found["n"], &found["macro_f1"], &found["n.negative"]), (&3.into(), &1.0.into(), &2.into()));
        assert!(figures(&[], &|_| Some("label\ttext\nx\ty\n".to_owned())).is_err());
    }
}
