//! `cargo xtask bench warehouse`: the board's questions Q1 to Q9 on Peakend and, over the
//! same generated files, on DuckDB, Polars and chDB.
//!
//! Answers are compared value by value before any time is shown: a fast wrong
//! answer is no answer. What the questions are stands in benches/warehouse/peers.py.

mod answers;
mod peers;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{place, run, scene, ui};
use report::Setting;

/// What is asked of the bench.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    rows: u64,
    customers: u64,
    seed: u64,
    runs: u64,
    work: Option<PathBuf>,
    engines: Vec<String>,
    /// Whether Peakend is left out, to look at the peers alone.
    peers_only: bool,
}

const USAGE: &str = "bench warehouse --rows N [--customers N] [--seed S] [--runs N] [--work DIR] \
                     [--engines duckdb,polars,chdb] [--peers-only]";

/// `bench warehouse …`.
pub(super) fn main(args: &[String]) -> Result<()> {
    let options = options(args)?;
    let root = place::root();
    let work =
        options.work.clone().map_or_else(|| Ok(place::target()?.join("bench-warehouse")), Ok::<_, anyhow::Error>)?;
    std::fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
    let machine = scene::machine();
    let python = peers::python(&root, &work)?;
    if !options.peers_only {
        build(&root)?;
    }
    let data = generated(options.rows, options.customers, options.seed, &work)?;
    let (mut reports, mut import) = (Vec::new(), None);
    if !options.peers_only {
        let warehouse = work.join(format!("warehouse-{}-{}", options.rows, options.seed));
        import = Some(imported(&data, &warehouse, &work.join("import.json"))?);
        let path = work.join("peakend.json");
        let runs = options.runs.to_string();
        run::attended(questions()?.arg("run").arg(&warehouse).args(["--runs", &runs, "--json"]).arg(&path))?;
        reports.push(read(&path)?);
    }
    for engine in &options.engines {
        let path = work.join(format!("{engine}.json"));
        peers::ask(&root, &python, engine, &data, options.runs, &path)?;
        reports.push(read(&path)?);
    }
    let differences = answers::differences(&reports);
    for line in &differences {
        eprintln!("differs: {line}");
    }
    if !differences.is_empty() {
        bail!("{} answers differ between engines: no figures are written", differences.len());
    }
    let setting = Setting { machine, rows: options.rows, customers: options.customers, seed: options.seed, import };
    let text = report::markdown(&setting, &data_bytes(&data)?, &reports);
    println!("{text}");
    if options.peers_only {
        println!("(nothing is written to benches/RESULTS.md without Peakend)");
        return Ok(());
    }
    report::keep(&root.join("benches/RESULTS.md"), &text)
}

fn options(args: &[String]) -> Result<Options> {
    let engines = peers::ENGINES.map(str::to_owned).to_vec();
    let mut options =
        Options { rows: 0, customers: 0, seed: 20_261_122, runs: 5, work: None, engines, peers_only: false };
    let mut words = args.iter();
    while let Some(flag) = words.next() {
        if flag == "--peers-only" {
            options.peers_only = true;
            continue;
        }
        let value = words.next().with_context(|| format!("{flag} takes a value\nusage: {USAGE}"))?;
        match flag.as_str() {
            "--rows" => options.rows = count(value)?,
            "--customers" => options.customers = count(value)?,
            "--seed" => options.seed = value.parse().context("--seed takes a number")?,
            "--runs" => options.runs = count(value)?.clamp(1, 100),
            "--work" => options.work = Some(PathBuf::from(value)),
            "--engines" => options.engines = value.split(',').filter(|e| !e.is_empty()).map(str::to_owned).collect(),
            other => bail!("'{other}' is not known\nusage: {USAGE}"),
        }
    }
    if options.rows == 0 {
        bail!("--rows says how many responses\nusage: {USAGE}");
    }
    if let Some(strange) = options.engines.iter().find(|e| !peers::ENGINES.contains(&e.as_str())) {
        bail!("'{strange}' is none of the peers {}", peers::ENGINES.join(", "));
    }
    if options.customers == 0 {
        options.customers = options.rows.div_ceil(3);
    }
    Ok(options)
}

/// A number with an optional `k` or `M` behind it.
pub(super) fn count(text: &str) -> Result<u64> {
    let (digits, factor) = match text.char_indices().last() {
        Some((end, 'k')) => (&text[..end], 1_000),
        Some((end, 'M')) => (&text[..end], 1_000_000),
        _ => (text, 1),
    };
    let number: u64 =
        digits.replace('_', "").parse().with_context(|| format!("'{text}' is no number such as 250k or 100M"))?;
    number.checked_mul(factor).with_context(|| format!("'{text}' is too large"))
}

/// The release binary and the example that asks the questions.
fn build(root: &Path) -> Result<()> {
    ui::ensure_dist(root)?;
    let mut command = run::cargo(root);
    command.args(["build", "--release", "--locked", "-p", "peakend-warehouse", "-p", "peakend"]);
    run::attended(command.args(["--bin", "peakend", "--example", "questions"]))
}

/// The example of peakend-warehouse that imports the files and asks.
fn questions() -> Result<Command> {
    let path = place::target()?.join("release/examples/questions");
    if !path.is_file() {
        bail!("{} is not built: cargo build --release -p peakend-warehouse --example questions", path.display());
    }
    Ok(Command::new(path))
}

/// The folder of generated files; made anew unless it holds this size and seed already.
pub(super) fn generated(rows: u64, customers: u64, seed: u64, work: &Path) -> Result<PathBuf> {
    let data = work.join(format!("data-{rows}-{customers}-{seed}"));
    let spec = std::fs::read_to_string(data.join("truth.json")).ok();
    let spec = spec.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    if spec
        .is_some_and(|truth| truth["spec"] == serde_json::json!({"seed": seed, "rows": rows, "customers": customers}))
    {
        eprintln!("{} holds these rows already", data.display());
        return Ok(data);
    }
    if data.exists() {
        // the truths are written last: without them the folder is the rest of a broken run
        std::fs::remove_dir_all(&data).with_context(|| format!("remove {}", data.display()))?;
    }
    let mut sim = Command::new(scene::binary()?);
    sim.args(["sim", "--rows", &rows.to_string(), "--customers", &customers.to_string()]);
    run::attended(sim.args(["--seed", &seed.to_string(), "--out"]).arg(&data))?;
    Ok(data)
}

/// Imports into a new data folder; what that took, as the example reports it.
fn imported(data: &Path, warehouse: &Path, report: &Path) -> Result<Value> {
    if warehouse.exists() {
        std::fs::remove_dir_all(warehouse).with_context(|| format!("remove {}", warehouse.display()))?;
    }
    run::attended(questions()?.arg("import").arg(data).arg(warehouse).arg("--json").arg(report))?;
    Ok(read(report)?["import"].take())
}

/// Bytes of the responses and of the customers.
fn data_bytes(data: &Path) -> Result<[u64; 2]> {
    let mut bytes = [0, 0];
    for entry in std::fs::read_dir(data).with_context(|| format!("read {}", data.display()))? {
        let entry = entry?;
        let size = entry.metadata()?.len();
        match entry.file_name().to_string_lossy().split_once('-') {
            Some(("responses", _)) => bytes[0] += size,
            Some(("customers", _)) => bytes[1] += size,
            _ => {}
        }
    }
    Ok(bytes)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("understand {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        options(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn rows_may_be_written_short_and_customers_follow() {
        let options = parse("--rows 100M --engines polars,chdb --runs 3").unwrap();
        assert_eq!((options.rows, options.customers, options.runs), (100_000_000, 33_333_334, 3));
        assert_eq!(options.engines, ["polars", "chdb"]);
    }

    #[test]
    fn unknown_engines_and_flags_are_named() {
        let fault = |line| parse(line).unwrap_err().to_string();
        assert!(fault("--rows 1k --engines sqlite").contains("'sqlite' is none of"));
        assert!(fault("--rows 1k --speed 3").contains("'--speed' is not known"));
        assert!(fault("--runs 3").contains("--rows says"));
        assert!(fault("--rows many").contains("'many' is no number"));
    }
}
