//! Boolean expressions over words: `(fee or charge*) and not refund`,
//! `"手续费" near/5 (高 or 贵)`.
//!
//! `or` binds less than `and`, `and` less than `not`; `near/5` takes words or
//! alternatives of words at most five words apart. A word that ends in `*`
//! matches words that begin so; phrases stand in quotes.

use std::fmt;

use serde::Serialize;

/// Words between which `near` without a number reaches.
pub const NEAR: u8 = 5;

/// A word or phrase to look for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// As written.
    pub text: String,
    /// Whether words that merely begin so count.
    pub open: bool,
}

/// What must hold in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// The term occurs.
    Word(Term),
    /// One of them holds; two or more, none of them an `Any`.
    Any(Vec<Self>),
    /// All of them hold; two or more, none of them an `All`.
    All(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A term of the left and a term of the right stand near each other.
    Near(Vec<Term>, Vec<Term>, u8),
}

/// Why an expression cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("at character {at}: {fault}")]
pub struct ExpressionFault {
    /// Character of the expression, from 0.
    pub at: usize,
    /// What is wrong there.
    pub fault: ExpressionError,
}

/// What can be wrong in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ExpressionError {
    /// A word should stand here.
    #[error("a word, a phrase in quotes or a parenthesis is expected")]
    WordExpected,
    /// An operator should stand here.
    #[error("`and`, `or` or `near` is expected between two words; put a phrase in quotes")]
    OperatorExpected,
    /// A quote without its end.
    #[error("the quote that begins here does not end")]
    UnclosedQuote,
    /// A parenthesis without its end.
    #[error("the parenthesis that opens here does not close")]
    UnclosedParenthesis,
    /// Near takes words only.
    #[error("`near` takes words, phrases or alternatives of them such as (high or rising)")]
    NearTakesWords,
    /// The number behind near.
    #[error("`near/` takes a number from 1 to 50")]
    Distance,
    /// The expression would match what lacks a word.
    #[error("nothing here must occur: join `not` with a word by `and`")]
    NothingRequired,
    /// More than [`super::parse::LONGEST`] characters.
    #[error("an expression may have 4,000 characters; split it into several rules")]
    TooLong,
    /// More than [`super::parse::DEEPEST`] levels.
    #[error("parentheses and `not` may be nested 32 deep")]
    TooDeep,
}

impl Expression {
    /// One of several; alternatives inside are taken up.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|p| if let Self::Any(inner) = p { inner } else { vec![p] });
        Self::joined(flat.collect(), Self::Any)
    }

    /// All of several; conjunctions inside are taken up.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|p| if let Self::All(inner) = p { inner } else { vec![p] });
        Self::joined(flat.collect(), Self::All)
    }

    fn joined(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                parts.extend(last);
                join(parts)
            }
        }
    }

    /// Whether a text must contain something for it to hold.
    #[must_use]
    pub fn requires_a_word(&self) -> bool {
        match self {
            Self::Word(_) | Self::Near(..) => true,
            Self::Not(_) => false,
            Self::Any(parts) => parts.iter().all(Self::requires_a_word),
            Self::All(parts) => parts.iter().any(Self::requires_a_word),
        }
    }
}

/// Words that mean something in an expression.
pub(super) fn is_reserved(word: &str) -> bool {
    let word = word.to_lowercase();
    matches!(word.as_str(), "and" | "or" | "not" | "且" | "并且" | "並且" | "或" | "或者" | "非")
        || word == "near"
        || word.starts_with("near/")
}

/// Characters that end a bare word.
pub(super) fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）' | '"' | '“' | '”' | '「' | '」' | '*' | '\\')
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() || is_reserved(&self.text) || self.text.contains(is_delimiter) {
            write!(f, "\"{}\"", self.text.replace('\\', "\\\\").replace('"', "\\\""))?;
        } else {
            f.write_str(&self.text)?;
        }
        f.write_str(if self.open { "*" } else { "" })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(term) => write!(f, "{term}"),
            Self::Any(parts) => join(f, parts, " or ", |_| false),
            Self::All(parts) => join(f, parts, " and ", |p| matches!(p, Self::Any(_))),
            Self::Not(part) if matches!(**part, Self::Any(_) | Self::All(_)) => write!(f, "not ({part})"),
            Self::Not(part) => write!(f, "not {part}"),
            Self::Near(left, right, within) => {
                terms(f, left)?;
                write!(f, " near/{within} ")?;
                terms(f, right)
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expression], by: &str, wrap: fn(&Expression) -> bool) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        f.write_str(if at > 0 { by } else { "" })?;
        if wrap(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}

fn terms(f: &mut fmt::Formatter<'_>, terms: &[Term]) -> fmt::Result {
    if let [only] = terms {
        return write!(f, "{only}");
    }
    let listed: Vec<String> = terms.iter().map(ToString::to_string).collect();
    write!(f, "({})", listed.join(" or "))
}
