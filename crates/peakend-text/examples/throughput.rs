//! Speed of reading texts.
//!
//! `cargo run --release -p peakend-text --example throughput -- FILE [TEXTS]
//! [THREADS] [--json]`: FILE has a text a line; the parts are measured on one
//! core over 100,000 texts in processor time, the whole pipeline over TEXTS (a
//! million) on THREADS (2) by the clock too, the file's lines again and again.

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use peakend_text::aspect::Vocabulary;
use peakend_text::theme::{ThemeRules, ThemeScheme};
use peakend_text::{Cutter, TextReader, aspects, duplicate, emotion, redact, sentiment};
use serde_json::{Value, json};

/// Texts over which a part is measured.
const PART: usize = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|w| w.starts_with("--"));
    let file = std::fs::read_to_string(words.first().ok_or("name a file of texts")?)?;
    let texts: usize = words.get(1).map_or(Ok(1_000_000), |n| n.parse())?;
    let threads: usize = words.get(2).map_or(Ok(2), |n| n.parse())?;
    let lines: Vec<&str> = file.lines().filter(|l| !l.trim().is_empty()).collect();
    if lines.is_empty() || threads == 0 {
        return Err("a file with texts and at least one thread are needed".into());
    }
    let mut rows: Vec<Value> = Vec::new();
    let loading = loading();
    for (what, work) in parts() {
        let spent = timed(|| lines.iter().cycle().take(PART).for_each(|t| work(t)));
        let characters: usize = lines.iter().cycle().take(PART).map(|t| t.chars().count()).sum();
        let (texts, characters) = (PART as f64 / spent, characters as f64 / spent);
        rows.push(json!({ "what": what, "texts_per_s": texts, "characters_per_s": characters }));
    }
    let reader = TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).map_err(|f| format!("{f:?}"))?);
    #[expect(clippy::disallowed_methods, reason = "this measures time")]
    let clock = Instant::now();
    let cpu = pipeline(&reader, &lines, texts, threads);
    let seconds = clock.elapsed().as_secs_f64();
    let report = json!({
        "lines": lines.len(), "loading_ms": loading * 1e3, "parts": rows,
        "pipeline": { "texts": texts, "threads": threads, "seconds": seconds,
            "processor_seconds": cpu, "peak_mib": peak_mib() },
    });
    let mut out = std::io::stdout().lock();
    if flags.iter().any(|f| f == "--json") {
        writeln!(out, "{report}")?;
    } else {
        writeln!(out, "{report:#}")?;
    }
    Ok(())
}

/// Loads everything: dictionary, models, lists, vocabulary, themes.
fn loading() -> f64 {
    timed(|| {
        let _words = peakend_text::segment("好");
        let _felt = (sentiment("好"), sentiment("good"), emotion("好"));
        let _aspects = Vocabulary::shipped().aspects("好", None);
        let _theme = peakend_text::theme("好");
        let _rules = ThemeRules::of(&ThemeScheme::shipped());
    })
}

type Part = (&'static str, Box<dyn Fn(&str)>);

fn parts() -> Vec<Part> {
    let cutter = std::cell::RefCell::new(Cutter::default());
    let rules = ThemeRules::of(&ThemeScheme::shipped()).ok();
    let kept = |n: usize| _ = std::hint::black_box(n);
    vec![
        (
            "segmentation",
            Box::new(move |t| {
                let mut n = 0;
                cutter.borrow_mut().cut(t, |_| n += 1);
                kept(n);
            }),
        ),
        ("language", Box::new(move |t| kept(peakend_text::language(t).len()))),
        ("sentiment", Box::new(move |t| kept(usize::from(sentiment(t) > 0)))),
        ("emotion with its words", Box::new(move |t| kept(emotion(t).evidence.len()))),
        ("aspects with their words", Box::new(move |t| kept(aspects(t).len()))),
        ("themes by rules, with their words", Box::new(move |t| kept(rules.as_ref().map_or(0, |r| r.read(t).len())))),
        ("masking", Box::new(move |t| kept(redact(t).len()))),
        ("near-duplicates of the text and itself", Box::new(move |t| kept(duplicate::clusters(&[t, t], 0.8).len()))),
    ]
}

/// Reads texts on several threads, each its own part of them; their processor seconds.
fn pipeline(reader: &TextReader, lines: &[&str], texts: usize, threads: usize) -> f64 {
    let part = |thread: usize| {
        timed(|| {
            let mut n = 0;
            for at in (thread..texts).step_by(threads) {
                let Some(text) = lines.get(at % lines.len()) else { continue };
                let read = reader.read(text, None);
                n += read.words + read.aspects.len() + read.themes.len() + read.masked.len();
            }
            std::hint::black_box(n);
        })
    };
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(thread))).collect();
        started.into_iter().filter_map(|t| t.join().ok()).sum()
    })
}

/// Most memory the process ever held, where the system says so.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
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
