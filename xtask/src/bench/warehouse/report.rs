//! The table of a run, and its place in benches/RESULTS.md.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::answers::QUESTIONS;

/// What a run stood on.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) machine: String,
    pub(super) rows: u64,
    pub(super) customers: u64,
    pub(super) seed: u64,
    /// What bringing the files into a data folder took.
    pub(super) import: Option<Value>,
}

const MIB: f64 = 1_048_576.0;

/// The section of a run: what it stood on, times with ratios, then processor, memory and bytes.
pub(super) fn markdown(setting: &Setting, [responses, customers]: &[u64; 2], reports: &[Value]) -> String {
    let mut text = format!("{}\n\nMachine: {}.\n", heading(setting.rows), setting.machine);
    let engines: Vec<String> =
        reports.iter().map(|r| format!("{} {}", name(r), r["version"].as_str().unwrap_or("?"))).collect();
    let runs = &reports.first().map_or(Value::Null, |r| r["runs"].clone());
    let _ = writeln!(
        text,
        "Engines: {}; two threads each, one process each, one after the other; warm is the median of {runs} runs, cold \
         the first one with the files dropped from the page cache.\nData: {} responses ({:.1} MiB, {:.1} bytes a row) of \
         {} customers ({:.1} MiB), seed {}. Answers are equal, value by value.",
        engines.join(", "),
        grouped(setting.rows),
        *responses as f64 / MIB,
        *responses as f64 / setting.rows as f64,
        grouped(setting.customers),
        *customers as f64 / MIB,
        setting.seed,
    );
    if let Some(import) = &setting.import {
        let _ = writeln!(text, "{}", import_line(import, *responses));
    }
    let ours = reports.iter().map(|r| &r["look_up"]).find(|found| found.is_object());
    if let Some(found) = ours {
        for (state, what) in
            [("first", "first after opening"), ("cold", "files not in memory"), ("warm", "files in memory")]
        {
            let ms = |of: &str, name: &str| found[state][of][name].as_f64().unwrap_or(f64::NAN);
            let _ = writeln!(
                text,
                "Look-up in Peakend, {what}, {} one after another: a response p50 {:.2} ms, p99 {:.2} ms; the newest \
                 50 voices of a person p50 {:.2} ms, p99 {:.2} ms.",
                found[state]["response"]["n"],
                ms("response", "p50_ms"),
                ms("response", "p99_ms"),
                ms("person", "p50_ms"),
                ms("person", "p99_ms"),
            );
        }
    }
    let _ = write!(text, "\n```\ncargo xtask bench warehouse --rows {} --seed {}\n```\n", setting.rows, setting.seed);
    times(&mut text, reports);
    costs(&mut text, reports);
    text
}

/// What the import took and what it left on disk, beside the bytes of the files.
fn import_line(import: &Value, files: u64) -> String {
    let field = |name: &str| import[name].as_f64();
    let mut line = "Import into Peakend:".to_owned();
    if let (Some(seconds), Some(rows)) = (field("seconds"), field("rows")) {
        let _ = write!(line, " {seconds:.1} s ({} rows per second)", grouped((rows / seconds) as u64));
    }
    if let (Some(cpu), Some(peak)) = (field("cpu"), field("peak_mib")) {
        let _ = write!(line, ", {cpu:.1} CPU s, peak {peak:.0} MiB");
    }
    let kept = [
        ("segments", "parquet_bytes"),
        ("codes", "codes_bytes"),
        ("rollups", "rollup_bytes"),
        ("places", "places_bytes"),
    ];
    let kept: Vec<String> = kept
        .into_iter()
        .filter_map(|(what, name)| {
            let bytes = field(name)?;
            Some(format!("{what} {:.1} MiB ({:.1} % of the files)", bytes / MIB, bytes * 100.0 / files as f64))
        })
        .collect();
    line + "; on disk " + &kept.join(", ") + "."
}

/// The heading by which a later run of the same size finds this one.
fn heading(rows: u64) -> String {
    format!("## The board's questions on {} rows, beside DuckDB, Polars and chDB", grouped(rows))
}

/// Seconds, and Peakend's share of the fastest peer's time.
fn times(text: &mut String, reports: &[Value]) {
    let names: Vec<&str> = reports.iter().map(name).collect();
    let warm: Vec<String> = names.iter().map(|n| format!("{n} cold / warm, s")).collect();
    let _ = write!(text, "\n| question | way | {} | fastest peer | Peakend / fastest |\n|---|---|", warm.join(" | "));
    let _ = writeln!(text, "{}---|---|", "---|".repeat(names.len()));
    for (question, what) in QUESTIONS {
        let seconds = |report: &Value, field: &str| report["questions"][question][field].as_f64();
        let way = reports.iter().find(|r| is_ours(r)).and_then(|r| r["questions"][question]["way"].as_str());
        let cells: Vec<String> = reports
            .iter()
            .map(|r| match (seconds(r, "cold"), seconds(r, "warm")) {
                (Some(cold), Some(warm)) => format!("{cold:.3} / {warm:.3}"),
                _ => "no answer".to_owned(),
            })
            .collect();
        let peers = reports.iter().filter(|r| !is_ours(r)).filter_map(|r| Some((seconds(r, "warm")?, name(r))));
        let fastest = peers.min_by(|a, b| a.0.total_cmp(&b.0));
        let ours = reports.iter().find(|r| is_ours(r)).and_then(|r| seconds(r, "warm"));
        let ratio = ours.zip(fastest).map_or("–".to_owned(), |(ours, (peer, _))| ratio(ours / peer));
        let _ = writeln!(
            text,
            "| {question} {what} | {} | {} | {} | {ratio} |",
            way.unwrap_or("–"),
            cells.join(" | "),
            fastest.map_or("–", |f| f.1),
        );
    }
}

/// Processor seconds, peak memory and bytes from storage.
fn costs(text: &mut String, reports: &[Value]) {
    let heads: Vec<String> = reports.iter().map(|r| format!("{} CPU s / peak MiB / MiB read", name(r))).collect();
    let _ = write!(text, "\n| question | {} |\n|---|", heads.join(" | "));
    let _ = writeln!(text, "{}", "---|".repeat(reports.len()));
    for (question, _) in QUESTIONS {
        let cells: Vec<String> = reports.iter().map(|r| cost(&r["questions"][question])).collect();
        let _ = writeln!(text, "| {question} | {} |", cells.join(" | "));
    }
    let bases: Vec<String> =
        reports.iter().filter_map(|r| Some(format!("{} {:.0}", name(r), r["base_mib"].as_f64()?))).collect();
    let _ = writeln!(text, "\nResident memory before the first question, MiB: {}.", bases.join(", "));
}

fn cost(figures: &Value) -> String {
    let field = |name: &str| figures[name].as_f64();
    match (field("cpu"), field("peak_mib"), field("bytes")) {
        (Some(cpu), Some(peak), Some(bytes)) => format!("{cpu:.3} / {peak:.0} / {:.1}", bytes / MIB),
        _ => figures["error"].as_str().map_or("–", |e| e.lines().next().unwrap_or("–")).replace('|', "/"),
    }
}

fn name(report: &Value) -> &str {
    report["engine"].as_str().unwrap_or("?")
}

fn is_ours(report: &Value) -> bool {
    name(report) == "peakend"
}

/// Two digits that count, so that 0.004 and 1.3 both can be read.
fn ratio(x: f64) -> String {
    if x < 0.1 { format!("{x:.3}") } else { format!("{x:.2}") }
}

/// 1,234,567.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Puts the section into the file, in place of an earlier run of the same size.
pub(super) fn keep(path: &Path, section: &str) -> Result<()> {
    let old = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    std::fs::write(path, placed(&old, section)).with_context(|| format!("write {}", path.display()))
}

fn placed(old: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let section = section.trim_end();
    let Some(start) = old.find(&format!("\n{heading}\n")).map(|at| at + 1) else {
        return format!("{}\n\n{section}\n", old.trim_end());
    };
    let rest = &old[start + heading.len()..];
    match rest.find("\n## ") {
        Some(next) => format!("{}{section}\n{}", &old[..start], &rest[next..]),
        None => format!("{}{section}\n", &old[..start]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn engine(name: &str, warm: f64) -> Value {
        let q1 = json!({"cold": 0.9, "warm": warm, "cpu": 0.2, "peak_mib": 80.4, "bytes": 1_048_576, "way": "rollup"});
        json!({"engine": name, "version": "1.0", "runs": 5, "base_mib": 60.0, "questions": {"Q1": q1, "Q2": {"error": "a|b\nc"}}})
    }

    fn section(rows: u64) -> String {
        let setting = Setting { machine: "2 × X".into(), rows, customers: 7, seed: 1, import: None };
        markdown(&setting, &[10, 2], &[engine("peakend", 0.005), engine("duckdb", 0.5), engine("polars", 0.25)])
    }

    #[test]
    fn the_ratio_is_to_the_fastest_peer() {
        let text = section(1_000_000);
        let wanted =
            "| Q1 NPS by month, one line | rollup | 0.900 / 0.005 | 0.900 / 0.500 | 0.900 / 0.250 | polars | 0.020 |";
        assert!(text.contains(wanted), "{text}");
        assert!(text.contains("| Q1 | 0.200 / 80 / 1.0 |"), "{text}");
        assert!(text.contains("| Q2 | a/b | a/b | a/b |"), "{text}");
        assert!(text.starts_with("## The board's questions on 1,000,000 rows, beside"));
    }

    #[test]
    fn the_import_says_what_it_left_on_disk() {
        let import = json!({"seconds": 2.0, "rows": 1_000_000, "cpu": 3.5, "peak_mib": 200.0, "rollup_bytes": MIB});
        let line = import_line(&import, 10 * MIB as u64);
        let wanted = "Import into Peakend: 2.0 s (500,000 rows per second), 3.5 CPU s, peak 200 MiB; on disk rollups \
                      1.0 MiB (10.0 % of the files).";
        assert_eq!(line, wanted);
    }

    #[test]
    fn a_second_run_takes_the_place_of_the_first_of_its_size() {
        let first = placed("# Results\n\nWords.\n", &section(1_000));
        let both = placed(&first, &section(2_000));
        let again = placed(&both, &section(1_000).replace("2 × X", "4 × Y"));
        assert_eq!(again.matches("## ").count(), 2);
        assert!(again.contains("4 × Y") && again.contains("2 × X") && again.starts_with("# Results\n\nWords.\n\n## "));
        assert_eq!(placed(&again, &section(1_000)), both);
    }
}
