//! An editable scheme of themes: a hierarchy with names in three languages and
//! rules, with a version that every change raises.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::expression::{Expression, ExpressionError};
use super::matching;

/// Themes a scheme may have.
pub const MOST_THEMES: usize = 1_000;
/// Words that all keyword lists may have together.
pub const MOST_WORDS: usize = 50_000;
/// Regular expressions a scheme may have.
pub const MOST_PATTERNS: usize = 200;

/// A name in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeName {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    /// Traditional Chinese.
    #[serde(rename = "zh-Hant")]
    pub zh_hant: String,
}

/// When a text has a theme. Case, width and script of the characters do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// One of the words or phrases occurs; `refund*` takes words that begin so.
    Keywords {
        /// The words.
        words: Vec<String>,
    },
    /// A regular expression without look-around and back-references, so that it
    /// is matched in linear time.
    Regex {
        /// The pattern.
        pattern: String,
    },
    /// A boolean expression, see [`Expression`].
    Expression {
        /// As written.
        text: String,
    },
}

/// A theme of the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Stable code: small letters, digits, `-` and `_`, 1 to 40.
    pub code: String,
    /// Code of the theme above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Name.
    pub name: ThemeName,
    /// Any of them gives a text this theme; none: the theme only groups others.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Themes with their version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeScheme {
    /// Raised by every change.
    pub version: u32,
    /// In the order in which they are shown; ties are decided by it.
    pub themes: Vec<Theme>,
}

/// A place of a scheme that is not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: {message}")]
pub struct SchemeFault {
    /// Such as `themes[3].rules[0]`.
    pub path: String,
    /// Stable code for translation.
    pub code: &'static str,
    /// In English, with what is needed.
    pub message: String,
    /// Character of the rule's text, from 0, where one is to blame.
    pub at: Option<usize>,
}

impl SchemeFault {
    pub(super) fn new(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), code, message: message.into(), at: None }
    }
}

impl ThemeScheme {
    /// Version of the scheme that ships.
    pub const SHIPPED: u32 = 1;

    /// The scheme that ships: that of `data/themes.txt` and `data/theme_names.txt`.
    #[must_use]
    pub fn shipped() -> Self {
        let listed = include_str!("../../data/themes.txt").lines().filter(|l| !l.starts_with('#'));
        let words: HashMap<&str, Vec<String>> = listed
            .filter_map(|l| l.split_once('\t'))
            .map(|(code, words)| (code, words.split(' ').map(|w| w.replace('_', " ")).collect()))
            .collect();
        let named = include_str!("../../data/theme_names.txt").lines().filter(|l| !l.starts_with('#'));
        let themes = named.filter_map(|line| {
            let mut columns = line.split('\t');
            let (code, parent, names) = (columns.next()?, columns.next()?, columns.next()?);
            let mut names = names.split('|').map(|n| n.trim().to_owned());
            let name = ThemeName { en: names.next()?, zh_hans: names.next()?, zh_hant: names.next()? };
            let rules = words.get(code).map(|words| Rule::Keywords { words: words.clone() });
            let parent = (parent != "-").then(|| parent.to_owned());
            Some(Theme { code: code.to_owned(), parent, name, rules: rules.into_iter().collect() })
        });
        Self { version: Self::SHIPPED, themes: themes.collect() }
    }

    /// The next version with other themes.
    ///
    /// # Errors
    /// Everything that is not right, by place.
    pub fn revised(&self, themes: Vec<Theme>) -> Result<Self, Vec<SchemeFault>> {
        let next = Self { version: self.version.saturating_add(1), themes };
        let faults = next.faults();
        if faults.is_empty() { Ok(next) } else { Err(faults) }
    }

    /// Everything that is not right, by place; empty for a sound scheme.
    #[must_use]
    pub fn faults(&self) -> Vec<SchemeFault> {
        let mut faults = Vec::new();
        if self.themes.len() > MOST_THEMES {
            faults.push(SchemeFault::new("themes", "too_many_themes", format!("at most {MOST_THEMES} themes")));
            return faults;
        }
        let mut seen = HashSet::new();
        for (at, theme) in self.themes.iter().enumerate() {
            let path = format!("themes[{at}]");
            if !is_code(&theme.code) {
                let needed = "a code has 1 to 40 small letters, digits, - and _";
                faults.push(SchemeFault::new(&format!("{path}.code"), "code_form", needed));
            }
            if !seen.insert(theme.code.as_str()) {
                let message = format!("theme `{}` stands twice", theme.code);
                faults.push(SchemeFault::new(&format!("{path}.code"), "code_twice", message));
            }
            let names = [("en", &theme.name.en), ("zh-Hans", &theme.name.zh_hans), ("zh-Hant", &theme.name.zh_hant)];
            for (language, _) in names.into_iter().filter(|(_, name)| name.trim().is_empty()) {
                faults.push(SchemeFault::new(&format!("{path}.name.{language}"), "name_missing", "a name is needed"));
            }
            for (number, rule) in theme.rules.iter().enumerate() {
                faults.extend(rule.fault(&format!("{path}.rules[{number}]")));
            }
        }
        self.parents(&mut faults);
        self.sizes(&mut faults);
        faults
    }

    /// The codes from the top of the hierarchy down to a theme; empty where there is none.
    #[must_use]
    pub fn path<'a>(&'a self, code: &str) -> Vec<&'a str> {
        let mut path = Vec::new();
        let mut next = self.themes.iter().find(|t| t.code == code);
        while let Some(theme) = next.filter(|t| !path.contains(&t.code.as_str())) {
            path.push(theme.code.as_str());
            next = theme.parent.as_ref().and_then(|p| self.themes.iter().find(|t| t.code == *p));
        }
        path.reverse();
        path
    }

    fn parents(&self, faults: &mut Vec<SchemeFault>) {
        let above: HashMap<&str, Option<&str>> =
            self.themes.iter().map(|t| (t.code.as_str(), t.parent.as_deref())).collect();
        for (at, theme) in self.themes.iter().enumerate() {
            let path = format!("themes[{at}].parent");
            let (mut next, mut steps) = (theme.parent.as_deref(), 0);
            while let Some(code) = next {
                let Some(parent) = above.get(code) else {
                    if steps == 0 {
                        faults.push(SchemeFault::new(&path, "parent_unknown", format!("no theme `{code}`")));
                    }
                    break;
                };
                steps += 1;
                if steps > self.themes.len() {
                    let message = format!("`{}` stands above itself", theme.code);
                    faults.push(SchemeFault::new(&path, "parent_circle", message));
                    break;
                }
                next = *parent;
            }
        }
    }

    fn sizes(&self, faults: &mut Vec<SchemeFault>) {
        let rules = || self.themes.iter().flat_map(|t| &t.rules);
        let words: usize = rules().map(|r| if let Rule::Keywords { words } = r { words.len() } else { 0 }).sum();
        let patterns = rules().filter(|r| matches!(r, Rule::Regex { .. })).count();
        if words > MOST_WORDS {
            faults.push(SchemeFault::new("themes", "too_many_words", format!("{words} words, at most {MOST_WORDS}")));
        }
        if patterns > MOST_PATTERNS {
            let message = format!("{patterns} regular expressions, at most {MOST_PATTERNS}");
            faults.push(SchemeFault::new("themes", "too_many_patterns", message));
        }
    }
}

impl Rule {
    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self, path: &str) -> Option<SchemeFault> {
        match self {
            Self::Keywords { words } => {
                let empty = words.iter().position(|w| crate::fold(w.trim_end_matches('*')).trim().is_empty());
                match empty {
                    Some(at) => {
                        Some(SchemeFault::new(&format!("{path}.words[{at}]"), "word_empty", "a word is needed"))
                    }
                    None if words.is_empty() => Some(SchemeFault::new(path, "words_missing", "name at least one word")),
                    None => None,
                }
            }
            Self::Regex { pattern } => matching::pattern(pattern).err().map(|e| regex_fault(path, &e)),
            Self::Expression { text } => match text.parse::<Expression>() {
                Ok(_) => None,
                Err(fault) => {
                    let known = SchemeFault::new(path, code_of(fault.fault), fault.to_string());
                    Some(SchemeFault { at: Some(fault.at), ..known })
                }
            },
        }
    }
}

/// The engine shows a fault as the pattern, a caret under its place and, after
/// `error: `, the reason.
fn regex_fault(path: &str, shown: &str) -> SchemeFault {
    let reason = shown.lines().find_map(|line| line.strip_prefix("error: "));
    let caret = shown.lines().find(|line| line.trim_start().starts_with('^'));
    let at = caret.and_then(|line| line.chars().position(|c| c == '^')).and_then(|column| column.checked_sub(4));
    let reason = reason.unwrap_or(shown);
    let message = at.map_or_else(|| reason.to_owned(), |at| format!("at character {at}: {reason}"));
    SchemeFault { at, ..SchemeFault::new(path, "regex", message) }
}

fn code_of(fault: ExpressionError) -> &'static str {
    match fault {
        ExpressionError::WordExpected => "word_expected",
        ExpressionError::OperatorExpected => "operator_expected",
        ExpressionError::UnclosedQuote => "unclosed_quote",
        ExpressionError::UnclosedParenthesis => "unclosed_parenthesis",
        ExpressionError::NearTakesWords => "near_takes_words",
        ExpressionError::Distance => "distance",
        ExpressionError::NothingRequired => "nothing_required",
        ExpressionError::TooLong => "too_long",
        ExpressionError::TooDeep => "too_deep",
    }
}

fn is_code(code: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    (1..=40).contains(&code.len()) && code.chars().all(good)
}
