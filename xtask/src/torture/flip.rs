//! One flipped bit anywhere in a data folder: `verify-store` names the file,
//! the server refuses, or every figure is what it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::ground::{self, Ground};
use super::load::{self, Load};
use super::{Dice, Settings};
use crate::scene::{Folder, Server};

/// What is asked before and after.
const QUESTIONS: [&str; 8] = [
    "/api/v1/figures?metric=nps&survey=load",
    "/api/v1/figures?metric=responses&survey=load",
    "/api/v1/figures?metric=nps&by=segment",
    "/api/v1/figures?metric=responses&by=touchpoint",
    "/api/v1/figures?metric=nps&grain=day",
    "/api/v1/voices?survey=load&limit=200",
    "/api/v1/cases?limit=200",
    "/api/v1/home",
];

/// How flips ended.
#[derive(Debug, Default)]
struct Ends {
    named: usize,
    refused: usize,
    harmless: usize,
    other_answer: usize,
    wrong: usize,
    named_and_served: usize,
}

/// Whether no flip led to another figure unseen.
pub(super) fn run(settings: &Settings, times: u64) -> Result<bool> {
    let mut dice = Dice(settings.seed);
    let mut ground = Ground::make(settings, "torture-flip", Duration::from_millis(1_500))?;
    // some that are not sealed yet, in a log that is not copied into the database yet
    let mut server = Server::start(&settings.binary, &ground.folder.0)?;
    let load = Load { round: 1, pause: Duration::from_millis(1), life: Duration::from_millis(500), patient: true };
    let (sent, ()) = load::run(&mut server, &ground.key, load, |_| ());
    ground.ledger.extend(sent);
    super::verdict::compare(&server, &ground.key, &mut ground.ledger)?;
    server.kill()?;
    let work = Folder::make("torture-flip-run")?;
    ground::copy(&ground.folder.0, &work.0)?;
    let right = answers(settings, &work.0, &ground.key)?.context("the sound folder does not answer")?;
    let files = files(&ground.folder.0.join("data"))?;
    println!("{times} flipped bits in {} files", files.len());
    let mut ends = Ends::default();
    for n in 0..times {
        // by bytes, and every other time by file: small files matter as much
        let file = if n.is_multiple_of(2) { by_size(&files, &mut dice) } else { &files[dice.below(files.len())] };
        let (at, bit) = (dice.below(file.1), dice.below(8));
        ground::copy(&ground.folder.0, &work.0)?;
        flip(&work.0.join("data").join(&file.0), at, bit)?;
        let place = format!("bit {bit} of byte {at} of {}", file.0.display());
        let named = named(settings, &work.0, file)?;
        let served = answers(settings, &work.0, &ground.key)?;
        let other = served.as_ref().is_some_and(|found| figures(found) != figures(&right));
        match (named, &served) {
            (true, _) => ends.named += 1,
            (false, None) => ends.refused += 1,
            (false, Some(found)) if *found == right => ends.harmless += 1,
            (false, Some(found)) if !other => {
                // clocks of cases and of the home page go on: ask the sound folder again, now
                ground::copy(&ground.folder.0, &work.0)?;
                let now = answers(settings, &work.0, &ground.key)?.context("the sound folder does not answer")?;
                let differing: Vec<&str> = QUESTIONS
                    .iter()
                    .zip(found.iter().zip(&now))
                    .filter(|(_, (a, b))| a != b)
                    .map(|(q, _)| *q)
                    .collect();
                if differing.is_empty() {
                    ends.harmless += 1;
                    continue;
                }
                ends.other_answer += 1;
                println!("{place}: found by nobody, every figure is right, another answer to {}", differing.join(", "));
            }
            (false, Some(_)) => {
                ends.wrong += 1;
                println!("{place}: another figure, found by nobody");
            }
        }
        if named && other {
            ends.named_and_served += 1;
            println!("{place}: named by verify-store, but a server that is started serves another figure");
        }
    }
    let Ends { named, refused, harmless, other_answer, wrong, named_and_served } = ends;
    println!(
        "{times} bits: named by verify-store {named}, refused by the server {refused}, harmless {harmless}, \
         another text {other_answer}, wrong figures unseen {wrong}, wrong figures served though verify-store \
         names the file {named_and_served}"
    );
    Ok(wrong + named_and_served == 0)
}

/// The figures among the answers, without lists.
fn figures(answers: &[Value]) -> &[Value] {
    answers.get(..5).unwrap_or(answers)
}

/// What the server says to every question; none when it refuses to start or to answer one.
fn answers(settings: &Settings, folder: &Path, key: &str) -> Result<Option<Vec<Value>>> {
    let Ok(server) = Server::start(&settings.binary, folder) else { return Ok(None) };
    let mut wire = server.wire(key);
    let mut all = Vec::new();
    for question in QUESTIONS {
        match wire.get(question) {
            Ok(answer) if answer.status == 200 => all.push(answer.body),
            _ => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// Whether `verify-store` says that the very file is damaged.
fn named(settings: &Settings, folder: &Path, file: &(PathBuf, usize)) -> Result<bool> {
    let mut command = Command::new(&settings.binary);
    command.args(["verify-store", "--json", "--data"]).arg(folder.join("data"));
    let output = command.output().context("run verify-store")?;
    let name = file.0.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.trim_end_matches("-wal");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ok(!output.status.success() && said.contains(name))
}

fn flip(path: &Path, at: usize, bit: usize) -> Result<()> {
    let mut bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

fn by_size<'a>(files: &'a [(PathBuf, usize)], dice: &mut Dice) -> &'a (PathBuf, usize) {
    let mut at = dice.below(files.iter().map(|f| f.1).sum());
    for file in files {
        if at < file.1 {
            return file;
        }
        at -= file.1;
    }
    &files[0]
}

/// Every file that is not empty, relative to the folder, with its size.
fn files(root: &Path) -> Result<Vec<(PathBuf, usize)>> {
    let (mut all, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let path = entry?.path();
            let size = usize::try_from(path.metadata()?.len())?;
            if path.is_dir() {
                folders.push(path);
            } else if size > 0 && !path.to_string_lossy().ends_with("-shm") {
                all.push((path.strip_prefix(root)?.to_path_buf(), size));
            }
        }
    }
    all.sort();
    Ok(all)
}
