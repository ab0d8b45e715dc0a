//! Words joined are the text again, and sentences are parts of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peakend_text::{segment, sentences};

fuzz_target!(|text: &str| {
    assert_eq!(segment(text).concat(), text);
    assert!(sentences(text).iter().all(|s| text.contains(s)));
});
