//! YAML (and JSON, its subset) as a tree that knows its lines.
//!
//! Anchors, aliases and tags are refused: a survey needs none, and a document
//! of a few lines could otherwise unfold without bound. Depth and size are
//! bounded while reading, before anything is built.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use crate::FieldFault;

/// Longest document read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Deepest nesting read; a survey needs 5.
pub const MAX_DEPTH: usize = 12;
/// Most values of a document.
pub const MAX_NODES: usize = 20_000;

/// A value and the line it begins on (0 when it came from JSON).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A scalar: its text, and whether it stood without quotation marks.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the document.
    Map(Vec<(String, Node)>),
}

struct Open {
    line: usize,
    kind: Kind,
    /// The key whose value comes next.
    key: Option<String>,
}

/// Read one document.
pub(super) fn read(text: &str) -> Result<Node, FieldFault> {
    if text.len() > MAX_BYTES {
        let message = format!("the document has {} bytes, at most {MAX_BYTES} are read", text.len());
        return Err(fault(1, "too_large", message));
    }
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<Node> = None;
    let mut nodes = 0usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| not_yaml(&e))?;
        let line = span.start.line();
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(fault(line, "too_large", format!("more than {MAX_NODES} values: shorten the document")));
        }
        let done = match event {
            Event::Alias(_) => return Err(no_anchors(line)),
            Event::Scalar(_, _, anchor, ref tag) if anchor != 0 || tag.is_some() => return Err(no_anchors(line)),
            Event::SequenceStart(anchor, ref tag) | Event::MappingStart(anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                return Err(no_anchors(line));
            }
            Event::Scalar(text, style, ..) => {
                Node { line, kind: Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain } }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= MAX_DEPTH {
                    let message = format!("nested deeper than {MAX_DEPTH} levels: a survey needs fewer");
                    return Err(fault(line, "too_deep", message));
                }
                let list = matches!(event, Event::SequenceStart(..));
                let kind = if list { Kind::List(Vec::new()) } else { Kind::Map(Vec::new()) };
                open.push(Open { line, kind, key: None });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(o) => Node { line: o.line, kind: o.kind },
                None => continue,
            },
            Event::DocumentStart(_) if root.is_some() => {
                return Err(fault(line, "bad_yaml", "a second document begins here: one survey is one document"));
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(parent) => place(parent, done)?,
        }
    }
    root.ok_or_else(|| fault(1, "empty", "the document is empty"))
}

fn place(parent: &mut Open, node: Node) -> Result<(), FieldFault> {
    let map = match &mut parent.kind {
        Kind::List(all) => {
            all.push(node);
            return Ok(());
        }
        Kind::Map(map) => map,
        Kind::Scalar { .. } => return Ok(()),
    };
    if let Some(key) = parent.key.take() {
        map.push((key, node));
        return Ok(());
    }
    let Kind::Scalar { text, .. } = node.kind else {
        return Err(fault(node.line, "bad_key", "a list or map cannot be a key"));
    };
    if let Some((_, first)) = map.iter().find(|(k, _)| *k == text) {
        let message = format!("`{text}` stands twice, first on line {}: remove one", first.line);
        return Err(fault(node.line, "duplicate_key", message).arg("key", text.as_str()));
    }
    parent.key = Some(text);
    Ok(())
}

fn not_yaml(e: &saphyr_parser::ScanError) -> FieldFault {
    let (line, info) = (e.marker().line(), e.info());
    // the scanner looks ahead and meets its own bound before ours is reached
    if info.contains("recursion limit") {
        return fault(line, "too_deep", format!("nested deeper than {MAX_DEPTH} levels: a survey needs fewer"));
    }
    fault(line, "bad_yaml", format!("not YAML: {info}"))
}

fn no_anchors(line: usize) -> FieldFault {
    fault(line, "no_anchors", "anchors (&), aliases (*) and tags (!) are not read: write the value out")
}

fn fault(line: usize, code: &str, message: impl Into<String>) -> FieldFault {
    FieldFault::new(format!("line {line}"), code, message).arg("line", line.to_string())
}

impl Node {
    /// The same tree from JSON; lines are unknown.
    pub(super) fn from_json(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Scalar { text: "null".to_owned(), plain: true },
            Value::Bool(b) => Kind::Scalar { text: b.to_string(), plain: true },
            Value::Number(n) => Kind::Scalar { text: n.to_string(), plain: true },
            Value::String(s) => Kind::Scalar { text: s.clone(), plain: false },
            Value::Array(all) => Kind::List(all.iter().map(Self::from_json).collect()),
            Value::Object(map) => Kind::Map(map.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect()),
        };
        Self { line: 0, kind }
    }

    /// As JSON, for editing a draft that still has faults.
    pub(super) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar { text, plain: true } => plain_json(text),
            Kind::Scalar { text, plain: false } => Value::from(text.as_str()),
            Kind::List(all) => Value::Array(all.iter().map(Self::to_json).collect()),
            Kind::Map(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<Map<_, _>>()),
        }
    }

    /// Whether the value says "nothing".
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }
}

fn plain_json(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map(Number::from).ok().map_or_else(|| Value::from(text), Value::Number),
    }
}
