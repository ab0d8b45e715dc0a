//! Scan questions of the board, on executors and in one process, over the same segments.
//!
//! `scans WAREHOUSE [--runs N] [--rows] [--only Q4,Q6]`, where the folder is what `cargo xtask bench
//! warehouse` left behind. Starts schedulers and executors as processes of their own on
//! this machine, which read the segments from the same disk. Each run asks one process,
//! one executor of two cores and three of one core in turn, so that whatever else the
//! machine does meets all three. With `--rows` both sides read the rows instead of the
//! coded columns. Times are medians; answers must be the same to the last digit.
#![expect(clippy::print_stdout, reason = "it says what it measured")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

mod proc;
mod processes;
mod questions;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use peakend_cluster::Ballista;
use peakend_warehouse::{SegmentWarehouse, Settings};

use processes::Processes;
use questions::ask;

/// Executors and the cores of each.
const SHAPES: [(usize, usize); 2] = [(1, 2), (3, 1)];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: scans WAREHOUSE [--runs N] [--rows] [--only Q4,Q6]";
    let flag = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let folder = Path::new(arguments.first().filter(|a| !a.starts_with("--")).context(usage)?);
    let runs: usize = flag("--runs").map_or(Ok(7), |n| n.parse()).context("read --runs")?;
    let asked = |name: &str| flag("--only").is_none_or(|only| only.split(',').any(|one| one == name));
    let coded = !arguments.iter().any(|a| a == "--rows");
    let warehouse = SegmentWarehouse::open(folder, Settings { coded, ..Settings::default() })?;
    let rows: u64 = warehouse.organisations().iter().map(|(_, rows)| rows).sum();
    println!("{}", proc::machine()?);
    println!("{rows} rows of voices and outcomes; {} runs each, in turn; {}.\n", runs.max(1), read(coded));
    let mut sides = vec![Side { name: "one process".to_owned(), cluster: None }];
    for (executors, cores) in SHAPES {
        let processes = Processes::start(executors, cores)?;
        let ballista = Ballista::at(&processes.scheduler, executors * cores, Duration::from_secs(600)).await?;
        let name = format!("{executors} executor{} of {cores}", if executors > 1 { "s" } else { "" });
        sides.push(Side { name, cluster: Some((processes, ballista)) });
    }
    println!("| question | {} | answers |", sides.iter().map(Side::title).collect::<Vec<_>>().join(" | "));
    println!("|---|{}---|", "---|".repeat(sides.len()));
    let mut differing = 0;
    for (name, _) in questions::ALL.into_iter().filter(|(name, _)| asked(name)) {
        differing += usize::from(!row(&warehouse, &sides, name, runs.max(1)).await?);
    }
    println!();
    for (name, what) in questions::ALL.into_iter().filter(|(name, _)| asked(name)) {
        println!("{name}: {what}.");
    }
    anyhow::ensure!(differing == 0, "{differing} answers differ");
    Ok(())
}

fn read(coded: bool) -> &'static str {
    if coded { "coded columns where they suffice" } else { "rows on both sides" }
}

/// Who is asked.
struct Side {
    name: String,
    /// None for this process alone.
    cluster: Option<(Processes, Ballista)>,
}

impl Side {
    fn title(&self) -> String {
        match self.cluster {
            None => format!("{}: s, CPU s, peak MiB", self.name),
            Some(_) => format!("{}: s, times, CPU s, peak MiB of server / scheduler / executors", self.name),
        }
    }

    /// Every process that may work on its questions, this one first.
    fn ids(&self) -> Vec<u32> {
        let others = self.cluster.as_ref().map(|(processes, _)| processes.ids());
        [vec![std::process::id()], others.unwrap_or_default()].concat()
    }

    fn ballista(&self) -> Option<&Ballista> {
        self.cluster.as_ref().map(|(_, ballista)| ballista)
    }
}

/// What one side took.
#[derive(Default)]
struct Taken {
    seconds: Vec<f64>,
    cpu: Vec<f64>,
    /// Of each process, the most of all runs.
    peaks: Vec<f64>,
}

/// Ask every side; whether the answers are the same.
async fn row(warehouse: &SegmentWarehouse, sides: &[Side], name: &str, runs: usize) -> anyhow::Result<bool> {
    let mut answers = Vec::new();
    for side in sides {
        // once more than is counted: files are in memory then, connections open
        ask(warehouse, side.ballista(), name).await?;
        answers.push(ask(warehouse, side.ballista(), name).await?);
    }
    let mut taken: Vec<Taken> = sides.iter().map(|_| Taken::default()).collect();
    for _ in 0..runs {
        for (side, taken) in sides.iter().zip(&mut taken) {
            let ids = side.ids();
            ids.iter().try_for_each(|id| proc::forget_peak(*id))?;
            let (cpu, begun) = (proc::cpu_seconds(&ids)?, Instant::now());
            let answer = ask(warehouse, side.ballista(), name).await?;
            taken.seconds.push(begun.elapsed().as_secs_f64());
            taken.cpu.push(proc::cpu_seconds(&ids)? - cpu);
            let peaks = ids.iter().map(|id| proc::peak_mib(*id)).collect::<anyhow::Result<Vec<_>>>()?;
            taken.peaks.resize(peaks.len(), 0.0);
            taken.peaks.iter_mut().zip(peaks).for_each(|(most, peak)| *most = most.max(peak));
            answers.push(answer);
        }
    }
    let same = answers.windows(2).all(|pair| pair[0] == pair[1]);
    let alone = median(&taken[0].seconds);
    print!("| {name} |");
    for (side, taken) in sides.iter().zip(&taken) {
        let (seconds, cpu) = (median(&taken.seconds), median(&taken.cpu));
        let times = side.cluster.as_ref().map(|_| format!(", {:.2}", seconds / alone)).unwrap_or_default();
        let peaks: Vec<String> = taken.peaks.iter().map(|peak| format!("{peak:.0}")).collect();
        print!(" {seconds:.3}{times}, {cpu:.2}, {} |", peaks.join(" / "));
    }
    println!(" {} |", if same { "the same" } else { "DIFFERENT" });
    Ok(same)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
