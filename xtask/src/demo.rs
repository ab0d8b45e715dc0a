//! `cargo xtask demo`: screens, release binary, then `peakend demo` in our place.
//!
//! A second start does neither npm nor cargo: stamps of the sources say that nothing changed.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{place, run, stamp, ui};

/// What the release binary is made of, apart from the built screens.
const SOURCES: [&str; 5] = ["crates", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "ui/dist"];

/// What follows a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    Nothing,
    Number,
    Text,
}

/// Flags of `peakend demo`.
const FLAGS: [(&str, Follows); 10] = [
    ("--reset", Follows::Nothing),
    ("--customers", Follows::Number),
    ("--port", Follows::Number),
    ("--no-serve", Follows::Nothing),
    ("--json", Follows::Nothing),
    ("--data", Follows::Text),
    ("--listen", Follows::Text),
    ("--public-url", Follows::Text),
    ("--smtp", Follows::Text),
    ("--mail-from", Follows::Text),
];

/// `cargo xtask demo`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    check(args)?;
    build()?;
    let program = place::release_binary()?;
    let error = Command::new(&program).arg("demo").args(args).current_dir(place::root()).exec();
    Err(error).with_context(|| format!("start {}", program.display()))
}

/// Refuses a mistyped flag before a build of many minutes, not after it.
fn check(args: &[String]) -> Result<()> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (name, inline) = arg.split_once('=').map_or((arg.as_str(), None), |(n, v)| (n, Some(v)));
        let Some((_, follows)) = FLAGS.iter().find(|(flag, _)| *flag == name) else {
            bail!("unknown flag '{arg}' of demo; the flags are {}", FLAGS.map(|(f, _)| f).join(", "));
        };
        if *follows == Follows::Nothing {
            continue;
        }
        let value = inline.or_else(|| args.next().map(String::as_str)).unwrap_or_default();
        match follows {
            Follows::Number if value.parse::<u64>().is_err() => bail!("{name} needs a number, found '{value}'"),
            _ if value.is_empty() => bail!("{name} needs a value"),
            _ => {}
        }
    }
    Ok(())
}

/// Says what it does on standard error: standard output may be the proofs as JSON.
fn build() -> Result<()> {
    let root = place::root();
    let begun = Instant::now();
    if !ui::is_built(&root) {
        eprintln!("1/2 building the screens (npm)");
        ui::build_when_stale(&root)?;
    }
    let digest = stamp::digest(&root, &SOURCES);
    if stamp::is_current("release", &digest) && place::release_binary()?.exists() {
        return Ok(());
    }
    eprintln!("2/2 building the release binary (cargo); the first time this compiles the analytics engine");
    let mut command = run::cargo(&root);
    command.args(["build", "--release", "--locked"]).args(crate::test::RELEASE_PACKAGES);
    run::attended(&mut command)?;
    stamp::keep("release", &digest)?;
    eprintln!("built in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(line: &str) -> Result<()> {
        check(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn mistyped_flag_is_refused_before_the_build() {
        assert!(checked("--reset --customers 5000 --port=8080 --no-serve --json --data bank").is_ok());
        assert!(checked("--costumers 5").unwrap_err().to_string().contains("unknown flag '--costumers'"));
        assert!(checked("--customers many").unwrap_err().to_string().contains("needs a number, found 'many'"));
        assert!(checked("--smtp smtp://localhost:25 --mail-from=hello@bank.example").is_ok());
        assert!(checked("--smtp").is_err());
        assert!(checked("--customers").is_err() && checked("--data").is_err());
    }
}
