//! Aspects in three scripts.

use super::*;

fn shown(text: &str) -> Vec<(&'static str, &str, Polarity)> {
    aspects(text).into_iter().map(|a| (a.aspect, &text[a.range], a.polarity)).collect()
}

#[test]
fn each_opinion_goes_to_the_term_beside_it() {
    use Polarity::{Negative, Positive};
    assert_eq!(shown("柜员很耐心,但是手续费太高"), [("staff", "柜员", Positive), ("price", "手续费", Negative)]);
    assert_eq!(shown("櫃員好有耐心,不過手續費太高"), [("staff", "櫃員", Positive), ("price", "手續費", Negative)]);
    assert_eq!(
        shown("The teller was friendly but the fees are too high."),
        [("staff", "teller", Positive), ("price", "fees", Negative)]
    );
}

#[test]
fn negation_turns_and_degree_strengthens() {
    let text = "服务员不热情";
    let found = aspects(text);
    assert_eq!((found[0].polarity, found[0].judgements[0].negated), (Polarity::Negative, true));
    let (plain, strong) = (aspects("服务员热情"), aspects("服务员非常热情"));
    assert!(strong[0].strength > plain[0].strength && strong[0].judgements[0].strengthened);
    assert_eq!(aspects("The waiter wasn't rude at all")[0].polarity, Polarity::Positive);
}

#[test]
fn the_same_word_judges_by_what_stands_beside_it() {
    let sign = |text: &str| aspects(text).first().map(|a| a.polarity);
    assert_eq!(sign("收益高"), Some(Polarity::Positive));
    assert_eq!(sign("手续费高"), Some(Polarity::Negative));
    assert_eq!(sign("低油耗"), Some(Polarity::Positive));
    assert_eq!(sign("工资低"), Some(Polarity::Negative));
}

#[test]
fn an_opinion_that_names_its_aspect_stands_alone_and_a_clause_without_term_refers_back() {
    let found = aspects("overpriced");
    assert_eq!((found[0].aspect, found[0].named), ("price", false));
    let text = "那个柜员,非常热情";
    let found = aspects(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(&text[found[0].judgements[0].range.clone()], "热情");
}

#[test]
fn an_organisation_adds_its_own_words() {
    let own =
        Vocabulary::with("@lounge\tbank\tLounge | 贵宾室 | 貴賓室\nlounge\tterm\t贵宾室 lounge\nlounge\tnear-\t远")
            .unwrap();
    let found = own.aspects("貴賓室太遠", None);
    assert_eq!((found[0].aspect, found[0].polarity), ("lounge", Polarity::Negative));
}

#[test]
fn nothing_is_judged_where_nothing_is_said() {
    assert_eq!(aspects(""), []);
    assert_eq!(aspects("今天星期三"), []);
    assert!(aspects("我昨天去了网点").iter().all(|a| a.polarity == Polarity::Neutral));
}
