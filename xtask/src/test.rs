//! `cargo xtask test`: everything that must hold, leg by leg, with one plain line at the end.

mod browser;
mod leg;
mod postgres;
mod rust;

pub(crate) use rust::{DEV_PACKAGES, RELEASE_PACKAGES};

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use leg::{Counts, Leg, Session};

/// The legs in the order they run: what fails fast comes first, and the screens are
/// built before the release binary that embeds them.
const LEGS: [Leg; 10] = [
    Leg { name: "format", what: "cargo fmt", run: rust::format },
    Leg { name: "tidy", what: "house rules", run: leg::tidy },
    Leg { name: "licences", what: "allow-list, bans and sources of every dependency", run: leg::licences },
    Leg { name: "lints", what: "clippy over every target, warnings refused", run: rust::lints },
    Leg { name: "unit", what: "unit, property, use-case and HTTP tests", run: rust::unit },
    Leg { name: "store", what: "the store's suite on SQLite and on a real PostgreSQL", run: postgres::store },
    Leg { name: "ui", what: "generated client, types, unit tests, build and size gates of the screens", run: leg::ui },
    Leg { name: "engine", what: "warehouse and binary, in the release profile", run: rust::engine },
    Leg { name: "browser", what: "journeys in a real Chromium against the release binary", run: browser::journeys },
    Leg {
        name: "torture",
        what: "the short form of kills, power cuts, failing disks and flipped bits",
        run: leg::torture,
    },
];

/// Legs that run only when they are named: their build alone takes longer than all others together.
const APART: [Leg; 1] = [Leg {
    name: "cluster",
    what: "PostgreSQL, an S3-compatible store, a scheduler, executors and two servers on loopback",
    run: postgres::cluster,
}];

/// What was asked for on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    strict: bool,
    list: bool,
    legs: Vec<String>,
}

impl Wanted {
    fn parse(args: &[String]) -> Result<Self> {
        let mut wanted = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--strict" => wanted.strict = true,
                "--list" => wanted.list = true,
                "--leg" => match args.next() {
                    Some(name) if LEGS.iter().chain(&APART).any(|l| l.name == name) => wanted.legs.push(name.clone()),
                    Some(name) => bail!("no leg '{name}'; the legs are {}", names()),
                    None => bail!("--leg needs a name: {}", names()),
                },
                other => bail!("unknown flag '{other}' of test"),
            }
        }
        Ok(wanted)
    }
}

fn names() -> String {
    LEGS.iter().chain(&APART).map(|l| l.name).collect::<Vec<_>>().join(", ")
}

/// `cargo xtask test`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    let wanted = Wanted::parse(args)?;
    if wanted.list {
        for leg in LEGS.iter().chain(&APART) {
            println!("{:<10} {}", leg.name, leg.what);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut session = Session::start()?;
    let started = Instant::now();
    let mut total = Counts::default();
    let mut summary = Vec::new();
    let mut left_out = 0;
    let named = APART.iter().filter(|l| wanted.legs.iter().any(|w| w == l.name));
    let usual = LEGS.iter().filter(|l| wanted.legs.is_empty() || wanted.legs.iter().any(|w| w == l.name));
    for leg in usual.chain(named) {
        println!("\n── {} · {}", leg.name, leg.what);
        let begun = Instant::now();
        let counts = (leg.run)(&mut session).unwrap_or_else(|error| {
            println!("{error:#}");
            Counts { failed: 1, ..Counts::default() }
        });
        let line = verdict(leg.name, &counts, begun.elapsed());
        println!("{line}");
        summary.push(line);
        left_out += usize::from(counts.left_out.is_some());
        total.add(&counts);
    }
    println!("\n── total in {}", seconds(started.elapsed()));
    for line in &summary {
        println!("{line}");
    }
    if wanted.strict && left_out > 0 {
        println!("strict: {left_out} leg(s) skipped");
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    let failed = total.failed > 0 || (wanted.strict && left_out > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The last line of a leg.
fn verdict(name: &str, counts: &Counts, took: Duration) -> String {
    let Counts { passed, failed, skipped, left_out } = counts;
    let time = seconds(took);
    match left_out {
        _ if *failed > 0 => format!("leg {name}: FAILED in {time} ({failed} failed, {passed} passed)"),
        Some(why) => format!("leg {name}: SKIPPED {why} ({passed} passed)"),
        None if *skipped > 0 => format!("leg {name}: ok in {time} ({passed} passed, {skipped} skipped)"),
        None => format!("leg {name}: ok in {time} ({passed} passed)"),
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(args: &[&str]) -> Result<Wanted> {
        Wanted::parse(&args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read_and_unknown_ones_refused() {
        let both = wanted(&["--strict", "--leg", "store", "--leg", "tidy"]).unwrap();
        assert!(both.strict && both.legs == ["store", "tidy"]);
        assert!(wanted(&["--leg", "nothing"]).unwrap_err().to_string().contains("the legs are format, tidy"));
        assert!(wanted(&["--leg"]).is_err() && wanted(&["--fast"]).is_err());
    }

    #[test]
    fn last_line_of_a_leg_says_what_happened() {
        let took = Duration::from_millis(12_340);
        let counts = |failed, left_out: Option<&str>| Counts {
            passed: 3,
            failed,
            skipped: 0,
            left_out: left_out.map(str::to_owned),
        };
        assert_eq!(verdict("unit", &counts(0, None), took), "leg unit: ok in 12.3 s (3 passed)");
        assert_eq!(verdict("unit", &counts(2, None), took), "leg unit: FAILED in 12.3 s (2 failed, 3 passed)");
        assert_eq!(verdict("ui", &counts(0, Some("no node")), took), "leg ui: SKIPPED no node (3 passed)");
        assert_eq!(verdict("ui", &counts(1, Some("no node")), took), "leg ui: FAILED in 12.3 s (1 failed, 3 passed)");
    }
}
