//! Attributes of voices: names and values of the organisation's own.

use std::collections::BTreeMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

/// Names of attributes that an organisation may have.
pub const ATTRIBUTES: usize = 64;
/// Longest name, in characters.
pub const ATTRIBUTE_NAME: usize = 40;
/// Longest value, in characters.
pub const ATTRIBUTE_VALUE: usize = 200;

/// Names known to one process, so that what strangers ask for cannot fill its memory.
const KNOWN: usize = 65_536;

/// Values by name, as text: numbers by their digits, truth as `true` and `false`. An
/// absent one and an empty one are the same: not known.
pub type Attributes = BTreeMap<String, String>;

/// The name of an attribute: a small letter, then small letters, digits and `_`.
///
/// A process keeps every name it has met, so that a name is as light as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeName(&'static Spelled);

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Spelled {
    name: String,
    dimension: String,
    column: String,
}

static NAMES: LazyLock<RwLock<BTreeMap<String, AttributeName>>> = LazyLock::new(RwLock::default);

impl AttributeName {
    /// First part of the name of a dimension: `attribute:NAME`.
    pub const DIMENSION: &'static str = "attribute:";
    /// First part of the name of a column: `attr.NAME`.
    pub const COLUMN: &'static str = "attr.";

    /// The name that is spelled so; `None` when it is no name, or one too many.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (mut bytes, letter) = (name.bytes(), |b: u8| b.is_ascii_lowercase());
        let rest = |b: u8| letter(b) || b.is_ascii_digit() || b == b'_';
        if !bytes.next().is_some_and(letter) || !bytes.all(rest) || name.len() > ATTRIBUTE_NAME {
            return None;
        }
        if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(*known);
        }
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Some(*known);
        }
        if names.len() >= KNOWN {
            return None;
        }
        let (dimension, column) = (format!("{}{name}", Self::DIMENSION), format!("{}{name}", Self::COLUMN));
        let new = Self(Box::leak(Box::new(Spelled { name: name.to_owned(), dimension, column })));
        names.insert(name.to_owned(), new);
        Some(new)
    }

    /// The attribute of a column, when it is one.
    #[must_use]
    pub fn of_column(column: &str) -> Option<Self> {
        Self::parse(column.strip_prefix(Self::COLUMN)?)
    }

    /// The name alone.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// The name as a dimension.
    #[must_use]
    pub fn dimension(self) -> &'static str {
        &self.0.dimension
    }

    /// The name of its column.
    #[must_use]
    pub fn column(self) -> &'static str {
        &self.0.column
    }
}

impl TryFrom<String> for AttributeName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name).ok_or_else(|| format!("`{name}` is no name of an attribute"))
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> Self {
        name.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_small_letters_digits_and_underscores() {
        for good in ["vip", "risk_class", "a1"] {
            let name = AttributeName::parse(good).unwrap();
            assert_eq!((name.name(), name), (good, AttributeName::parse(good).unwrap()));
            assert_eq!(name.dimension(), format!("attribute:{good}"));
            assert_eq!(AttributeName::of_column(name.column()), Some(name));
        }
        for bad in ["", "Vip", "1a", "_a", "a-b", "a b", "\u{e9}", &"a".repeat(41)] {
            assert_eq!(AttributeName::parse(bad), None, "{bad}");
        }
    }
}
