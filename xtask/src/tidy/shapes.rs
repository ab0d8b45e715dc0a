//! Sizes, module docs and names of types.

use super::rust::{Source, split_identifier};
use super::tree::Tree;
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 4] = [
    Rule {
        name: "sizes",
        why: "a file that fits in the head can be read whole before it is changed",
        mend: "split by noun or by verb; move tests above 150 lines to a `tests.rs` beside the file",
        check: sizes,
    },
    Rule {
        name: "module-doc",
        why: "a reader should know from its first lines whether a file is the right one",
        mend: "begin the file with `//!` and one sentence on what it holds",
        check: module_docs,
    },
    Rule {
        name: "type-names",
        why: "Manager, Service or Data say nothing: the noun that is missing is usually a domain word",
        mend: "name the thing in the field's words (GLOSSARY.md), or the verb it does",
        check: type_names,
    },
    Rule {
        name: "module-names",
        why: "a drawer for everything is where code goes to be written twice",
        mend: "name the file after the noun it holds",
        check: module_names,
    },
];

/// Lines of Rust that are not tests, per file.
const RUST_LINES: usize = 600;
/// Lines of a Svelte component.
const SVELTE_LINES: usize = 250;
/// Lines of code in a `mod.rs`: it lists modules, it holds none.
const MOD_LINES: usize = 40;

/// Endings that hide what a type is.
const EMPTY_ENDINGS: [&str; 10] =
    ["manager", "service", "helper", "helpers", "util", "utils", "common", "info", "data", "handler"];
/// File and folder names that collect anything.
const EMPTY_MODULES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "handlers"];

fn sizes(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for source in &tree.rust {
        let lines = source.untested_lines();
        if lines > RUST_LINES {
            let what = format!("{lines} lines without tests, {RUST_LINES} at most");
            spots.push(Spot::new(&source.path, RUST_LINES + 1, what));
        }
        let code = source.code.iter().zip(&source.is_test).filter(|(l, is_test)| !l.trim().is_empty() && !**is_test);
        let code = code.count();
        if source.path.ends_with("/mod.rs") && code > MOD_LINES {
            let what = format!("{code} lines of code in a mod.rs, {MOD_LINES} at most");
            spots.push(Spot::new(&source.path, MOD_LINES + 1, what));
        }
    }
    for text in tree.texts.iter().filter(|t| t.path.ends_with(".svelte")) {
        let lines = text.lines().count();
        if lines > SVELTE_LINES {
            let what = format!("{lines} lines, {SVELTE_LINES} at most in a component");
            spots.push(Spot::new(&text.path, SVELTE_LINES + 1, what));
        }
    }
    spots
}

fn module_docs(tree: &Tree) -> Vec<Spot> {
    let has_doc = |source: &&Source| {
        let first = source.text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with("#!"));
        first.is_none_or(|line| line.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty()))
    };
    let bare = tree.rust.iter().filter(|s| !has_doc(s));
    bare.map(|s| Spot::new(&s.path, 1, "no module doc")).collect()
}

fn type_names(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for source in &tree.rust {
        for (line, keyword, name) in declared(source) {
            let is_type = matches!(keyword, "struct" | "enum" | "trait" | "type" | "union");
            let last = split_identifier(name).pop().unwrap_or_default();
            if is_type && EMPTY_ENDINGS.contains(&last.as_str()) {
                spots.push(Spot::new(&source.path, line, format!("type `{name}` ends in {last}")));
            }
        }
    }
    spots
}

fn module_names(tree: &Tree) -> Vec<Spot> {
    let is_empty = |part: &&str| EMPTY_MODULES.contains(&part.trim_end_matches(".rs"));
    let named = tree.rust.iter().filter_map(|s| s.path.split('/').find(is_empty).map(|part| (s, part)));
    named.map(|(s, part)| Spot::new(&s.path, 0, format!("`{part}` in the path"))).collect()
}

/// Declared names: line, keyword, identifier.
pub(super) fn declared(source: &Source) -> impl Iterator<Item = (usize, &str, &str)> {
    let words: Vec<(usize, &str, &str)> = source.words().collect();
    let pairs: Vec<_> = words
        .windows(2)
        .filter(|pair| {
            let declares =
                matches!(pair[0].1, "struct" | "enum" | "trait" | "type" | "union" | "fn" | "mod" | "const" | "static");
            // the name follows the keyword on the same line, with nothing but blanks between
            let (line, _, after) = pair[0];
            declares && pair[1].0 == line && after.trim_start().starts_with(pair[1].1)
        })
        .map(|pair| (pair[1].0, pair[0].1, pair[1].1))
        .collect();
    pairs.into_iter()
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn check(rule: usize, path: &str, text: &str) -> Vec<String> {
        (RULES[rule].check)(&sample(&[(path, text)])).into_iter().map(|s| s.what).collect()
    }

    #[test]
    fn long_file_is_found_but_its_tests_do_not_count() {
        let long = "//! x\n".to_owned() + &"fn a() {}\n".repeat(600);
        assert_eq!(check(0, "crates/a/src/b.rs", &long), ["601 lines without tests, 600 at most"]);
        let tested = "//! x\n#[cfg(test)]\nmod tests {\n".to_owned() + &"fn a() {}\n".repeat(900) + "}\n";
        assert!(check(0, "crates/a/src/b.rs", &tested).is_empty());
    }

    #[test]
    fn long_component_and_full_mod_rs_are_found() {
        assert_eq!(check(0, "ui/src/A.svelte", &"<p/>\n".repeat(251)).len(), 1);
        assert!(check(0, "ui/src/A.svelte", &"<p/>\n".repeat(250)).is_empty());
        assert_eq!(check(0, "crates/a/src/b/mod.rs", &"fn a() {}\n".repeat(41)).len(), 1);
        assert!(check(0, "crates/a/src/b/mod.rs", &"// a\n".repeat(90)).is_empty());
    }

    #[test]
    fn file_without_module_doc_is_found() {
        assert_eq!(check(1, "crates/a/src/b.rs", "use x;\n").len(), 1);
        assert_eq!(check(1, "crates/a/src/b.rs", "//!\nuse x;\n").len(), 1);
        assert!(check(1, "crates/a/src/b.rs", "\n//! Holds b.\nuse x;\n").is_empty());
    }

    #[test]
    fn empty_names_are_found() {
        assert_eq!(check(2, "crates/a/src/b.rs", "pub struct CaseManager;").len(), 1);
        assert_eq!(check(2, "crates/a/src/b.rs", "type SurveyData = u8;").len(), 1);
        assert!(check(2, "crates/a/src/b.rs", "struct Database; fn handler() {}").is_empty());
        assert_eq!(check(3, "crates/a/src/utils.rs", "//! x").len(), 1);
        assert_eq!(check(3, "crates/a/tests/common/mod.rs", "//! x").len(), 1);
    }
}
