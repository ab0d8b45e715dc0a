//! A map bound to the columns of a file: turns rows into bodies.

use jiff::tz::TimeZone;
use peakend_domain::FieldFault;
use peakend_domain::Month;
use peakend_domain::sense::import::{ImportKind, RowFault};
use peakend_domain::sense::person::{Alias, AliasKind};
use serde_json::{Map, Value};

use super::source::{Origin, Source};
use super::{ImportMap, keys};
use crate::sense::decimal::{json_number, minor_units};
use crate::sense::file::Row;
use crate::sense::moment::{instant, month};

/// A map whose columns were found.
#[derive(Debug)]
pub struct Bound {
    kind: ImportKind,
    zone: TimeZone,
    empty: Vec<String>,
    alerts: bool,
    id: Vec<Reader>,
    fields: Vec<(String, Reader)>,
    person: Vec<(AliasKind, Reader)>,
    groups: Vec<(String, Vec<(String, Reader)>)>,
}

/// A source and the index of its column.
#[derive(Debug)]
struct Reader {
    source: Source,
    index: usize,
    label: String,
}

/// One row as the map reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapped {
    /// Row number as a spreadsheet counts.
    pub number: u64,
    /// The row's own id, when the map names one.
    pub id: Option<String>,
    /// Fields and groups by key, as the body of its kind has them.
    pub body: Map<String, Value>,
    /// Names of the person.
    pub aliases: Vec<Alias>,
    /// Month of outcomes.
    pub month: Option<Month>,
    /// Outcome values by kind code, in minor units.
    pub outcomes: Vec<(String, i64)>,
}

impl ImportMap {
    /// The value that a field has in every row, when the map says one.
    #[must_use]
    pub fn constant(&self, field: &str) -> Option<&str> {
        match &self.fields.get(field)?.origin {
            Origin::Value(value) => Some(value),
            Origin::Column(_) | Origin::Row(_) => None,
        }
    }

    /// Find the map's columns in a file; faults name the key and the columns there are.
    pub fn bind(self, kind: ImportKind, columns: &[String], zone: &TimeZone) -> Result<Bound, Vec<FieldFault>> {
        let mut faults = self.check(kind);
        let mut find = |key: &str, source: &Source| {
            let index = match &source.origin {
                Origin::Column(name) => columns.iter().position(|c| c == name.trim()).unwrap_or_else(|| {
                    let message = format!("the file has no column `{name}`; it has: {}", columns.join(", "));
                    faults.push(self.fault(key, "unknown_column", message).arg("column", name.as_str()));
                    0
                }),
                _ => 0,
            };
            let label = match &source.origin {
                Origin::Column(name) => name.clone(),
                _ => key.to_owned(),
            };
            Reader { source: source.clone(), index, label }
        };
        let id = self.id.iter().map(|s| find("id", s)).collect();
        let fields = self.fields.iter().map(|(k, s)| (k.clone(), find(k, s))).collect();
        let mut groups = Vec::new();
        let mut person = Vec::new();
        for (group, sources) in &self.groups {
            if group == "person" {
                person = sources.iter().filter_map(|(k, s)| Some((AliasKind::parse(k)?, find(k, s)))).collect();
            } else {
                groups.push((group.clone(), sources.iter().map(|(k, s)| (k.clone(), find(k, s))).collect()));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Bound {
            kind,
            zone: self.zone.unwrap_or_else(|| zone.clone()),
            empty: self.empty,
            alerts: self.alerts,
            id,
            fields,
            person,
            groups,
        })
    }
}

impl Bound {
    /// Whether rules apply to what is imported.
    #[must_use]
    pub fn alerts(&self) -> bool {
        self.alerts
    }

    /// Read a row; all its faults at once.
    pub fn read(&self, row: &Row) -> Result<Mapped, Vec<RowFault>> {
        let mut faults = Vec::new();
        let mut mapped = Mapped { number: row.number, ..Mapped::default() };
        self.read_id(row, &mut mapped, &mut faults);
        self.read_fields(row, &mut mapped, &mut faults);
        self.read_person(row, &mut mapped, &mut faults);
        for (group, readers) in &self.groups {
            let mut values = Map::new();
            for (name, reader) in readers {
                let Some(cell) = self.cell(row, reader, &mut faults) else { continue };
                if group == "outcomes" {
                    match minor_units(&cell, reader.source.decimals) {
                        Ok(value) => mapped.outcomes.push((name.clone(), value)),
                        Err(why) => faults.push(fault(row, reader, "bad_number", why)),
                    }
                } else {
                    values.insert(name.clone(), value(reader, &cell));
                }
            }
            if group != "outcomes" {
                mapped.body.insert(group.clone(), Value::Object(values));
            }
        }
        if faults.is_empty() { Ok(mapped) } else { Err(faults) }
    }

    fn read_id(&self, row: &Row, mapped: &mut Mapped, faults: &mut Vec<RowFault>) {
        let mut parts = Vec::new();
        for reader in &self.id {
            match self.cell(row, reader, faults) {
                Some(cell) => parts.push(cell),
                None => faults.push(fault(row, reader, "required", "the row's id is empty: fill it in".to_owned())),
            }
        }
        mapped.id = (!parts.is_empty()).then(|| parts.join("-"));
    }

    fn read_fields(&self, row: &Row, mapped: &mut Mapped, faults: &mut Vec<RowFault>) {
        let required = keys(self.kind).required;
        for (key, reader) in &self.fields {
            let Some(cell) = self.cell(row, reader, faults) else {
                if required.contains(&key.as_str()) && faults.iter().all(|f| f.column != reader.label) {
                    let why = format!("`{key}` is empty: fill it in, or give the map a default");
                    faults.push(fault(row, reader, "required", why));
                }
                continue;
            };
            let format = reader.source.format.as_deref();
            let read = match key.as_str() {
                "at" => instant(&cell, format, &self.zone).map(|at| Value::String(at.to_string())),
                "month" => month(&cell, format, &self.zone).map(|month| {
                    mapped.month = Some(month);
                    Value::String(month.to_string())
                }),
                "version" | "rating" | "nps" | "csat" | "ces" => whole(&cell),
                _ => Ok(Value::String(cell)),
            };
            match read {
                Ok(value) => drop(mapped.body.insert(key.clone(), value)),
                Err(why) => faults.push(fault(row, reader, "bad_value", why)),
            }
        }
    }

    fn read_person(&self, row: &Row, mapped: &mut Mapped, faults: &mut Vec<RowFault>) {
        let before = faults.len();
        for (kind, reader) in &self.person {
            let Some(cell) = self.cell(row, reader, faults) else { continue };
            match Alias::parse(*kind, &cell) {
                Ok(alias) => mapped.aliases.push(alias),
                Err(f) => faults.push(fault(row, reader, &f.code, f.message)),
            }
        }
        let needed = keys(self.kind).required_groups.contains(&"person");
        if let (true, true, Some((_, reader))) =
            (needed && mapped.aliases.is_empty(), faults.len() == before, self.person.first())
        {
            faults.push(fault(row, reader, "required", "the row names no person: fill one of the ids in".to_owned()));
        }
    }

    /// The text of a source: trimmed, translated, or nothing.
    fn cell(&self, row: &Row, reader: &Reader, faults: &mut Vec<RowFault>) -> Option<String> {
        let source = &reader.source;
        let text = match &source.origin {
            Origin::Column(_) => row.cells.get(reader.index).unwrap_or_default().trim().to_owned(),
            Origin::Value(value) => value.clone(),
            Origin::Row(prefix) => format!("{prefix}{}", row.number.saturating_sub(1)),
        };
        if text.is_empty() || self.empty.contains(&text) {
            return source.default.clone();
        }
        if source.values.is_empty() {
            return Some(text);
        }
        let translated = source.values.get(&text).or(source.default.as_ref()).cloned();
        if translated.is_none() {
            let shown: String = text.chars().take(60).collect();
            let why = format!("`{shown}` is not in the map's table: add it to `values` or give a default");
            faults.push(fault(row, reader, "unknown_value", why));
        }
        translated
    }
}

fn value(reader: &Reader, cell: &str) -> Value {
    let one = |text: &str| match json_number(text).filter(|_| !reader.source.as_text) {
        Some(number) => Value::Number(number),
        None => Value::String(text.to_owned()),
    };
    match &reader.source.split {
        Some(separator) => {
            let parts = cell.split(separator.as_str()).map(str::trim).filter(|p| !p.is_empty());
            Value::Array(parts.map(|p| Value::String(p.to_owned())).collect())
        }
        None => one(cell),
    }
}

fn whole(cell: &str) -> Result<Value, String> {
    let number = minor_units(cell, 0).map_err(|_| format!("`{cell}` is not a whole number"))?;
    Ok(Value::from(number))
}

fn fault(row: &Row, reader: &Reader, code: &str, message: String) -> RowFault {
    RowFault { row: row.number, column: reader.label.clone(), code: code.to_owned(), message }
}
