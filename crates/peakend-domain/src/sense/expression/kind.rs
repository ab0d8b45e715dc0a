//! Kinds of facts: a comparison that can never hold is told when it is written.

use serde_json::Value;

use super::Expr;

/// What a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    /// A number or `null`.
    Number,
    /// A text, perhaps empty.
    Text,
}

impl FactKind {
    /// The kind's name in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
        }
    }
}

/// A fact that is used as what it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The fact, `nps`.
    pub fact: String,
    /// What it is.
    pub kind: FactKind,
    /// What it is compared with, as written; empty when the operation itself does not fit.
    pub with: String,
}

impl Expr {
    /// The first place where a fact of a known kind meets a value or an
    /// operation of another, so that the condition could never hold there.
    /// `kind_of` says what a path is; `None` for paths whose kind is not known.
    #[must_use]
    pub fn misfit(&self, kind_of: &dyn Fn(&[String]) -> Option<FactKind>) -> Option<Misfit> {
        let within = |e: &Self| e.misfit(kind_of);
        match self {
            Self::Lit(_) | Self::Path(_) | Self::Has(_) => None,
            Self::List(all) | Self::And(all) | Self::Or(all) => all.iter().find_map(within),
            Self::Not(one) => one.misfit(kind_of),
            // null is a question of its own: whether there is an answer
            Self::Eq(a, b) | Self::Ne(a, b) => pair(a, b, kind_of, true).or_else(|| within(a)).or_else(|| within(b)),
            Self::Lt(a, b) | Self::Le(a, b) | Self::Gt(a, b) | Self::Ge(a, b) => {
                pair(a, b, kind_of, false).or_else(|| within(a)).or_else(|| within(b))
            }
            Self::In(item, list) => match &**list {
                Self::List(all) => all.iter().find_map(|one| pair(item, one, kind_of, true)),
                _ => None,
            },
            Self::Contains(a, b) | Self::StartsWith(a, b) => text_of(a, kind_of).or_else(|| text_of(b, kind_of)),
            Self::LowerAscii(one) | Self::Size(one) => text_of(one, kind_of),
        }
    }
}

fn pair(a: &Expr, b: &Expr, kind_of: &dyn Fn(&[String]) -> Option<FactKind>, null: bool) -> Option<Misfit> {
    let ((Expr::Path(path), Expr::Lit(value)) | (Expr::Lit(value), Expr::Path(path))) = (a, b) else { return None };
    let kind = kind_of(path)?;
    let fits = kind.takes(value) || (null && value.is_null());
    (!fits).then(|| Misfit { fact: path.join("."), kind, with: value.to_string() })
}

fn text_of(one: &Expr, kind_of: &dyn Fn(&[String]) -> Option<FactKind>) -> Option<Misfit> {
    match one {
        Expr::Path(path) if kind_of(path) == Some(FactKind::Number) => {
            Some(Misfit { fact: path.join("."), kind: FactKind::Number, with: String::new() })
        }
        other => other.misfit(kind_of),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn misfit(text: &str) -> Option<String> {
        let kind_of = |path: &[String]| match path.first()?.as_str() {
            "nps" => Some(FactKind::Number),
            "text" => Some(FactKind::Text),
            _ => None,
        };
        parse(text).unwrap().misfit(&kind_of).map(|m| m.fact)
    }

    #[test]
    fn a_number_compared_with_a_word_is_found_wherever_it_stands() {
        for text in ["nps == 'low'", "'low' == nps", "text.contains('x') && !(nps < 'b')", "nps in [1, 'two']"] {
            assert_eq!(misfit(text).as_deref(), Some("nps"), "{text}");
        }
        assert_eq!(misfit("nps.contains('9')").as_deref(), Some("nps"));
        assert_eq!(misfit("text < 3").as_deref(), Some("text"));
    }

    #[test]
    fn what_can_hold_is_left_alone() {
        for text in ["nps <= 6", "nps != null", "text == ''", "answers.q == 'x'", "size(text) > 3", "nps in [0, 1]"] {
            assert_eq!(misfit(text), None, "{text}");
        }
    }
}
