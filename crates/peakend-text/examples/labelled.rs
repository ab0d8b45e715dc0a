//! Figures of aspects and emotions on the labelled sample, as in the model card.
//!
//! `cargo run -p peakend-text --example labelled [-- --tune [--errors]]`

use std::error::Error;
use std::io::Write as _;

use peakend_text::emotion::emotion;
use peakend_text::labelled::{Labelled, Scores, aspect_scores, emotion_scores, found, polarity_agreement, rows};

const SCRIPTS: [(&str, &str); 3] = [
    ("zh-Hans", include_str!("../corpus/labelled-zh-Hans.tsv")),
    ("zh-Hant", include_str!("../corpus/labelled-zh-Hant.tsv")),
    ("en", include_str!("../corpus/labelled-en.tsv")),
];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let held_out = !words.iter().any(|w| w == "--tune");
    // errors are shown for the tuning half alone: the other half stays unseen
    let errors = !held_out && words.iter().any(|w| w == "--errors");
    let mut out = std::io::stdout().lock();
    let mut all = Vec::new();
    for (script, table) in SCRIPTS {
        let rows: Vec<Labelled> = rows(table)?.into_iter().filter(|r| r.held_out == held_out).collect();
        report(&mut out, script, &rows.iter().collect::<Vec<_>>())?;
        all.extend(rows);
    }
    let all: Vec<&Labelled> = all.iter().collect();
    report(&mut out, "all", &all)?;
    for (name, scores) in [("aspects", aspect_scores(&all, true)), ("emotions", emotion_scores(&all))] {
        writeln!(out, "\n{name}: label, labelled, found, F1")?;
        for (label, c) in &scores.labels {
            let f1 = c.f1().unwrap_or(0.0);
            writeln!(out, "  {label} {} {} {f1:.2}", c.right + c.missed, c.right + c.wrong)?;
        }
    }
    for row in all.iter().filter(|_| errors) {
        let (aspects, felt) = (found(&row.text, Some(row.field)), emotion(&row.text));
        if aspects != row.aspects || felt.main != row.emotion {
            let shown: Vec<&str> = felt.evidence.iter().filter_map(|s| row.text.get(s.range.clone())).collect();
            writeln!(
                out,
                "{}\n  {:?} {:?}\n  {aspects:?} {:?} {shown:?}",
                row.text, row.aspects, row.emotion, felt.main
            )?;
        }
    }
    Ok(())
}

fn report(out: &mut impl std::io::Write, script: &str, rows: &[&Labelled]) -> std::io::Result<()> {
    let line = |s: &Scores| format!("micro {:.3} macro {:.3}", s.micro(), s.macro_f1());
    let (same, n) = polarity_agreement(rows);
    writeln!(
        out,
        "{script}: {} texts; aspects {} (field unknown: {}); polarity of found ones {same} of {n}; emotion {}",
        rows.len(),
        line(&aspect_scores(rows, true)),
        line(&aspect_scores(rows, false)),
        line(&emotion_scores(rows)),
    )
}
