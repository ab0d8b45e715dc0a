//! Folding: half-width, lower case, simplified characters.

use std::collections::HashMap;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;

/// Traditional characters with their simplified forms.
pub(crate) fn traditional() -> &'static HashMap<char, char> {
    static MAP: OnceLock<HashMap<char, char>> = OnceLock::new();
    MAP.get_or_init(|| pairs().collect())
}

/// The pairs of `data/characters.txt`.
pub(crate) fn pairs() -> impl Iterator<Item = (char, char)> {
    include_str!("../data/characters.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| {
            let mut letters = pair.chars();
            Some((letters.next()?, letters.next()?))
        })
}

/// Traditional characters as simplified ones; everything else as it is.
#[must_use]
pub fn to_simplified(text: &str) -> String {
    let map = traditional();
    text.chars().map(|c| map.get(&c).copied().unwrap_or(c)).collect()
}

/// NFKC, lower case, simplified characters.
#[must_use]
pub fn fold(text: &str) -> String {
    let map = traditional();
    text.nfkc().flat_map(char::to_lowercase).map(|c| map.get(&c).copied().unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_script_are_folded() {
        assert_eq!(fold("ＡＰＰ 開戶 很麻煩"), "app 开户 很麻烦");
        assert_eq!(to_simplified("贖回費用"), "赎回费用");
    }

    #[test]
    fn no_simplified_character_is_itself_in_need_of_folding() {
        for (traditional_form, simplified) in pairs() {
            assert_ne!(traditional_form, simplified);
            assert!(!traditional().contains_key(&simplified), "{simplified}");
        }
    }
}
