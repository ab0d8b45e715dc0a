//! `kill -9` at every named point: before, in the middle of, and after each
//! call by which something reaches the disk.

use std::time::Duration;

use anyhow::Result;

use super::cut::sound;
use super::ground::{self, Ground};
use super::load::{self, Load};
use super::shim::{self, Point, Shim};
use super::verdict::{self, Tally};
use super::{Dice, Settings};
use crate::scene::{Folder, Server};

/// When the call happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// While the server starts.
    Start,
    /// Under load.
    Load,
    /// While it stops in good order: it seals, copies its log into the database and removes it.
    Stop,
}

/// Name, call, file, the highest k, and when.
type Place = (&'static str, &'static str, &'static str, u64, When);

/// What reaches the disk, by name.
const PLACES: [Place; 22] = [
    ("journal-create", "create", "*-intake-*", 1, When::Load),
    ("journal-append", "write", "*-intake-*", 120, When::Load),
    ("journal-sync", "sync", "*-intake-*", 60, When::Load),
    ("journal-remove", "unlink", "*-intake-*", 1, When::Stop),
    ("log-create", "create", "*.sqlite-wal", 1, When::Start),
    ("log-append", "write", "*.sqlite-wal", 120, When::Load),
    ("log-sync", "sync", "*.sqlite-wal", 20, When::Load),
    ("log-remove", "unlink", "*.sqlite-wal", 1, When::Stop),
    ("database-write", "write", "*.sqlite", 12, When::Stop),
    ("database-sync", "sync", "*.sqlite", 1, When::Stop),
    ("segment-create", "create", "voices-*", 1, When::Stop),
    ("segment-write", "write", "voices-*", 1, When::Stop),
    ("segment-sync", "sync", "voices-*", 1, When::Stop),
    ("codes-create", "create", "codes-*", 1, When::Stop),
    ("codes-write", "write", "codes-*", 1, When::Stop),
    ("codes-sync", "sync", "codes-*", 1, When::Stop),
    ("segments-folder-sync", "sync", "segments", 1, When::Stop),
    ("manifest-create", "create", "manifest.json.new", 1, When::Stop),
    ("manifest-write", "write", "manifest.json.new", 1, When::Stop),
    ("manifest-sync", "sync", "manifest.json.new", 1, When::Stop),
    ("manifest-rename", "rename", "manifest.json", 1, When::Stop),
    ("warehouse-folder-sync", "sync", "org-*", 1, When::Stop),
];

/// The short form takes one point in so many.
const SAMPLE: u64 = 10;

fn actions(call: &str) -> &'static [&'static str] {
    if call == "write" { &["kill-before", "kill-half", "kill-after"] } else { &["kill-before", "kill-after"] }
}

/// Whether nothing was lost or doubled, and every point was reached.
pub(super) fn run(settings: &Settings, times: u64) -> Result<bool> {
    let shim = Shim::build()?;
    let mut dice = Dice(settings.seed);
    let ground = Ground::make(settings, "torture-point", Duration::from_millis(200))?;
    let mut all = Tally::default();
    let (mut points, mut missed, mut turn) = (0, Vec::new(), settings.seed % SAMPLE);
    for (name, call, pattern, most, when) in PLACES {
        for action in actions(call) {
            turn += 1;
            // the short form takes a few of them, others each time
            if !settings.talks && !turn.is_multiple_of(SAMPLE) {
                continue;
            }
            points += 1;
            let mut reached = 0;
            let mut tally = Tally::default();
            for _ in 0..times {
                let point = Point { call, pattern, k: dice.between(1, most), action };
                reached += u64::from(one(settings, &shim, &ground, &point, when, &mut dice, &mut tally)?);
            }
            if reached == 0 {
                missed.push(format!("{name} {action}"));
            }
            if settings.talks || !tally.holds() {
                println!("{name:<22} {action:<12} reached {reached} of {times}: {tally}");
            }
            all.merge(&tally);
        }
    }
    println!("{points} named points, {times} times each: {all}");
    if !missed.is_empty() {
        println!("never reached: {}", missed.join(", "));
    }
    Ok(all.holds() && missed.is_empty())
}

/// One life that ends at a point; whether it was reached.
fn one(
    settings: &Settings,
    shim: &Shim,
    ground: &Ground,
    point: &Point,
    when: When,
    dice: &mut Dice,
    tally: &mut Tally,
) -> Result<bool> {
    let folder = Folder::make("torture-point-run")?;
    ground::copy(&ground.folder.0, &folder.0)?;
    let mut ledger = ground.ledger.clone();
    let arm = folder.0.join("armed");
    let environment = shim.failing(&folder.0, point, (when != When::Start).then_some(&arm));
    match Server::start_with(&settings.binary, &folder.0, &environment) {
        Err(e) if when != When::Start => return Err(e),
        Err(_) => {}
        Ok(mut server) => {
            if when == When::Load {
                std::fs::write(&arm, "")?;
            }
            let life = Duration::from_millis(dice.between(100, 300));
            let life = if when == When::Load { Duration::from_secs(3) } else { life };
            let load = Load { round: 1, pause: Duration::from_millis(2), life, patient: true };
            let (sent, ended) = load::run(&mut server, &ground.key, load, |server| match when {
                When::Stop => std::fs::write(&arm, "").map_err(Into::into).and_then(|()| server.stop().map(drop)),
                _ => Ok(()),
            });
            ended?;
            ledger.extend(sent);
        }
    }
    let reached = shim::fired(&folder.0);
    let acknowledged = ledger.acknowledged();
    match Server::start(&settings.binary, &folder.0) {
        Ok(server) => {
            let verdict = verdict::compare(&server, &ground.key, &mut ledger)?;
            tally.add(acknowledged, &verdict);
            tally.broken += usize::from(!sound(&settings.binary, &folder.0.join("data"))?);
        }
        Err(e) => {
            println!("{e:#}");
            tally.broken += 1;
        }
    }
    Ok(reached)
}
