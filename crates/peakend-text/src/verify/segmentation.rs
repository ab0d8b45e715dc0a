//! Segmentation of cases: `gold.txt`, a sentence a line, words between spaces.

use std::collections::HashSet;

use serde_json::json;

use super::table::need;
use super::{Figures, ReadTable};
use crate::segment::segment;

pub(super) fn figures(_ids: &[&str], read: ReadTable<'_>) -> Result<Figures, String> {
    let (_, gold) = need(&["gold.txt", "data.txt"], read)?;
    let (mut sentences, mut wanted, mut found, mut right) = (0usize, 0usize, 0usize, 0usize);
    for line in gold.lines().filter(|l| !l.trim().is_empty()) {
        let words: Vec<&str> = line.split(' ').filter(|w| !w.is_empty()).collect();
        let text = words.concat();
        let (gold, ours) = (spans(&words), spans(&segment(&text)));
        sentences += 1;
        wanted += gold.len();
        found += ours.len();
        right += gold.intersection(&ours).count();
    }
    let share = |of: usize| if of == 0 { 0.0 } else { right as f64 / of as f64 };
    let (precision, recall) = (share(found), share(wanted));
    let f1 = if right == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
    Ok(Figures::from([
        ("sentences".to_owned(), json!(sentences)),
        ("words".to_owned(), json!(wanted)),
        ("precision".to_owned(), json!(precision)),
        ("recall".to_owned(), json!(recall)),
        ("f1".to_owned(), json!(f1)),
    ]))
}

/// First and last byte of every word.
fn spans(words: &[&str]) -> HashSet<(usize, usize)> {
    let mut at = 0;
    words
        .iter()
        .map(|word| {
            let span = (at, at + word.len());
            at = span.1;
            span
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn spans_are_compared_sentence_by_sentence() {
        let found = figures(&[], &|_| Some("我们 去 银行\n\n我們 去 銀行\n服务态度\n".to_owned())).unwrap();
        assert_eq!((&found["sentences"], &found["words"]), (&3.into(), &7.into()));
        // six of seven gold words, six of eight of ours
        assert!((found["recall"].as_f64().unwrap() - 6.0 / 7.0).abs() < 1e-12);
        assert!((found["precision"].as_f64().unwrap() - 0.75).abs() < 1e-12);
    }
}
