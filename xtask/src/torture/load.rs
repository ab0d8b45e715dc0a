//! Load on a server from several connections, with everything written down.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::ledger::{Kind, Sent};
use crate::scene::{self, Server};
use crate::wire::Wire;

/// Connections that send responses; as many again send events.
pub(super) const CONNECTIONS: u64 = 3;

/// How a server is loaded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Part of every id, so that rounds differ.
    pub(super) round: u64,
    /// Pause between two requests of a connection.
    pub(super) pause: Duration,
    /// How long.
    pub(super) life: Duration,
    /// Whether a refusal is worth another try with the next one; else the connection ends.
    pub(super) patient: bool,
}

/// Sends from all connections until `life` is over or the server is gone, then
/// does `then` while the connections still send; what was sent.
pub(super) fn run<T>(
    server: &mut Server,
    key: &str,
    load: Load,
    then: impl FnOnce(&mut Server) -> T,
) -> (Vec<Sent>, T) {
    let over = AtomicBool::new(false);
    let wires: Vec<Wire> = (0..2 * CONNECTIONS).map(|_| server.wire(key)).collect();
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..)
            .zip(wires)
            .map(|(connection, wire)| {
                let over = &over;
                scope.spawn(move || send(wire, connection, load, over))
            })
            .collect();
        let begun = Instant::now();
        while begun.elapsed() < load.life && !senders.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let done = then(server);
        over.store(true, Ordering::Relaxed);
        (senders.into_iter().flat_map(|s| s.join().unwrap_or_default()).collect(), done)
    })
}

/// One connection: a steady rate until the server is gone.
fn send(mut wire: Wire, connection: u64, load: Load, over: &AtomicBool) -> Vec<Sent> {
    let kind = if connection.is_multiple_of(2) { Kind::Response } else { Kind::Event };
    let mut all = Vec::new();
    for n in 0u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("t{}-{connection}-{n}", load.round);
        let body = match kind {
            // every fifth is a low score, which opens a case
            Kind::Response => scene::response(&id, if n.is_multiple_of(5) { 2 } else { 9 }, "torture"),
            Kind::Event => json!({ "messageId": id, "event": "Fund Redeemed", "userId": format!("u{connection}") }),
        };
        let mut sent = Sent { kind, id, body, at: SystemTime::now(), acknowledged: None, refused: None };
        let answer = wire.post(kind.path(), &sent.body);
        match &answer {
            Ok(a) if kind.taken(a).is_some() => sent.acknowledged = Some(SystemTime::now()),
            Ok(a) => sent.refused = Some(a.status),
            Err(_) => {}
        }
        let ends = answer.is_err() || (sent.refused.is_some() && !load.patient);
        all.push(sent);
        if ends {
            break;
        }
        std::thread::sleep(load.pause);
    }
    all
}
