//! Redaction: telephone, identity-card, bank-card numbers and e-mail addresses.
//!
//! Each is replaced by a word in brackets, so that the sentence stays readable.
//! Identity cards are proven by their check digit and bank cards by Luhn's sum,
//! so that amounts and order numbers mostly stay.

/// The text without numbers and addresses that identify somebody.
#[must_use]
pub fn redact(text: &str) -> String {
    numbers(&emails(text))
}

fn emails(text: &str) -> String {
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['@', '\u{ff20}']) {
        let width = rest.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + width..).unwrap_or_default());
        let start = before
            .rfind(|c| !local(c))
            .map_or(0, |i| i + before.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
        let end = after.find(|c| !host(c)).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        if start < at && domain.contains('.') {
            out.push_str(before.get(..start).unwrap_or_default());
            out.push_str("[email]");
            rest = after.get(domain.len()..).unwrap_or_default();
        } else {
            out.push_str(rest.get(..at + width).unwrap_or_default());
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn numbers(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let begins = digit(c).is_some() || (c == '+' && letters.get(at + 1).is_some_and(|c| digit(*c).is_some()));
        let inside_word = at > 0 && letters.get(at - 1).is_some_and(|c| c.is_ascii_alphanumeric());
        if !begins || inside_word {
            out.push(c);
            at += 1;
            continue;
        }
        let (digits, end) = run(&letters, at);
        match kind(&digits) {
            Some(word) => out.push_str(word),
            None => out.extend(letters.iter().take(end).skip(at)),
        }
        at = end;
    }
    out
}

/// Digits from a position on, with single spaces and hyphens between them; a
/// final X belongs to an identity card.
fn run(letters: &[char], start: usize) -> (String, usize) {
    let mut digits = String::new();
    let mut at = start + usize::from(letters.get(start) == Some(&'+'));
    let mut end = at;
    while let Some(&c) = letters.get(at) {
        if let Some(d) = digit(c) {
            digits.push(d);
            end = at + 1;
        } else if matches!(c, 'x' | 'X') && digits.len() == 17 {
            digits.push('X');
            return (digits, at + 1);
        } else if !(matches!(c, ' ' | '-') && letters.get(at + 1).is_some_and(|c| digit(*c).is_some())) {
            break;
        }
        at += 1;
    }
    (digits, end)
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xff10 + 0x30),
        _ => None,
    }
}

fn kind(digits: &str) -> Option<&'static str> {
    let n = digits.len();
    let mobile = |d: &str| {
        let mut letters = d.chars();
        d.len() == 11 && letters.next() == Some('1') && letters.next().is_some_and(|c| ('3'..='9').contains(&c))
    };
    if n == 18 && identity_card(digits) {
        Some("[id]")
    } else if mobile(digits)
        || digits.strip_prefix("86").is_some_and(mobile)
        || digits.strip_prefix("0086").is_some_and(mobile)
    {
        Some("[phone]")
    } else if (13..=19).contains(&n) && luhn(digits) {
        Some("[card]")
    } else if digits.starts_with('0') && (10..=12).contains(&n) {
        // area code and number
        Some("[phone]")
    } else {
        None
    }
}

/// GB 11643-1999: weights and check letter of the 18-digit number.
fn identity_card(digits: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let values: Vec<u32> = digits.chars().take(17).filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum();
    let check = usize::try_from(sum % 11).ok().and_then(|i| CHECK.get(i));
    values.len() == 17 && digits.chars().last().as_ref() == check
}

fn luhn(digits: &str) -> bool {
    let Some(values) = digits.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<u32>>>() else { return false };
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(i, v)| match (i % 2, v * 2) {
            (0, _) => *v,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10) && values.iter().any(|v| *v != 0)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn what_identifies_somebody_goes_and_the_sentence_stays() {
        for (text, wanted) in [
            ("请打13812345678找我", "请打[phone]找我"),
            ("+86 138-1234-5678", "[phone]"),
            ("电话１３８１２３４５６７８", "电话[phone]"),
            ("座机 010-62345678 没人接", "座机 [phone] 没人接"),
            ("身份证11010519491231002X丢了", "身份证[id]丢了"),
            ("卡号 6222 0212 3456 7894 被吞", "卡号 [card] 被吞"),
            ("write to li.wei+a@bank.com.cn.", "write to [email]."),
            ("我的邮箱li@b.cn,谢谢", "我的邮箱[email],谢谢"),
        ] {
            assert_eq!(redact(text), wanted);
        }
    }

    #[test]
    fn amounts_dates_and_order_numbers_stay() {
        for text in
            ["亏了 123456.78 元", "2026-11-22 12:30", "订单 20261122000001", "95588", "a@b", "@ me", "等了 30 分钟"]
        {
            assert_eq!(redact(text), text);
        }
    }
}
