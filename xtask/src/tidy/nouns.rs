//! The same noun has the same file name on every floor.

use super::glossary::STEPS;
use super::tree::Tree;
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 1] = [Rule {
    name: "same-noun",
    why: "who knows one floor finds the noun on every other: the file name is the map",
    mend: "give the file the name of its noun in peakend-domain, in the same step's folder; a file without a domain \
           noun needs a row with its reason in xtask/src/tidy/nouns.rs",
    check: strangers,
}];

/// Folders above the domain whose step folders mirror it.
const FLOORS: [&str; 3] = ["crates/peakend-store/src/", "crates/peakend-app/src/", "crates/peakend-http/src/routes/"];

/// Files (with their parts) without a namesake in the domain, each with its reason. Short, and shrinking.
const EXCEPTIONS: [(&str, &str); 7] = [
    ("crates/peakend-store/src/sense/intake.rs", "the log that all entries share; the domain knows the entries"),
    ("crates/peakend-app/src/sense/take_in.rs", "the way from any entry of that log to its noun"),
    ("crates/peakend-app/src/sense/pump.rs", "the consumer of that log"),
    ("crates/peakend-app/src/sense/mask.rs", "what any body loses on its way into that log"),
    ("crates/peakend-store/src/insight/home.rs", "counts of several nouns for one page"),
    ("crates/peakend-http/src/routes/insight/home.rs", "the same page over HTTP"),
    ("crates/peakend-app/src/insight/home.rs", "a page of figures that belong to other nouns"),
];

fn strangers(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for source in &tree.rust {
        let Some(rest) = FLOORS.iter().find_map(|floor| source.path.strip_prefix(floor)) else { continue };
        let mut parts = rest.split('/');
        let (Some(step), Some(file)) = (parts.next(), parts.next()) else { continue };
        let noun = file.trim_end_matches(".rs");
        if !STEPS.contains(&step) || matches!(noun, "mod" | "tests") || noun.ends_with("_tests") {
            continue;
        }
        let base = format!("crates/peakend-domain/src/{step}/{noun}");
        let has_namesake =
            tree.rust.iter().any(|s| s.path == format!("{base}.rs") || s.path == format!("{base}/mod.rs"));
        let is_excepted = EXCEPTIONS.iter().any(|(path, _)| is_or_is_part_of(&source.path, path));
        if !has_namesake && !is_excepted {
            spots.push(Spot::new(&source.path, 0, format!("the domain has no {step}/{noun}.rs")));
        }
    }
    spots
}

/// `intake.rs`, or a file of the folder `intake/`.
fn is_or_is_part_of(path: &str, file: &str) -> bool {
    let folder = file.trim_end_matches(".rs");
    path == file || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn check(files: &[&str]) -> usize {
        let files: Vec<(&str, &str)> = files.iter().map(|path| (*path, "//! x")).collect();
        strangers(&sample(&files)).len()
    }

    #[test]
    fn noun_without_namesake_is_found() {
        assert_eq!(check(&["crates/peakend-store/src/act/ticket.rs", "crates/peakend-domain/src/act/case.rs"]), 1);
        assert_eq!(check(&["crates/peakend-store/src/sense/case.rs", "crates/peakend-domain/src/act/case.rs"]), 1);
        assert_eq!(check(&["crates/peakend-http/src/routes/act/ticket.rs"]), 1);
    }

    #[test]
    fn a_part_of_an_exception_passes_and_a_longer_name_does_not() {
        assert_eq!(check(&["crates/peakend-store/src/sense/intake/tail.rs"]), 0);
        assert_eq!(check(&["crates/peakend-store/src/sense/intake_tail.rs"]), 1);
    }

    #[test]
    fn namesake_in_the_same_step_passes() {
        assert_eq!(check(&["crates/peakend-store/src/act/case.rs", "crates/peakend-domain/src/act/case.rs"]), 0);
        assert_eq!(check(&["crates/peakend-store/src/act/case/rows.rs", "crates/peakend-domain/src/act/case.rs"]), 0);
        assert_eq!(check(&["crates/peakend-store/src/act/mod.rs", "crates/peakend-store/src/pool.rs"]), 0);
    }
}
