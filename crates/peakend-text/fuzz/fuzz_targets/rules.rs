//! The first line is an expression and a pattern, the rest a text: both are
//! refused or read, print and read back alike, and their evidence lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peakend_text::theme::{Expression, Rule, try_rules};

fuzz_target!(|input: &str| {
    let (rule, text) = input.split_once('\n').unwrap_or((input, input));
    if let Ok(read) = rule.parse::<Expression>() {
        assert_eq!(read.to_string().parse::<Expression>(), Ok(read));
    }
    let rules = [
        Rule::Expression { text: rule.to_owned() },
        Rule::Regex { pattern: rule.to_owned() },
        Rule::Keywords { words: rule.split(' ').map(str::to_owned).collect() },
    ];
    for rule in rules {
        if let Ok(trial) = try_rules(&[rule], &[text]) {
            for span in trial.rows.iter().flat_map(|row| &row.spans) {
                assert!(text.get(span.clone()).is_some_and(|s| !s.is_empty()));
            }
        }
    }
});
