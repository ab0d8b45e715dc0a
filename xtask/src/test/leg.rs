//! What a leg is, what it counts, and the legs that are no cargo call.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::rust::{self, Executable};
use crate::ui::Step;
use crate::{codegen, licences, place, tidy, torture, ui};

/// One part of the test run.
#[derive(Debug)]
pub(super) struct Leg {
    /// Name for `--leg`.
    pub(super) name: &'static str,
    /// What it shows.
    pub(super) what: &'static str,
    /// Runs it; an error counts as one failure.
    pub(super) run: fn(&mut Session) -> Result<Counts>,
}

/// Tests counted by their end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    /// Held.
    pub(super) passed: usize,
    /// Did not hold.
    pub(super) failed: usize,
    /// Not run.
    pub(super) skipped: usize,
    /// Why a leg, or a part of it, could not run on this machine.
    pub(super) left_out: Option<String>,
}

impl Counts {
    /// One check that held or did not.
    pub(super) fn one(ok: bool) -> Self {
        Self { passed: usize::from(ok), failed: usize::from(!ok), ..Self::default() }
    }

    /// A leg that this machine cannot run: one skipped test, with the reason.
    pub(super) fn left_out(why: String) -> Self {
        Self { skipped: 1, left_out: Some(why), ..Self::default() }
    }

    /// Adds the counts of another part; the first reason stays.
    pub(super) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        if self.left_out.is_none() {
            self.left_out.clone_from(&other.left_out);
        }
    }

    /// Reads `N passed, N failed, N skipped`, wherever it stands in a line.
    pub(super) fn from_plain_line(line: &str) -> Option<Self> {
        let count = |word: &str| -> Option<usize> {
            let (before, _) = line.split_once(word)?;
            before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        Some(Self { passed: count(" passed")?, failed: count(" failed")?, skipped: count(" skipped")?, left_out: None })
    }
}

/// What the legs of one run share: folders, and what was built so far.
#[derive(Debug)]
pub(super) struct Session {
    /// The workspace.
    pub(super) root: PathBuf,
    /// Where each leg's whole output goes.
    logs: PathBuf,
    /// Test programs of the dev profile, once built.
    pub(super) dev: Option<Vec<Executable>>,
    /// Test programs of the release profile, once built.
    pub(super) release: Option<Vec<Executable>>,
}

impl Session {
    /// Clears the old logs.
    pub(super) fn start() -> Result<Self> {
        let logs = place::memory()?.join("logs");
        if logs.exists() {
            std::fs::remove_dir_all(&logs).with_context(|| format!("clear {}", logs.display()))?;
        }
        std::fs::create_dir_all(&logs).with_context(|| format!("make {}", logs.display()))?;
        Ok(Self { root: place::root(), logs, dev: None, release: None })
    }

    /// The log of a leg.
    pub(super) fn log(&self, leg: &str) -> PathBuf {
        self.logs.join(format!("{leg}.log"))
    }
}

/// House rules; each rule counts as one test.
pub(super) fn tidy(session: &mut Session) -> Result<Counts> {
    let findings = tidy::check(&session.root)?;
    for line in &findings.lines {
        println!("{line}");
    }
    Ok(Counts { passed: findings.rules - findings.broken, failed: findings.broken, ..Counts::default() })
}

/// Each torture counts as one test.
pub(super) fn torture(session: &mut Session) -> Result<Counts> {
    let binary = rust::release_binary(session, "torture")?;
    let (passed, failed) = torture::short(binary)?;
    Ok(Counts { passed, failed, ..Counts::default() })
}

/// Licences, bans and sources of all dependencies: one test, failed once per package refused.
pub(super) fn licences(session: &mut Session) -> Result<Counts> {
    let report = licences::check(&session.root)?;
    for line in &report.lines {
        println!("{line}");
    }
    println!("{} packages looked at, {} refused", report.packages, report.refused);
    Ok(Counts { passed: usize::from(report.refused == 0), failed: report.refused, ..Counts::default() })
}

/// The screens: installed from the lock file, generated client current, then every script that guards them.
pub(super) fn ui(session: &mut Session) -> Result<Counts> {
    if let Err(why) = ui::need_node() {
        return Ok(Counts::left_out(format!("{why:#}")));
    }
    let log = session.log("ui");
    ui::install(&session.root)?;
    let mut counts = Counts::default();
    let stale = codegen::stale(&session.root)?;
    for file in &stale {
        println!("{file} is not what the routes say; type: cargo xtask codegen");
    }
    counts.add(&Counts::one(stale.is_empty()));
    for step in [Step::Check, Step::Test, Step::Build, Step::Size] {
        let said = ui::run(&session.root, step, &log)?;
        let tests = said.lines.iter().rev().find_map(|line| vitest_counts(line)).filter(|_| step == Step::Test);
        counts.add(&tests.unwrap_or_else(|| Counts::one(said.ok)));
        if !said.ok && counts.failed == 0 {
            counts.failed = 1;
        }
    }
    Ok(counts)
}

/// Reads vitest's `Tests  1 failed | 12 passed | 1 skipped (14)`.
fn vitest_counts(line: &str) -> Option<Counts> {
    let rest = line.trim_start().strip_prefix("Tests ")?;
    let mut counts = Counts::default();
    for part in rest.split('(').next()?.split('|') {
        let mut words = part.split_whitespace();
        let number: usize = words.next()?.parse().ok()?;
        match words.next()? {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            _ => counts.skipped += number,
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_line_is_read_wherever_it_stands() {
        let counts = Counts::from_plain_line("browser: 12 passed, 0 failed, 3 skipped in 4 s").unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (12, 0, 3));
        assert_eq!(Counts::from_plain_line("all passed"), None);
    }

    #[test]
    fn vitest_line_is_read() {
        let counts = vitest_counts("      Tests  1 failed | 12 passed | 2 skipped | 1 todo (16)").unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (12, 1, 3));
        assert_eq!(vitest_counts(" Test Files  2 passed (2)"), None);
    }
}
