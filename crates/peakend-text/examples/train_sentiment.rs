//! Trains `models/sentiment-*.bin`.
//!
//! `cargo run --release -p peakend-text --example train_sentiment -- zh|en OUT
//! [--passes N] [--shrink X] [--never FILE]... CORPUS[=WEIGHT]...`
//!
//! A corpus is a table of label (`pos`, `neg`) and text, a tab between. A tenth
//! of each is held out and judged. Texts of `--never` files (label and text, or
//! a text a line) are not trained on, nor texts equal to one after folding.

use std::collections::HashSet;
use std::error::Error;
use std::io::Write as _;

use peakend_text::fold;
use peakend_text::sentiment::Pieces;
use peakend_text::sentiment::training::{Example, Training, margin, train};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let pieces = match words.next().as_deref() {
        Some("zh") => Pieces::Letters,
        Some("en") => Pieces::Words,
        _ => return Err("say zh or en, then the file to write, then the corpora".into()),
    };
    let out = words.next().ok_or("name the file to write")?;
    let mut seen: HashSet<String> = HashSet::new();
    let mut corpora = Vec::new();
    let mut how = Training { pieces, passes: 4, shrink: 1e-3, seed: 20_261_122 };
    while let Some(word) = words.next() {
        if word == "--never" {
            let text = std::fs::read_to_string(words.next().ok_or("--never needs a file")?)?;
            seen.extend(text.lines().map(|line| key(line.rsplit('\t').next().unwrap_or(line))));
        } else if word == "--passes" {
            how.passes = words.next().ok_or("--passes needs a number")?.parse()?;
        } else if word == "--shrink" {
            how.shrink = words.next().ok_or("--shrink needs a number")?.parse()?;
        } else {
            corpora.push(word);
        }
    }
    let (mut taught, mut held) = (Vec::new(), Vec::new());
    for corpus in &corpora {
        let (path, weight) = corpus.split_once('=').unwrap_or((corpus, "1"));
        let weight: f32 = weight.parse()?;
        for line in std::fs::read_to_string(path)?.lines() {
            let Some((label, text)) = line.split_once('\t') else { continue };
            if !matches!(label, "pos" | "neg") || !seen.insert(key(text)) {
                continue;
            }
            let example = Example { text: text.to_owned(), positive: label == "pos", weight };
            if seen.len().is_multiple_of(10) { held.push(example) } else { taught.push(example) }
        }
    }
    let model = train(&taught, how);
    let right = held.iter().filter(|e| (margin(&model, &e.text) >= 0.0) == e.positive).count();
    let mut report = std::io::stdout().lock();
    writeln!(report, "taught {}, held out {}, right {right}", taught.len(), held.len())?;
    std::fs::write(out, model.to_bytes())?;
    Ok(())
}

fn key(text: &str) -> String {
    fold(text.trim()).chars().filter(|c| !c.is_whitespace()).collect()
}
