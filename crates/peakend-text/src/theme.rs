//! Themes by keyword rules over the bank's taxonomy in `data/themes.txt`.

use std::sync::OnceLock;

use crate::fold::fold;

/// The codes of all themes, in the order of the file.
pub fn themes() -> impl Iterator<Item = &'static str> {
    rules().iter().map(|(name, _)| *name)
}

/// The main theme of a text; empty when no keyword occurs.
#[must_use]
pub fn theme(text: &str) -> &'static str {
    of_folded(&fold(text)).first().map_or("", |(name, _)| name)
}

type Rules = Vec<(&'static str, Vec<String>)>;

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let lines = include_str!("../data/themes.txt").lines().filter(|l| !l.starts_with('#'));
        lines
            .filter_map(|l| l.split_once('\t'))
            .map(|(name, words)| (name, words.split(' ').map(|w| w.replace('_', " ")).collect()))
            .collect()
    })
}

/// Themes with their points, most first; ties keep the order of the file. Long
/// keywords are rarer by chance and count more.
pub(crate) fn of_folded(text: &str) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&'static str, usize)> = rules()
        .iter()
        .map(|(name, words)| (*name, words.iter().map(|w| points(text, w)).sum::<usize>()))
        .filter(|(_, points)| *points > 0)
        .collect();
    found.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
    found
}

fn points(text: &str, word: &str) -> usize {
    let hits = if word.is_ascii() {
        text.match_indices(word).filter(|(at, w)| whole_word(text, *at, at + w.len())).take(3).count()
    } else {
        text.matches(word).take(3).count()
    };
    let weight = if word.is_ascii() { 4 } else { word.chars().count() * 2 };
    hits * weight
}

fn whole_word(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !letter(before) && !letter(after)
}

#[cfg(test)]
mod tests {
    use super::{theme, themes};

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
        }
        assert!(themes().count() >= 10);
    }
}
