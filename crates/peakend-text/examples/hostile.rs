//! Whether time is linear on hostile text: the time per byte of texts twice and
//! four times as long, beside that of the shortest.
//!
//! `cargo run --release -p peakend-text --example hostile [-- BYTES]`; exit
//! status 1 when a byte of the longest text takes more than three times as long (one
//! and the same if linear, four times if quadratic).

use std::io::Write as _;
use std::process::ExitCode;

use peakend_text::theme::{Rule, Theme, ThemeName, ThemeRules, ThemeScheme};
use peakend_text::{TextReader, aspects, emotion, read, redact, segment, sentences};

const UNITS: [&str; 16] = [
    "不",
    "费",
    "a",
    " ",
    "1",
    "@",
    ".",
    "\u{202e}",
    "\u{200b}",
    "😀",
    "e\u{301}",
    "👨\u{200d}👩\u{200d}👧",
    "\u{0}",
    "手续费高不好",
    "not bad fees ",
    "路1号王",
];
/// Times the time of a byte may be.
const MOST: f64 = 3.0;
/// Seconds below which the clock says nothing.
const FEWEST_SECONDS: f64 = 0.02;

type Reading<'r> = (&'static str, &'r dyn Fn(&str));

fn main() -> std::io::Result<ExitCode> {
    let bytes = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(500_000);
    let reader = reader();
    let kept = |n: usize| _ = std::hint::black_box(n);
    let readings: [Reading<'_>; 7] = [
        ("segmentation", &|t| kept(segment(t).len())),
        ("sentences", &|t| kept(sentences(t).len())),
        ("language, sentiment, theme", &|t| kept(read(t).theme.len())),
        ("masking", &|t| kept(redact(t).len())),
        ("aspects", &|t| kept(aspects(t).len())),
        ("emotion", &|t| kept(emotion(t).evidence.len())),
        ("rules", &|t| kept(reader.rules.read(t).len())),
    ];
    let mut out = std::io::stdout().lock();
    let mut worst = 0.0f64;
    writeln!(
        out,
        "reading: slowest growth at, ns per byte of {bytes} bytes, times that for twice and four times as long"
    )?;
    for (what, work) in readings {
        let mut slowest = (0.0, 0.0, 0.0, "");
        for unit in UNITS {
            // the same bytes in all: twelve short texts, six twice as long, three four times as long
            let seconds = |times: usize| {
                let text = unit.repeat(times * bytes / unit.len());
                timed(|| (0..12 / times).for_each(|_| work(&text)))
            };
            let (one, two, four) = (seconds(1), seconds(2), seconds(4));
            if one > FEWEST_SECONDS && four / one > slowest.2 {
                slowest = (one * 1e9 / (12 * bytes) as f64, two / one, four / one, unit);
            }
        }
        let (ns, two, four, unit) = slowest;
        writeln!(out, "{what}: {unit:?}, {ns:.0} ns, {two:.2}, {four:.2}")?;
        worst = worst.max(four);
    }
    Ok(if worst > MOST { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn reader() -> TextReader {
    let mut scheme = ThemeScheme::shipped();
    let n = || "n".to_owned();
    scheme.themes.push(Theme {
        code: "hard".to_owned(),
        parent: None,
        name: ThemeName { en: n(), zh_hans: n(), zh_hant: n() },
        rules: vec![
            Rule::Regex { pattern: "(费|a)+(高|b)".to_owned() },
            Rule::Expression { text: "(费 or a*) near/50 (高 or fees)".to_owned() },
        ],
    });
    match ThemeRules::of(&scheme) {
        Ok(rules) => TextReader::of(rules),
        Err(faults) => unreachable!("{faults:?}"),
    }
}

/// Seconds of processor time of this thread, where the system says so; else of the clock.
#[expect(clippy::disallowed_methods, reason = "this measures time")]
fn timed(work: impl FnOnce()) -> f64 {
    let cpu = || -> Option<f64> {
        let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(spent.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    };
    let (clock, before) = (std::time::Instant::now(), cpu());
    work();
    match (before, cpu()) {
        (Some(before), Some(after)) => after - before,
        _ => clock.elapsed().as_secs_f64(),
    }
}
