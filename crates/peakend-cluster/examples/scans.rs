//! Scan questions of the board, on executors and in one process, over the same segments.
//!
//! `scans WAREHOUSE [--runs N]`, where the folder is what `cargo xtask bench
//! warehouse` left behind. Starts a scheduler and executors as processes of their own
//! on this machine, which read the segments from the same disk, and prints a table:
//! medians of warm runs, and whether the answers are the same.
#![expect(clippy::print_stdout, reason = "it says what it measured")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use peakend_cluster::Ballista;
use peakend_query::{
    Band, Counting, DayRange, Dimension, Filter, Grain, MigrationQuestion, Question, RankingQuestion, Score, Tone,
    Warehouse,
};
use peakend_warehouse::{Planned, SegmentWarehouse, Settings};

const ORG: &str = "bank";
const START: i32 = 20_028;
const END: i32 = 20_758;
/// Executors and the cores of each.
const SHAPES: [(usize, usize); 2] = [(1, 2), (3, 1)];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().context("usage: scans WAREHOUSE [--runs N]")?);
    let runs = arguments.iter().position(|a| a == "--runs").and_then(|i| arguments.get(i + 1));
    let runs: usize = runs.map_or(Ok(5), |n| n.parse()).context("read --runs")?;
    println!(
        "| question | columns | one process, s | 1 executor of 2 cores, s | times | 3 of 1 core, s | times | answers |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for coded in [true, false] {
        let warehouse = SegmentWarehouse::open(folder, Settings { coded, ..Settings::default() })?;
        for name in ["Q4", "Q6", "Q8", "Q9"] {
            row(&warehouse, name, coded, runs).await?;
        }
    }
    Ok(())
}

async fn row(warehouse: &SegmentWarehouse, name: &str, coded: bool, runs: usize) -> anyhow::Result<()> {
    let (alone, expected) = timed(warehouse, None, name, runs).await?;
    let columns = if coded { "coded" } else { "rows" };
    print!("| {name} | {columns} | {alone:.3} |");
    let mut same = true;
    for (executors, cores) in SHAPES {
        let processes = Processes::start(executors, cores)?;
        let ballista = Ballista::at(&processes.scheduler, executors * cores).await?;
        let (took, answer) = timed(warehouse, Some(&ballista), name, runs).await?;
        same &= answer == expected;
        print!(" {took:.3} | {:.2} |", took / alone);
    }
    println!(" {} |", if same { "the same" } else { "DIFFERENT" });
    Ok(())
}

/// Median of warm runs, after one that is not counted.
async fn timed(
    warehouse: &SegmentWarehouse,
    on: Option<&Ballista>,
    name: &str,
    runs: usize,
) -> anyhow::Result<(f64, String)> {
    let answer = ask(warehouse, on, name).await?;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs.max(1) {
        let begun = Instant::now();
        ask(warehouse, on, name).await?;
        times.push(begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], answer))
}

/// The answer as text.
async fn ask(warehouse: &SegmentWarehouse, on: Option<&Ballista>, name: &str) -> anyhow::Result<String> {
    let far = on.map(|elsewhere| Planned { warehouse, elsewhere });
    let whole = DayRange { from: START, to: END - 1 };
    let question = Question {
        org: ORG.to_owned(),
        period: whole,
        filter: Filter::All,
        by: Vec::new(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    Ok(match name {
        "Q4" => {
            let q = Question { filter: narrow(), grain: Some(Grain::Week), ..question };
            let table = match far {
                Some(far) => far.answer(&q).await?,
                None => warehouse.answer(&q).await?,
            };
            format!("{:?}", table.rows)
        }
        "Q6" => {
            let q = moved();
            match far {
                Some(far) => format!("{:?}", far.migration(&q).await?),
                None => format!("{:?}", warehouse.migration(&q).await?),
            }
        }
        "Q8" => {
            let q = Question { by: vec![Dimension::Touchpoint], ..question };
            match far {
                Some(far) => format!("{:?}", far.joint(&q).await?),
                None => format!("{:?}", warehouse.joint(&q).await?),
            }
        }
        "Q9" => {
            let q = most_assets();
            match far {
                Some(far) => format!("{:?}", far.ranking(&q).await?),
                None => format!("{:?}", warehouse.ranking(&q).await?),
            }
        }
        other => bail!("no question {other}"),
    })
}

fn any(dimension: Dimension, codes: impl IntoIterator<Item = u32>) -> Filter {
    Filter::In(dimension, codes.into_iter().map(|c| c.to_string()).collect())
}

/// Q4: five regions, two segments, one channel, what was said unkindly.
fn narrow() -> Filter {
    let regions = [1, 3, 5, 8, 13];
    Filter::And(vec![
        any(Dimension::Unit, (0..2000).filter(|unit| regions.contains(&(unit % 34)))),
        any(Dimension::Segment, [1, 2]),
        any(Dimension::Channel, [1]),
        Filter::Tone(Tone::Negative),
    ])
}

/// Q6: who moved between two quarters.
fn moved() -> MigrationQuestion {
    let band = |low, high| Band { score: Score::Nps, low, high };
    MigrationQuestion {
        org: ORG.to_owned(),
        before: DayRange { from: 20_544, to: 20_634 },
        after: DayRange { from: 20_635, to: 20_726 },
        filter: Filter::All,
        score: Score::Nps,
        bands: vec![band(0, 6), band(7, 8), band(9, 10)],
    }
}

/// Q9: the detractors of ninety days with the most assets.
fn most_assets() -> RankingQuestion {
    RankingQuestion {
        org: ORG.to_owned(),
        period: DayRange { from: END - 90, to: END - 1 },
        filter: Filter::Band(Band { score: Score::Nps, low: 0, high: 6 }),
        kind: "aum".to_owned(),
        month: 2026 * 12 + 9,
        limit: 20,
    }
}

/// A scheduler and executors, killed when dropped.
struct Processes {
    scheduler: String,
    children: Vec<Child>,
    _work: tempfile::TempDir,
}

impl Processes {
    fn start(executors: usize, cores: usize) -> anyhow::Result<Self> {
        let work = tempfile::tempdir()?;
        let port = free_port()?;
        let scheduler = format!("127.0.0.1:{port}");
        let mut all = Self { scheduler: scheduler.clone(), children: Vec::new(), _work: work };
        all.spawn(port, &["scheduler".to_owned(), "--listen".to_owned(), scheduler])?;
        for i in 0..executors {
            let (rows, tasks) = (free_port()?, free_port()?);
            let mut arguments = vec!["executor".to_owned()];
            for (option, value) in [
                ("--scheduler-port", port.to_string()),
                ("--port", rows.to_string()),
                ("--task-port", tasks.to_string()),
                ("--cores", cores.to_string()),
                ("--work", all._work.path().join(i.to_string()).display().to_string()),
            ] {
                arguments.extend([option.to_owned(), value]);
            }
            all.spawn(rows, &arguments)?;
        }
        Ok(all)
    }

    /// Start one and wait until it listens.
    fn spawn(&mut self, port: u16, arguments: &[String]) -> anyhow::Result<()> {
        // nothing is read from a bucket: the segments lie on this disk
        let bucket = ["--bucket", "unused", "--key-id", "unused", "--secret", "unused"];
        let child = Command::new(program()?)
            .args(arguments)
            .args(bucket)
            .env("RUST_MIN_STACK", "16777216")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("start peakend-cluster")?;
        self.children.push(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "peakend-cluster does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ended_already = child.kill();
            let _status = child.wait();
        }
    }
}

/// The program beside this one.
fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).context("find the folder of the build")?;
    Ok(folder.join("peakend-cluster"))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
