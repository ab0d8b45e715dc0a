//! Power cuts: what the disk held at a random moment of a recorded run is put
//! together, and a server must come back on it with all that was acknowledged.
//! The control run's disk says "synced" and means nothing by it: it must lose.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::disk::Disk;
use super::ground::{self, Ground};
use super::journal::{self, Record};
use super::load::{self, Load};
use super::shim::Shim;
use super::verdict::{self, Tally};
use super::{Dice, Settings};
use crate::run;
use crate::scene::{Folder, Server};

/// Cuts of one recorded run.
const CUTS: u64 = 20;
/// Control cuts of one recorded run.
const CONTROLS: u64 = 2;
/// Pause between two requests of a connection.
const PAUSE: Duration = Duration::from_millis(3);

/// Whether nothing was lost, and the control run lost something.
pub(super) fn run(settings: &Settings, times: u64) -> Result<bool> {
    let shim = Shim::build()?;
    let mut dice = Dice(settings.seed);
    let mut ground = Ground::make(settings, "torture-cut", Duration::from_millis(200))?;
    let (mut tally, mut control) = (Tally::default(), Tally::default());
    println!("{times} power cuts, {CUTS} to a recorded run, {CONTROLS} control cuts beside them");
    let mut round = 0;
    while (tally.rounds + tally.broken) < usize::try_from(times)? {
        round += 1;
        let left = times - u64::try_from(tally.rounds + tally.broken)?;
        let before = Folder::make("torture-cut-before")?;
        ground::copy(&ground.folder.0, &before.0)?;
        let records = record(settings, &shim, &mut ground, round, &mut dice)?;
        let (writes, syncs) = journal::counts(&records);
        let cuts = left.min(CUTS);
        for (honest, count, tally) in [(true, cuts, &mut tally), (false, CONTROLS.min(cuts), &mut control)] {
            let mut at: Vec<usize> = (0..count).map(|_| dice.below(records.len())).collect();
            at.sort_unstable();
            let mut disk = Disk::of(&before.0.join("data"), honest)?;
            let mut played = 0;
            for position in at {
                for record in &records[played..=position] {
                    disk.happen(record);
                }
                played = position + 1;
                judge(settings, &ground, &disk, &records[position], &mut dice, tally, honest)?;
            }
        }
        println!("run {round}: {writes} writes, {syncs} syncs, then {cuts} cuts; so far {tally}");
    }
    println!("power cuts: {tally}");
    println!("control, whose syncs mean nothing: {control}");
    let sees = control.lost > 0 || control.broken > 0;
    if !sees {
        println!("the control run lost nothing: the rig is blind");
    }
    Ok(tally.holds() && sees)
}

/// A loaded run on the recording disk; half of them end in good order, half by kill.
fn record(settings: &Settings, shim: &Shim, ground: &mut Ground, round: u64, dice: &mut Dice) -> Result<Vec<Record>> {
    let folder = ground.folder.0.clone();
    let diary = folder.join("diary");
    let _none = fs::remove_file(&diary);
    let mut server = Server::start_with(&settings.binary, &folder, &shim.recording(&folder, &diary))?;
    let life = Duration::from_millis(dice.between(300, 900));
    let load = Load { round, pause: PAUSE, life, patient: true };
    let ends_well = round.is_multiple_of(2);
    let (sent, ended) =
        load::run(&mut server, &ground.key, load, |s| if ends_well { s.stop().map(drop) } else { s.kill() });
    ended?;
    ground.ledger.extend(sent);
    journal::read(&diary, &folder.join("data").canonicalize()?)
}

fn judge(
    settings: &Settings,
    ground: &Ground,
    disk: &Disk,
    last: &Record,
    dice: &mut Dice,
    tally: &mut Tally,
    honest: bool,
) -> Result<()> {
    let image = Folder::make("torture-cut-after")?;
    disk.cut(dice, &image.0.join("data"))?;
    let mut ledger = ground.ledger.until(last.at);
    let acknowledged = ledger.acknowledged();
    let outcome = Server::start(&settings.binary, &image.0).and_then(|server| {
        let sound = sound(&settings.binary, &image.0.join("data"))?;
        verdict::compare(&server, &ground.key, &mut ledger).map(|v| (v, sound))
    });
    match outcome {
        Ok((verdict, sound)) => {
            tally.add(acknowledged, &verdict);
            tally.broken += usize::from(!sound);
            if honest && !(verdict.holds() && sound) {
                keep(&image, &format!("{verdict}\nsound: {sound}"))?;
            }
        }
        Err(e) => {
            tally.broken += 1;
            if honest {
                keep(&image, &format!("{e:#}"))?;
            }
        }
    }
    Ok(())
}

/// Whether `verify-store` finds nothing wrong.
pub(super) fn sound(binary: &Path, data: &Path) -> Result<bool> {
    let output =
        Command::new(binary).arg("verify-store").arg("--data").arg(data).output().context("run verify-store")?;
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(output.status.success())
}

/// Leave what a cut left for whoever looks into it.
fn keep(image: &Folder, why: &str) -> Result<()> {
    let kept = std::env::temp_dir().join(format!("peakend-torture-kept-{}", std::process::id()));
    println!("{why}\nwhat was left is kept in {}", kept.display());
    run::captured(Command::new("cp").arg("-r").arg(&image.0).arg(&kept)).map(drop)
}
