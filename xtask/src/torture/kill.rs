//! `kill -9` at random moments under load.

use std::time::Duration;

use anyhow::Result;

use super::ledger::Ledger;
use super::load::{self, CONNECTIONS, Load};
use super::{Dice, Settings, verdict};
use crate::scene::{self, Folder, Server};

/// Bounds of a run's life before it is killed, in milliseconds.
const LIFE: (u64, u64) = (150, 1_500);
/// Pause between two requests of a connection.
const PAUSE: Duration = Duration::from_millis(8);

/// Whether nothing was lost or doubled.
pub(super) fn run(settings: &Settings, times: u64) -> Result<bool> {
    let folder = Folder::make("torture-kill")?;
    let mut dice = Dice(settings.seed);
    let mut server = Server::start(&settings.binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let (mut ledger, mut starts) = (Ledger::default(), Vec::new());
    println!("{times} kills at random moments, {} connections", 2 * CONNECTIONS);
    for round in 1..=times {
        let life = Duration::from_millis(dice.between(LIFE.0, LIFE.1));
        let before = ledger.acknowledged();
        let load = Load { round, pause: PAUSE, life, patient: true };
        let (heard, killed) = load::run(&mut server, &key, load, Server::kill);
        killed?;
        let count = heard.len();
        ledger.extend(heard);
        let open = ledger.open();
        server = Server::start(&settings.binary, &folder.0)?;
        starts.push(server.ready);
        if settings.talks {
            println!(
                "kill {round:>3} after {:>5} ms: {count:>4} sent, {:>4} acknowledged, {open:>2} without an answer; \
                 ready again in {} ms",
                life.as_millis(),
                ledger.acknowledged() - before,
                server.ready.as_millis()
            );
        }
        let mut waiting = Ledger(ledger.0.extract_if(.., |s| s.acknowledged.is_none()).collect());
        waiting.replay(&mut [server.wire(&key)])?;
        ledger.extend(waiting.0);
    }
    // once more in the calm: what was never acknowledged is in by now, all else must answer "had come before"
    let verdict = verdict::compare(&server, &key, &mut ledger)?;
    starts.sort_unstable();
    let worst = starts.last().copied().unwrap_or_default();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!("ready after a kill: median {} ms, longest {} ms", median.as_millis(), worst.as_millis());
    println!("{verdict}");
    Ok(verdict.holds())
}
