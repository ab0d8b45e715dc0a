//! `cargo xtask torture`: a real server is killed, its power is cut, its disk
//! fails, fills up or forgets a bit. What it acknowledged must be there, once,
//! and no figure may be another.

mod cut;
mod disk;
mod fault;
mod flip;
mod full;
mod ground;
mod journal;
mod kill;
mod ledger;
mod load;
mod point;
mod shim;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::scene;

/// The tortures: name, how many times in the long form, and in the short one.
const TORTURES: [(&str, u64, u64); 6] =
    [("kill", 200, 2), ("point", 5, 1), ("cut", 200, 4), ("fault", 300, 40), ("full", 1, 0), ("flip", 1_000, 6)];

/// What all tortures share.
#[derive(Debug)]
struct Settings {
    binary: PathBuf,
    seed: u64,
    /// Whether each round has its line.
    talks: bool,
}

/// Numbers from a seed (splitmix64), so that a run can be repeated.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (z ^ (z >> 31)) % (high - low + 1)
    }

    /// Less than `limit`, which counts as 1 when it is 0.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.between(0, (limit.max(1) - 1) as u64)).unwrap_or(0)
    }
}

/// `cargo xtask torture [NAME] [--short] [--times N] [--seed S]`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    let (mut name, mut times, mut short, mut seed) = (None, None, false, u64::from(std::process::id()));
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|n| n.parse::<u64>().ok()).with_context(|| format!("{word} takes a number"));
        match word {
            "--short" => short = true,
            "--times" => times = Some(number()?.clamp(1, 10_000)),
            "--seed" => seed = number()?,
            other if TORTURES.iter().any(|t| t.0 == other) => name = Some(other),
            other => {
                let known = TORTURES.map(|t| t.0).join(", ");
                bail!("torture takes {known}, --short, --times and --seed; found '{other}'")
            }
        }
    }
    let settings = Settings { binary: scene::binary()?, seed, talks: !short };
    println!("machine: {}\nseed {seed}", scene::machine());
    let wanted = TORTURES.iter().filter(|t| name.is_none_or(|n| n == t.0));
    let wanted: Vec<_> =
        wanted.map(|(n, long, brief)| (*n, times.unwrap_or(if short { *brief } else { *long }))).collect();
    let (_, failed) = all(&settings, &wanted)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The short form on a binary, with always the same seed: how many tortures held, and how many did not.
pub(crate) fn short(binary: PathBuf) -> Result<(usize, usize)> {
    let wanted: Vec<_> = TORTURES.iter().map(|(name, _, brief)| (*name, *brief)).collect();
    all(&Settings { binary, seed: 20_261_122, talks: false }, &wanted)
}

fn all(settings: &Settings, wanted: &[(&str, u64)]) -> Result<(usize, usize)> {
    let (mut held, mut failed) = (0, 0);
    for (name, times) in wanted {
        match one(settings, name, *times)? {
            Some(true) => held += 1,
            Some(false) => failed += 1,
            None => {}
        }
    }
    Ok((held, failed))
}

/// One torture; none when it was left out.
fn one(settings: &Settings, name: &str, times: u64) -> Result<Option<bool>> {
    if times == 0 {
        return Ok(None);
    }
    println!("\n── torture {name}");
    let begun = Instant::now();
    let holds = match name {
        "kill" => Some(kill::run(settings, times)?),
        "point" => Some(point::run(settings, times)?),
        "cut" => Some(cut::run(settings, times)?),
        "fault" => Some(fault::run(settings, times)?),
        "full" => full::run(settings)?,
        _ => Some(flip::run(settings, times)?),
    };
    let word = match holds {
        Some(true) => "holds",
        Some(false) => "DOES NOT HOLD",
        None => "left out: only root may mount a small file system",
    };
    println!("torture {name}: {word} ({:.0} s)", begun.elapsed().as_secs_f64());
    Ok(holds)
}
