//! How often the 95 % intervals cover what was planted, and how often nothing is
//! taken for something: the headline methods over hundreds of seeded worlds.
//!
//! `cargo run --release -p peakend-sim --example truth -- [--worlds N] [--without N]
//! [--only PART] [--write FILE]` prints the tables (and writes them), of worlds with and
//! without an effect, or only the rows whose name has a part; exit status 1 when a bar
//! is missed beyond chance.

#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]

mod answer;
mod panel;
mod series;
mod spell;
mod sweep;
mod tally;

use std::process::ExitCode;

use tally::{Rows, Tally, Worlds};

/// Worlds with and without an effect per method where no number is asked for; slow
/// methods get a part of them, the quickest ten times as many without one.
const WORLDS: Worlds = Worlds { with: 2_000, without: 10_000 };

fn main() -> Result<ExitCode, String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, usual: u64| match value(name) {
        Some(text) => text.parse().map_err(|_| format!("{name} takes a whole number, not '{text}'")),
        None => Ok(usual),
    };
    let worlds = Worlds { with: number("--worlds", WORLDS.with)?, without: number("--without", WORLDS.without)? };
    let mut rows = Rows { only: value("--only").cloned(), done: Vec::new() };
    println!("{}", tally::HEAD);
    answer::all(worlds, &mut rows);
    panel::all(worlds, &mut rows);
    series::all(worlds, &mut rows);
    spell::all(worlds, &mut rows);
    let (only, tallies) = (rows.only, rows.done);
    if only.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let sweep = sweep::all();
    println!("\n{}", sweep.table());
    if let Some(path) = value("--write") {
        std::fs::write(path, tally::page(&tallies, &sweep)).map_err(|error| format!("cannot write {path}: {error}"))?;
    }
    let missed: Vec<String> = tallies.iter().filter_map(Tally::missed).chain(sweep.missed()).collect();
    for line in &missed {
        println!("missed: {line}");
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
