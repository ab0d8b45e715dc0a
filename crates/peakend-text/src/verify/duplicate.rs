//! Near-duplicates of cases: `data.tsv` (id, text), `pairs.csv` (i, j, jaccard).

use std::collections::HashSet;

use serde_json::json;

use super::table::columns;
use super::{Figures, ReadTable};
use crate::duplicate::{clusters, near_pairs};

pub(super) fn figures(ids: &[&str], read: ReadTable<'_>) -> Result<Figures, String> {
    let tables = ["data.tsv", "data.csv"];
    let rows = columns(&tables, &["id", "i", "key"], &["text", "review", "content"], read)?;
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    let mut figures = Figures::from([("n".to_owned(), json!(rows.len()))]);
    for id in ids {
        let Some((figure, threshold)) = split(id) else { continue };
        let value = match figure {
            "pairs" => json!(near_pairs(&texts, threshold).len()),
            "clusters" => json!(clusters(&texts, threshold).len()),
            "texts_in_clusters" => json!(clusters(&texts, threshold).iter().map(Vec::len).sum::<usize>()),
            "recall" | "precision" => {
                let ours: HashSet<(&str, &str)> =
                    near_pairs(&texts, threshold).iter().map(|p| ordered(&rows[p.i].0, &rows[p.j].0)).collect();
                let listed = listed(threshold, read)?;
                let listed: HashSet<(&str, &str)> = listed.iter().map(|(i, j)| ordered(i, j)).collect();
                let both = ours.intersection(&listed).count();
                let of = if figure == "recall" { listed.len() } else { ours.len() };
                if of == 0 { json!(1.0) } else { json!(both as f64 / of as f64) }
            }
            _ => continue,
        };
        figures.insert((*id).to_owned(), value);
    }
    Ok(figures)
}

/// `pairs_080` is `pairs` at 0.80.
fn split(id: &str) -> Option<(&str, f64)> {
    let (figure, digits) = id.rsplit_once('_')?;
    let number: f64 = digits.parse().ok()?;
    let places = i32::try_from(digits.len()).ok()? - 1;
    let threshold = number / 10f64.powi(places);
    (threshold > 0.0 && threshold <= 1.0).then_some((figure, threshold))
}

fn ordered<'a>(i: &'a str, j: &'a str) -> (&'a str, &'a str) {
    if i <= j { (i, j) } else { (j, i) }
}

/// The pairs of the list that reach the threshold; likeness there is rounded.
fn listed(threshold: f64, read: ReadTable<'_>) -> Result<Vec<(String, String)>, String> {
    let names = columns(&["pairs.csv"], &["i", "id1", "a"], &["j", "id2", "b"], read)?;
    let likeness = columns(&["pairs.csv"], &["i", "id1", "a"], &["jaccard", "similarity"], read)?;
    let pairs = names.into_iter().zip(likeness);
    Ok(pairs
        .filter(|(_, (_, jaccard))| jaccard.trim().parse::<f64>().is_ok_and(|j| j >= threshold - 1e-6))
        .map(|(pair, _)| pair)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn other_ids_and_thresholds_are_read() {
        let read = |name: &str| match name {
            "data.tsv" => Some("id\ttext\na\tabcdefgh\nb\tabcdefgx\nc\tabcdefgh\n".to_owned()),
            "pairs.csv" => Some("i,j,jaccard\na,b,0.714286\na,c,1.0\nb,c,0.714286\n".to_owned()),
            _ => None,
        };
        let found = figures(&["n", "pairs_070", "clusters_090", "recall_070", "precision_090"], &read).unwrap();
        assert_eq!((&found["n"], &found["pairs_070"], &found["clusters_090"]), (&3.into(), &3.into(), &1.into()));
        assert_eq!((&found["recall_070"], &found["precision_090"]), (&1.0.into(), &1.0.into()));
    }
}
