//! `cargo xtask bench board`: twelve tiles of a board over HTTP, alone after a start
//! and for several viewers at a time, over generated voices of any number.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::warehouse;
use crate::scene::{self, Server};
use crate::wire::Wire;
use crate::{place, run};

/// Tiles of a board: what follows `/api/v1/figures?`.
const TILES: [&str; 12] = [
    "metric=nps&compare=previous",
    "metric=nps&grain=month",
    "metric=csat&compare=previous",
    "metric=ces&compare=previous",
    "metric=nps&by=line&compare=previous",
    "metric=nps&by=channel",
    "metric=nps&by=touchpoint&compare=previous",
    "metric=csat&by=touchpoint",
    "metric=nps&by=segment",
    "metric=responses&by=theme&tone=negative",
    "metric=nps&by=stage",
    "metric=responses&grain=week",
];
/// The last year of the generated voices.
const PERIOD: &str = "&from=2025-11-01&to=2026-10-31";
/// A browser asks over so many connections.
const CONNECTIONS: usize = 6;
/// Which column of the generated files is which field.
const MAP: &str = "columns: { id: response_id, person: customer_id, at: ts, line: business_line, unit: org_unit, \
                   stage: journey_stage, theme: topic1 }
constants: { kind: response, pillar: customer, survey: relationship }
";
const USAGE: &str = "bench board --rows N [--customers N] [--seed S] [--viewers N] [--seconds N] [--work DIR]";

#[derive(Debug)]
struct Options {
    rows: u64,
    customers: u64,
    seed: u64,
    viewers: u64,
    seconds: u64,
    work: Option<PathBuf>,
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options { rows: 0, customers: 0, seed: 20_261_122, viewers: 10, seconds: 30, work: None };
    for pair in args.chunks(2) {
        let [flag, value] = pair else { bail!("{} takes a value\nusage: {USAGE}", pair.join(" ")) };
        match flag.as_str() {
            "--rows" => options.rows = warehouse::count(value)?,
            "--customers" => options.customers = warehouse::count(value)?,
            "--seed" => options.seed = value.parse().context("--seed takes a number")?,
            "--viewers" => options.viewers = warehouse::count(value)?.clamp(1, 200),
            "--seconds" => options.seconds = warehouse::count(value)?.clamp(1, 3_600),
            "--work" => options.work = Some(PathBuf::from(value)),
            other => bail!("'{other}' is not known\nusage: {USAGE}"),
        }
    }
    if options.rows == 0 {
        bail!("--rows says how many voices\nusage: {USAGE}");
    }
    if options.customers == 0 {
        options.customers = options.rows.div_ceil(3);
    }
    Ok(options)
}

/// `bench board …`.
pub(super) fn main(args: &[String]) -> Result<()> {
    let options = options(args)?;
    let work =
        options.work.clone().map_or_else(|| Ok(place::target()?.join("bench-warehouse")), Ok::<_, anyhow::Error>)?;
    std::fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
    let (machine, binary) = (scene::machine(), scene::binary()?);
    let files = warehouse::generated(options.rows, options.customers, options.seed, &work)?;
    let (folder, key) = loaded(&options, &binary, &files, &work)?;
    let begun = Instant::now();
    let server = Server::start(&binary, &folder)?;
    let started = begun.elapsed();
    let mut first = tiles(&server, &key, &["".to_owned()], CONNECTIONS, Until::Once)?;
    let alone = first.iter().map(|(_, end)| *end).max().unwrap_or_default();
    let idle = server.memory()?;
    let views: Vec<String> =
        (0..options.viewers).map(|n| if n % 2 == 0 { String::new() } else { format!("&line={}", n % 8) }).collect();
    let until = Until::Past(Duration::from_secs(options.seconds));
    let mut many = tiles(&server, &key, &views, usize::try_from(options.viewers)?, until)?;
    println!("machine: {machine}");
    println!(
        "{} voices of {} customers, seed {}, {} tiles",
        options.rows,
        options.customers,
        options.seed,
        TILES.len()
    );
    println!(
        "start until it answers: {:.1} s; memory after the first board {idle} MiB, at most {} MiB\n",
        started.as_secs_f64(),
        server.memory()?
    );
    println!("| | tiles | p50, ms | p95, ms | p99, ms | longest, ms |\n|---|---|---|---|---|---|");
    row("first board after the start, 6 connections", &mut first);
    row(&format!("{} viewers for {} s", options.viewers, options.seconds), &mut many);
    println!("\nall {} tiles of the first board: {:.0} ms", TILES.len(), alone.as_secs_f64() * 1_000.0);
    Ok(())
}

/// The data folder with these voices in it, and an owner's key; made unless it is there.
fn loaded(options: &Options, binary: &Path, files: &Path, work: &Path) -> Result<(PathBuf, String)> {
    let folder = work.join(format!("board-{}-{}", options.rows, options.seed));
    let held = folder.join("key");
    if let Ok(key) = std::fs::read_to_string(&held) {
        return Ok((folder, key));
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let key = scene::furnish(&Server::start(binary, &folder)?)?;
    let map = folder.join("map.yaml");
    std::fs::write(&map, MAP).with_context(|| format!("write {}", map.display()))?;
    let mut load = Command::new(binary);
    load.arg("load").arg("--map").arg(&map).arg("--data").arg(folder.join("data"));
    let mut responses: Vec<PathBuf> =
        std::fs::read_dir(files)?.map(|f| f.map(|f| f.path())).collect::<std::io::Result<_>>()?;
    responses.retain(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("responses-")));
    responses.sort();
    run::attended(load.args(responses))?;
    // written last: a folder without it is the rest of a broken run
    std::fs::write(&held, &key).with_context(|| format!("write {}", held.display()))?;
    Ok((folder, key))
}

#[derive(Clone, Copy)]
enum Until {
    /// Every tile once.
    Once,
    /// Board after board until then.
    Past(Duration),
}

/// Asks for tiles over some connections; from sending to the whole answer, and from the beginning to then.
fn tiles(
    server: &Server,
    key: &str,
    views: &[String],
    connections: usize,
    until: Until,
) -> Result<Vec<(Duration, Duration)>> {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let ask = |at: usize, wire: &mut Wire| -> Result<(Duration, Duration)> {
        let view = &views[at / TILES.len() % views.len()];
        let sent = Instant::now();
        wire.get(&format!("/api/v1/figures?{}{PERIOD}{view}", TILES[at % TILES.len()]))?.ok("ask for a tile")?;
        Ok((sent.elapsed(), begun.elapsed()))
    };
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..connections)
            .map(|viewer| {
                let (next, ask) = (&next, &ask);
                scope.spawn(move || {
                    let (mut wire, mut times) = (server.wire(key), Vec::new());
                    // a viewer begins a board where no other is
                    let mut own = viewer * TILES.len() + viewer;
                    loop {
                        let at = match until {
                            Until::Once => next.fetch_add(1, Ordering::Relaxed),
                            Until::Past(_) => own,
                        };
                        let over = match until {
                            Until::Once => at >= TILES.len(),
                            Until::Past(time) => begun.elapsed() > time,
                        };
                        if over {
                            return Ok::<_, anyhow::Error>(times);
                        }
                        times.push(ask(at, &mut wire)?);
                        own += 1;
                    }
                })
            })
            .collect();
        let ended: Vec<_> = asking.into_iter().map(ScopedJoinHandle::join).collect();
        let mut times = Vec::new();
        for one in ended {
            times.extend(one.map_err(|_| anyhow::anyhow!("a thread of the bench broke"))??);
        }
        Ok(times)
    })
}

fn row(what: &str, times: &mut [(Duration, Duration)]) {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let ms = |time: Option<&(Duration, Duration)>| time.map_or(f64::NAN, |(t, _)| t.as_secs_f64() * 1_000.0);
    println!(
        "| {what} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
        times.len(),
        ms(at(50)),
        ms(at(95)),
        ms(at(99)),
        ms(times.last())
    );
}
