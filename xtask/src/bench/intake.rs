//! `cargo xtask bench intake`: how many responses a second are taken in beside
//! a bare server that appends and syncs the same bodies with the same group
//! commit; events at a steady rate with memory and freshness; and what happens
//! when more comes than can be written.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::scene::{self, Folder, Server};
use crate::wire::Wire;
use crate::{place, run};

/// Connections of the load.
const CONNECTIONS: [u64; 3] = [16, 128, 512];
/// Events a second.
const EVENTS: u64 = 10_000;
/// Events of one request.
const BATCH: u64 = 100;
/// Pause between two probes of freshness, and between two looks at a figure.
const PROBE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(10));

/// Longest wait until what was taken in is counted.
const FOLLOWING: Duration = Duration::from_secs(600);

/// What was asked for.
#[derive(Debug)]
struct Options {
    only: Option<String>,
    seconds: Option<u64>,
    runs: u64,
}

/// `bench intake [--only rate|events|flood] [--seconds N] [--runs N]`.
pub(super) fn main(args: &[String]) -> Result<()> {
    let mut options = Options { only: None, seconds: None, runs: 3 };
    for pair in args.chunks(2) {
        let [flag, value] = pair else { bail!("{} takes a value", pair.join(" ")) };
        let number = || value.parse::<u64>().with_context(|| format!("{flag} takes a number"));
        match flag.as_str() {
            "--only" => options.only = Some(value.clone()),
            "--seconds" => options.seconds = Some(number()?.clamp(1, 3_600)),
            "--runs" => options.runs = number()?.clamp(1, 20),
            other => bail!("bench intake takes --only, --seconds and --runs, found '{other}'"),
        }
    }
    let (binary, load) = (scene::binary()?, built()?);
    println!("machine: {}", scene::machine());
    let wants = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if wants("rate") {
        rate(&binary, &load, options.seconds.unwrap_or(10), options.runs)?;
    }
    if wants("events") {
        events(&binary, &load, options.seconds.unwrap_or(600))?;
    }
    if wants("flood") {
        flood(&binary, &load, options.seconds.unwrap_or(20))?;
    }
    Ok(())
}

/// The load and the bare server, built in the release profile; `PEAKEND_LOAD` names them otherwise.
fn built() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("PEAKEND_LOAD") {
        return Ok(given.into());
    }
    let mut command = run::cargo(&place::root());
    command.args(["build", "--quiet", "--release", "--locked", "-p", "peakend-http"]);
    run::attended(command.args(["--example", "intake"]))?;
    Ok(place::target()?.join("release/examples/intake"))
}

/// One line of JSON from the load program.
fn said(load: &Path, words: &[&str]) -> Result<Value> {
    let line = run::captured(Command::new(load).args(words))?;
    serde_json::from_str(line.trim()).with_context(|| format!("read what {} said", words.join(" ")))
}

/// The bare server; ended when dropped.
struct Bare {
    child: Child,
    url: String,
}

impl Bare {
    fn start(load: &Path, folder: &Path) -> Result<Self> {
        let mut child = Command::new(load).arg("bare").arg(folder.join("bare.log")).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the bare server has no output")?).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").context("the bare server does not listen")?.to_owned();
        Ok(Self { child, url })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

/// Bare and product in turn, so that whatever else the machine does meets both; each
/// begins when the loop has followed, and how long that took is told.
fn rate(binary: &Path, load: &Path, seconds: u64, runs: u64) -> Result<()> {
    let folder = Folder::make("intake")?;
    let server = Server::start(binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let bare = Bare::start(load, &folder.0)?;
    let seconds_text = seconds.to_string();
    println!("\n{runs} runs of {seconds} s each, bare and product in turn; medians\n");
    println!(
        "| connections | bare, 1/s | p50 / p99, ms | product, 1/s | p50 / p99, ms | share | device sync p50 / p99, ms \
         | all counted after, s |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let (mut looking, mut sent) = (server.wire(&key), 0);
    for connections in CONNECTIONS {
        let mut found: [Vec<Value>; 3] = Default::default();
        let mut followed = Vec::new();
        for round in 0..runs {
            let (many, prefix) = (connections.to_string(), format!("i{connections}-{round}"));
            let device = folder.0.join("device");
            found[0].push(said(load, &["sync", &device.to_string_lossy(), "2"])?);
            found[1].push(said(load, &["load", &bare.url, "none", &many, &seconds_text, &prefix])?);
            let told = said(load, &["load", &server.url, &key, &many, &seconds_text, &prefix])?;
            sent += told["taken"].as_i64().unwrap_or(0);
            found[2].push(told);
            followed.push(counts(&mut looking, sent)?.as_secs_f64());
        }
        let middle = |which: usize, name: &str| median(found[which].iter().map(|v| number(v, name)).collect());
        let shares = found[1].iter().zip(&found[2]).map(|(b, p)| number(p, "rate") / number(b, "rate"));
        println!(
            "| {connections} | {:.0} | {:.1} / {:.1} | {:.0} | {:.1} / {:.1} | {:.0} % | {:.1} / {:.1} | {:.1} |",
            middle(1, "rate"),
            middle(1, "p50"),
            middle(1, "p99"),
            middle(2, "rate"),
            middle(2, "p50"),
            middle(2, "p99"),
            100.0 * median(shares.collect()),
            middle(0, "p50"),
            middle(0, "p99"),
            median(followed),
        );
        let odd: f64 = found[2].iter().map(|v| number(v, "refused") + number(v, "failed")).sum();
        if odd > 0.0 {
            println!("{odd} requests were refused or failed");
        }
    }
    Ok(())
}

/// Wait until so many responses are in a figure; how long that took.
fn counts(looking: &mut Wire, responses: i64) -> Result<Duration> {
    let begun = Instant::now();
    while scene::counted(&looking.get("/api/v1/figures?metric=responses&survey=load")?.ok("read the figure")?)
        < responses
    {
        if begun.elapsed() > FOLLOWING {
            bail!("{responses} responses were not in the figure after {} s", FOLLOWING.as_secs());
        }
        std::thread::sleep(PROBE.0);
    }
    Ok(begun.elapsed())
}

/// Resident memory of a process, in MiB: now and at its highest.
fn memory(id: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1_024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// A steady rate of events, with memory each tenth of the time and freshness meanwhile.
fn events(binary: &Path, load: &Path, seconds: u64) -> Result<()> {
    let folder = Folder::make("intake-events")?;
    let server = Server::start(binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let over = AtomicBool::new(false);
    let (told, mut fresh, memories) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| freshness(&server, &key, &over));
        let watching = scope.spawn(|| {
            let mut seen = Vec::new();
            let step = Duration::from_secs_f64(seconds as f64 / 10.0);
            let mut due = Instant::now() + step;
            while !over.load(Ordering::Relaxed) {
                if Instant::now() >= due {
                    seen.push(memory(server.id()).0);
                    due += step;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            seen
        });
        let (rate, batch, time) = (EVENTS.to_string(), BATCH.to_string(), seconds.to_string());
        let told = said(load, &["events", &server.url, &key, &rate, &time, &batch, "e"]);
        over.store(true, Ordering::Relaxed);
        let fresh = probing.join().unwrap_or_else(|_| bail!("the probe broke off"));
        (told, fresh, watching.join().unwrap_or_default())
    });
    let (told, fresh) = (told?, fresh.as_mut().map_err(|e| anyhow::anyhow!("{e:#}"))?);
    fresh.sort_unstable();
    let at = |share: usize| fresh.get((fresh.len() * share / 100).min(fresh.len().saturating_sub(1)));
    let ms = |time: Option<&Duration>| time.map_or(f64::NAN, |t| t.as_secs_f64() * 1_000.0);
    println!("\n{EVENTS} events a second wanted for {seconds} s, {BATCH} to a request");
    println!(
        "taken {:.0} a second, from the schedule to the answer p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms; refused {}, failed {}",
        number(&told, "rate"),
        number(&told, "p50"),
        number(&told, "p99"),
        number(&told, "longest"),
        number(&told, "refused"),
        number(&told, "failed")
    );
    println!(
        "from submitting a response to the figure that counts it, {} probes: p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms",
        fresh.len(),
        ms(at(50)),
        ms(at(99)),
        ms(fresh.last())
    );
    let memories: Vec<String> = memories.iter().map(|m| format!("{m:.0}")).collect();
    println!("resident memory each tenth of it, MiB: {}; peak {:.0}", memories.join(" "), memory(server.id()).1);
    Ok(())
}

/// One response after the other, each until a figure counts it.
fn freshness(server: &Server, key: &str, over: &AtomicBool) -> Result<Vec<Duration>> {
    let (mut sending, mut looking, mut times) = (server.wire(key), server.wire(key), Vec::new());
    for n in 0u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let segment = format!("f{n}");
        let begun = Instant::now();
        sending.post("/api/v1/responses", &scene::response(&format!("fresh-{n}"), 9, &segment))?.ok("submit")?;
        let path = format!("/api/v1/figures?metric=responses&survey=load&segment={segment}");
        while scene::counted(&looking.get(&path)?.ok("read the figure")?) == 0 {
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("response {n} was not in the figure after a minute");
            }
            std::thread::sleep(PROBE.1);
        }
        times.push(begun.elapsed());
        std::thread::sleep(PROBE.0);
    }
    Ok(times)
}

/// Far more than can be written: refusals in words, memory bounded.
fn flood(binary: &Path, load: &Path, seconds: u64) -> Result<()> {
    let folder = Folder::make("intake-flood")?;
    let server = Server::start(binary, &folder.0)?;
    let key = scene::furnish(&server)?;
    let before = memory(server.id()).0;
    let time = seconds.to_string();
    let told = said(load, &["events", &server.url, &key, "400000", &time, "1000", "x"])?;
    let (after, peak) = memory(server.id());
    println!("\n400000 events a second wanted for {seconds} s, 1000 to a request, on 16 connections");
    println!(
        "taken {:.0} a second; refused {} requests, {} of them with Retry-After; failed {}; memory {before:.0} MiB before, \
         {after:.0} after, {peak:.0} at its highest",
        number(&told, "rate"),
        number(&told, "refused"),
        number(&told, "with_retry_after"),
        number(&told, "failed")
    );
    Ok(())
}
