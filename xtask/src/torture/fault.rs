//! The disk fails at the k-th write or sync, for every k: nothing is
//! acknowledged that the server does not know afterwards, and a server whose
//! sync failed ends, because nobody knows what the disk kept.

use std::time::Duration;

use anyhow::Result;

use super::Settings;
use super::ground::{self, Ground};
use super::ledger::Sent;
use super::load::{self, Load};
use super::shim::{self, Point, Shim};
use super::verdict::{self, Tally};
use crate::scene::{Folder, Server};

/// A server that must end does so within this time.
const END: Duration = Duration::from_secs(5);
/// How long a server is loaded when nothing ends it.
const LIFE: Duration = Duration::from_millis(900);

/// Rounds of a second load are told from those of the first by so much.
const SECOND: u64 = 1_000_000;

/// How servers took a fault.
#[derive(Debug, Default)]
struct Fates {
    reached: usize,
    ended: usize,
    went_on: usize,
    told: usize,
    resumed: usize,
}

/// Whether nothing was lost or doubled; `most` is the highest k.
pub(super) fn run(settings: &Settings, most: u64) -> Result<bool> {
    let shim = Shim::build()?;
    let ground = Ground::make(settings, "torture-fault", Duration::from_millis(100))?;
    let step = if settings.talks { 1 } else { most.div_ceil(2).max(1) };
    let mut holds = true;
    for (what, call, action) in
        [("I/O error", "change", "eio"), ("no room", "change", "enospc"), ("half a write", "write", "short")]
    {
        // SQLite looks away when the folder (`data`) of a log it has just made cannot be synced
        let pattern = if action == "eio" { "*[!a]" } else { "*" };
        // a short write is no fault: a few are enough to see that it is carried on
        let step = if action == "short" { step * 15 } else { step };
        let (mut tally, mut fates) = (Tally::default(), Fates::default());
        for k in (1..=most).step_by(usize::try_from(step)?) {
            let point = Point { call, pattern, k, action };
            one(settings, &shim, &ground, &point, &mut tally, &mut fates)?;
        }
        let Fates { reached, ended, went_on, told, resumed } = fates;
        println!(
            "{what} at the k-th write or sync, k to {most}: reached {reached}, the server ended {ended}, went on \
             {went_on} and took in again {resumed}, refused in words {told}; {tally}"
        );
        // who does not know what the disk kept ends; who was told "no room" goes on
        holds &= tally.holds() && reached > 0 && resumed == went_on && (action != "eio" || ended == reached);
    }
    Ok(holds)
}

/// Whether something was acknowledged after the last refusal.
fn taken_in_again(sent: &[Sent]) -> bool {
    let refused = sent.iter().filter(|s| s.refused.is_some()).map(|s| s.at).max();
    sent.iter().filter_map(|s| s.acknowledged).max() > refused
}

fn one(
    settings: &Settings,
    shim: &Shim,
    ground: &Ground,
    point: &Point,
    tally: &mut Tally,
    fates: &mut Fates,
) -> Result<()> {
    let folder = Folder::make("torture-fault-run")?;
    ground::copy(&ground.folder.0, &folder.0)?;
    let mut ledger = ground.ledger.clone();
    let arm = folder.0.join("armed");
    let mut server = Server::start_with(&settings.binary, &folder.0, &shim.failing(&folder.0, point, Some(&arm)))?;
    std::fs::write(&arm, "")?;
    let load = Load { round: point.k, pause: Duration::from_millis(1), life: LIFE, patient: true };
    let (mut sent, ()) = load::run(&mut server, &ground.key, load, |_| ());
    let reached = shim::fired(&folder.0);
    fates.reached += usize::from(reached);
    fates.told += sent.iter().filter(|s| s.refused.is_some()).count();
    let mut again = taken_in_again(&sent);
    if point.action != "eio" && reached && !again && server.gone(Duration::ZERO).is_none() {
        // on a busy machine the fault may come so late that no time is left to see it overcome
        let (more, ()) = load::run(&mut server, &ground.key, Load { round: point.k + SECOND, ..load }, |_| ());
        again = taken_in_again(&more);
        sent.extend(more);
    }
    // "no room" for a sync leaves as much in doubt as an error does: that server is about to end, too
    let ends = reached && (point.action == "eio" || !again);
    match server.gone(if ends { END } else { Duration::ZERO }) {
        Some(_) => fates.ended += usize::from(reached),
        None => {
            if point.action == "eio" && reached {
                println!("{point:?}: the server goes on");
            }
            if point.action != "eio" && reached && !again {
                println!("{point:?}: the server takes nothing in again");
            }
            fates.went_on += usize::from(reached);
            fates.resumed += usize::from(reached && again);
        }
    }
    server.kill()?;
    ledger.extend(sent);
    let acknowledged = ledger.acknowledged();
    match Server::start(&settings.binary, &folder.0) {
        Ok(server) => {
            let verdict = verdict::compare(&server, &ground.key, &mut ledger)?;
            if !verdict.holds() {
                println!("{point:?}\n{verdict}");
            }
            tally.add(acknowledged, &verdict);
        }
        Err(e) => {
            println!("{point:?}: {e:#}");
            tally.broken += 1;
        }
    }
    Ok(())
}
