//! Themes by rule, by hierarchy, on trial and as suggestions.

use proptest::prelude::*;

use super::*;

fn scheme(rules: &[(&str, Rule)]) -> ThemeRules {
    let name = |n: &str| ThemeName { en: n.to_owned(), zh_hans: n.to_owned(), zh_hant: n.to_owned() };
    let theme = |(code, rule): &(&str, Rule)| Theme {
        code: (*code).to_owned(),
        parent: None,
        name: name(code),
        rules: vec![rule.clone()],
    };
    ThemeRules::of(&ThemeScheme { version: 1, themes: rules.iter().map(theme).collect() }).unwrap()
}

fn expression(text: &str) -> Rule {
    Rule::Expression { text: text.to_owned() }
}

fn keywords(words: &[&str]) -> Rule {
    Rule::Keywords { words: words.iter().map(|w| (*w).to_owned()).collect() }
}

#[test]
fn a_sentence_finds_its_theme() {
    for (text, wanted) in [
        ("转账手续费太高", "fees"),
        ("排队等了一个小时才叫号", "waiting"),
        ("手机银行总是闪退,登录不了", "app"),
        ("柜员态度很冷漠", "staff"),
        ("基金亏损严重,收益不如别家", "returns"),
        ("办理流程太繁琐,要一堆材料", "process"),
        ("感觉被误导了,不透明,像骗人", "trust"),
        ("I waited in the queue for an hour", "waiting"),
        ("The app crashes at login", "app"),
        ("外卖送餐超级慢,骑手还送错", "delivery"),
        ("手機銀行介面很亂,驗證碼收不到", "app"),
        ("今天天气", ""),
        ("happy", ""),
    ] {
        assert_eq!(theme(text), wanted, "{text}");
        let rules = ThemeRules::of(&ThemeScheme::shipped()).unwrap();
        assert_eq!(rules.read(text).first().map_or("", |m| m.theme), wanted, "{text}");
    }
    assert!(themes().count() >= 10);
}

#[test]
fn the_shipped_scheme_is_sound_and_has_every_flat_theme_below_a_group() {
    let scheme = ThemeScheme::shipped();
    assert_eq!(scheme.faults(), []);
    for code in themes() {
        assert_eq!(scheme.path(code).len(), 2, "{code}");
    }
    let again: ThemeScheme = serde_json::from_str(&serde_json::to_string(&scheme).unwrap()).unwrap();
    assert_eq!(again, scheme);
    assert_eq!(scheme.revised(scheme.themes.clone()).unwrap().version, 2);
}

#[test]
fn every_kind_of_rule_shows_the_words_it_rests_on() {
    let rules = scheme(&[
        ("words", keywords(&["手续费", "refund*"])),
        ("pattern", Rule::Regex { pattern: r"等[了咗]\d+分鐘".to_owned() }),
        ("near", expression("手续费 near/3 (高 or 贵)")),
        ("not", expression("(app or 应用) and not (好用 or good)")),
    ]);
    let found = |text: &str| -> Vec<(String, Vec<String>)> {
        let words = |m: &Matched<'_>| m.spans.iter().map(|s| text[s.clone()].to_owned()).collect();
        rules.read(text).iter().map(|m| (m.theme.to_owned(), words(m))).collect()
    };
    let pair = |theme: &str, words: &[&str]| (theme.to_owned(), words.iter().map(|w| (*w).to_owned()).collect());
    let wanted: [(String, Vec<String>); 2] = [pair("words", &["手續費"]), pair("near", &["手續費", "高"])];
    assert_eq!(found("這裡的手續費真的太高"), wanted);
    assert_eq!(found("My REFUNDS are late"), [pair("words", &["REFUNDS"])]);
    assert_eq!(found("等咗３０分鐘"), [pair("pattern", &["等咗３０分鐘"])]);
    assert_eq!(found("手续费不用说了,倒是昨天路上看见的那座楼真高").len(), 1);
    assert_eq!(found("APP 打不开"), [pair("not", &["APP"])]);
    assert_eq!(found("app 很好用"), []);
    assert_eq!(found("the apple"), []);
}

#[test]
fn a_scheme_that_is_not_sound_names_every_place() {
    let mut scheme = ThemeScheme::shipped();
    scheme.themes[0].parent = Some("fees".to_owned());
    scheme.themes[1].code = "Bad Code".to_owned();
    scheme.themes[2].parent = Some("nowhere".to_owned());
    scheme.themes[3].name.zh_hant = " ".to_owned();
    scheme.themes[4].rules.push(Rule::Regex { pattern: "(a".to_owned() });
    scheme.themes[4].rules.push(Rule::Regex { pattern: "a*".to_owned() });
    scheme.themes[5].rules.push(expression("a and"));
    scheme.themes[6].rules.push(keywords(&["x", "\u{200b}"]));
    scheme.themes[13].parent = Some("service".to_owned());
    scheme.themes[10].parent = Some("fees".to_owned());
    scheme.themes[11].parent = Some("money".to_owned());
    let faults = ThemeRules::of(&scheme).unwrap_err();
    let codes: Vec<&str> = faults.iter().map(|f| f.code).collect();
    for code in ["code_form", "parent_unknown", "name_missing", "regex", "word_expected", "word_empty", "parent_circle"]
    {
        assert!(codes.contains(&code), "{code}: {faults:#?}");
    }
    let place = faults.iter().find(|f| f.code == "word_expected").unwrap();
    assert_eq!((place.path.as_str(), place.at), ("themes[5].rules[1]", Some(5)));
}

#[test]
fn a_pattern_that_would_grow_without_bound_is_refused() {
    let huge = Rule::Regex { pattern: r"((\w{100}){100}){100}".to_owned() };
    assert_eq!(huge.fault("rule").unwrap().code, "regex");
    let back = Rule::Regex { pattern: r"(a)\1".to_owned() };
    assert_eq!(back.fault("rule").unwrap().code, "regex");
}

#[test]
fn a_trial_says_which_samples_match_where_and_what_each_rule_adds() {
    let rules = [keywords(&["排队", "queue"]), expression("等 near/2 久")];
    let trial = try_rules(&rules, &["排隊等很久", "no queue", "等太久了", "nothing"]).unwrap();
    assert_eq!((trial.n, trial.matched), (4, 3));
    assert_eq!((trial.by_rule, trial.alone), (vec![2, 2], vec![1, 1]));
    assert_eq!(trial.rows[1].spans.first(), Some(&(3..8)));
    let fault = &try_rules(&[expression("(")], &[]).unwrap_err()[0];
    assert_eq!((fault.path.as_str(), fault.at), ("rules[0]", Some(1)));
}

#[test]
fn a_model_suggests_only_what_no_rule_gave() {
    let texts: Vec<(String, Vec<&str>)> = (0..60)
        .map(|n| match n % 2 {
            0 => (format!("the teller at counter {n} smiled"), vec!["staff"]),
            _ => (format!("parking near the lobby number {n} was full"), vec!["branch"]),
        })
        .collect();
    let texts: Vec<(&str, Vec<&str>)> = texts.iter().map(|(t, c)| (t.as_str(), c.clone())).collect();
    let suggester = ThemeSuggester::learn(&texts).unwrap();
    let found = suggester.suggest("no parking by the lobby", &[]);
    assert_eq!(found[0].theme, "branch");
    assert!(found[0].words.iter().any(|w| w == "parking"));
    assert!(suggester.suggest("no parking by the lobby", &["branch"]).is_empty());
    assert!(ThemeSuggester::learn(&texts[..20]).is_err());
}

proptest! {
    #[test]
    fn evidence_lies_in_the_text_and_never_overlaps(text in "[手续费高贵 a-c.,\u{200b}]{0,60}") {
        let rules = scheme(&[
            ("a", keywords(&["手续", "续费", "a", "b*"])),
            ("b", expression("费 near/2 高 or a near/1 c")),
            ("c", Rule::Regex { pattern: "[高贵]+|a.c".to_owned() }),
        ]);
        for found in rules.read(&text) {
            prop_assert!(!found.spans.is_empty());
            for pair in found.spans.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for span in &found.spans {
                prop_assert!(text.get(span.clone()).is_some_and(|s| !s.is_empty()));
            }
        }
    }
}
