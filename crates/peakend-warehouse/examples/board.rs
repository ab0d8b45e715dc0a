//! Times the questions of a board over generated voices.
//!
//! `board <folder> <rows>` fills an empty folder with that many voices (sealed
//! every million) and stops; run again, it opens the folder and prints the
//! seconds of each question, cold and warm, and the peak memory of the process.
#![expect(clippy::print_stdout, reason = "it prints a table")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use peakend_query::{
    Band, Counting, DayRange, Dimension, Filter, Grain, Question, Score, VoiceFact, VoiceKind, VoiceList, VoiceOrder,
    Warehouse,
};
use peakend_warehouse::{SegmentWarehouse, Settings};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Fault = Box<dyn Error + Send + Sync>;

const ORG: &str = "bank";
const FIRST_DAY: i32 = 20_028; // 2024-11-01
const DAYS: i32 = 730;
const PIECE: u64 = 100_000;
const SEALED_EVERY: u64 = 1_000_000;
const WARM_RUNS: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(rows)) = (arguments.next(), arguments.next()) else {
        return Err("usage: board <folder> <rows>".into());
    };
    let (folder, rows) = (PathBuf::from(folder), rows.parse::<u64>()?);
    let started = Instant::now();
    let warehouse = SegmentWarehouse::open(&folder, Settings::default())?;
    let opened = started.elapsed().as_secs_f64();
    if warehouse.position(ORG).await? == 0 {
        load(&warehouse, rows).await?;
        println!("load and seal of {rows} rows: {:.1} s, peak {} MiB", started.elapsed().as_secs_f64(), peak()?);
        return Ok(());
    }
    println!("| question | cold s | warm s (median of {WARM_RUNS}) | CPU s (mean) | groups |\n|---|---|---|---|---|");
    for (name, question) in questions() {
        let (cold, warm, cpu, groups) = timed(async || Ok(warehouse.answer(&question).await?.rows.len())).await?;
        println!("| {name} | {cold:.3} | {warm:.3} | {cpu:.3} | {groups} |");
    }
    for (name, list) in lists() {
        let (cold, warm, cpu, total) =
            timed(async || Ok(usize::try_from(warehouse.voices(&list).await?.total)?)).await?;
        println!("| {name} | {cold:.3} | {warm:.3} | {cpu:.3} | {total} found |");
    }
    println!("\nopen with checksums {opened:.2} s, peak {} MiB after all questions", peak()?);
    freshness(&warehouse, rows).await
}

async fn load(warehouse: &SegmentWarehouse, rows: u64) -> Result<(), Fault> {
    for start in (0..rows).step_by(usize::try_from(PIECE)?) {
        let end = (start + PIECE).min(rows);
        let mut rng = ChaCha8Rng::seed_from_u64(start);
        warehouse.append(ORG, (start..end).map(|i| voice(&mut rng, i, rows)).collect()).await?;
        if end.is_multiple_of(SEALED_EVERY) || end == rows {
            warehouse.seal(ORG).await?;
        }
    }
    Ok(())
}

/// A new voice is visible at once, also beside 100,000 that are not yet sealed.
async fn freshness(warehouse: &SegmentWarehouse, rows: u64) -> Result<(), Fault> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut next = rows + 1;
    let mut hot = |n: u64| {
        let new: Vec<_> = (next..next + n).map(|i| VoiceFact { seq: i, ..voice(&mut rng, rows - 1, rows) }).collect();
        next += n;
        new
    };
    warehouse.append(ORG, hot(100_000)).await?;
    let today = DayRange { from: FIRST_DAY + DAYS - 1, to: FIRST_DAY + DAYS - 1 };
    let question = Question { period: today, ..nps_by_month() };
    let before = warehouse.answer(&question).await?;
    let (one, started) = (hot(1), Instant::now());
    warehouse.append(ORG, one).await?;
    let appended = started.elapsed();
    let after = warehouse.answer(&question).await?;
    let voices = |t: &peakend_query::Table| t.rows.iter().map(|r| r.cell.voices).sum::<u64>();
    println!(
        "one voice appended in {appended:.1?} beside {} hot ones, counted by the next answer {:.1?} later: {} of 1",
        before.provenance.hot_rows,
        started.elapsed() - appended,
        voices(&after) - voices(&before)
    );
    Ok(())
}

async fn timed(run: impl AsyncFn() -> Result<usize, Fault>) -> Result<(f64, f64, f64, usize), Fault> {
    let mut seconds = Vec::new();
    let mut size = 0;
    let cpu = cpu_seconds()?;
    for _ in 0..=WARM_RUNS {
        let started = Instant::now();
        size = run().await?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    let cpu = (cpu_seconds()? - cpu) / seconds.len() as f64;
    let mut warm = seconds.split_off(1);
    warm.sort_by(f64::total_cmp);
    Ok((seconds[0], warm[WARM_RUNS / 2], cpu, size))
}

fn nps_by_month() -> Question {
    Question {
        org: ORG.to_owned(),
        period: DayRange { from: FIRST_DAY, to: FIRST_DAY + DAYS - 1 },
        filter: Filter::In(Dimension::Line, vec!["line-03".to_owned()]),
        by: Vec::new(),
        grain: Some(Grain::Month),
        persons: false,
        counting: Counting::Everything,
    }
}

fn questions() -> Vec<(&'static str, Question)> {
    let base = || Question { filter: Filter::All, grain: None, ..nps_by_month() };
    let last = DayRange { from: FIRST_DAY + DAYS - 90, to: FIRST_DAY + DAYS - 1 };
    let several = |d: Dimension, prefix: &str, n: usize| {
        Filter::In(d, (0..n).map(|i| format!("{prefix}-{:02}", i * 3)).collect())
    };
    let narrow = Filter::And(vec![
        several(Dimension::Unit, "unit", 20),
        several(Dimension::Segment, "segment", 2),
        Filter::In(Dimension::Channel, vec!["channel-1".to_owned()]),
        Filter::Tone(peakend_query::Tone::Negative),
    ]);
    vec![
        ("every voice, one group", base()),
        ("NPS by month, one line", nps_by_month()),
        (
            "line x channel, last 90 days",
            Question { period: last, by: vec![Dimension::Line, Dimension::Channel], ..base() },
        ),
        ("line x channel, two years", Question { by: vec![Dimension::Line, Dimension::Channel], ..base() }),
        ("touchpoint league, two years", Question { by: vec![Dimension::Touchpoint], ..base() }),
        ("2,000 units, two years", Question { by: vec![Dimension::Unit], ..base() }),
        ("four filters, by week", Question { filter: narrow, grain: Some(Grain::Week), ..base() }),
        (
            "touchpoint with distinct persons, 90 days",
            Question {
                period: last,
                by: vec![Dimension::Touchpoint],
                persons: true,
                counting: Counting::Everything,
                ..base()
            },
        ),
    ]
}

fn lists() -> Vec<(&'static str, VoiceList)> {
    let base = nps_by_month();
    let list = |order, period| VoiceList {
        org: ORG.to_owned(),
        period,
        filter: Filter::Band(Band { score: Score::Nps, low: 0, high: 6 }),
        order,
        offset: 0,
        limit: 50,
    };
    let last = DayRange { from: base.period.to - 6, to: base.period.to };
    vec![
        ("50 newest detractors, two years", list(VoiceOrder::Newest, base.period)),
        ("50 lowest detractors, two years", list(VoiceOrder::LowestNps, base.period)),
        ("50 newest detractors, last week", list(VoiceOrder::Newest, last)),
    ]
}

/// A code of `n`, the first ones more frequent.
fn code(rng: &mut impl Rng, prefix: &str, n: u32) -> String {
    let u: f64 = rng.random();
    format!("{prefix}-{:02}", (u.powf(1.7) * f64::from(n)) as u32)
}

fn voice(rng: &mut impl Rng, i: u64, rows: u64) -> VoiceFact {
    let second = i128::from(DAYS) * 86_400 * i128::from(i) / i128::from(rows);
    let second = i64::try_from(second).unwrap_or(i64::MAX);
    let has_text = rng.random_bool(0.35);
    let lean = rng.random_range(-2..=2_i8);
    let score = |rng: &mut dyn Rng, chance: f64, middle: i8, low: i8, high: i8| {
        let noise = rng.random_range(-2..=2_i8);
        rng.random_bool(chance).then(|| (middle + lean + noise).clamp(low, high).unsigned_abs())
    };
    let touchpoint = code(rng, "touchpoint", 60);
    VoiceFact {
        seq: i + 1,
        id: format!("rsp_{i:016x}"),
        kind: if rng.random_bool(0.8) { VoiceKind::Response } else { VoiceKind::Signal },
        pillar: "customer".to_owned(),
        survey: code(rng, "survey", 6),
        line: code(rng, "line", 12),
        unit: code(rng, "unit", 2000),
        journey: code(rng, "journey", 8),
        stage: code(rng, "stage", 8),
        touchpoint,
        channel: format!("channel-{}", rng.random_range(0..9)),
        segment: code(rng, "segment", 6),
        theme: if has_text { code(rng, "theme", 200) } else { String::new() },
        language: (*["zh-Hans", "zh-Hant", "en"].get(rng.random_range(0..3)).unwrap_or(&"en")).to_owned(),
        person: format!("per_{:08}", rng.random_range(0..(rows / 3).max(1))),
        at: (i64::from(FIRST_DAY) * 86_400 + second) * 1_000_000,
        day: FIRST_DAY + i32::try_from(second / 86_400).unwrap_or(0),
        nps: score(rng, 0.7, 7, 0, 10),
        csat: score(rng, 0.6, 4, 1, 5),
        ces: score(rng, 0.4, 5, 1, 7),
        sentiment: has_text.then(|| rng.random_range(-100..=100)),
        has_text,
        attributes: peakend_query::Attributes::new(),
    }
}

/// Processor time of this process so far, user and system: steadier than the
/// clock on a machine with other work.
fn cpu_seconds() -> Result<f64, Fault> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = fields.get(11..13).ok_or("a short stat line")?;
    // Linux counts in hundredths of a second
    Ok(ticks.iter().map(|t| t.parse::<f64>()).sum::<Result<f64, _>>()? / 100.0)
}

/// Highest resident memory of this process, in MiB.
fn peak() -> Result<u64, Fault> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
