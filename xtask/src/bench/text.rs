//! `cargo xtask bench text`: reading texts beside jieba and SnowNLP, in one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{place, run};

/// Short texts of the reference cases, in simplified Chinese.
const CASE: &str = "../shared/reference/sentiment-zh-waimai/data.tsv";

/// Takes `--file TEXTS` (a text a line), `--texts N` of the pipeline, `--python PATH`.
pub(super) fn main(args: &[String]) -> Result<()> {
    let (mut file, mut texts, mut python) = (None, "1000000".to_owned(), "python3".to_owned());
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?.clone();
        match word.as_str() {
            "--file" => file = Some(PathBuf::from(value)),
            "--texts" => texts = value,
            "--python" => python = value,
            other => bail!("bench text takes --file, --texts and --python, found '{other}'"),
        }
    }
    let root = place::root();
    let file = file.map_or_else(|| short_texts(&root), Ok)?;
    let example = |name: &str| {
        let mut command = run::cargo(&root);
        command.args(["run", "--quiet", "--release", "--locked", "-p", "peakend-text", "--example", name, "--"]);
        command
    };
    let mut ours = example("throughput");
    ours.arg(&file).args([texts.as_str(), "2", "--json"]);
    let ours: Value = serde_json::from_str(&run::captured(&mut ours)?).context("read our figures")?;
    let mut peers = Command::new(python);
    peers.arg(root.join("benches/text_peers.py")).arg(&file);
    // without the peers our own figures still stand
    let peers = run::captured(&mut peers).and_then(|said| Ok(serde_json::from_str::<Value>(&said)?));
    report(&ours, peers.as_ref().ok());
    if let Err(e) = peers {
        println!("peers were not measured: {e:#}; pip install jieba snownlp, or name another --python");
    }
    println!("\nhostile texts:");
    run::attended(&mut example("hostile"))
}

fn report(ours: &Value, peers: Option<&Value>) {
    println!("loading everything: {:.0} ms\n", number(&ours["loading_ms"]));
    println!("| what | texts/s | characters/s | beside it |\n|---|---|---|---|");
    for part in ours["parts"].as_array().into_iter().flatten() {
        let (texts, characters) = (number(&part["texts_per_s"]), number(&part["characters_per_s"]));
        let beside = match (part["what"].as_str(), peers) {
            (Some("segmentation"), Some(p)) => {
                let peer = number(&p["jieba_characters_per_s"]);
                format!("jieba: {peer:.0} characters/s ({:.0} times)", characters / peer)
            }
            (Some("sentiment"), Some(p)) => {
                let peer = number(&p["snownlp_texts_per_s"]);
                format!("SnowNLP: {peer:.0} texts/s ({:.0} times)", texts / peer)
            }
            _ => String::new(),
        };
        println!("| {} | {texts:.0} | {characters:.0} | {beside} |", part["what"].as_str().unwrap_or_default());
    }
    let whole = &ours["pipeline"];
    println!(
        "\nwhole pipeline: {} texts on {} threads in {:.1} s ({:.1} s of processor time), peak memory {:.0} MiB",
        whole["texts"],
        whole["threads"],
        number(&whole["seconds"]),
        number(&whole["processor_seconds"]),
        number(&whole["peak_mib"])
    );
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// The texts of the reference case as a file of lines.
fn short_texts(root: &Path) -> Result<PathBuf> {
    let table = std::fs::read_to_string(root.join(CASE)).context("read the reference case; name another --file")?;
    let texts: Vec<&str> = table.lines().skip(1).filter_map(|l| l.split_once('\t')).map(|(_, text)| text).collect();
    let path = place::memory()?.join("short-texts.txt");
    std::fs::write(&path, texts.join("\n")).with_context(|| format!("write {}", path.display()))?;
    Ok(path)
}
