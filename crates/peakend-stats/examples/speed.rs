//! The tasks that are measured beside Python (`benches/stats_peers.py`).
//!
//! `speed FOLDER make` writes the data as columns of little-endian f64; `speed
//! FOLDER TASK [SIZE]` runs a task on it, or on the first SIZE drivers, groups, units
//! or rows, and prints one line of JSON: seconds, peak memory in MiB, the figures.
//! Reading the data is not timed.

#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use peakend_stats::insight::driver::{Column, DriverAnalysis, DriverOptions};
use peakend_stats::insight::nps::NpsCounts;
use peakend_stats::insight::nps_interval::percentile_bootstrap;
use peakend_stats::insight::relative_weight::weights_of;
use peakend_stats::value::cox::{CoxModel, CoxOptions};
use peakend_stats::value::staggered::{StaggeredOptions, StaggeredRow, staggered_effect};
use peakend_stats::value::survival::Spell;
use serde_json::{Value, json};

const ROWS: usize = 1_000_000;
const DRIVERS: usize = 20;
const GROUPS: usize = 50;
const ANSWERS: usize = 1_000;
const UNITS: usize = 100_000;
const PERIODS: usize = 24;
const NAMES: [&str; DRIVERS] = [
    "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15", "d16", "d17",
    "d18", "d19", "d20",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (folder, task, size) = match args.as_slice() {
        [folder, task] => (folder, task, usize::MAX),
        [folder, task, size] => (folder, task, size.parse()?),
        _ => return Err("usage: speed FOLDER make|drivers|weights|bootstrap|staggered|cox [SIZE]".into()),
    };
    let folder = Path::new(folder);
    let (seconds, figures) = match task.as_str() {
        "make" => return make(folder),
        "drivers" => drivers(folder, size)?,
        "weights" => weights(folder, size)?,
        "bootstrap" => bootstrap(folder, size)?,
        "staggered" => staggered(folder, size)?,
        "cox" => cox(folder, size)?,
        other => return Err(format!("no task is called '{other}'").into()),
    };
    let (wall, processor) = seconds;
    let memory = peak_mib();
    println!("{}", json!({ "seconds": wall, "processor": processor, "peak_mib": memory, "figures": figures }));
    Ok(())
}

/// Largest memory of this process so far; `null` where the system does not say.
fn peak_mib() -> Value {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
    kib.map_or(Value::Null, |kib| json!(kib / 1024.0))
}

/// Seconds on the clock, and of the processor (NaN where the system does not say).
type Seconds = (f64, f64);

fn timed<T>(run: impl FnOnce() -> T) -> (Seconds, T) {
    let (begun, busy) = (Instant::now(), processor_seconds());
    let done = run();
    ((begun.elapsed().as_secs_f64(), processor_seconds() - busy), done)
}

/// Time that the kernel gave this process, to the nanosecond.
fn processor_seconds() -> f64 {
    let spent = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    spent.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}

fn drivers(folder: &Path, size: usize) -> Outcome<(Seconds, Value)> {
    let data = read(folder, "drivers", DRIVERS + 1)?;
    let count = size.min(DRIVERS);
    let named = NAMES.iter().zip(&data[..count]);
    let columns: Vec<Column<'_>> = named.map(|(name, values)| Column { name, values }).collect();
    let outcome = Column { name: "outcome", values: &data[DRIVERS] };
    let options = DriverOptions { resamples: 0, ..DriverOptions::default() };
    let (seconds, found) = timed(|| DriverAnalysis::of(outcome, &columns, &options));
    let found = found?;
    let each =
        |of: fn(&peakend_stats::insight::driver::Driver) -> f64| found.drivers.iter().map(of).collect::<Vec<_>>();
    Ok((seconds, json!({ "weights": each(|d| d.weight), "gains": each(|d| d.ordered_gain) })))
}

fn weights(folder: &Path, size: usize) -> Outcome<(Seconds, Value)> {
    let data = read(folder, "drivers", DRIVERS + 1)?;
    let named = NAMES.iter().zip(&data[..size.min(DRIVERS)]);
    let columns: Vec<Column<'_>> = named.map(|(name, values)| Column { name, values }).collect();
    let outcome = Column { name: "outcome", values: &data[DRIVERS] };
    let (seconds, weights) = timed(|| weights_of(outcome, &columns));
    Ok((seconds, json!({ "weights": weights.ok_or("drivers determine each other")? })))
}

fn bootstrap(folder: &Path, size: usize) -> Outcome<(Seconds, Value)> {
    let mut data = read(folder, "answers", GROUPS)?;
    data.truncate(size);
    let (seconds, limits) = timed(|| {
        let one = |answers: &Vec<f64>| {
            let count = |x: f64| answers.iter().filter(|a| **a == x).count() as u64;
            let interval = percentile_bootstrap(&NpsCounts::new(count(100.0), count(0.0), count(-100.0)));
            [interval.lo, interval.hi]
        };
        data.iter().map(one).collect::<Vec<_>>()
    });
    Ok((seconds, json!({ "limits": limits })))
}

fn staggered(folder: &Path, size: usize) -> Outcome<(Seconds, Value)> {
    let data = read(folder, "rollout", 4)?;
    let rows: Vec<StaggeredRow> = (0..data[0].len())
        .map(|i| StaggeredRow {
            unit: data[0][i] as u64,
            period: data[1][i] as i64,
            first_treated: Some(data[2][i] as i64).filter(|first| *first > 0),
            outcome: data[3][i],
            covariates: Vec::new(),
        })
        .collect();
    drop(data);
    let rows: Vec<StaggeredRow> = rows.into_iter().filter(|row| row.unit < size as u64).collect();
    let (seconds, found) = timed(|| staggered_effect(&rows, StaggeredOptions::default()));
    let found = found?;
    Ok((seconds, json!({ "effect": found.simple.value, "error": found.simple.standard_error })))
}

fn cox(folder: &Path, size: usize) -> Outcome<(Seconds, Value)> {
    let mut data = read(folder, "spells", 7)?;
    data.iter_mut().for_each(|column| column.truncate(size));
    let spells: Vec<Spell> = data[0]
        .iter()
        .zip(&data[1])
        .map(|(exit, left)| Spell { entry: 0.0, exit: *exit, event: *left > 0.0 })
        .collect();
    let columns: Vec<Column<'_>> = NAMES.iter().zip(&data[2..]).map(|(name, values)| Column { name, values }).collect();
    let (seconds, found) = timed(|| CoxModel::of(&spells, &columns, &CoxOptions::default()));
    let found = found?;
    let coefficients: Vec<f64> = found.terms.iter().map(|term| term.coefficient).collect();
    let errors: Vec<f64> = found.terms.iter().map(|term| term.standard_error).collect();
    Ok((seconds, json!({ "coefficients": coefficients, "errors": errors })))
}

/// Columns of equal length, one after another.
fn read(folder: &Path, name: &str, width: usize) -> Outcome<Vec<Vec<f64>>> {
    let bytes = fs::read(folder.join(format!("{name}.f64")))?;
    let (values, _) = bytes.as_chunks::<8>();
    let values: Vec<f64> = values.iter().map(|eight| f64::from_le_bytes(*eight)).collect();
    Ok(values.chunks(values.len() / width).map(<[f64]>::to_vec).collect())
}

fn write(folder: &Path, name: &str, columns: &[Vec<f64>]) -> Outcome<()> {
    let bytes: Vec<u8> = columns.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    Ok(fs::write(folder.join(format!("{name}.f64")), bytes)?)
}

/// SplitMix64: enough for data that only have to be the same everywhere.
struct Stream(u64);

impl Stream {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

fn make(folder: &Path) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    let mut stream = Stream(20_261_122);
    let mut table = vec![Vec::new(); DRIVERS + 1];
    for _ in 0..ROWS {
        let mood = stream.normal();
        let mut outcome = 2.0 * stream.normal();
        for (j, column) in table.iter_mut().take(DRIVERS).enumerate() {
            let x = 0.6 * mood + stream.normal();
            outcome += 0.05 * (j + 1) as f64 * x;
            column.push(x);
        }
        table[DRIVERS].push(outcome);
    }
    write(folder, "drivers", &table)?;
    let groups: Vec<Vec<f64>> = (0..GROUPS)
        .map(|group| {
            let promoters = 0.2 + 0.01 * group as f64;
            let answer = |u: f64| {
                if u < promoters {
                    100.0
                } else if u < promoters + 0.2 {
                    -100.0
                } else {
                    0.0
                }
            };
            (0..ANSWERS).map(|_| answer(stream.unit())).collect()
        })
        .collect();
    write(folder, "answers", &groups)?;
    write(folder, "rollout", &rollout(&mut stream))?;
    let mut spells = vec![Vec::new(); 7];
    for _ in 0..ROWS {
        let x: Vec<f64> = (0..5).map(|_| stream.normal()).collect();
        let pace = 0.02 * (0.4 * x[0] - 0.3 * x[1] + 0.2 * x[2]).exp();
        let (until, watched) = ((-stream.unit().ln() / pace).ceil(), (60.0 * stream.unit()).ceil());
        spells[0].push(until.min(watched));
        spells[1].push(f64::from(u8::from(until <= watched)));
        spells.iter_mut().skip(2).zip(&x).for_each(|(column, x)| column.push(*x));
    }
    write(folder, "spells", &spells)
}

/// Unit, period, first treated period (0 for never), outcome.
fn rollout(stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::new(); 4];
    for unit in 0..UNITS {
        let first = [0, 8, 12, 16, 20, 0][unit % 6];
        let level = 2.0 * stream.normal();
        for period in 1..=PERIODS {
            let lift = if first > 0 && period >= first { 0.5 + 0.05 * (period - first) as f64 } else { 0.0 };
            let outcome = level + 0.1 * period as f64 + lift + stream.normal();
            for (column, x) in columns.iter_mut().zip([unit as f64, period as f64, first as f64, outcome]) {
                column.push(x);
            }
        }
    }
    columns
}
