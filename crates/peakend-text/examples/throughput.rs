//! Speed of reading texts on one core: `cargo run --release -p peakend-text
//! --example throughput -- FILE [ROUNDS]`, a text a line.

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

use peakend_text::{Cutter, duplicate, read, redact, sentiment};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let file = std::fs::read_to_string(words.next().ok_or("name a file of texts")?)?;
    let rounds: usize = words.next().map_or(Ok(1), |n| n.parse())?;
    let texts: Vec<&str> = file.lines().collect();
    let letters = rounds * texts.iter().map(|t| t.chars().count()).sum::<usize>();
    let documents = rounds * texts.len();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{documents} texts, {letters} characters")?;
    let mut report = |what: &str, spent: Duration| {
        let seconds = spent.as_secs_f64();
        let (texts, letters) = (documents as f64 / seconds, letters as f64 / seconds);
        writeln!(out, "{what}: {seconds:.3} s, {texts:.0} texts/s, {letters:.0} characters/s")
    };
    report("loading the dictionary", timed(|| drop(peakend_text::segment("好"))))?;
    report("loading the models and lists", timed(|| _ = (sentiment("好"), sentiment("good"))))?;
    let mut cutter = Cutter::default();
    let mut count = 0usize;
    let each = |work: &mut dyn FnMut(&str)| timed(|| (0..rounds).for_each(|_| texts.iter().for_each(|t| work(t))));
    report("segmentation", each(&mut |t| cutter.cut(t, |_| count += 1)))?;
    report("sentiment", each(&mut |t| count += usize::from(sentiment(t) > 0)))?;
    report("language, sentiment, themes", each(&mut |t| count += usize::from(read(t).sentiment.is_some())))?;
    report("masking", each(&mut |t| count += redact(t).len()))?;
    let all: Vec<&str> = (0..rounds).flat_map(|_| texts.iter().copied()).collect();
    report("near-duplicates", timed(|| count += duplicate::clusters(&all, duplicate::NEAR).len()))?;
    writeln!(out, "{count}")?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this measures time")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
