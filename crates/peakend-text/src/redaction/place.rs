//! Postal addresses: a road with a number, and what stands around it.

/// What ends a road's name.
const ROADS: &str = "路街道巷弄";
/// What an address cannot run back over: words before it, and ends of clauses.
const BEFORE: &str = "住在于於到去是址寄送给給位从從我你他她家的至往";
/// What may follow the house number.
const PARTS: &str = "号號弄栋棟幢座楼樓层層室单單元房户戶之";
/// Longest name before and longest detail after the number, in characters.
const REACH: usize = 16;

const STREETS: [&str; 14] = [
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "drive",
    "boulevard",
    "blvd",
    "court",
    "terrace",
    "square",
];

/// The text with `[address]` for addresses; none when it has no digit, since every address has a number.
pub(super) fn addresses(text: &str) -> Option<String> {
    if !super::number::has_digit(text) {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        if ROADS.contains(c)
            && let Some(end) = chinese(&letters, at)
        {
            let name = out.iter().rev().take(REACH).take_while(|c| named(**c)).count();
            if name >= 2 {
                out.truncate(out.len() - name);
                out.extend("[address]".chars());
                at = end;
                continue;
            }
        }
        let inside = at > 0 && letters.get(at - 1).is_some_and(|c| c.is_alphanumeric());
        if c.is_ascii_digit()
            && !inside
            && let Some(end) = english(&letters, at)
        {
            out.extend("[address]".chars());
            at = end;
            continue;
        }
        out.push(c);
        at += 1;
    }
    Some(out.into_iter().collect())
}

fn named(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}') && !BEFORE.contains(c)
}

/// End of `路100号3栋502室` from its road word on.
fn chinese(letters: &[char], road: usize) -> Option<usize> {
    // sections of a road: 中山東路三段 5 號
    let mut at = road + 1;
    if letters.get(at + 1).is_some_and(|c| *c == '段') {
        at += 2;
    }
    while letters.get(at) == Some(&' ') && at < road + 4 {
        at += 1;
    }
    let number = letters.iter().skip(at).take(6).take_while(|c| digit(**c)).count();
    let marked = letters.get(at + number).is_some_and(|c| "号號弄".contains(*c));
    if number == 0 || number > 5 || !marked {
        return None;
    }
    let mut end = at + number + 1;
    let mut last = end;
    while let Some(&c) = letters.get(end).filter(|_| end < at + REACH + 6) {
        if PARTS.contains(c) {
            last = end + 1;
        } else if !(digit(c) || c.is_ascii_uppercase() || matches!(c, '-' | ' ')) {
            break;
        }
        end += 1;
    }
    Some(last)
}

fn digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９')
}

/// End of `221B Baker Street` from its number on.
fn english(letters: &[char], at: usize) -> Option<usize> {
    let window: String = letters.get(at..)?.iter().take(60).collect();
    let mut words = window.split(' ');
    let number = words.next()?;
    if number.len() > 6 || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let mut length = number.chars().count();
    for place in 0..5 {
        let word = words.next()?;
        let bare = word.trim_end_matches(['.', ',', ';', '!', '?']);
        length += 1 + bare.chars().count();
        if !bare.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        if place > 0 && STREETS.contains(&bare.to_ascii_lowercase().as_str()) {
            return Some(at + length);
        }
    }
    None
}
