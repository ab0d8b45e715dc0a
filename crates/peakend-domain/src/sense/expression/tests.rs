//! Tests of the expression.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Expr, MAX_DEPTH, parse};

/// Vectors shared with `ui/src/domain/expression.test.ts`.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../../tests-data/expressions.json")).unwrap()
}

#[test]
fn the_shared_vectors_hold() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 60, "only {} vectors", cases.len());
    for case in cases {
        let source = case["source"].as_str().unwrap();
        let expr = parse(source).unwrap_or_else(|e| panic!("{source}: {e}"));
        let tree = serde_json::to_value(&expr).unwrap();
        assert_eq!(tree, case["tree"], "tree of {source}");
        assert_eq!(serde_json::from_value::<Expr>(tree).unwrap(), expr, "{source} reads back");
        assert_eq!(expr.eval(&case["facts"]), case["value"], "value of {source} for {}", case["facts"]);
        assert_eq!(Value::Bool(expr.holds(&case["facts"])), case["holds"], "truth of {source}");
    }
}

#[test]
fn refused_texts_name_the_column() {
    let vectors = vectors();
    for case in vectors["refused"].as_array().unwrap() {
        let source = case["source"].as_str().unwrap();
        let fault = parse(source).expect_err(source);
        assert_eq!(json!(fault.column), case["column"], "{source}: {fault}");
    }
}

#[test]
fn nesting_to_a_hundred_thousand_is_refused_without_overflow() {
    for text in ["(".repeat(4000), "!".repeat(4000), "[".repeat(4000), "x.contains(".repeat(300)] {
        let fault = parse(&text).unwrap_err();
        assert!(fault.message.contains(&MAX_DEPTH.to_string()), "{fault}");
    }
    assert!(parse(&"(".repeat(100_000)).unwrap_err().message.contains("bytes"));
    assert!(parse(&format!("x{}", ".y".repeat(1000))).is_err());
    assert!(parse(&format!("true{}", " || x".repeat(600))).unwrap_err().message.contains("parts"));
}

#[test]
fn a_long_flat_chain_is_no_deep_tree() {
    let text = vec!["x == 1"; 100].join(" && ");
    assert!(parse(&text).unwrap().holds(&json!({"x": 1})));
}

#[test]
fn paths_are_listed_for_checking_against_a_survey() {
    let expr = parse("answers.q1 < 7 && has(event.fund_name) || size(answers.why) > 3").unwrap();
    let paths: Vec<String> = expr.paths().iter().map(|p| p.join(".")).collect();
    assert_eq!(paths, ["answers.q1", "event.fund_name", "answers.why"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20i64..20).prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[xyz]", inner, 0..3).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _read = parse(&text);
    }

    #[test]
    fn no_mix_of_tokens_makes_parser_or_evaluation_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "x", "y.z", "1", "0", "-2.5", "'a'", "\"b\"", "==", "!=", "<", ">=", "&&", "||", "!", "(", ")", "[", "]",
            ",", "in", "has(", "size(", ".contains(", "true", "null", "（", "）", "＞", "“c”",
        ]), 0..24),
        facts in any_value(),
    ) {
        if let Ok(expr) = parse(&parts.join(" ")) {
            let value = expr.eval(&facts);
            let tree = serde_json::to_value(&expr).unwrap();
            prop_assert_eq!(serde_json::from_value::<Expr>(tree).unwrap().eval(&facts), value);
        }
    }

    #[test]
    fn the_laws_of_logic_hold(a in any_value(), b in any_value()) {
        let facts = json!({"a": a, "b": b});
        let holds = |text: &str| parse(text).unwrap().holds(&facts);
        prop_assert_eq!(holds("!(a && b)"), holds("!a || !b"));
        prop_assert_eq!(holds("a == b"), !holds("a != b"));
        prop_assert_eq!(holds("a < b"), holds("b > a"));
        prop_assert!(!(holds("a < b") && holds("a >= b")));
        prop_assert_eq!(holds("a in [b]"), holds("a == b"));
    }
}
