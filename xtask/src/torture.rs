//! `cargo xtask torture kill`: a real server under load is killed again and
//! again; what it acknowledged must be there, and nothing twice.

mod ledger;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::scene::{self, Folder, Server};
use crate::wire::Wire;
use ledger::{Kind, Ledger, Sent};

/// Connections that send responses; as many again send events.
const CONNECTIONS: u64 = 3;
/// Pause between two requests of a connection.
const PAUSE: Duration = Duration::from_millis(8);
/// Bounds of a run's life before it is killed, in milliseconds.
const LIFE: (u64, u64) = (150, 1_500);
/// Longest wait for the loop to take everything in.
const SETTLING: Duration = Duration::from_secs(60);

/// `cargo xtask torture kill [--times N] [--seed S]`.
pub(crate) fn main(args: &[String]) -> Result<ExitCode> {
    let (mut times, mut seed) = (20, std::process::id().into());
    let mut words = args.iter().map(String::as_str);
    if words.next() != Some("kill") {
        bail!("torture takes the name of a torture: kill [--times N] [--seed S]");
    }
    while let Some(flag) = words.next() {
        let number = words.next().and_then(|n| n.parse::<u64>().ok()).with_context(|| format!("{flag} takes a number"));
        match flag {
            "--times" => times = number?.clamp(1, 1_000),
            "--seed" => seed = number?,
            other => bail!("torture kill takes --times and --seed, found '{other}'"),
        }
    }
    kill(times, seed)
}

/// Numbers from a seed (splitmix64), so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (z ^ (z >> 31)) % (high - low + 1)
    }
}

fn kill(times: u64, seed: u64) -> Result<ExitCode> {
    let binary = scene::binary()?;
    let folder = Folder::make("torture")?;
    let mut dice = Dice(seed);
    println!("machine: {}\nseed {seed}, {times} kills, {} connections", scene::machine(), 2 * CONNECTIONS);
    let mut server = Server::start(&binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let (mut ledger, mut starts) = (Ledger::default(), Vec::new());
    for round in 1..=times {
        let life = Duration::from_millis(dice.between(LIFE.0, LIFE.1));
        let before = ledger.acknowledged();
        let heard = load(&mut server, &key, life, round, &mut ledger)?;
        let open = ledger.open();
        server = restart(&binary, &folder.0, &mut starts)?;
        println!(
            "kill {round:>3} after {:>5} ms: {heard:>4} sent, {:>4} acknowledged, {open:>2} without an answer; ready \
             again in {} ms",
            life.as_millis(),
            ledger.acknowledged() - before,
            server.ready.as_millis()
        );
        ledger.resend(&mut server.wire(&key))?;
    }
    // once more in the calm: what was never acknowledged is in by now, all else must answer "had come before"
    let verdict = compare(&mut server.wire(&key), &mut ledger)?;
    starts.sort_unstable();
    let worst = starts.last().copied().unwrap_or_default();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!("ready after a kill: median {} ms, longest {} ms", median.as_millis(), worst.as_millis());
    println!("{verdict}");
    Ok(if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn restart(binary: &Path, folder: &Path, starts: &mut Vec<Duration>) -> Result<Server> {
    let server = Server::start(binary, folder)?;
    starts.push(server.ready);
    Ok(server)
}

/// Sends from all connections until `life` is over, kills the server, and
/// notes what was acknowledged; how many requests were begun.
fn load(server: &mut Server, key: &str, life: Duration, round: u64, ledger: &mut Ledger) -> Result<usize> {
    let over = AtomicBool::new(false);
    let wires: Vec<Wire> = (0..2 * CONNECTIONS).map(|_| server.wire(key)).collect();
    let heard = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..)
            .zip(wires)
            .map(|(connection, wire)| {
                let over = &over;
                scope.spawn(move || send(wire, connection, round, over))
            })
            .collect();
        let begun = Instant::now();
        while begun.elapsed() < life {
            std::thread::sleep(Duration::from_millis(1));
        }
        let killed = server.kill();
        over.store(true, Ordering::Relaxed);
        let heard: Vec<Sent> = senders.into_iter().flat_map(|s| s.join().unwrap_or_default()).collect();
        killed.map(|()| heard)
    })?;
    let count = heard.len();
    ledger.extend(heard);
    Ok(count)
}

/// One connection: a steady rate until the server is gone.
fn send(mut wire: Wire, connection: u64, round: u64, over: &AtomicBool) -> Vec<Sent> {
    let kind = if connection.is_multiple_of(2) { Kind::Response } else { Kind::Event };
    let mut all = Vec::new();
    for n in 0u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("t{round}-{connection}-{n}");
        let body = match kind {
            // every fifth is a low score, which opens a case
            Kind::Response => scene::response(&id, if n.is_multiple_of(5) { 2 } else { 9 }, "torture"),
            Kind::Event => json!({ "messageId": id, "event": "Fund Redeemed", "userId": format!("u{connection}") }),
        };
        let mut sent = Sent { kind, id, body, acknowledged: false };
        let answer = wire.post(kind.path(), &sent.body);
        let gone = answer.is_err();
        sent.acknowledged = answer.is_ok_and(|a| kind.taken(&a).is_some());
        all.push(sent);
        if gone {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    all
}

/// What the comparison found.
struct Verdict {
    responses: usize,
    events: usize,
    lost: usize,
    doubled: i64,
    figure: i64,
    voices: i64,
    cases: i64,
    low: i64,
}

impl Verdict {
    fn holds(&self) -> bool {
        let responses = i64::try_from(self.responses);
        self.lost == 0
            && self.doubled == 0
            && responses == Ok(self.figure)
            && responses == Ok(self.voices)
            && self.cases == self.low
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "responses {}, of them in the figure {}, voices {}", self.responses, self.figure, self.voices)?;
        writeln!(f, "low scores {}, cases opened {}; events {}", self.low, self.cases, self.events)?;
        write!(f, "acknowledged and lost {}, doubled {}", self.lost, self.doubled)
    }
}

fn compare(wire: &mut Wire, ledger: &mut Ledger) -> Result<Verdict> {
    let lost = ledger.replay(wire)?;
    let responses = ledger.count(Kind::Response);
    let low = ledger.low_scores();
    let wanted = i64::try_from(responses).unwrap_or(i64::MAX);
    let begun = Instant::now();
    let (mut figure, mut cases);
    loop {
        let table = wire.get("/api/v1/figures?metric=responses&survey=load")?.ok("read the figure")?;
        figure = scene::counted(&table);
        cases = total(wire, "/api/v1/cases?limit=1")?;
        if (figure >= wanted && cases >= low) || begun.elapsed() > SETTLING {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let voices = total(wire, "/api/v1/voices?survey=load&limit=1")?;
    let doubled = (figure - wanted).max(voices - wanted).max(cases - low).max(0);
    Ok(Verdict { responses, events: ledger.count(Kind::Event), lost, doubled, figure, voices, cases, low })
}

fn total(wire: &mut Wire, path: &str) -> Result<i64> {
    let page: Value = wire.get(path)?.ok("count")?;
    page["total"].as_i64().with_context(|| format!("{path} has no total"))
}
