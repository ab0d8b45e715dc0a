//! The board's questions for `cargo xtask bench warehouse`.
//!
//! `questions import <files> <warehouse> [--json <file>]` loads generated
//! responses; `questions run <warehouse> --runs <n> --json <file>` answers Q1 to
//! Q9. The shape of the figures and of the answers is told in
//! `benches/warehouse/peers.py`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it says what it did")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

mod generated;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peakend_query::{
    Band, Cell, Counting, DayRange, Dimension, Filter, Grain, Joint, MigrationQuestion, OutcomeFact, OutcomeQuestion,
    Question, RankingQuestion, Route, Score, Tone, VoiceList, VoiceOrder, VoicePage, Warehouse,
};
use peakend_warehouse::{Bulk, BulkFormat, BulkOutcome, SegmentWarehouse, Settings};
use serde_json::{Value, json};

type Fault = Box<dyn Error + Send + Sync>;
/// Names of the columns and the rows, and which way the answer came.
type Answer = (&'static str, Vec<Vec<i64>>, Option<Route>);

const ORG: &str = "bank";
const START: i32 = 20_028;
const END: i32 = 20_758;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let report = match arguments.first().map(String::as_str) {
        Some("import") => import(Path::new(&arguments[1]), Path::new(&arguments[2])).await?,
        Some("find") => found(Path::new(&arguments[1])).await?,
        Some("run") => run(Path::new(&arguments[1]), flag("--runs").map_or(Ok(5), |n| n.parse())?).await?,
        _ => {
            let usage =
                "usage: questions import FILES WAREHOUSE | run WAREHOUSE --runs N | find WAREHOUSE [--json FILE]";
            return Err(usage.into());
        }
    };
    match flag("--json") {
        Some(file) => fs::write(file, serde_json::to_vec_pretty(&report)?)?,
        None => println!("{report:#}"),
    }
    Ok(())
}

async fn import(files: &Path, folder: &Path) -> Result<Value, Fault> {
    let mut paths: Vec<PathBuf> = fs::read_dir(files)?.map(|f| f.map(|f| f.path())).collect::<Result<_, _>>()?;
    paths.retain(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("responses-")));
    paths.sort();
    let raw: u64 = paths.iter().map(|p| fs::metadata(p).map_or(0, |m| m.len())).sum();
    let map = generated::map();
    let format = BulkFormat::Parquet;
    let bulk = Bulk { org: ORG.to_owned(), paths, format, map, refused: Vec::new(), progress: Default::default() };
    let warehouse = SegmentWarehouse::open(folder, Settings::default())?;
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    let outcome = warehouse.load(bulk).await?;
    let BulkOutcome::Loaded(done) = outcome else { return Err("these files are loaded already".into()) };
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let started = Instant::now();
    let people = customers(files, &warehouse).await?;
    let people_seconds = started.elapsed().as_secs_f64();
    let inside = folder.join(format!("org-{ORG}/segments"));
    let size = |prefix: &str| -> Result<u64, Fault> {
        let mut sum = 0;
        for file in fs::read_dir(&inside)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(prefix) {
                sum += file.metadata()?.len();
            }
        }
        Ok(sum)
    };
    Ok(json!({
        "engine": "peakend", "version": env!("CARGO_PKG_VERSION"),
        "import": {
            "seconds": seconds, "cpu": cpu, "peak_mib": peak()?, "rows": done.rows,
            "bytes": done.bytes, "rows_per_second": done.rows as f64 / seconds, "segments": done.segments,
            "file_bytes": raw, "parquet_bytes": size("voices-")?, "codes_bytes": size("codes-")?,
            "rollup_bytes": size("rollup-")?, "places_bytes": size("places-")?, "customers": people, "customers_seconds": people_seconds,
        },
    }))
}

async fn run(folder: &Path, runs: usize) -> Result<Value, Fault> {
    let started = Instant::now();
    let warehouse = SegmentWarehouse::open(folder, Settings::default())?;
    let (opened, base) = (started.elapsed().as_secs_f64(), peak()?);
    let mut questions = serde_json::Map::new();
    for name in ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"] {
        evict(folder)?;
        fs::write("/proc/self/clear_refs", "5")?;
        let (read, started) = (io()?, Instant::now());
        let (columns, rows, way) = ask(&warehouse, name).await?;
        let cold = started.elapsed().as_secs_f64();
        let after = io()?;
        let (mut warm, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let (before, started) = (cpu_seconds()?, Instant::now());
            ask(&warehouse, name).await?;
            warm.push(started.elapsed().as_secs_f64());
            cpu.push(cpu_seconds()? - before);
        }
        let columns: Vec<&str> = columns.split(' ').collect();
        questions.insert(
            name.to_owned(),
            json!({
                "cold": cold, "warm": median(&warm), "warm_runs": warm, "cpu": median(&cpu), "peak_mib": peak()?,
                "bytes": after.1 - read.1, "rchar": after.0 - read.0,
                "way": way.map_or(json!("coded"), |w| json!(w)), "answer": {"columns": columns, "rows": rows},
            }),
        );
    }
    let rows: u64 = warehouse.answer(&question()).await?.rows.iter().map(|r| r.cell.voices).sum();
    let found = look_ups(folder, &warehouse).await?;
    Ok(json!({
        "engine": "peakend", "version": env!("CARGO_PKG_VERSION"), "threads": Settings::default().partitions,
        "runs": runs, "rows": rows, "base_mib": base, "open_seconds": opened, "questions": questions,
        "look_up": found,
    }))
}

fn question() -> Question {
    Question {
        org: ORG.to_owned(),
        period: DayRange { from: START, to: END - 1 },
        filter: Filter::All,
        by: Vec::new(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    }
}

fn any(dimension: Dimension, codes: impl IntoIterator<Item = u32>) -> Filter {
    Filter::In(dimension, codes.into_iter().map(|c| c.to_string()).collect())
}

async fn ask(warehouse: &SegmentWarehouse, name: &str) -> Result<Answer, Fault> {
    match name {
        "Q1" => {
            let filter = any(Dimension::Line, [3]);
            let q = Question { filter, grain: Some(Grain::Month), counting: NPS, ..question() };
            let months = |day: i32| month(day).map(|m| vec![m]);
            table(warehouse, q, "month n promoters passives detractors", months, |c| {
                let [p, s, d] = bands(c);
                vec![p + s + d, p, s, d]
            })
            .await
        }
        "Q2" => halves(warehouse).await,
        "Q3" => {
            let q = Question { by: vec![Dimension::Touchpoint], ..question() };
            let columns = "touchpoint rows nps_n promoters detractors nps_sum nps_squares csat_n csat_sum csat_squares";
            table(
                warehouse,
                q,
                columns,
                |_| None,
                |c| {
                    let [p, s, d] = bands(c);
                    let (nps, csat) = (powers(&c.nps, 0), powers(&c.csat, 1));
                    vec![c.voices as i64, p + s + d, p, d, nps[1], nps[2], csat[0], csat[1], csat[2]]
                },
            )
            .await
        }
        "Q4" => {
            let regions = [1, 3, 5, 8, 13];
            let filter = Filter::And(vec![
                any(Dimension::Unit, (0..2000).filter(|unit| regions.contains(&(unit % 34)))),
                any(Dimension::Segment, [1, 2]),
                any(Dimension::Channel, [1]),
                Filter::Tone(Tone::Negative),
            ]);
            let q = Question { filter, grain: Some(Grain::Week), ..question() };
            table(
                warehouse,
                q,
                "week rows nps_n promoters detractors",
                |day| Some(vec![i64::from(day)]),
                |c| {
                    let [p, s, d] = bands(c);
                    vec![c.voices as i64, p + s + d, p, d]
                },
            )
            .await
        }
        "Q5" => themes(warehouse).await,
        "Q6" => moved(warehouse).await,
        "Q7" => {
            let q = Question { by: vec![Dimension::Unit], ..question() };
            let (columns, mut rows, way) = table(
                warehouse,
                q,
                "org_unit n promoters detractors csat_n csat_sum",
                |_| None,
                |c| {
                    let ([p, s, d], csat) = (bands(c), powers(&c.csat, 1));
                    vec![p + s + d, p, d, csat[0], csat[1]]
                },
            )
            .await?;
            rows.retain(|row| row[1] >= 10);
            Ok((columns, rows, way))
        }
        "Q8" => drivers(warehouse).await,
        _ => most_assets(warehouse).await,
    }
}

/// The month that stands for "now" in the figures of customers.
const NOW: i32 = 2026 * 12 + 9;
/// Customers loaded at one time.
const CUSTOMERS: usize = 1_000_000;

/// Load assets and regions of customers; how many there are.
async fn customers(files: &Path, warehouse: &SegmentWarehouse) -> Result<u64, Fault> {
    let mut paths: Vec<PathBuf> = fs::read_dir(files)?.map(|f| f.map(|f| f.path())).collect::<Result<_, _>>()?;
    paths.retain(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("customers-")));
    paths.sort();
    let (mut rows, mut batch, mut loaded) = (Vec::new(), 0, 0);
    for path in paths {
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path)?)?.with_batch_size(65_536).build()?;
        for piece in reader {
            let piece = piece?;
            let column = |name: &str| -> Result<Vec<i64>, Fault> {
                let column = piece.column_by_name(name).ok_or("customers lack a column")?;
                Ok(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().values().to_vec())
            };
            let figures = [("aum", column("aum_cents")?), ("region", column("region")?)];
            for (i, id) in column("customer_id")?.into_iter().enumerate() {
                for (kind, values) in &figures {
                    let (person, kind) = (id.to_string(), (*kind).to_owned());
                    rows.push(OutcomeFact { person, kind, month: NOW, value: values[i] });
                }
                loaded += 1;
            }
            if rows.len() >= 2 * CUSTOMERS {
                warehouse.load_outcomes(ORG, &format!("customers-{batch}"), std::mem::take(&mut rows)).await?;
                batch += 1;
            }
        }
    }
    warehouse.load_outcomes(ORG, &format!("customers-{batch}"), rows).await?;
    Ok(loaded)
}

async fn most_assets(warehouse: &SegmentWarehouse) -> Result<Answer, Fault> {
    let q = RankingQuestion {
        org: ORG.to_owned(),
        period: DayRange { from: END - 90, to: END - 1 },
        filter: Filter::Band(Band { score: Score::Nps, low: 0, high: 6 }),
        kind: "aum".to_owned(),
        month: NOW,
        limit: 20,
    };
    let ranked = warehouse.ranking(&q).await?;
    let persons = Some(ranked.iter().map(|r| r.person.clone()).collect());
    let q = OutcomeQuestion { org: ORG.to_owned(), kind: "region".to_owned(), from: NOW, to: NOW, persons };
    let regions = warehouse.outcomes(&q).await?;
    let mut rows = Vec::new();
    for r in &ranked {
        let region = regions.iter().find(|o| o.person == r.person).ok_or("a customer without a region")?;
        rows.push(vec![r.person.parse()?, r.value, region.value, r.voices as i64]);
    }
    Ok(("customer_id aum_cents region n", rows, None))
}

const NPS: Counting = Counting::Answers(Score::Nps);

async fn table(
    warehouse: &SegmentWarehouse,
    q: Question,
    columns: &'static str,
    bucket: impl Fn(i32) -> Option<Vec<i64>>,
    values: impl Fn(&Cell) -> Vec<i64>,
) -> Result<Answer, Fault> {
    let answer = warehouse.answer(&q).await?;
    let mut rows = Vec::new();
    for row in answer.rows {
        let mut line = row.bucket.and_then(&bucket).unwrap_or_default();
        for key in &row.keys {
            line.push(key.parse()?);
        }
        line.extend(values(&row.cell));
        rows.push(line);
    }
    rows.sort();
    Ok((columns, rows, Some(answer.provenance.route)))
}

async fn halves(warehouse: &SegmentWarehouse) -> Result<Answer, Fault> {
    let mut groups: std::collections::BTreeMap<Vec<String>, [i64; 6]> = Default::default();
    let mut way = None;
    for (at, from) in [(0, END - 90), (3, END - 180)] {
        let period = DayRange { from, to: from + 89 };
        let by = vec![Dimension::Line, Dimension::Channel];
        let answer = warehouse.answer(&Question { period, by, counting: NPS, ..question() }).await?;
        way = Some(answer.provenance.route);
        for row in answer.rows {
            let [p, s, d] = bands(&row.cell);
            groups.entry(row.keys).or_default()[at..at + 3].copy_from_slice(&[p + s + d, p, d]);
        }
    }
    let mut rows = Vec::new();
    for (keys, counts) in groups {
        let keys = keys.iter().map(|k| k.parse::<i64>()).collect::<Result<Vec<_>, _>>()?;
        rows.push(keys.into_iter().chain(counts).collect());
    }
    rows.sort();
    Ok(("business_line channel n promoters detractors n_before promoters_before detractors_before", rows, way))
}

/// One person and one response at a time: the first after opening, with the files out of the page cache, warm.
async fn found(folder: &Path) -> Result<Value, Fault> {
    let warehouse = SegmentWarehouse::open(folder, Settings::default())?;
    Ok(json!({ "engine": "peakend", "look_up": look_ups(folder, &warehouse).await? }))
}

/// Customers of the generated files in the usual size.
const PEOPLE: u64 = 30_000_000;

/// One of `all` numbers, spread over them.
fn spread_over(i: u64, all: u64) -> String {
    (i.wrapping_mul(2_654_435_761) % all).to_string()
}

async fn look_ups(folder: &Path, warehouse: &SegmentWarehouse) -> Result<Value, Fault> {
    let rows: u64 = warehouse.answer(&question()).await?.rows.iter().map(|r| r.cell.voices).sum();
    let mut report = serde_json::Map::new();
    // every third voice is of a customer of its own, up to the usual number of customers
    let people = PEOPLE.min(rows / 3).max(1);
    for (state, from, to) in [("first", 0, 1), ("warm", 1, 1_001), ("cold", 1_001, 1_021)] {
        let (mut ids, mut persons, mut voices) = (Vec::new(), Vec::new(), 0);
        for i in from..to {
            let (id, person) = (spread_over(i, rows), (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) % people);
            let person = person.to_string();
            if state == "cold" {
                evict(folder)?;
            }
            let (page, ms) = look_up(warehouse, Filter::Id(vec![id.clone()])).await?;
            ids.push(ms);
            if page.total != 1 || page.voices[0].id != id {
                return Err(format!("response {id} was not found, or not once").into());
            }
            if state == "cold" {
                evict(folder)?;
            }
            let (page, ms) = look_up(warehouse, Filter::In(Dimension::Person, vec![person])).await?;
            persons.push(ms);
            voices += page.total;
        }
        let found = json!({ "response": spread(ids), "person": spread(persons), "voices_of_persons": voices });
        eprintln!("{state}: {found}");
        report.insert(state.to_owned(), found);
    }
    // the generator gives the first of these numbers to those who answer most often
    let (mut often, mut voices) = (Vec::new(), 0);
    for i in 0..50_u64 {
        let person = spread_over(i, people);
        let (page, ms) = look_up(warehouse, Filter::In(Dimension::Person, vec![person])).await?;
        (voices, often) = (voices + page.total, [often, vec![ms]].concat());
    }
    report.insert("often".to_owned(), json!({ "person": spread(often), "voices_of_persons": voices }));
    Ok(Value::Object(report))
}

/// The newest voices, as many as a page shows.
async fn look_up(warehouse: &SegmentWarehouse, filter: Filter) -> Result<(VoicePage, f64), Fault> {
    let (org, period) = (ORG.to_owned(), question().period);
    let list = VoiceList { org, period, filter, order: VoiceOrder::Newest, offset: 0, limit: 50 };
    let started = Instant::now();
    let page = warehouse.voices(&list).await?;
    Ok((page, started.elapsed().as_secs_f64() * 1_000.0))
}

fn spread(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len() - 1));
    json!({ "n": times.len(), "p50_ms": at(50), "p95_ms": at(95), "p99_ms": at(99), "max_ms": at(100) })
}

async fn themes(warehouse: &SegmentWarehouse) -> Result<Answer, Fault> {
    let mut rows: Vec<Vec<i64>> = Vec::new();
    let mut way = None;
    for (number, tone) in (0..).zip([Tone::Negative, Tone::Neutral, Tone::Positive]) {
        let q = Question { filter: Filter::Tone(tone), by: vec![Dimension::Theme], ..question() };
        let answer = warehouse.answer(&q).await?;
        way = Some(answer.provenance.route);
        for row in answer.rows.iter().filter(|r| !r.keys[0].is_empty()) {
            let [p, s, d] = bands(&row.cell);
            rows.push(vec![row.keys[0].parse()?, number, row.cell.voices as i64, p + s + d, p, d]);
        }
    }
    rows.sort();
    Ok(("topic tone rows nps_n promoters detractors", rows, way))
}

async fn moved(warehouse: &SegmentWarehouse) -> Result<Answer, Fault> {
    let band = |low, high| Band { score: Score::Nps, low, high };
    let q = MigrationQuestion {
        org: ORG.to_owned(),
        before: DayRange { from: 20_544, to: 20_634 },
        after: DayRange { from: 20_635, to: 20_726 },
        filter: Filter::All,
        score: Score::Nps,
        bands: vec![band(0, 6), band(7, 8), band(9, 10)],
    };
    let moved = warehouse.migration(&q).await?;
    let cells = (0..9).map(|i| vec![i / 3, i % 3, moved.persons[i as usize / 3][i as usize % 3] as i64]);
    Ok(("from to customers", cells.filter(|row| row[2] > 0).collect(), None))
}

async fn drivers(warehouse: &SegmentWarehouse) -> Result<Answer, Fault> {
    let found = warehouse.joint(&Question { by: vec![Dimension::Touchpoint], ..question() }).await?;
    let mut rows = Vec::new();
    for group in found {
        let mut line = vec![group.keys[0].parse()?];
        let scores = |j: &Joint| [j.nps, j.csat, j.ces].map(|s| s.map(i64::from));
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let mut sums = [0; 6];
            for joint in &group.counts {
                if let (Some(x), Some(y)) = (scores(joint)[a], scores(joint)[b]) {
                    let n = joint.voices as i64;
                    sums.iter_mut().zip([1, x, y, x * x, y * y, x * y]).for_each(|(sum, v)| *sum += n * v);
                }
            }
            line.extend(sums);
        }
        rows.push(line);
    }
    rows.sort();
    let columns = "touchpoint nc_n nc_a nc_b nc_aa nc_bb nc_ab ne_n ne_a ne_b ne_aa ne_bb ne_ab \
                   ce_n ce_a ce_b ce_aa ce_bb ce_ab";
    Ok((columns, rows, None))
}

fn bands(cell: &Cell) -> [i64; 3] {
    let sum = |bins: &[u64]| bins.iter().sum::<u64>() as i64;
    [sum(&cell.nps[9..]), sum(&cell.nps[7..9]), sum(&cell.nps[..7])]
}

/// How many, their sum, the sum of their squares.
fn powers(bins: &[u64], lowest: i64) -> [i64; 3] {
    let each = (lowest..).zip(bins).map(|(value, n)| (value, *n as i64));
    each.fold([0; 3], |[n, sum, squares], (value, count)| {
        [n + count, sum + count * value, squares + count * value * value]
    })
}

/// The month of a day as year and month in one number.
fn month(day: i32) -> Option<i64> {
    (2024..2028)
        .flat_map(|y| (1..=12).map(move |m| (y, m)))
        .scan(19_723_i64, |start, (y, m)| {
            let length = match m {
                2 if y % 4 == 0 => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let first = *start;
            *start += length;
            Some((first, i64::from(y * 100 + m)))
        })
        .find(|(first, _)| *first == i64::from(day))
        .map(|(_, month)| month)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Drop the warehouse's files from the page cache.
fn evict(folder: &Path) -> Result<(), Fault> {
    for file in fs::read_dir(folder.join(format!("org-{ORG}/segments")))? {
        let of = format!("of={}", file?.path().display());
        let arguments = [of.as_str(), "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"];
        Command::new("dd").args(arguments).status()?;
    }
    Ok(())
}

/// Characters and bytes read so far.
fn io() -> Result<(u64, u64), Fault> {
    let text = fs::read_to_string("/proc/self/io")?;
    let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).map_or(Ok(0), |v| v.trim().parse());
    Ok((field("rchar:")?, field("read_bytes:")?))
}

/// Processor time of this process so far, user and system.
fn cpu_seconds() -> Result<f64, Fault> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = fields.get(11..13).ok_or("a short stat line")?;
    // Linux counts in hundredths of a second
    Ok(ticks.iter().map(|t| t.parse::<f64>()).sum::<Result<f64, _>>()? / 100.0)
}

/// Highest resident memory since it was last reset, in MiB.
fn peak() -> Result<f64, Fault> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
