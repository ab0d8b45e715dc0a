//! `cargo xtask bench stats`: our statistics beside those of Python, on the same
//! data in one run, with equal results.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{place, run};

/// What the peers are made of.
const PACKAGES: [&str; 6] = ["numpy", "scipy", "pandas", "statsmodels", "lifelines", "csdid"];

/// One comparison.
struct Task {
    what: &'static str,
    ours: &'static str,
    /// The task of the script, and what it uses.
    peer: [&'static str; 2],
    /// Largest difference of any figure that still counts as equal.
    equal: f64,
}

const TASKS: [Task; 5] = [
    Task {
        what: "relative weights and Shapley, 20 drivers, 1,000,000 rows",
        ours: "drivers",
        peer: ["drivers", "numpy"],
        equal: 1e-8,
    },
    Task {
        what: "bootstrap of NPS, 50 groups of 1,000, 10,000 replicates",
        ours: "bootstrap",
        peer: ["bootstrap", "scipy.stats.bootstrap"],
        equal: 0.6,
    },
    Task {
        what: "the same, peer draws counts instead of rows",
        ours: "bootstrap",
        peer: ["multinomial", "numpy multinomial"],
        equal: 0.6,
    },
    Task {
        what: "staggered adoption, 100,000 units, 24 periods",
        ours: "staggered",
        peer: ["staggered", "csdid"],
        equal: 1e-6,
    },
    Task { what: "Cox, 1,000,000 rows, 5 covariates, ties", ours: "cox", peer: ["cox", "lifelines"], equal: 1e-4 },
];

/// Takes `--only TASK` (may be repeated), `--python PATH` of a Python that has the
/// packages, and `--work DIR` for data and the virtual environment.
pub(super) fn main(args: &[String]) -> Result<()> {
    let (mut only, mut python, mut work) = (Vec::new(), None, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?.clone();
        match word.as_str() {
            "--only" => only.push(value),
            "--python" => python = Some(PathBuf::from(value)),
            "--work" => work = Some(PathBuf::from(value)),
            other => bail!("bench stats takes --only, --python and --work, found '{other}'"),
        }
    }
    let root = place::root();
    let work = work.map_or_else(|| place::memory().map(|memory| memory.join("bench-stats")), Ok)?;
    std::fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
    let python = python.map_or_else(|| environment(&work), Ok)?;
    if !work.join("spells.f64").is_file() {
        run::attended(&mut ours(&root, &work, "make"))?;
    }
    println!("peers: {}, {}", run::captured(Command::new(&python).arg("--version"))?.trim(), python.display());
    println!(
        "\n| what | ours, s (processor s) | MiB | peer | s (processor s) | MiB | times as fast | largest difference |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut unequal = Vec::new();
    for task in TASKS.iter().filter(|task| only.is_empty() || only.iter().any(|name| name == task.peer[0])) {
        let mine: Value = serde_json::from_str(&run::captured(&mut ours(&root, &work, task.ours))?)?;
        let mut peer = Command::new(&python);
        peer.arg(root.join("benches/stats_peers.py")).arg(&work).arg(task.peer[0]);
        let peer: Value = serde_json::from_str(&run::captured(&mut peer)?).context("read the figures of the peer")?;
        let difference = largest_difference(&mine["figures"], &peer["figures"]);
        if !difference.is_some_and(|d| d <= task.equal) {
            unequal.push(task.what);
        }
        let [(mine_s, mine_busy), (peer_s, peer_busy)] =
            [&mine, &peer].map(|told| (number(&told["seconds"]), number(&told["processor"])));
        println!(
            "| {} | {mine_s:.2} ({mine_busy:.2}) | {:.0} | {} | {peer_s:.2} ({peer_busy:.2}) | {:.0} | {:.1} | {:.1e} |",
            task.what,
            number(&mine["peak_mib"]),
            task.peer[1],
            number(&peer["peak_mib"]),
            // the processor's seconds hold on a shared machine too
            peer_busy / mine_busy,
            difference.unwrap_or(f64::NAN)
        );
    }
    if !unequal.is_empty() {
        bail!("results differ: {}", unequal.join("; "));
    }
    Ok(())
}

fn ours(root: &Path, work: &Path, task: &str) -> Command {
    let mut command = run::cargo(root);
    command.args(["run", "--quiet", "--release", "--locked", "-p", "peakend-stats", "--example", "speed", "--"]);
    command.arg(work).arg(task);
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

/// Over all numbers at the same place; nothing when the places differ.
fn largest_difference(a: &Value, b: &Value) -> Option<f64> {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            over(a.iter().zip(b).map(|(a, b)| largest_difference(a, b)))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            over(a.iter().map(|(key, a)| largest_difference(a, b.get(key)?)))
        }
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
        assert_eq!(largest_difference(&a, &json!({ "y": 3.5, "x": [1.0] })), None);
        assert_eq!(largest_difference(&a, &json!({ "z": 3.5, "x": [1.0, 2.0] })), None);
    }
}
