//! Training and adapting, with what they refuse.

use super::*;

const HOW: Course = Course {
    pieces: Pieces::Letters,
    labels: Labels { negative_to: Some(6.0), positive_from: Some(9.0) },
    holdout: 0.2,
    passes: 3,
    shrink: 1e-3,
    seed: 5,
};

/// Texts in a jargon that no word list knows: `tick` praises, `tock` blames.
fn jargon(n: usize, licence: &str) -> Corpus {
    let row = |at: usize| {
        let place = ["东门", "西门", "南门", "北门"][at % 4];
        match at % 2 {
            0 => ("10".to_owned(), format!("{place}第{at}单甲乙丙走起")),
            _ => ("3".to_owned(), format!("{place}第{at}单丁戊己收工")),
        }
    };
    let rows = (0..n).map(row).chain([("8".to_owned(), "中间".to_owned())]).collect();
    Corpus { name: "jargon".into(), licence: licence.into(), rows }
}

#[test]
fn own_texts_adapt_the_model_and_the_card_shows_before_and_after() {
    let mut passes = Vec::new();
    let made = adapt(&[jargon(2_400, "")], HOW, &mut |p| passes.push(p.pass)).unwrap();
    let card = &made.card;
    assert!(card.before.accuracy.value < 0.9, "{card}");
    assert!(card.after.accuracy.value > 0.97 && card.better, "{card}");
    assert_eq!((card.left_out.between, passes), (1, vec![1, 2, 3]));
    assert_eq!(card.taught.positive + card.taught.negative + card.held.positive + card.held.negative, 2_400);
    let again = adapt(&[jargon(2_400, "")], HOW, &mut |_| {}).unwrap();
    assert_eq!(again, made);
    for text in ["服务很好,非常满意", "态度太差,很失望"] {
        let letters = letters(&fold(text));
        let shipped = Model::shipped(Language::Chinese).margin(&letters);
        assert_eq!(made.model.margin(&letters) > 0.0, shipped > 0.0, "{text}: what was known is kept");
    }
}

#[test]
fn fewer_than_two_thousand_own_texts_are_refused() {
    let refused = adapt(&[jargon(1_999, "")], HOW, &mut |_| {}).unwrap_err();
    let CourseError::TooFew(refusal) = refused else { panic!("{refused}") };
    assert_eq!((refusal.have, refusal.need), (1_999, 2_000));
}

#[test]
fn training_wants_a_licence_that_allows_it_and_enough_of_both_labels() {
    let made = teach(&[jargon(600, "cc by 4.0")], HOW, &["东门第0单甲乙丙走起"], &mut |_| {}).unwrap();
    assert_eq!(made.card.sources[0].licence, "CC-BY-4.0");
    assert_eq!(made.card.left_out.never, 1);
    let said = made.card.to_string();
    assert!(said.contains("CC-BY-4.0") && said.contains("macro F1"), "{said}");
    let refused = |corpus: Corpus, how: Course| teach(&[corpus], how, &[], &mut |_| {}).unwrap_err();
    assert!(matches!(refused(jargon(600, "CC-BY-NC-4.0"), HOW), CourseError::Licence { .. }));
    assert!(matches!(refused(jargon(100, "MIT"), HOW), CourseError::TooFew(_)));
    assert!(matches!(refused(jargon(600, "MIT"), Course { holdout: 1.0, ..HOW }), CourseError::Holdout(_)));
    assert!(matches!(refused(jargon(600, "MIT"), Course { labels: Labels::default(), ..HOW }), CourseError::Label(_)));
}
