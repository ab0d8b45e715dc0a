//! Language by script; the two Chinese scripts by characters that only one of them uses.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::fold::{pairs, traditional};

/// Language tag of a text: `en`, `zh-Hans`, `zh-Hant`, `ja`, `ko`, or empty.
///
/// Chinese without a character that tells the scripts apart is called
/// simplified. English is assumed of Latin letters, which is right for the
/// languages we serve and wrong for, say, French.
#[must_use]
pub fn language(text: &str) -> &'static str {
    let mut count = Count::default();
    for c in text.chars() {
        count.add(c);
    }
    // a Chinese character says about as much as a short Latin word
    if count.kana > 0 && count.kana * 4 >= count.han {
        "ja"
    } else if count.hangul > count.han && count.hangul * 3 >= count.latin {
        "ko"
    } else if count.han > 0 && count.han * 4 >= count.latin {
        if count.traditional > count.simplified { "zh-Hant" } else { "zh-Hans" }
    } else if count.latin >= 2 {
        "en"
    } else {
        ""
    }
}

#[derive(Default)]
struct Count {
    latin: usize,
    han: usize,
    kana: usize,
    hangul: usize,
    traditional: usize,
    simplified: usize,
}

impl Count {
    fn add(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' => self.latin += 1,
            '\u{3040}'..='\u{30ff}' => self.kana += 1,
            '\u{ac00}'..='\u{d7af}' => self.hangul += 1,
            '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2ffff}' => {
                self.han += 1;
                self.traditional += usize::from(traditional().contains_key(&c));
                self.simplified += usize::from(simplified_only().contains(&c));
            }
            _ => {}
        }
    }
}

/// Simplified forms that traditional texts use too, with other meanings.
const SHARED: &str = "里后面台松准干系表只斗谷范丑了才出几云";

fn simplified_only() -> &'static HashSet<char> {
    static SET: OnceLock<HashSet<char>> = OnceLock::new();
    SET.get_or_init(|| pairs().map(|(_, s)| s).filter(|s| !SHARED.contains(*s)).collect())
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn the_scripts_are_told_apart() {
        for (text, tag) in [
            ("转出费用太高,客服也没说清楚", "zh-Hans"),
            ("轉出費用太高,客服也沒說清楚", "zh-Hant"),
            ("很好", "zh-Hans"),
            ("App 老是闪退", "zh-Hans"),
            ("the app keeps crashing", "en"),
            ("OK", "en"),
            ("ありがとう", "ja"),
            ("감사합니다", "ko"),
            ("12:30 !!", ""),
            ("", ""),
        ] {
            assert_eq!(language(text), tag, "{text}");
        }
    }
}
