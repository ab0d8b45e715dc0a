//! Everything at once: evidence lies in the text.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use peakend_text::TextReader;
use peakend_text::theme::{ThemeRules, ThemeScheme};

static READER: LazyLock<TextReader> =
    LazyLock::new(|| TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).expect("the shipped scheme is sound")));

fuzz_target!(|text: &str| {
    let read = READER.read(text, None);
    let inside = |range: &std::ops::Range<usize>| assert!(text.get(range.clone()).is_some());
    read.tone.evidence.iter().for_each(|e| inside(&e.range));
    read.feeling.evidence.iter().for_each(|e| inside(&e.range));
    read.aspects.iter().for_each(|a| inside(&a.range));
    read.themes.iter().flat_map(|t| &t.spans).for_each(inside);
});
