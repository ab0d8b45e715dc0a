//! `cargo xtask bench stats`: our statistics beside those of Python, on the same
//! data in one run, with equal results.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{place, run};

/// What the peers are made of.
const PACKAGES: [&str; 11] = [
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "lifelines",
    "scikit-survival",
    "csdid",
    "diff-diff",
    "relativeImp",
    "pingouin",
    "arch",
];
/// Seconds of the clock after which a peer is stopped.
const LIMIT: u32 = 300;

/// One comparison.
struct Task {
    what: &'static str,
    ours: &'static str,
    /// Task of the script, which is also what it uses.
    peer: &'static str,
    /// Drivers, groups, units or rows.
    size: u32,
    /// Largest difference of any figure that still counts as equal.
    equal: f64,
}

const fn task(what: &'static str, ours: &'static str, peer: &'static str, size: u32, equal: f64) -> Task {
    Task { what, ours, peer, size, equal }
}

const TASKS: [Task; 14] = [
    task("relative weights, 20 drivers, 1,000,000 rows", "weights", "relative_importance", 20, 1e-8),
    task("Shapley, 12 drivers, 1,000,000 rows", "drivers", "pingouin", 12, 1e-8),
    task("Shapley, 20 drivers, 1,000,000 rows", "drivers", "pingouin", 20, 1e-8),
    task("relative weights and Shapley, 20 drivers, 1,000,000 rows", "drivers", "drivers", 20, 1e-8),
    task("bootstrap of NPS, 50 groups of 1,000, 10,000 replicates", "bootstrap", "bootstrap", 50, 0.6),
    task("bootstrap of NPS, 50 groups of 1,000, 10,000 replicates", "bootstrap", "arch", 50, 0.6),
    task("the same, peer draws counts instead of rows", "bootstrap", "multinomial", 50, 0.6),
    task("staggered adoption, 100,000 units, 24 periods", "staggered", "diff_diff", 100_000, 1e-4),
    task("staggered adoption, 2,000 units, 24 periods", "staggered", "csdid", 2_000, 1e-6),
    task("staggered adoption, 100,000 units, 24 periods", "staggered", "csdid", 100_000, 1e-6),
    task("Cox, 100,000 rows, 5 covariates, ties", "cox", "sksurv", 100_000, 1e-4),
    task("Cox, 1,000,000 rows, 5 covariates, ties", "cox", "sksurv", 1_000_000, 1e-4),
    task("Cox, 1,000,000 rows, 5 covariates, ties", "cox", "statsmodels", 1_000_000, 1e-4),
    task("Cox, 1,000,000 rows, 5 covariates, ties", "cox", "lifelines", 1_000_000, 1e-4),
];

/// Takes `--only PEER` (may be repeated), `--python PATH` of a Python that has the
/// packages, `--limit SECONDS` after which a peer is stopped, and `--work DIR` for data
/// and the virtual environment.
pub(super) fn main(args: &[String]) -> Result<()> {
    let (mut only, mut python, mut work, mut limit) = (Vec::new(), None, None, LIMIT);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?.clone();
        match word.as_str() {
            "--only" => only.push(value),
            "--python" => python = Some(PathBuf::from(value)),
            "--work" => work = Some(PathBuf::from(value)),
            "--limit" => limit = value.parse().context("--limit takes seconds")?,
            other => bail!("bench stats takes --only, --python, --limit and --work, found '{other}'"),
        }
    }
    let root = place::root();
    let work = work.map_or_else(|| place::memory().map(|memory| memory.join("bench-stats")), Ok)?;
    std::fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
    let python = python.map_or_else(|| environment(&work), Ok)?;
    if !work.join("spells.f64").is_file() {
        run::attended(&mut ours(&root, &work, &["make"]))?;
    }
    println!("peers: {}, {}", run::captured(Command::new(&python).arg("--version"))?.trim(), python.display());
    println!(
        "\n| what | ours, s (processor s) | MiB | peer | s (processor s) | MiB | times as fast | largest difference |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut unequal = Vec::new();
    for task in TASKS.iter().filter(|task| only.is_empty() || only.iter().any(|name| name == task.peer)) {
        let size = task.size.to_string();
        let mine: Value = serde_json::from_str(&run::captured(&mut ours(&root, &work, &[task.ours, &size]))?)?;
        let mut peer = Command::new(&python);
        peer.arg(root.join("benches/stats_peers.py")).arg(&work).args([task.peer, &size, &limit.to_string()]);
        let said = run::captured(&mut peer)?;
        // packages may greet before
        let last = said.trim_end().lines().last().unwrap_or_default();
        let peer: Value = serde_json::from_str(last).context("read the figures of the peer")?;
        println!("{}", row(task, &mine, &peer));
        let equal = largest_difference(&mine["figures"], &peer["figures"]).is_some_and(|d| d <= task.equal);
        if !equal && peer["stopped"].is_null() {
            unequal.push(format!("{} ({})", task.what, task.peer));
        }
    }
    if !unequal.is_empty() {
        bail!("results differ: {}", unequal.join("; "));
    }
    Ok(())
}

/// A line of the table; processor seconds are compared, which hold on a shared machine.
fn row(task: &Task, mine: &Value, peer: &Value) -> String {
    let (mine_s, mine_busy, mib) = (number(&mine["seconds"]), number(&mine["processor"]), number(&mine["peak_mib"]));
    let ours = format!("| {} | {mine_s:.3} ({mine_busy:.3}) | {mib:.0} | {}", task.what, task.peer);
    if let Some(limit) = peer["stopped"].as_f64() {
        return format!("{ours} | stopped after {limit:.0} | – | more than {:.0} by the clock | – |", limit / mine_s);
    }
    let (peer_s, peer_busy) = (number(&peer["seconds"]), number(&peer["processor"]));
    let difference = largest_difference(&mine["figures"], &peer["figures"]).unwrap_or(f64::NAN);
    format!(
        "{ours} | {peer_s:.2} ({peer_busy:.2}) | {:.0} | {:.0} | {difference:.0e} |",
        number(&peer["peak_mib"]),
        peer_busy / mine_busy
    )
}

fn ours(root: &Path, work: &Path, task: &[&str]) -> Command {
    let mut command = run::cargo(root);
    command.args(["run", "--quiet", "--release", "--locked", "-p", "peakend-stats", "--example", "speed", "--"]);
    command.arg(work).args(task);
    command
}

/// A virtual environment with the packages, made once.
fn environment(work: &Path) -> Result<PathBuf> {
    let (folder, python) = (work.join("venv"), work.join("venv/bin/python"));
    if !python.is_file() {
        run::attended(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    run::attended(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    Ok(python)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Over all numbers of the peer and ours at the same place; nothing when we lack one.
fn largest_difference(a: &Value, b: &Value) -> Option<f64> {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            over(a.iter().zip(b).map(|(a, b)| largest_difference(a, b)))
        }
        // a peer may know less
        (Value::Object(a), Value::Object(b)) => over(b.iter().map(|(key, b)| largest_difference(a.get(key)?, b))),
        _ => Some((a.as_f64()? - b.as_f64()?).abs()),
    }
}

fn over(mut differences: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    differences.try_fold(0.0, |largest: f64, difference| difference.map(|d| largest.max(d)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::largest_difference;

    #[test]
    fn figures_are_compared_place_by_place() {
        let a = json!({ "x": [1.0, 2.0], "y": 3 });
        assert_eq!(largest_difference(&a, &json!({ "y": 3.5, "x": [1.0, 1.75] })), Some(0.5));
        assert_eq!(largest_difference(&a, &json!({ "x": [1.0, 1.5] })), Some(0.5));
        assert_eq!(largest_difference(&a, &json!({ "y": 3.5, "x": [1.0] })), None);
        assert_eq!(largest_difference(&a, &json!({ "z": 3.5, "x": [1.0, 2.0] })), None);
    }
}
