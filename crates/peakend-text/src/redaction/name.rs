//! Names, where the words around say that they are names.

use crate::fold::simplified_form;

/// The commonest surnames, simplified; compound ones are rare and left out.
const SURNAMES: &str = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚";

/// What stands before a name.
const CUES: [&str; 12] = [
    "我叫",
    "我的名字是",
    "我的名字叫",
    "本人",
    "姓名",
    "联系人",
    "聯繫人",
    "聯絡人",
    "收件人",
    "开户人",
    "戶名",
    "户名",
];
/// What stands after a full name.
const TITLES: [&str; 7] = ["先生", "女士", "小姐", "太太", "阿姨", "师傅", "師傅"];
/// What a name does not hold: words that follow a cue in other sentences.
const NOT_NAMES: &str = "的是在有没不也都很就要想去来对向因";

/// The text with `[name]` for names; none when nothing in it can be one.
pub(super) fn names(text: &str) -> Option<String> {
    // a Chinese name is no ASCII, an English one begins with a capital after a space
    let capital = text.as_bytes().windows(2).any(|two| matches!(two, [b' ', b'A'..=b'Z']));
    if !capital && text.is_ascii() {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let before = || letters.get(at.saturating_sub(8)..at).unwrap_or_default();
        let found = if surname(c) { chinese(&letters, at, before()) } else { english(&letters, at) };
        match found {
            Some(end) => {
                out.push_str("[name]");
                at = end;
            }
            None => {
                out.push(c);
                at += 1;
            }
        }
    }
    Some(out)
}

fn surname(c: char) -> bool {
    !c.is_ascii() && SURNAMES.contains(simplified_form(c).unwrap_or(c))
}

/// A surname and one or two characters, after a cue and before a break, or before a title.
fn chinese(letters: &[char], at: usize, before: &[char]) -> Option<usize> {
    let given = |n: usize| letters.get(at + 1..at + 1 + n).filter(|g| g.iter().all(|c| han(*c)));
    let before: String = before.iter().collect();
    let cued = before.trim_end_matches([' ', ':', '：', '为', '為']);
    let cued = CUES.iter().any(|cue| cued.ends_with(cue));
    for n in [2, 1] {
        let Some(given) = given(n) else { continue };
        let end = at + 1 + n;
        let after: String = letters.iter().skip(end).take(2).collect();
        let titled = TITLES.iter().any(|title| after == *title) && !before.ends_with(han);
        let closed = letters.get(end).is_none_or(|c| !han(*c));
        // 谢谢师傅 thanks, and names nobody
        let doubled = given.len() == 1 && given.first() == letters.get(at);
        let plain = !doubled && given.iter().all(|c| !NOT_NAMES.contains(*c));
        if plain && (titled || (cued && (closed || n == 2))) {
            return Some(end);
        }
    }
    None
}

fn han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// One to three capitalised words after "my name is", "Mr" and their like.
fn english(letters: &[char], at: usize) -> Option<usize> {
    const CUES: [&str; 6] = ["my name is ", "mr ", "mr. ", "mrs ", "ms ", "ms. "];
    let starts = letters.get(at).is_some_and(char::is_ascii_uppercase);
    let apart = at > 0 && letters.get(at - 1) == Some(&' ');
    if !starts || !apart {
        return None;
    }
    let before: String = letters.get(at.saturating_sub(12)..at)?.iter().flat_map(|c| c.to_lowercase()).collect();
    let cued = |cue: &&str| {
        let rest = before.strip_suffix(*cue);
        rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()))
    };
    CUES.iter().find(|cue| cued(cue))?;
    let mut end = at;
    for _ in 0..3 {
        let word = letters.iter().skip(end).take(30).take_while(|c| c.is_alphabetic() || **c == '-').count();
        if word == 0 || !letters.get(end).is_some_and(|c| c.is_uppercase()) {
            break;
        }
        end += word;
        if letters.get(end) == Some(&' ') && letters.get(end + 1).is_some_and(|c| c.is_uppercase()) {
            end += 1;
        } else {
            break;
        }
    }
    (end > at).then_some(end)
}
