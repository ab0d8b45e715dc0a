//! Figures for reference cases of text methods, by check id.
//!
//! Reading files and comparing with what is expected are the caller's part.

mod duplicate;
mod keyness;
mod language;
mod segmentation;
mod sentiment;
mod table;

use std::collections::BTreeMap;

use serde_json::Value;

/// Figures of one case by check id.
pub type Figures = BTreeMap<String, Value>;

/// Gives the text of a table of the case, by file name.
pub type ReadTable<'a> = &'a dyn Fn(&str) -> Option<String>;

type Adapter = fn(&[&str], ReadTable<'_>) -> Result<Figures, String>;

/// Beginnings of the names of methods, in lower case, and who computes them.
const METHODS: [(&str, Adapter); 6] = [
    ("keyness", keyness::figures),
    ("near-duplicate", duplicate::figures),
    ("chinese word segmentation", segmentation::figures),
    ("word segmentation", segmentation::figures),
    ("language", language::figures),
    ("sentiment", sentiment::figures),
];

/// Computes the figures of a case by its method; `None` for a method that is
/// not one of ours. `ids` are the ids of the checks.
///
/// # Errors
/// In words: which table or column is missing, or why nothing can be computed.
pub fn figures(method: &str, ids: &[&str], read: ReadTable<'_>) -> Option<Result<Figures, String>> {
    let method = method.trim().to_lowercase();
    let (_, adapter) = METHODS.iter().find(|(name, _)| method.starts_with(name))?;
    Some(adapter(ids, read))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use serde_json::Value;

    use super::{Figures, figures};

    /// Our figures of a reference case and its checks; says so when the data are not there.
    pub(crate) fn case(name: &str) -> Option<(Figures, Vec<Value>)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference").join(name);
        let Ok(expected) = std::fs::read_to_string(folder.join("expected.json")) else {
            eprintln!("SKIPPED: no reference case at {}", folder.display());
            return None;
        };
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let checks = expected["checks"].as_array().unwrap().clone();
        let ids: Vec<&str> = checks.iter().map(|c| c["id"].as_str().unwrap()).collect();
        let read = |table: &str| std::fs::read_to_string(folder.join(table)).ok();
        let found = figures(expected["method"].as_str().unwrap(), &ids, &read).unwrap().unwrap();
        Some((found, checks))
    }

    /// Every check of a case passes.
    pub(crate) fn passes(name: &str) {
        let Some((found, checks)) = case(name) else { return };
        for check in &checks {
            let id = check["id"].as_str().unwrap();
            let got = found.get(id).unwrap_or_else(|| panic!("{name}: no figure {id}"));
            let Some(number) = got.as_f64() else {
                assert_eq!(got, &check["value"], "{name}: {id}");
                continue;
            };
            if let Some(floor) = check["min"].as_f64() {
                assert!(number >= floor, "{name}: {id} is {number}, below {floor}");
            } else {
                let wanted = check["value"].as_f64().unwrap();
                let relative = check["rel"].as_f64().unwrap_or(0.0) * wanted.abs();
                let tolerance = check["abs"].as_f64().unwrap_or(0.0).max(relative);
                assert!((number - wanted).abs() <= tolerance, "{name}: {id} is {number}, expected {wanted}");
            }
        }
    }

    #[test]
    fn the_cases_of_language_words_and_duplicates_pass() {
        for name in ["langid", "keyness-waimai", "neardup-zh", "segmentation-zh", "segmentation-zh-hant"] {
            passes(name);
        }
    }

    #[test]
    fn a_foreign_method_is_not_ours() {
        assert!(figures("Control charts", &[], &|_| None).is_none());
    }
}
