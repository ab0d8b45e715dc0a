//! How often the 95 % intervals cover what was planted, and how often nothing is
//! taken for something: the headline methods over hundreds of seeded worlds.
//!
//! `cargo run --release -p peakend-sim --example truth -- [--worlds N] [--write FILE]`
//! prints the tables (and writes them); exit status 1 when a bar is missed.

#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]

mod answer;
mod panel;
mod series;
mod spell;
mod sweep;
mod tally;

use std::process::ExitCode;

use tally::Tally;

/// Worlds per method where none are asked for; slow methods get a fifth.
const WORLDS: u64 = 1_000;

fn main() -> Result<ExitCode, String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1));
    let worlds = match value("--worlds") {
        Some(text) => text.parse().map_err(|_| format!("--worlds takes a whole number, not '{text}'"))?,
        None => WORLDS,
    };
    let slow = (worlds / 5).max(200).min(worlds);
    let mut tallies: Vec<Tally> = Vec::new();
    let mut done = |tally: Tally| {
        println!("{}", tally.row());
        tallies.push(tally);
    };
    println!("{}", tally::HEAD);
    answer::all(worlds, &mut done);
    panel::all(worlds, &mut done);
    series::all(worlds, slow, &mut done);
    spell::all(worlds, slow, &mut done);
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
