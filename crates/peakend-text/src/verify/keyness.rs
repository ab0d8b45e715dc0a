//! Keyness of cases: `target.txt` against `reference.txt`, words between spaces.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::table::need;
use super::{Figures, ReadTable};
use crate::keyness::{KeyWord, keyness};

pub(super) fn figures(ids: &[&str], read: ReadTable<'_>) -> Result<Figures, String> {
    let (_, target) = need(&["target.txt"], read)?;
    let (_, reference) = need(&["reference.txt"], read)?;
    let texts = |table: &str| -> usize { table.lines().count() };
    let found = keyness(&cut(&target), &cut(&reference)).map_err(|refusal| refusal.to_string())?;
    let by_word: HashMap<&str, &KeyWord> = found.words.iter().map(|w| (w.word.as_str(), w)).collect();
    let mut figures = Figures::new();
    for id in ids {
        let value = match *id {
            "N1" => json!(found.n1),
            "N2" => json!(found.n2),
            "types" => json!(found.words.len()),
            "docs_a" | "n_target" => json!(texts(&target)),
            "docs_b" | "n_reference" => json!(texts(&reference)),
            // a word may hold a point itself
            _ => match id.rsplit_once('.').and_then(|(word, figure)| one(by_word.get(word)?, figure)) {
                Some(value) => value,
                None => match extremes(&found.words, id) {
                    Some(value) => value,
                    None => continue,
                },
            },
        };
        figures.insert((*id).to_owned(), value);
    }
    Ok(figures)
}

/// `top10_g2`: the ten words with the highest figure; `bottom10_g2`: with the lowest.
fn extremes(words: &[KeyWord], id: &str) -> Option<Value> {
    let (which, figure) = id.split_once('_')?;
    let (n, sign) = match which.strip_prefix("top") {
        Some(n) => (n, 1.0),
        None => (which.strip_prefix("bottom")?, -1.0),
    };
    let n: usize = n.parse().ok()?;
    let mut ranked: Vec<(f64, &str)> =
        words.iter().filter_map(|w| Some((sign * one(w, figure)?.as_f64()?, w.word.as_str()))).collect();
    ranked.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)));
    Some(ranked.iter().take(n).map(|(_, word)| *word).collect())
}

fn cut(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split_whitespace().collect()).collect()
}

fn one(word: &KeyWord, figure: &str) -> Option<Value> {
    Some(match figure {
        "a" => json!(word.a),
        "b" => json!(word.b),
        "doc_a" => json!(word.doc_a),
        "doc_b" => json!(word.doc_b),
        "g2" => json!(word.g2),
        "chi2" => json!(word.chi2),
        "log_ratio" => json!(word.log_ratio),
        "z_dirichlet" => json!(word.z_dirichlet),
        "p" => json!(word.p),
        "p_bh" | "p_adjusted" => json!(word.p_adjusted),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn any_words_and_sizes_are_compared() {
        let read = |name: &str| {
            Some(if name == "target.txt" { "fee 3.5 slow\n".repeat(200) } else { "fee good nice\n".repeat(300) })
        };
        let found =
            figures(&["N1", "N2", "types", "3.5.a", "slow.g2", "absent.a", "top1_g2", "bottom2_z_dirichlet"], &read)
                .unwrap();
        assert_eq!((&found["N1"], &found["N2"], &found["types"]), (&600.into(), &900.into(), &5.into()));
        assert_eq!(found["3.5.a"], 200);
        assert!(found["slow.g2"].as_f64().unwrap() > 100.0);
        assert!(!found.contains_key("absent.a"));
        assert_eq!(found["top1_g2"], serde_json::json!(["3.5"]));
        assert_eq!(found["bottom2_z_dirichlet"], serde_json::json!(["good", "nice"]));
    }
}
