//! Where the value of a field comes from.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A YAML scalar as text: `1`, `yes` and `"x"` alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scalar(pub String);

/// Where the value of a field comes from: a column, a constant or the row's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// From where.
    pub origin: Origin,
    /// Translation of values; what is not listed is a fault unless there is a default.
    pub values: BTreeMap<String, String>,
    /// Value of an empty cell or of one that the table lacks.
    pub default: Option<String>,
    /// Format of a time.
    pub format: Option<String>,
    /// Decimals of the minor unit of an outcome, such as 2 for cents.
    pub decimals: u32,
    /// Separator of several values in one cell.
    pub split: Option<String>,
    /// Keep digits as text.
    pub as_text: bool,
}

/// From where a value comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The cell of a column.
    Column(String),
    /// The same for every row.
    Value(String),
    /// This prefix and the number of the data row, from 1.
    Row(String),
}

impl Source {
    /// A column without further ado.
    #[must_use]
    pub fn column(name: &str) -> Self {
        Self::of(Origin::Column(name.to_owned()))
    }

    fn of(origin: Origin) -> Self {
        Self { origin, values: BTreeMap::new(), default: None, format: None, decimals: 0, split: None, as_text: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    column: Option<Scalar>,
    value: Option<Scalar>,
    row: Option<Scalar>,
    #[serde(default)]
    values: BTreeMap<Scalar, Scalar>,
    default: Option<Scalar>,
    format: Option<String>,
    #[serde(default)]
    decimals: u32,
    split: Option<String>,
    #[serde(default, rename = "type")]
    kind: Kind,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Auto,
    Text,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Scalar, E> {
                Ok(Scalar(v.to_owned()))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Scalar, E> {
                Ok(Scalar(v.to_string()))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Scalar, E> {
                Ok(Scalar(v.to_string()))
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<Scalar, E> {
                Ok(Scalar(v.to_string()))
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Scalar, E> {
                Ok(Scalar(v.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Source;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column name, or {column: …}, {value: …} or {row: …}")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Source, E> {
                Ok(Source::column(v))
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Source, A::Error> {
                source(Spec::deserialize(MapAccessDeserializer::new(access))?).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

fn source(spec: Spec) -> Result<Source, String> {
    let origin = match (spec.column, spec.value, spec.row) {
        (Some(column), None, None) => Origin::Column(column.0),
        (None, Some(value), None) => Origin::Value(value.0),
        (None, None, Some(prefix)) => Origin::Row(prefix.0),
        _ => return Err("give exactly one of column, value and row".to_owned()),
    };
    if spec.decimals > 9 {
        return Err(format!("decimals: {} is more than 9", spec.decimals));
    }
    if spec.split.as_ref().is_some_and(String::is_empty) {
        return Err("split needs a separator such as \";\"".to_owned());
    }
    Ok(Source {
        values: spec.values.into_iter().map(|(from, to)| (from.0, to.0)).collect(),
        default: spec.default.map(|d| d.0),
        format: spec.format,
        decimals: spec.decimals,
        split: spec.split,
        as_text: spec.kind == Kind::Text,
        ..Source::of(origin)
    })
}

/// One source or a list of them.
pub(super) struct OneOrMore(pub(super) Vec<Source>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column name or a list of them")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![Source::column(v)]))
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<OneOrMore, A::Error> {
                let spec = Spec::deserialize(MapAccessDeserializer::new(access))?;
                Ok(OneOrMore(vec![source(spec).map_err(A::Error::custom)?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<OneOrMore, A::Error> {
                let mut all = Vec::new();
                while let Some(source) = access.next_element()? {
                    all.push(source);
                }
                Ok(OneOrMore(all))
            }
        }
        deserializer.deserialize_any(List)
    }
}
