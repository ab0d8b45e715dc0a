//! The terms of a text: words that say something, and pairs of them side by side.

use std::collections::HashSet;

use crate::fold::fold;
use crate::segment::Cutter;

/// Words that say little by themselves, folded.
const EMPTY: &str = "我们 你们 他们 她们 自己 这个 那个 这样 那样 什么 怎么 可以 就是 还是 但是 因为 所以 没有 不是 非常 真的 \
    一个 一下 一点 一些 有点 时候 现在 今天 昨天 已经 还有 如果 然后 而且 或者 觉得 感觉 知道 不会 不能 不要 可能 应该 比较 \
    特别 还要 的话 之后 以后 之前 我哋 佢哋 你哋 呢个 嗰个 真系 唔系 而家 仲有 \
    the and for was were are but not you your with this that have has had they them she her him his its our out all very \
    too just from been would could there their about when what which who will can did does don't didn't it's i'm i've \
    because also then than into over only even more most some any get got one two";

/// A term of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Found {
    /// Folded: what is counted.
    pub(crate) key: String,
    /// As written: what is shown.
    pub(crate) shown: String,
}

/// The different words of a text and, where `pairs`, neighbours; in order.
pub(crate) fn terms(text: &str, pairs: bool) -> Vec<Found> {
    let empty: HashSet<&str> = EMPTY.split_whitespace().collect();
    let mut words: Vec<Option<Found>> = Vec::new();
    Cutter::default().cut(text, |word| {
        if word.chars().all(char::is_whitespace) {
            return;
        }
        let key = fold(word);
        let letters = key.chars().count();
        let short = if key.is_ascii() { letters < 3 } else { letters < 2 };
        let says = key.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'));
        let kept = says && !short && !empty.contains(key.as_str());
        words.push(kept.then(|| Found { key, shown: word.to_owned() }));
    });
    let mut seen: HashSet<String> = HashSet::new();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word else { continue };
        if seen.insert(word.key.clone()) {
            found.push(word.clone());
        }
        if let Some(Some(next)) = words.get(at + 1).filter(|_| pairs) {
            let gap = if word.key.is_ascii() || next.key.is_ascii() { " " } else { "" };
            let join = |x: &str, y: &str| format!("{x}{gap}{y}");
            let pair = Found { key: join(&word.key, &next.key), shown: join(&word.shown, &next.shown) };
            if seen.insert(pair.key.clone()) {
                found.push(pair);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_neighbours_are_counted_once_and_shown_as_written() {
        let shown = |text: &str| terms(text, true).into_iter().map(|t| t.shown).collect::<Vec<_>>();
        assert_eq!(shown("手續費 真的 太高,手續費"), ["手續費"]);
        assert_eq!(shown("Face login and face login"), ["Face", "Face login", "login"]);
        assert_eq!(shown("12:30 !!"), Vec::<String>::new());
    }
}
