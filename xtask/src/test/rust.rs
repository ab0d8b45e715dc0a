//! Legs that are cargo calls. Each profile builds its test programs once, all packages
//! together, and the legs then run those programs: naming packages one at a time would
//! resolve other features and build the same libraries again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::leg::{Counts, Session};
use crate::{place, run, ui};

/// Everything but the engine and what links it: quick to build, so in the dev profile.
pub(crate) const DEV_PACKAGES: [&str; 7] =
    ["--workspace", "--exclude", "peakend-warehouse", "--exclude", "peakend", "--exclude", CLUSTER];
/// Brings Ballista and more of the engine along, whose features would rebuild all the rest.
pub(crate) const CLUSTER: &str = "peakend-cluster";
/// The engine and the binary: in the release profile, which the demo shares.
pub(crate) const RELEASE_PACKAGES: [&str; 4] = ["-p", "peakend-warehouse", "-p", "peakend"];

/// Property tests draw the same cases in every run of a commit, so that its verdict stays;
/// `PROPTEST_RNG_SEED=7 cargo xtask test` looks elsewhere, and so does plain `cargo test`.
const CASES: &str = "PROPTEST_RNG_SEED";
const CASES_SEED: &str = "20261122";

/// A test program that cargo built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Executable {
    /// Package it tests.
    pub(super) package: String,
    /// Target within the package: the library's name or that of a file below `tests/`.
    pub(super) target: String,
    /// Folder of the package: tests run there.
    pub(super) folder: PathBuf,
    /// The program.
    pub(super) program: PathBuf,
}

/// `cargo fmt`, checking only.
pub(super) fn format(session: &mut Session) -> Result<Counts> {
    let mut command = run::cargo(&session.root);
    command.args(["fmt", "--all", "--check"]);
    let said = run::stream(&mut command, &session.log("format"), |_| true)?;
    Ok(Counts::one(said.ok))
}

/// Clippy over every target of every package; a warning is a failure here.
pub(super) fn lints(session: &mut Session) -> Result<Counts> {
    ui::ensure_dist(&session.root)?;
    let mut command = run::cargo(&session.root);
    command.args(["clippy", "--workspace", "--exclude", CLUSTER, "--all-targets", "--locked", "--", "-D", "warnings"]);
    let said = run::stream(&mut command, &session.log("lints"), is_worth_showing)?;
    Ok(Counts::one(said.ok))
}

/// Tests of every package but the store, the engine and the binary.
pub(super) fn unit(session: &mut Session) -> Result<Counts> {
    let programs = dev_programs(session)?;
    run_all(session, "unit", programs.iter().filter(|p| p.package != "peakend-store"), &[])
}

/// Tests of the engine and the binary.
pub(super) fn engine(session: &mut Session) -> Result<Counts> {
    let programs = release_programs(session)?;
    run_all(session, "engine", programs.iter(), &[])
}

/// Test programs of the dev profile; built by the first leg that asks.
pub(super) fn dev_programs(session: &mut Session) -> Result<Vec<Executable>> {
    if session.dev.is_none() {
        ui::ensure_dist(&session.root)?;
        session.dev = Some(build(session, "unit", &DEV_PACKAGES)?);
    }
    Ok(session.dev.clone().unwrap_or_default())
}

/// Test programs of the release profile and the release binary; built by the first leg that asks.
pub(super) fn release_programs(session: &mut Session) -> Result<Vec<Executable>> {
    if session.release.is_none() {
        ui::build_when_stale(&session.root)?;
        let mut flags = vec!["--release"];
        flags.extend(RELEASE_PACKAGES);
        session.release = Some(build(session, "engine", &flags)?);
    }
    Ok(session.release.clone().unwrap_or_default())
}

/// Test programs of the cluster, with its own features of the engine, in the dev profile.
pub(super) fn cluster_programs(session: &Session) -> Result<Vec<Executable>> {
    ui::ensure_dist(&session.root)?;
    let mut command = run::cargo(&session.root);
    command.args(["clippy", "--package", CLUSTER, "--all-targets", "--locked", "--", "-D", "warnings"]);
    let said = run::stream(&mut command, &session.log("cluster"), is_worth_showing)?;
    anyhow::ensure!(said.ok, "clippy has warnings");
    build(session, "cluster", &["-p", CLUSTER])
}

/// Builds the release binary; after the engine's tests nothing but the link is left of it.
pub(super) fn release_binary(session: &Session, leg: &str) -> Result<PathBuf> {
    ui::build_when_stale(&session.root)?;
    let mut command = run::cargo(&session.root);
    command.args(["build", "--release", "--locked"]).args(RELEASE_PACKAGES);
    let said = run::stream(&mut command, &session.log(leg), is_worth_showing)?;
    anyhow::ensure!(said.ok, "the release binary does not build");
    place::release_binary()
}

fn build(session: &Session, leg: &str, flags: &[&str]) -> Result<Vec<Executable>> {
    let mut command = run::cargo(&session.root);
    command.args(["test", "--no-run", "--locked", "--message-format", "json-render-diagnostics"]).args(flags);
    // the lints have checked the examples; linking them would take half a minute
    command.args(["--lib", "--bins", "--tests"]);
    let said = run::stream(&mut command, &session.log(leg), is_worth_showing)?;
    anyhow::ensure!(said.ok, "the tests do not build");
    let mut programs: Vec<Executable> = said.lines.iter().filter_map(|line| executable(line)).collect();
    programs.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    Ok(programs)
}

/// Reads one line of cargo's messages.
fn executable(line: &str) -> Option<Executable> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_test = message.get("profile")?.get("test")?.as_bool()?;
    let program = message.get("executable")?.as_str().filter(|_| is_test)?;
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    let folder = manifest.parent()?.to_path_buf();
    Some(Executable {
        package: folder.file_name()?.to_string_lossy().into_owned(),
        target: message.get("target")?.get("name")?.as_str()?.to_owned(),
        folder,
        program: PathBuf::from(program),
    })
}

/// Runs test programs one after the other and adds up what they count.
pub(super) fn run_all<'a>(
    session: &Session,
    leg: &str,
    programs: impl Iterator<Item = &'a Executable>,
    environment: &[(&str, &str)],
) -> Result<Counts> {
    let cases = std::env::var(CASES).unwrap_or_else(|_| CASES_SEED.to_owned());
    let mut total = Counts::default();
    for program in programs {
        let mut command = Command::new(&program.program);
        command
            .current_dir(&program.folder)
            .env("CARGO_MANIFEST_DIR", &program.folder)
            .env(CASES, &cases)
            .envs(environment.iter().copied())
            .args(["--color=never", "--show-output"]);
        let mut reader = HarnessReader::default();
        let title = format!("{}: {}", program.package, program.target);
        let said = run::stream_as(&title, &mut command, &session.log(leg), |line| reader.is_worth_showing(line))
            .with_context(|| format!("test {} of {}", program.target, program.package))?;
        let mut counts = said.lines.iter().rev().find_map(|line| harness_counts(line)).unwrap_or_default();
        counts.skipped += reader.skipped;
        if !said.ok && counts.failed == 0 {
            println!("{} of {} ended before it could count", program.target, program.package);
            counts.failed = 1;
        }
        total.add(&counts);
    }
    Ok(total)
}

/// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
fn harness_counts(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    let count = |word: &str| -> Option<usize> { rest.split(word).next()?.split_whitespace().last()?.parse().ok() };
    Some(Counts { passed: count(" passed")?, failed: count(" failed")?, skipped: count(" ignored")?, left_out: None })
}

/// Reads a test program's output as it comes: what passing tests print stays in the log, except
/// the lines that start with `SKIPPED`, by which a test says what it could not look at.
#[derive(Debug, Default)]
struct HarnessReader {
    in_successes: bool,
    skipped: usize,
}

impl HarnessReader {
    fn is_worth_showing(&mut self, line: &str) -> bool {
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ if line.starts_with("test result: ") => {
                self.in_successes = false;
                // a program without tests has nothing to tell
                return !line.starts_with("test result: ok. 0 passed");
            }
            _ => {}
        }
        if self.in_successes {
            let is_skip = line.starts_with("SKIPPED");
            self.skipped += usize::from(is_skip);
            return is_skip;
        }
        !(line.is_empty() || line.starts_with("running ") || (line.starts_with("test ") && line.ends_with(" ... ok")))
    }
}

/// Lines of a build that a person reads: not the machine's messages, not fresh packages.
fn is_worth_showing(line: &str) -> bool {
    !line.starts_with("{\"reason\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_the_harness_are_read() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        let counts = harness_counts(line).unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (5, 2, 1));
        assert_eq!(harness_counts("test a ... ok"), None);
    }

    #[test]
    fn passing_output_stays_in_the_log_but_a_skip_is_shown_and_counted() {
        let output = "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\nlong talk\n\
            SKIPPED: no reference data\n\nfailures:\n\n---- b stdout ----\nthe reason\n\ntest result: FAILED. 1 passed";
        let mut reader = HarnessReader::default();
        let shown: Vec<&str> = output.lines().filter(|line| reader.is_worth_showing(line)).collect();
        let kept = ["test b ... FAILED", "SKIPPED: no reference data", "failures:", "---- b stdout ----", "the reason"];
        assert_eq!(shown[..5], kept);
        assert_eq!(reader.skipped, 1);
    }

    #[test]
    fn only_test_programs_are_taken_from_the_messages() {
        let message = |test: bool| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/w/crates/peakend-store/Cargo.toml\",\
                 \"target\":{{\"name\":\"it\"}},\"profile\":{{\"test\":{test}}},\"executable\":\"/w/it-1\"}}"
            )
        };
        let program = executable(&message(true)).unwrap();
        assert_eq!((program.package.as_str(), program.target.as_str()), ("peakend-store", "it"));
        assert_eq!(executable(&message(false)), None);
        assert_eq!(executable("   Compiling x v1"), None);
    }
}
