//! `cargo xtask bench`: how long a rebuild takes after an edit of one crate, what a response waits for, a board over HTTP,
//! statistics, the reading of texts and the board's questions beside others, and how often intervals cover what was planted.

mod board;
mod intake;
mod latency;
mod stats;
mod text;
mod truth;
mod warehouse;

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, bail};

use crate::test::RELEASE_PACKAGES;
use crate::{place, run, ui};

/// The crates whose edits are timed.
const EDITED: [&str; 3] = ["peakend-domain", "peakend-app", "peakend-warehouse"];

/// `cargo xtask bench build`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    match args {
        [name] if name == "build" => build()?,
        [name, rest @ ..] if name == "board" => board::main(rest)?,
        [name, rest @ ..] if name == "intake" => intake::main(rest)?,
        [name, rest @ ..] if name == "latency" => latency::main(rest)?,
        [name, rest @ ..] if name == "stats" => stats::main(rest)?,
        [name, rest @ ..] if name == "text" => text::main(rest)?,
        [name, rest @ ..] if name == "truth" => return truth::main(rest),
        [name, rest @ ..] if name == "warehouse" => warehouse::main(rest)?,
        _ => bail!("bench takes the name of a bench: build, board, intake, latency, stats, text, truth, warehouse"),
    }
    Ok(ExitCode::SUCCESS)
}

fn build() -> Result<()> {
    let root = place::root();
    ui::ensure_dist(&root)?;
    // everything is built once before, so that only the edit is timed
    let (check, release) = (check(&root), release(&root));
    for mut command in [check, release] {
        run::attended(&mut command)?;
    }
    println!("\n| edited | cargo check, s | release binary, s |\n|---|---|---|");
    for name in EDITED {
        let checked = timed_edit(&root, name, self::check)?;
        let built = timed_edit(&root, name, self::release)?;
        println!("| {name} | {checked:.1} | {built:.1} |");
    }
    Ok(())
}

fn check(root: &Path) -> Command {
    let mut command = run::cargo(root);
    command.args(["check", "--quiet", "--locked"]);
    command
}

fn release(root: &Path) -> Command {
    let mut command = run::cargo(root);
    command.args(["build", "--quiet", "--release", "--locked"]).args(RELEASE_PACKAGES);
    command
}

/// Seconds that `command` takes once the crate's `lib.rs` counts as edited.
fn timed_edit(root: &Path, name: &str, command: fn(&Path) -> Command) -> Result<f64> {
    let path = root.join("crates").join(name).join("src/lib.rs");
    let file = File::options().append(true).open(&path).with_context(|| format!("open {}", path.display()))?;
    let before = file.metadata().and_then(|m| m.modified()).context("read the modification time")?;
    file.set_modified(SystemTime::now()).context("set the modification time")?;
    let begun = Instant::now();
    let done = run::captured(&mut command(root));
    let took = begun.elapsed().as_secs_f64();
    // the text never changed, so the stamps of other commands stay true
    file.set_modified(before).context("restore the modification time")?;
    done.map(|_| took)
}
