//! `cargo xtask bench latency`: from the moment a response was due to be sent
//! until the figure counts it, and until its case is in the inbox.
//!
//! The load is open: requests keep their schedule whatever the server does,
//! and latency counts from the scheduled instant. Every fifth response is a
//! probe: a segment of its own, so that the first figure that counts it is
//! known for certain, and a low score, so that it opens a case.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::scene::{self, Folder, Server};
use crate::wire::Wire;

/// Connections that keep the schedule.
const CONNECTIONS: usize = 8;
/// One response in this many is watched until it has had its effects.
const PROBED: u64 = 5;
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// A probe not seen by then fails the bench.
const PATIENCE: Duration = Duration::from_secs(20);

/// Probes on their way: number to scheduled instant, and the latencies of those seen.
#[derive(Debug, Default)]
struct Watch {
    waiting: Mutex<BTreeMap<u64, Instant>>,
    seen: Mutex<Vec<Duration>>,
}

impl Watch {
    fn expect(&self, n: u64, due: Instant) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(n, due);
    }

    /// Looks until every probe was seen and `over` says that no more will come.
    fn run(&self, what: &str, over: &AtomicBool, mut look: impl FnMut(&[u64]) -> Result<Vec<u64>>) -> Result<()> {
        loop {
            let last = over.load(Ordering::Acquire);
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((n, due)) = waiting.first_key_value()
                && due.elapsed() > PATIENCE
            {
                let all = waiting.len();
                bail!("probe l{n} was not seen in the {what} within {} s; {all} are waiting", PATIENCE.as_secs());
            }
            if waiting.is_empty() && last {
                return Ok(());
            }
            let asked: Vec<u64> = waiting.keys().copied().collect();
            let found = if asked.is_empty() { Vec::new() } else { look(&asked)? };
            let now = Instant::now();
            for n in found {
                let due = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&n);
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.extend(due.map(|due| now.saturating_duration_since(due)));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn times(self) -> Vec<Duration> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `bench latency [--seconds N] [--rate N]`.
pub(super) fn main(args: &[String]) -> Result<()> {
    let (mut seconds, mut rate) = (60, 50);
    for pair in args.chunks(2) {
        let [flag, number] = pair else { bail!("{} takes a number", pair.join(" ")) };
        let number: u64 = number.parse().with_context(|| format!("{flag} takes a number"))?;
        match flag.as_str() {
            "--seconds" => seconds = number.clamp(1, 3_600),
            "--rate" => rate = number.clamp(1, 5_000),
            other => bail!("bench latency takes --seconds and --rate, found '{other}'"),
        }
    }
    let binary = scene::binary()?;
    let folder = Folder::make("latency")?;
    let machine = scene::machine();
    let server = Server::start(&binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let (figures, cases) = (Watch::default(), Watch::default());
    let mut acknowledged = run(&server, &key, seconds * rate, rate, &figures, &cases)?;
    println!("machine: {machine}");
    println!("{rate} responses per second for {seconds} s, one in {PROBED} watched\n");
    println!("| from the scheduled instant until | n | p50, ms | p99, ms | longest, ms |\n|---|---|---|---|---|");
    row("it is acknowledged (on stable storage)", &mut acknowledged);
    row("the figure counts it", &mut figures.times());
    row("its case is in the inbox", &mut cases.times());
    Ok(())
}

/// Sends `count` responses at `rate` per second, watching the probes meanwhile;
/// all times to acknowledgement.
fn run(server: &Server, key: &str, count: u64, rate: u64, figures: &Watch, cases: &Watch) -> Result<Vec<Duration>> {
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    // the first second warms connections and caches
    let begun = Instant::now() + Duration::from_secs(1);
    std::thread::scope(|scope| {
        let counted = scope.spawn(|| {
            let mut wire = server.wire(key);
            figures.run("figure", &over, |waiting| counted(&mut wire, waiting))
        });
        let listed = scope.spawn(|| {
            let mut wire = server.wire(key);
            cases.run("inbox", &over, |waiting| listed(&mut wire, waiting))
        });
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut wire, mut times) = (server.wire(key), Vec::new());
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= count {
                            return Ok::<_, anyhow::Error>(times);
                        }
                        let due = begun + Duration::from_nanos(n * 1_000_000_000 / rate);
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        if n.is_multiple_of(PROBED) {
                            figures.expect(n, due);
                            cases.expect(n, due);
                        }
                        submit(&mut wire, n)?;
                        times.push(due.elapsed());
                    }
                })
            })
            .collect();
        let sent: Vec<_> = senders.into_iter().map(ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Release);
        let broke = |_| anyhow::anyhow!("a thread of the bench broke");
        counted.join().map_err(broke)??;
        listed.join().map_err(broke)??;
        let mut times = Vec::new();
        for sender in sent {
            times.extend(sender.map_err(broke)??);
        }
        Ok(times)
    })
}

fn submit(wire: &mut Wire, n: u64) -> Result<()> {
    let (score, segment) = if n.is_multiple_of(PROBED) { (1, format!("p{n}")) } else { (9, "crowd".to_owned()) };
    let answer = wire.post("/api/v1/responses", &scene::response(&format!("l{n}"), score, &segment))?;
    answer.ok("submit a response").map(|_| ())
}

/// Which of the waiting probes the figure counts.
fn counted(wire: &mut Wire, waiting: &[u64]) -> Result<Vec<u64>> {
    let segments: Vec<String> = waiting.iter().map(|n| format!("p{n}")).collect();
    let path = format!("/api/v1/figures?metric=responses&survey=load&by=segment&segment={}", segments.join(","));
    let table = wire.get(&path)?.ok("read the figure")?;
    let rows = table["rows"].as_array().into_iter().flatten().map(Value::to_string).collect::<String>();
    Ok(waiting.iter().copied().filter(|n| rows.contains(&format!("\"p{n}\""))).collect())
}

/// Which of the waiting probes have their case in the inbox.
fn listed(wire: &mut Wire, waiting: &[u64]) -> Result<Vec<u64>> {
    let page = wire.get("/api/v1/cases?limit=50")?.ok("read the inbox")?;
    let titles: Vec<&str> =
        page["items"].as_array().into_iter().flatten().filter_map(|c| c["title"].as_str()).collect();
    Ok(waiting.iter().copied().filter(|n| titles.contains(&format!("about l{n}").as_str())).collect())
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let ms = |time: Option<&Duration>| time.map_or(f64::NAN, |t| t.as_secs_f64() * 1_000.0);
    println!("| {what} | {} | {:.1} | {:.1} | {:.1} |", times.len(), ms(at(50)), ms(at(99)), ms(times.last()));
}
