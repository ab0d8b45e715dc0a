//! Expressions: when a question is shown, which event asks, which voice alerts.
//!
//! The language is a subset of CEL. It is parsed once, here, to the small tree
//! [`Expr`], which is stored and sent as JSON; the browser evaluates the tree
//! (`ui/src/domain/expression.ts`), never the text. `tests-data/expressions.json`
//! holds the vectors on which both must agree.
//!
//! | form | meaning |
//! |---|---|
//! | `7`, `-1.5`, `"text"`, `'text'`, `true`, `false`, `null`, `[1, 2]` | literals |
//! | `answers.q1`, `event.amount`, `score`, `event["fund name"]` | a fact; missing facts are `null` |
//! | `==` `!=` | equality of values of one type; values of two types are unequal |
//! | `<` `<=` `>` `>=` | order of two numbers or two texts; false for anything else |
//! | `x in [a, b]`, `"a" in answers.reasons` | membership; false when the right side is no list |
//! | `&&`, <code>&#124;&#124;</code>, `!`, `( )` | on truth, see below |
//! | `has(answers.q1)` | the fact is there and not `null` |
//! | `text.contains("fee")`, `.startsWith("a")` | on texts, case-sensitive; false for anything else |
//! | `text.lowerAscii()` | `A`-`Z` lowered; `null` for anything that is no text |
//! | `size(text)`, `size(list)` | characters or items; `null` for anything else |
//!
//! Truth: `null`, `false`, the empty text and the empty list are false;
//! everything else is true, **including the number 0**, because a score of 0 is
//! an answer. Evaluation never fails. Full-width letters, digits, operators,
//! brackets and Chinese quotation marks outside texts are read as their ASCII
//! forms, so that an expression typed with a Chinese keyboard works.
mod kind;
mod parse;

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use kind::{FactKind, Misfit};
pub use parse::{ExprFault, MAX_BYTES, MAX_DEPTH, MAX_NODES, parse};

/// A parsed expression. Its JSON form is one key per node:
/// `{"lt":[{"path":["answers","q1"]},{"lit":7}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A value.
    Lit(Value),
    /// A list of expressions.
    List(Vec<Self>),
    /// A fact by its path.
    Path(Vec<String>),
    /// Whether the fact at a path is there.
    Has(Vec<String>),
    /// Not.
    Not(Box<Self>),
    /// All hold.
    And(Vec<Self>),
    /// One holds.
    Or(Vec<Self>),
    /// Equal.
    Eq(Box<Self>, Box<Self>),
    /// Not equal.
    Ne(Box<Self>, Box<Self>),
    /// Less.
    Lt(Box<Self>, Box<Self>),
    /// At most.
    Le(Box<Self>, Box<Self>),
    /// More.
    Gt(Box<Self>, Box<Self>),
    /// At least.
    Ge(Box<Self>, Box<Self>),
    /// The left is an item of the right.
    In(Box<Self>, Box<Self>),
    /// The left text contains the right.
    Contains(Box<Self>, Box<Self>),
    /// The left text begins with the right.
    StartsWith(Box<Self>, Box<Self>),
    /// A text with `A`-`Z` lowered.
    LowerAscii(Box<Self>),
    /// Characters of a text, items of a list.
    Size(Box<Self>),
}

impl Expr {
    /// The expression that always holds (an empty condition).
    #[must_use]
    pub fn always() -> Self {
        Self::Lit(Value::Bool(true))
    }

    /// The value for the given facts (an object). Never fails.
    #[must_use]
    pub fn eval(&self, facts: &Value) -> Value {
        self.value(facts).into_owned()
    }

    /// Whether the value is true; see the module's words on truth.
    #[must_use]
    pub fn holds(&self, facts: &Value) -> bool {
        is_true(&self.value(facts))
    }

    /// Every path the expression reads, in order of appearance.
    #[must_use]
    pub fn paths(&self) -> Vec<&[String]> {
        let mut found = Vec::new();
        self.collect_paths(&mut found);
        found
    }

    fn collect_paths<'a>(&'a self, found: &mut Vec<&'a [String]>) {
        match self {
            Self::Lit(_) => {}
            Self::Path(path) | Self::Has(path) => found.push(path),
            Self::List(all) | Self::And(all) | Self::Or(all) => {
                for one in all {
                    one.collect_paths(found);
                }
            }
            Self::Not(one) | Self::LowerAscii(one) | Self::Size(one) => one.collect_paths(found),
            Self::Eq(a, b)
            | Self::Ne(a, b)
            | Self::Lt(a, b)
            | Self::Le(a, b)
            | Self::Gt(a, b)
            | Self::Ge(a, b)
            | Self::In(a, b)
            | Self::Contains(a, b)
            | Self::StartsWith(a, b) => {
                a.collect_paths(found);
                b.collect_paths(found);
            }
        }
    }

    fn value<'a>(&'a self, facts: &'a Value) -> Cow<'a, Value> {
        let truth = |b: bool| Cow::Owned(Value::Bool(b));
        let order = |a: &Self, b: &Self, wanted: &[Ordering]| {
            truth(compare(&a.value(facts), &b.value(facts)).is_some_and(|o| wanted.contains(&o)))
        };
        match self {
            Self::Lit(value) => Cow::Borrowed(value),
            Self::List(all) => Cow::Owned(Value::Array(all.iter().map(|e| e.eval(facts)).collect())),
            Self::Path(path) => Cow::Borrowed(fact(facts, path)),
            Self::Has(path) => truth(!fact(facts, path).is_null()),
            Self::Not(one) => truth(!one.holds(facts)),
            Self::And(all) => truth(all.iter().all(|e| e.holds(facts))),
            Self::Or(all) => truth(all.iter().any(|e| e.holds(facts))),
            Self::Eq(a, b) => truth(equal(&a.value(facts), &b.value(facts))),
            Self::Ne(a, b) => truth(!equal(&a.value(facts), &b.value(facts))),
            Self::Lt(a, b) => order(a, b, &[Ordering::Less]),
            Self::Le(a, b) => order(a, b, &[Ordering::Less, Ordering::Equal]),
            Self::Gt(a, b) => order(a, b, &[Ordering::Greater]),
            Self::Ge(a, b) => order(a, b, &[Ordering::Greater, Ordering::Equal]),
            Self::In(a, b) => {
                let item = a.value(facts);
                truth(b.value(facts).as_array().is_some_and(|all| all.iter().any(|one| equal(one, &item))))
            }
            Self::Contains(a, b) => truth(texts(&a.value(facts), &b.value(facts), |a, b| a.contains(b))),
            Self::StartsWith(a, b) => truth(texts(&a.value(facts), &b.value(facts), |a, b| a.starts_with(b))),
            Self::LowerAscii(one) => {
                Cow::Owned(one.value(facts).as_str().map_or(Value::Null, |t| Value::from(t.to_ascii_lowercase())))
            }
            Self::Size(one) => Cow::Owned(match &*one.value(facts) {
                Value::String(text) => Value::from(text.chars().count()),
                Value::Array(all) => Value::from(all.len()),
                _ => Value::Null,
            }),
        }
    }
}

fn fact<'a>(facts: &'a Value, path: &[String]) -> &'a Value {
    path.iter().try_fold(facts, |at, name| at.as_object()?.get(name)).unwrap_or(&Value::Null)
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Number(_) | Value::Object(_) => true,
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // all numbers compare as IEEE doubles, as they do in the browser
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        // objects are never compared: no expression can write one
        (Value::Object(_), Value::Object(_)) => false,
        _ => a == b,
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn texts(a: &Value, b: &Value, test: impl Fn(&str, &str) -> bool) -> bool {
    matches!((a, b), (Value::String(a), Value::String(b)) if test(a, b))
}

#[cfg(test)]
mod tests;
