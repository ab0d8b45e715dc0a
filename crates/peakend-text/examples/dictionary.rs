//! Makes `data/words.txt` from a frequency dictionary.
//!
//! `cargo run -p peakend-text --example dictionary -- DICT > data/words.txt`
//!
//! DICT has a word, its count and its part of speech a line, as the dictionary
//! of jieba (MIT) has. Words of fewer than four occurrences go: most of them
//! are phrases nobody counted. Long words that are neither names nor set
//! phrases are made dearer, so that 服务态度 becomes 服务 态度: themes and key
//! words want the parts.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

/// Parts of speech whose long words are wholes: set phrases, names of people, places and bodies.
const WHOLE: [&str; 6] = ["i", "l", "nr", "ns", "nrt", "nt"];
const FEWEST: f64 = 4.0;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name the dictionary")?;
    let text = std::fs::read_to_string(path)?;
    let rows: Vec<(&str, f64, &str)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            Some((fields.next()?, fields.next()?.parse().ok()?, fields.next().unwrap_or_default()))
        })
        .collect();
    let total: f64 = rows.iter().map(|(_, count, _)| count).sum();
    let mut by_cost: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (word, count, kind) in rows {
        let letters = word.chars().count();
        let han = word.chars().all(|c| matches!(c, '\u{3400}'..='\u{9fff}'));
        if !han || (letters > 1 && count < FEWEST) {
            continue;
        }
        let long = if letters > 2 && !WHOLE.contains(&kind) { 2.0 * (letters - 2) as f64 } else { 0.0 };
        // one nat less for every word: finer cuts agree better with the treebanks' words
        let nats = total.ln() - count.max(1.0).ln() + long - 1.0;
        by_cost.entry((nats * 10.0).round() as i64).or_default().push(word);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "# Chinese words by what they cost: tenths of a nat, then the words. Made by examples/dictionary.rs"
    )?;
    writeln!(out, "# from the dictionary of jieba (MIT, Copyright 2013 Sun Junyi), words counted four times or more.")?;
    for (cost, mut words) in by_cost {
        words.sort_unstable();
        writeln!(out, "{cost}\t{}", words.join(" "))?;
    }
    Ok(())
}
