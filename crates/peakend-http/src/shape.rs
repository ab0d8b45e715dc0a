//! What each route takes, read from the OpenAPI document, so that a name that
//! no route knows is refused instead of ignored: a misspelt filter would
//! otherwise answer for everybody.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Display};
use std::sync::OnceLock;

use axum::extract::MatchedPath;
use axum::http::{Extensions, Method};
use peakend_domain::FieldFault;
use serde_json::{Map, Value};

/// Names that each operation knows.
#[derive(Debug)]
pub(crate) struct Shapes {
    /// By route, then by method in lower case.
    operations: HashMap<String, Vec<(String, Operation)>>,
    /// Schemas by name.
    components: Map<String, Value>,
}

#[derive(Debug)]
struct Operation {
    /// Query parameters.
    query: BTreeSet<String>,
    /// Schema of the body.
    body: Option<Value>,
}

/// A request's own shape, found through its matched route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    shapes: &'a Shapes,
    operation: Option<&'a Operation>,
}

/// The shapes of this program's routes: every router has the same.
static SHAPES: OnceLock<Shapes> = OnceLock::new();

fn object<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flatten()
}

impl Shapes {
    /// Keep those of the document of all routes.
    pub(crate) fn keep(document: &Value) {
        SHAPES.get_or_init(|| Self::of(document));
    }

    fn of(document: &Value) -> Self {
        let mut shapes = Self { operations: HashMap::new(), components: Map::new() };
        if let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object) {
            shapes.components = schemas.clone();
        }
        for (route, item) in object(document, "paths") {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let listed = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
                let names = listed.filter(|p| p.get("in").and_then(Value::as_str) == Some("query"));
                let names = names.filter_map(|p| p.get("name").and_then(Value::as_str).map(ToOwned::to_owned));
                let body = operation.pointer("/requestBody/content/application~1json/schema").cloned();
                let operation = Operation { query: names.collect(), body };
                shapes.operations.entry(route.clone()).or_default().push((method.clone(), operation));
            }
        }
        shapes
    }

    /// The shape of a request; `None` outside the documented routes of `/api/v1`:
    /// the event API takes what its clients add.
    pub(crate) fn find(extensions: &Extensions, method: &Method) -> Option<Shape<'static>> {
        let shapes = SHAPES.get()?;
        let route = extensions.get::<MatchedPath>()?.as_str();
        if !route.starts_with("/api/v1/") {
            return None;
        }
        let mut methods = shapes.operations.get(route).into_iter().flatten();
        let operation = methods.find(|(name, _)| name.eq_ignore_ascii_case(method.as_str()));
        Some(Shape { shapes, operation: operation.map(|(_, operation)| operation) })
    }
}

impl Shape<'_> {
    /// Faults of a query string: names that the route does not know, NUL bytes.
    pub(crate) fn query_faults(&self, query: &str) -> Vec<FieldFault> {
        let Some(known) = self.operation.map(|o| &o.query) else { return Vec::new() };
        let mut faults = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !known.contains(name) {
                let list: Vec<&str> = known.iter().map(String::as_str).collect();
                let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
                faults.push(FieldFault::new(shown(name), "unknown_parameter", format!("this route knows: {list}")));
            } else if value.contains("%00") {
                faults.push(FieldFault::new(name, "nul", "a NUL character cannot be part of a text"));
            } else if name == "cursor" && !is_cursor(value) {
                let message = "use the next_cursor of the page before, unchanged";
                faults.push(FieldFault::new(name, "bad_cursor", message));
            }
        }
        faults
    }

    /// Faults of a body: fields that the schema lacks, NUL characters.
    pub(crate) fn body_faults(&self, body: &Value) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if let Some(schema) = self.operation.and_then(|o| o.body.as_ref()) {
            self.unknown(schema, body, At::Root, &mut faults);
        }
        nul(body, At::Root, &mut faults);
        faults
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        name.and_then(|n| self.shapes.components.get(n)).unwrap_or(schema)
    }

    fn unknown(&self, schema: &Value, value: &Value, at: At<'_>, faults: &mut Vec<FieldFault>) {
        let schema = self.resolve(schema);
        match value {
            Value::Array(items) => {
                let Some(of) = schema.get("items") else { return };
                for (i, item) in items.iter().enumerate() {
                    self.unknown(of, item, At::Item(&at, i), faults);
                }
            }
            Value::Object(fields) => {
                let Some(known) = self.properties(schema) else { return };
                for (name, field) in fields {
                    let at = At::Field(&at, name);
                    match known.get(name.as_str()) {
                        Some(of) => self.unknown(of, field, at, faults),
                        None => {
                            let list: Vec<&str> = known.keys().copied().collect();
                            let message = format!("no such field: use {}", list.join(", "));
                            faults.push(FieldFault::new(at.to_string(), "unknown_field", message));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Fields by name when the schema closes the set of them.
    fn properties<'s>(&'s self, schema: &'s Value) -> Option<BTreeMap<&'s str, &'s Value>> {
        if schema.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false)) {
            return None;
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut all = BTreeMap::new();
            for part in parts {
                all.extend(self.properties(self.resolve(part))?);
            }
            return Some(all);
        }
        for union in ["oneOf", "anyOf"] {
            if let Some(parts) = schema.get(union).and_then(Value::as_array) {
                let mut real = parts.iter().filter(|p| p.get("type").and_then(Value::as_str) != Some("null"));
                return match (real.next(), real.next()) {
                    (Some(only), None) => self.properties(self.resolve(only)),
                    _ => None,
                };
            }
        }
        let properties = schema.get("properties")?.as_object()?;
        Some(properties.iter().map(|(name, of)| (name.as_str(), of)).collect())
    }
}

/// Every cursor of ours is short and needs no escaping.
fn is_cursor(text: &str) -> bool {
    text.len() <= 200 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A name as a fault shows it: names come from outside and may be long.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

/// A place in a body; its name is written only for a fault.
#[derive(Clone, Copy)]
enum At<'a> {
    Root,
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(&shown(name)),
            Self::Field(object, name) => write!(f, "{object}.{}", shown(name)),
            Self::Item(list, i) => write!(f, "{list}[{i}]"),
        }
    }
}

fn nul(value: &Value, at: At<'_>, faults: &mut Vec<FieldFault>) {
    match value {
        Value::String(text) if text.contains('\0') => {
            faults.push(FieldFault::new(at.to_string(), "nul", "a NUL character cannot be part of a text"));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                nul(item, At::Item(&at, i), faults);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let at = At::Field(&at, name);
                if name.contains('\0') {
                    faults.push(FieldFault::new(at.to_string(), "nul", "a NUL character cannot be part of a name"));
                } else {
                    nul(field, at, faults);
                }
            }
        }
        _ => {}
    }
}
