//! Tests of the survey.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::template::TEMPLATES;
use super::{SCHEMA, Survey, document_to_yaml, fill, yaml_to_document};
use crate::{FieldFault, Lang, LocalText};

fn template(name: &str) -> Survey {
    let (_, text) = TEMPLATES.iter().find(|(n, _)| *n == name).unwrap();
    Survey::parse(text).unwrap()
}

fn answers(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn faults(text: &str) -> Vec<(String, String, String)> {
    let line = |f: &FieldFault| f.args.get("line").cloned().unwrap_or_default();
    Survey::parse(text).unwrap_err().iter().map(|f| (f.path.clone(), f.code.clone(), line(f))).collect()
}

fn has(found: &[(String, String, String)], path: &str, code: &str, line: &str) {
    let wanted = (path.to_owned(), code.to_owned(), line.to_owned());
    assert!(found.contains(&wanted), "{wanted:?} not among {found:#?}");
}

#[test]
fn every_template_reads_and_writes_back_equal_in_three_languages() {
    for (name, text) in TEMPLATES {
        let survey = Survey::parse(text).unwrap_or_else(|f| panic!("{name}: {f:#?}"));
        assert_eq!(survey.languages.len(), 3, "{name}");
        let yaml = survey.to_yaml();
        assert!(yaml.starts_with("code: "), "{name} is written in YAML's own style:\n{yaml}");
        assert_eq!(Survey::parse(&yaml).unwrap(), survey, "{name} as YAML:\n{yaml}");
        assert_eq!(Survey::from_json(&survey.to_json()).unwrap(), survey, "{name} as JSON");
        assert_eq!(Survey::parse(&survey.to_json().to_string()).unwrap(), survey, "{name}: JSON is YAML");
    }
}

#[test]
fn all_faults_are_reported_at_once_with_path_and_line() {
    let found = faults(concat!(
        "code: 'a b'\n",                                                     // 1
        "pillar: guest\n",                                                   // 2
        "languages: [en, fr, en]\n",                                         // 3
        "title: {zh-Hans: 你好}\n",                                          // 4
        "colour: red\n",                                                     // 5
        "questions:\n",                                                      // 6
        "  - id: Q1\n",                                                      // 7
        "    type: stars\n",                                                 // 8
        "    title: Hello {{ name }}\n",                                     // 9
        "  - {id: q2, type: nps, title: Two, options: []}\n",                // 10
        "  - {id: q2, type: single, title: Three}\n",                        // 11
        "  - id: q4\n",                                                      // 12
        "    type: text\n",                                                  // 13
        "    title: Four\n",                                                 // 14
        "    show_if: answers.q9 = 3\n",                                     // 15
        "    required: perhaps\n",                                           // 16
        "    max_length: 100000\n",                                          // 17
        "  - {id: q5, type: text, title: Five, show_if: answers.q6 == 1}\n", // 18
        "  - just words\n",                                                  // 19
    ));
    has(&found, "code", "bad_code", "1");
    has(&found, "pillar", "unknown_pillar", "2");
    has(&found, "languages[1]", "unknown_language", "3");
    has(&found, "languages[2]", "duplicate", "3");
    has(&found, "title.zh-Hans", "unknown_language", "4");
    has(&found, "colour", "unknown_field", "5");
    has(&found, "questions[0].id", "bad_id", "7");
    has(&found, "questions[0].type", "unknown_type", "8");
    has(&found, "questions[0].title", "bad_placeholder", "9");
    has(&found, "questions[1].options", "unknown_field", "10");
    has(&found, "questions[2].options", "required", "11");
    has(&found, "questions[2].id", "duplicate", "11");
    has(&found, "questions[3].show_if", "bad_expression", "15");
    has(&found, "questions[3].required", "not_a_flag", "16");
    has(&found, "questions[3].max_length", "out_of_range", "17");
    has(&found, "questions[4].show_if", "unknown_question", "18");
    has(&found, "questions[5]", "not_a_map", "19");
}

#[test]
fn a_missing_translation_is_a_fault_at_its_language() {
    let found = faults(
        "code: a\npillar: brand\nlanguages: [en, zh-Hant]\ntitle: T\nquestions:\n  - {id: q, type: nps, title: {en: Hi}}\n",
    );
    has(&found, "questions[0].title.zh-Hant", "missing_translation", "6");
}

#[test]
fn broken_deep_and_bombing_documents_are_refused_with_a_line() {
    for (text, code) in [
        ("a: [1, 2".to_owned(), "bad_yaml"),
        ("a: 1\na: 2\n".to_owned(), "duplicate_key"),
        ("a: &x [1]\nb: *x\n".to_owned(), "no_anchors"),
        ("a: !!str 1".to_owned(), "no_anchors"),
        (String::new(), "empty"),
        ("[".repeat(100_000), "too_deep"),
        ("{\"a\":".repeat(40_000), "too_deep"),
        ("- ".repeat(100_000), "too_deep"),
        ("? ".repeat(100_000), "too_deep"),
        ("a: b\n---\nc: d\n".to_owned(), "bad_yaml"),
        (format!("[{}]", "1,".repeat(30_000)), "too_large"),
        ("x".repeat(300_000), "too_large"),
    ] {
        let fault = Survey::parse(&text).unwrap_err().remove(0);
        let begin: String = text.chars().take(20).collect();
        assert_eq!(fault.code, code, "{begin}: {fault:?}");
        assert!(fault.path.starts_with("line "), "{fault:?}");
    }
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n";
    assert_eq!(Survey::parse(bomb).unwrap_err().remove(0).code, "no_anchors");
}

/// Field names of a schema node and of the reader must be the same set.
#[test]
fn the_schema_lists_every_field_the_reader_knows() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names = |at: &Value| at["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let known_to_reader = |text: &str, path: &str| {
        let fault = Survey::parse(text).unwrap_err().into_iter().find(|f| f.path == path).unwrap();
        let (_, list) = fault.message.split_once("known here are ").unwrap();
        list.split(", ").map(ToOwned::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&schema), known_to_reader("x: 1", "x"));
    let question = known_to_reader("questions: [{x: 1}]", "questions[0].x");
    assert_eq!(names(&schema["$defs"]["question"]), question);
    let choice = known_to_reader("questions: [{type: single, options: [{x: 1}]}]", "questions[0].options[0].x");
    assert_eq!(names(&schema["$defs"]["choice"]), choice);
}

#[test]
fn answers_are_checked_against_the_survey() {
    let survey = template("fund_redemption");
    let check = |v: Value| survey.check_answers(&answers(v), &json!({}));
    let kept = check(json!({"why": "elsewhere", "elsewhere_what": "更高收益", "nps": 3, "comment": " "})).unwrap();
    assert_eq!(Value::Object(kept), json!({"why": "elsewhere", "elsewhere_what": "更高收益", "nps": 3}));
    // an answer to a question that is not shown is dropped
    let kept = check(json!({"why": "cash", "elsewhere_what": "x", "nps": 9.0})).unwrap();
    assert_eq!(survey.scores(&kept).nps, Some(9));
    assert!(!kept.contains_key("elsewhere_what"));
    let codes: Vec<(String, String)> = check(json!({"why": "boredom", "nps": 11, "ghost": 1}))
        .unwrap_err()
        .into_iter()
        .map(|f| (f.path, f.code))
        .collect();
    assert_eq!(
        codes,
        [("answers.ghost", "unknown_question"), ("answers.why", "unknown_choice"), ("answers.nps", "out_of_range")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(check(json!({"why": "cash"})).unwrap_err()[0].code, "required");
}

#[test]
fn multiple_choices_are_counted_and_unique() {
    let survey = template("csat");
    let check = |v: Value| survey.check_answers(&answers(v), &json!({})).map_err(|f| f[0].code.clone());
    assert!(check(json!({"csat": 2, "reasons": ["waiting", "fees"]})).is_ok());
    assert_eq!(check(json!({"csat": 2, "reasons": ["fees", "fees"]})), Err("duplicate".to_owned()));
    assert_eq!(check(json!({"csat": 2, "reasons": "fees"})), Err("not_a_list".to_owned()));
    assert_eq!(check(json!({"csat": "2"})), Err("out_of_range".to_owned()));
}

#[test]
fn placeholders_are_filled_as_text_and_never_twice() {
    let context = json!({"fund_name": "{{ event.secret }}<b>\u{7}", "secret": "x", "n": 5});
    assert_eq!(fill("A {{ event.fund_name | none }} B", &context), "A {{ event.secret }}<b> B");
    assert_eq!(fill("{{event.n}}/{{ context.gone | 无 }}/{{ event.gone }}", &context), "5/无/");
    assert_eq!(fill("no {{ end", &context), "no {{ end");
}

#[test]
fn a_wished_language_falls_back_to_the_first() {
    let mut survey = template("nps");
    assert_eq!(survey.language(Some(Lang::ZhHant)), Lang::ZhHant);
    survey.languages = vec![Lang::En];
    assert_eq!(survey.language(Some(Lang::ZhHant)), Lang::En);
}

#[test]
fn line_separators_in_a_text_survive_being_written_as_yaml() {
    for text in ["\u{2028}A", "A \u{2029} B", "\u{85}\u{feff}x", "\u{2028}\n- a"] {
        let document = json!({"title": {"en": text}});
        let yaml = document_to_yaml(&document);
        assert_eq!(yaml_to_document(&yaml).unwrap(), document, "{yaml}");
    }
}

/// Any printable text, with the letters that YAML treats in a special way.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,20}",
        "\\PC{1,12}",
        "[a\u{85}\u{2028}\u{2029}\u{feff} \n]{1,6}",
        "[#:\\-?&*!|>'\"%@`{}\\[\\], \u{4e00}-\u{4e10}]{1,8}",
        prop::sample::select(vec![
            "null",
            "~",
            "true",
            "no",
            "1",
            "1.50",
            "0x1f",
            "1e3",
            "- a",
            "a: b",
            "# c",
            "2026-01-01",
            "a\nb",
            "a\n",
            " x ",
            "\t",
            "=",
            "<<",
            ".nan"
        ])
        .prop_map(str::to_owned),
    ]
    .prop_filter("placeholders have their own rules, and a blank text is a missing one", |t| {
        !t.contains("{{") && !t.trim().is_empty()
    })
}

fn any_local() -> impl Strategy<Value = LocalText> {
    (any_text(), any_text())
        .prop_map(|(en, zh)| LocalText([("en".to_owned(), en), ("zh-Hans".to_owned(), zh)].into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_survey_reads_back_equal_from_its_own_yaml(
        title in any_local(), intro in any_local(), labels in prop::collection::vec(any_local(), 2..5),
        required in any::<bool>(), low in any_local(), max_length in 1usize..5000,
    ) {
        let options: Vec<Value> = labels.iter().enumerate().map(|(i, l)| json!({"id": format!("{i}"), "label": l})).collect();
        let document = json!({
            "code": "p", "pillar": "brand", "languages": ["en", "zh-Hans"], "title": title, "intro": intro,
            "questions": [
                {"id": "a", "type": "ces", "title": title, "low": low, "required": required},
                {"id": "b", "type": "multiple", "title": title, "options": options, "max": labels.len() - 1},
                {"id": "c", "type": "text", "title": title, "max_length": max_length, "show_if": "answers.a < 3"},
            ]
        });
        let survey = Survey::from_json(&document).unwrap();
        let yaml = survey.to_yaml();
        prop_assert_eq!(Survey::parse(&yaml).map_err(|f| format!("{f:?}\n{yaml}")).unwrap(), survey.clone());
        prop_assert_eq!(Survey::from_json(&yaml_to_document(&yaml).unwrap()).unwrap(), survey);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,300}") {
        let _read = Survey::parse(&text);
    }

    #[test]
    fn no_mangled_template_makes_the_reader_panic(cut in 0usize..1500, insert in "[\\[\\]{}:,&*!|>'\"\\-? \n\t#%a0]{0,6}") {
        let (_, text) = TEMPLATES[4];
        let at = (0..=cut.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap();
        let _read = Survey::parse(&format!("{}{insert}{}", &text[..at], &text[at..]));
    }
}
