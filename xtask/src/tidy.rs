//! House rules that the compiler does not know, checked over the files as they stand.
//!
//! Each rule is one file below `tidy/`: it names what it found with file and line,
//! says why the rule exists and how to mend the place. A rule whose bad example
//! passes is no rule, so each has a test with a small bad tree.

mod documents;
mod fences;
mod floors;
mod glossary;
mod nouns;
mod paths;
mod rust;
mod screens;
mod shapes;
mod translations;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::place;
use tree::Tree;

/// One house rule.
#[derive(Debug)]
struct Rule {
    /// Short name, printed in brackets.
    name: &'static str,
    /// The reason, so that nobody has to guess whether the rule still serves.
    why: &'static str,
    /// What to do about a fault.
    mend: &'static str,
    /// Finds the faults.
    check: fn(&Tree) -> Vec<Spot>,
}

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    /// Path relative to the workspace.
    file: String,
    /// Line, from 1; 0 when the whole file or its absence is meant.
    line: usize,
    /// What is there that should not be, or the other way round.
    what: String,
}

impl Spot {
    fn new(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }
}

const RULES: [&[Rule]; 9] = [
    &floors::RULES,
    &fences::RULES,
    &shapes::RULES,
    &glossary::RULES,
    &nouns::RULES,
    &paths::RULES,
    &translations::RULES,
    &screens::RULES,
    &documents::RULES,
];

/// What a run over one tree found.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Rules looked at.
    pub(crate) rules: usize,
    /// Rules broken at least once.
    pub(crate) broken: usize,
    /// One printed paragraph per fault.
    pub(crate) lines: Vec<String>,
}

/// Checks every rule over the workspace at `root`.
pub(crate) fn check(root: &Path) -> Result<Findings> {
    let tree = Tree::read(root)?;
    let mut findings = Findings { rules: 0, broken: 0, lines: Vec::new() };
    for rule in RULES.into_iter().flatten() {
        findings.rules += 1;
        let spots = (rule.check)(&tree);
        findings.broken += usize::from(!spots.is_empty());
        for spot in &spots {
            let Spot { file, line, what } = spot;
            findings.lines.push(format!("tidy[{}] {file}:{line}: {what}", rule.name));
        }
        if !spots.is_empty() {
            findings.lines.push(format!("    why:  {}\n    mend: {}", rule.why, rule.mend));
        }
    }
    Ok(findings)
}

/// `cargo xtask tidy`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    if let Some(extra) = args.first() {
        anyhow::bail!("tidy takes no argument, found '{extra}'");
    }
    let findings = check(&place::root())?;
    for line in &findings.lines {
        println!("{line}");
    }
    println!("tidy: {} of {} rules hold", findings.rules - findings.broken, findings.rules);
    Ok(if findings.broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let findings = check(&place::root()).unwrap();
        assert!(findings.broken == 0, "\n{}", findings.lines.join("\n"));
    }

    #[test]
    fn rule_names_are_unique() {
        let mut names: Vec<&str> = RULES.into_iter().flatten().map(|r| r.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len());
    }
}
