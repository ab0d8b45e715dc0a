//! Redaction: what identifies somebody is replaced by a word in brackets, so
//! that the sentence stays readable.
//!
//! E-mail addresses; telephone, identity-card, bank-card and account numbers;
//! postal addresses; names where the sentence says that they are names. Identity
//! cards are proven by their check digit and bank cards by Luhn's sum, so that
//! amounts and order numbers mostly stay. Every pass is linear in the text.

mod name;
mod number;
mod place;

use std::borrow::Cow;

/// What stands where something was masked.
pub const MASKS: [&str; 7] = ["[email]", "[phone]", "[id]", "[card]", "[account]", "[address]", "[name]"];

/// The text without what stands where something was masked: these words are
/// ours, and say nothing about its language, tone or theme.
pub(crate) fn without_masks(text: &str) -> Cow<'_, str> {
    let mut rest = Cow::Borrowed(text);
    for mask in MASKS {
        if rest.contains(mask) {
            rest = Cow::Owned(rest.replace(mask, " "));
        }
    }
    rest
}

/// The text without what identifies somebody; borrowed when no pass has anything to look at.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    const PASSES: [fn(&str) -> Option<String>; 4] = [emails, number::numbers, place::addresses, name::names];
    PASSES.iter().fold(Cow::Borrowed(text), |text, pass| pass(&text).map_or(text, Cow::Owned))
}

fn emails(text: &str) -> Option<String> {
    let mut rest = text;
    rest.find(['@', '\u{ff20}'])?;
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let mut out = String::with_capacity(text.len());
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
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cow, redact};

    #[test]
    fn what_identifies_somebody_goes_and_the_sentence_stays() {
        for (text, wanted) in [
            ("请打13812345678找我", "请打[phone]找我"),
            ("+86 138-1234-5678", "[phone]"),
            ("电话１３８１２３４５６７８", "电话[phone]"),
            ("13812345678 11010519491231002X 13912345678", "[phone] [id] [phone]"),
            ("分行 12 010-62345678", "分行 12 [phone]"),
            ("座机 010-62345678 没人接", "座机 [phone] 没人接"),
            ("身份证11010519491231002X丢了", "身份证[id]丢了"),
            ("卡号 6222 0212 3456 7894 被吞", "卡号 [card] 被吞"),
            ("write to li.wei+a@bank.com.cn.", "write to [email]."),
            ("我的邮箱li@b.cn,谢谢", "我的邮箱[email],谢谢"),
            ("電話 +852 9123 4567,搵我", "電話 [phone],搵我"),
            ("手機0912-345-678打不通", "手機[phone]打不通"),
            ("身份證 A123456(3) 影印本", "身份證 [id] 影印本"),
            ("身分證字號A123456789被登錯", "身分證字號[id]被登錯"),
            ("账号是1234567890扣了两次", "账号是[account]扣了两次"),
            ("my account number is 12345678.", "my account number is [account]."),
            ("我住在上海市南京西路100号3栋502室,快递没送到", "我住在[address],快递没送到"),
            ("寄到旺角亞皆老街8號5樓B室,冇人應", "寄到[address],冇人應"),
            ("I live at 221B Baker Street, London", "I live at [address], London"),
            ("我叫王小明,投诉你们", "我叫[name],投诉你们"),
            ("聯絡人:陳大文", "聯絡人:[name]"),
            ("李建国先生昨天来过", "[name]先生昨天来过"),
            ("My name is John Smith and I called", "My name is [name] and I called"),
            ("I spoke to Mr. Chan twice", "I spoke to Mr. [name] twice"),
        ] {
            assert_eq!(redact(text), wanted);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_cut_but_what_is_masked(text in "\\PC{0,60}") {
            let masked = redact(&text);
            prop_assert!(masked == text || masked.contains('['));
            prop_assert_eq!(redact(&masked), masked.as_ref());
        }
    }

    #[test]
    fn words_without_any_sign_of_a_person_are_not_copied() {
        for text in ["", "the adviser called back and it was settled", "Good."] {
            assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn every_mask_is_one_of_the_list() {
        let text = "li@b.cn 13812345678 11010519491231002X 6222021234567894 账号1234567890 南京西路100号 我叫王小明";
        let masked = redact(text);
        assert!(super::MASKS.iter().all(|mask| masked.contains(mask)), "{masked}");
        assert!(!super::without_masks(&masked).contains('['));
    }

    #[test]
    fn amounts_dates_and_order_numbers_stay() {
        for text in [
            "亏了 123456.78 元",
            "2026-11-22 12:30",
            "订单 20261122000001",
            "95588",
            "a@b",
            "@ me",
            "等了 30 分钟",
            "A123456(4)",
            "A123456780",
            "王经理态度很好",
            "谢谢师傅,辛苦了",
            "謝謝師傅",
            "高兴",
            "本人很不满意",
            "一路走到100号窗口",
            "排到8号窗口",
            "I waited 20 Minutes on the Road",
            "Mr. and Mrs. who",
            "账号登录不了",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
