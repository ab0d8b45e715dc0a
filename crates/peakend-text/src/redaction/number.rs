//! Numbers that identify: telephones, identity cards, bank cards, accounts.

/// The text with words for numbers that identify; none when it has no digit.
pub(super) fn numbers(text: &str) -> Option<String> {
    if !has_digit(text) {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let begins = digit(c).is_some() || (c == '+' && letters.get(at + 1).is_some_and(|c| digit(*c).is_some()));
        let inside_word = at > 0 && letters.get(at - 1).is_some_and(|c| c.is_ascii_alphanumeric());
        if !inside_word && let Some(end) = lettered_card(&letters, at) {
            out.push_str("[id]");
            at = end;
            continue;
        }
        if !begins || inside_word {
            out.push(c);
            at += 1;
            continue;
        }
        let run = Run::at(&letters, at);
        let account = || account(&letters, at, &run.digits).and_then(|word| Some((word, run.groups.last()?.1)));
        match run.known().or_else(account) {
            Some((word, end)) => {
                out.push_str(word);
                at = end;
            }
            None => {
                // what follows a separator may be a number of its own
                let end = run.groups.first().map_or(at + 1, |group| group.1);
                out.extend(letters.iter().take(end).skip(at));
                at = end;
            }
        }
    }
    Some(out)
}

/// Whether there may be a digit: the first byte of full-width ones is that of a few other signs too.
pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit() || b == 0xef)
}

/// Longest number that is looked at beyond its first group, in digits.
const LONGEST: usize = 24;

/// Digits from a position on, with single spaces and hyphens between their groups.
struct Run {
    digits: String,
    /// Of each group, how many digits there are up to its end, and where that is.
    groups: Vec<(usize, usize)>,
}

impl Run {
    fn at(letters: &[char], start: usize) -> Self {
        let mut at = start + usize::from(letters.get(start) == Some(&'+'));
        let mut run = Self { digits: String::new(), groups: Vec::new() };
        loop {
            while let Some(d) = letters.get(at).and_then(|c| digit(*c)) {
                if !run.groups.is_empty() && run.digits.len() >= LONGEST {
                    return run;
                }
                run.digits.push(d);
                at += 1;
            }
            // a final X belongs to an identity card
            if run.digits.len() == 17 && matches!(letters.get(at), Some('x' | 'X')) {
                run.digits.push('X');
                run.groups.push((18, at + 1));
                return run;
            }
            run.groups.push((run.digits.len(), at));
            let parted = matches!(letters.get(at), Some(' ' | '-'));
            if !(parted && letters.get(at + 1).is_some_and(|c| digit(*c).is_some())) {
                return run;
            }
            at += 1;
        }
    }

    /// The word for the longest run of whole groups from the first on that
    /// identifies somebody, and where it ends; what is certain goes first.
    fn known(&self) -> Option<(&'static str, usize)> {
        [certain, likely].into_iter().find_map(|kind| {
            let longest_first = self.groups.iter().rev();
            longest_first.filter_map(|(n, end)| Some((kind(self.digits.get(..*n)?)?, *end))).next()
        })
    }
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xff10 + 0x30),
        _ => None,
    }
}

/// An identity card of the mainland, or a mobile telephone of it.
fn certain(digits: &str) -> Option<&'static str> {
    let mobile = |d: &str| {
        let mut letters = d.chars();
        d.len() == 11 && letters.next() == Some('1') && letters.next().is_some_and(|c| ('3'..='9').contains(&c))
    };
    if digits.len() == 18 && identity_card(digits) {
        return Some("[id]");
    }
    let abroad = ["", "86", "0086"].into_iter().filter_map(|code| digits.strip_prefix(code));
    abroad.into_iter().any(mobile).then_some("[phone]")
}

/// Telephones of Hong Kong, Macau and Taiwan, bank cards, area code and number.
fn likely(digits: &str) -> Option<&'static str> {
    let n = digits.len();
    if digits.strip_prefix("852").is_some_and(|d| d.len() == 8)
        || digits.strip_prefix("853").is_some_and(|d| d.len() == 8)
        || digits.strip_prefix("886").is_some_and(|d| (8..=9).contains(&d.len()))
    {
        Some("[phone]")
    } else if (13..=19).contains(&n) && luhn(digits) {
        Some("[card]")
    } else if digits.starts_with('0') && (10..=12).contains(&n) {
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

/// Eight digits and more right after a word that says they are an account.
fn account(letters: &[char], at: usize, digits: &str) -> Option<&'static str> {
    const CUES: [&str; 9] =
        ["账号", "帐号", "賬號", "帳號", "户口号码", "戶口號碼", "account", "account number", "account no"];
    if digits.len() < 8 {
        return None;
    }
    let before: String = letters.get(at.saturating_sub(20)..at)?.iter().flat_map(|c| c.to_lowercase()).collect();
    let before = before.trim_end_matches([' ', ':', '：', '是', '为', '為', '#', '.']).trim_end_matches(" is");
    CUES.iter().any(|cue| before.ends_with(cue)).then_some("[account]")
}

/// Cards that begin with a letter: Hong Kong's `A123456(7)` and Taiwan's
/// `A123456789`; the end when the check digit is right.
fn lettered_card(letters: &[char], at: usize) -> Option<usize> {
    let initial = letters.get(at).filter(|c| c.is_ascii_uppercase())?;
    let second = letters.get(at + 1).filter(|c| c.is_ascii_uppercase());
    let start = at + 1 + usize::from(second.is_some());
    let digits: Vec<u32> = letters.iter().skip(start).take(10).map_while(|c| digit(*c)?.to_digit(10)).collect();
    let next = |end: usize| letters.get(end).is_none_or(|c| !c.is_ascii_alphanumeric());
    if second.is_none() && digits.len() == 9 && next(start + 9) && taiwan(*initial, &digits) {
        return Some(start + 9);
    }
    let six = digits.get(..6)?;
    let open = matches!(letters.get(start + 6), Some('(' | '（'));
    let check = letters.get(start + 6 + usize::from(open))?;
    let check = if *check == 'A' { 10 } else { digit(*check)?.to_digit(10)? };
    let closed = open && matches!(letters.get(start + 8), Some(')' | '）'));
    let end = start + 7 + if closed { 2 } else { usize::from(open) };
    (open == closed && next(end) && hong_kong(second.map_or(' ', |_| *initial), *second.unwrap_or(initial), six, check))
        .then_some(end)
}

/// Letters count from 10, no letter 36; weights fall from nine; the sum divides by eleven.
fn hong_kong(first: char, second: char, six: &[u32], check: u32) -> bool {
    let value = |c: char| c.to_digit(36).unwrap_or(36);
    let weighed: u32 = six.iter().zip((2..=7).rev()).map(|(d, w)| d * w).sum();
    (value(first) * 9 + value(second) * 8 + weighed + check).is_multiple_of(11)
}

/// The letter stands for a number by region; weights 1, 9..1, 1; the sum divides by ten.
fn taiwan(initial: char, digits: &[u32]) -> bool {
    const REGIONS: &str = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let Some(region) = REGIONS.chars().position(|c| c == initial).and_then(|i| u32::try_from(i + 10).ok()) else {
        return false;
    };
    let weighed: u32 = digits.iter().zip([8, 7, 6, 5, 4, 3, 2, 1, 1]).map(|(d, w)| d * w).sum();
    matches!(digits.first(), Some(1 | 2)) && (region / 10 + region % 10 * 9 + weighed).is_multiple_of(10)
}
