//! Emotions in three scripts.

use super::*;

#[test]
fn an_emotion_is_found_with_its_words() {
    for (text, wanted, word) in [
        ("没想到这么快", Emotion::Surprise, "没想到"),
        ("真係多謝你哋", Emotion::Trust, "多謝"),
        ("凭什么扣我的钱,气死我了", Emotion::Anger, "凭什么"),
        ("I am worried my card was stolen", Emotion::Worry, "worried"),
        ("Lovely evening, we enjoyed every minute", Emotion::Joy, "Lovely"),
        ("嘥咗成日,好失望", Emotion::Disappointment, "失望"),
    ] {
        let felt = emotion(text);
        assert_eq!(felt.main, wanted, "{text}: {felt:?}");
        assert!(felt.evidence.iter().any(|s| &text[s.range.clone()] == word), "{text}: {felt:?}");
    }
}

#[test]
fn negation_turns_disappointment_to_joy_and_worry_to_trust() {
    assert_eq!(emotion("一点也不失望").main, Emotion::Joy);
    assert_eq!(emotion("I am not worried any longer").main, Emotion::Trust);
}

#[test]
fn a_text_without_feeling_is_neutral() {
    for text in ["", "我昨天去了网点", "The branch opens at nine.", "12345"] {
        assert_eq!(emotion(text).main, Emotion::Neutral, "{text}");
    }
}
