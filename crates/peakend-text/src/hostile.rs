//! Hostile text: no panic, evidence inside the text, and time that a text twice
//! as long only doubles (`examples/hostile.rs` measures it; here a reading that
//! is not linear would take hours).

use std::sync::OnceLock;

use proptest::prelude::*;

use crate::analysis::TextReader;
use crate::theme::{Rule, Theme, ThemeName, ThemeRules, ThemeScheme};

const UNITS: [&str; 24] = [
    "不",
    "费",
    "a",
    " ",
    "1",
    "@",
    "?",
    "!",
    ",",
    "\u{202e}",
    "\u{200b}",
    "😀",
    "\u{301}",
    "👨\u{200d}👩\u{200d}👧",
    "\u{0}",
    "ｶﾞ",
    "\u{fe0f}",
    "手续费高",
    "not bad ",
    "fees ",
    "very ",
    "但是",
    "怕",
    "n't ",
];

/// A reader whose rules are of every kind.
fn reader() -> &'static TextReader {
    static READER: OnceLock<TextReader> = OnceLock::new();
    READER.get_or_init(made)
}

fn made() -> TextReader {
    let mut scheme = ThemeScheme::shipped();
    let n = || "n".to_owned();
    scheme.themes.push(Theme {
        code: "hard".to_owned(),
        parent: None,
        name: ThemeName { en: n(), zh_hans: n(), zh_hant: n() },
        rules: vec![
            Rule::Regex { pattern: "(费|a)+(高|b)".to_owned() },
            Rule::Regex { pattern: ".{0,40}费.{0,40}".to_owned() },
            Rule::Expression { text: "(费 or a*) near/50 (高 or fees) and not (不 near/2 怕)".to_owned() },
        ],
    });
    TextReader::of(ThemeRules::of(&scheme).unwrap())
}

fn checked(reader: &TextReader, text: &str) {
    let read = reader.read(text, None);
    let inside = |range: &std::ops::Range<usize>| {
        assert!(text.get(range.clone()).is_some_and(|s| !s.is_empty()), "{range:?} of {}", text.len());
    };
    read.tone.evidence.iter().for_each(|e| inside(&e.range));
    read.feeling.evidence.iter().for_each(|e| inside(&e.range));
    read.themes.iter().flat_map(|t| &t.spans).for_each(inside);
    for aspect in &read.aspects {
        inside(&aspect.range);
        aspect.judgements.iter().for_each(|j| inside(&j.range));
    }
}

#[test]
fn a_hundred_thousand_bytes_of_one_thing_are_read() {
    let reader = reader();
    for unit in UNITS {
        checked(reader, &unit.repeat(100_000 / unit.len()));
    }
}

#[test]
fn a_megabyte_of_one_character_and_ten_without_a_space_are_read() {
    checked(reader(), &"费".repeat(1_000_000 / 3));
    let plain = TextReader::of(ThemeRules::of(&ThemeScheme::shipped()).unwrap());
    let text: String = "手续费太高不好ａbc１２３".chars().cycle().take(4_000_000).collect();
    assert!(text.len() > 10_000_000);
    checked(&plain, &text);
}

#[test]
fn words_hidden_by_invisible_characters_are_found() {
    let reader = reader();
    let text = "手\u{200b}续\u{202e}费\u{2060}太\u{feff}高";
    let read = reader.read(text, None);
    assert!(read.themes.iter().any(|t| t.theme == "fees"));
    assert!(read.aspects.iter().any(|a| a.aspect == "price"), "{:?}", read.aspects);
}

#[test]
fn a_lone_surrogate_is_refused_before_it_becomes_text() {
    assert!(serde_json::from_str::<String>("\"\\ud83d\"").is_err());
    let scheme = serde_json::to_string(&ThemeScheme::shipped()).unwrap().replace("\"fees\"", "\"\\udc00\"");
    assert!(serde_json::from_str::<ThemeScheme>(&scheme).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_and_its_evidence_lies_inside(text in any::<String>()) {
        checked(reader(), &text);
    }

    #[test]
    fn texts_of_our_words_and_signs_are_read(
        parts in proptest::collection::vec(proptest::sample::select(&UNITS[..]), 0..60)
    ) {
        checked(reader(), &parts.concat());
    }

    #[test]
    fn any_pattern_and_expression_is_compiled_or_refused(pattern in ".{0,30}", text in ".{0,60}") {
        let rules = [Rule::Regex { pattern: pattern.clone() }, Rule::Expression { text: pattern }];
        for rule in rules {
            if let Ok(trial) = crate::theme::try_rules(&[rule], &[&text]) {
                for span in trial.rows.iter().flat_map(|row| &row.spans) {
                    prop_assert!(text.get(span.clone()).is_some());
                }
            }
        }
    }
}
