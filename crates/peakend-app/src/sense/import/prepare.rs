//! Reads a whole file into rows that are ready to be written, with every fault.

use std::collections::HashMap;

use peakend_channel::sense::file::{Row, Sheet};
use peakend_channel::sense::map::{Bound, ImportMap, Mapped};
use peakend_domain::sense::event::EventBody;
use peakend_domain::sense::import::{FAULTS_SHOWN, ImportKind, ImportReport, ImportState, RowFault};
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::sense::response::{ATTRIBUTES, ResponseBody, check_context, check_id};
use peakend_domain::sense::signal::SignalBody;
use peakend_domain::{FieldFault, Month};
use peakend_store::sense::intake::{IntakeEntry, IntakeKind};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::setting::Setting;
use super::{ImportRequest, Progress};
use crate::sense::mask;
use crate::sense::person::{Traits, check_traits};
use crate::sha256_hex;

/// Rows between two words about progress.
const STEP: u64 = 5_000;

/// One row, ready to be written.
#[derive(Debug)]
pub(super) enum Ready {
    /// An entry of the intake log.
    Entry(Box<IntakeEntry>),
    /// A person and what is known.
    Person(Vec<Alias>, Traits),
    /// Values of a person in a month.
    Outcomes(Vec<Alias>, Month, Vec<(String, i64)>),
}

/// A file, read.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Good rows with their row numbers.
    pub(super) rows: Vec<(u64, Ready)>,
    /// Totals and faults so far.
    pub(super) report: ImportReport,
}

/// Read everything. Faults of the map or of the file as a whole are the error.
pub(super) fn prepare(
    request: &ImportRequest,
    setting: &Setting,
    watch: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Prepared, Vec<FieldFault>> {
    let map = ImportMap::parse(&request.map).map_err(|f| vec![f])?;
    // one word for the whole file, not one for each of its rows
    if let (ImportKind::Responses, Some(code)) = (request.kind, map.constant("survey"))
        && !setting.surveys.contains_key(code)
    {
        return Err(vec![unpublished(code)]);
    }
    let sheet = Sheet::open(&request.file, map.delimiter).map_err(|f| vec![f])?;
    let bound = map.bind(request.kind, &sheet.columns, &setting.zone)?;
    let mut reading = Reading::new(request.kind, setting, &bound);
    let mut prepared = Prepared { rows: Vec::new(), report: ImportReport::default() };
    prepared.report.encoding = sheet.encoding.name().to_owned();
    let total = sheet.lines();
    for row in sheet.rows() {
        prepared.report.rows_total += 1;
        match reading.row(&sheet, &row) {
            Ok(Some(ready)) => prepared.rows.push((row.number, ready)),
            Ok(None) => prepared.report.rows_same += 1,
            Err(faults) => {
                prepared.report.rows_faulty += 1;
                let room = FAULTS_SHOWN.saturating_sub(prepared.report.faults.len());
                prepared.report.faults.extend(faults.into_iter().take(room));
            }
        }
        if prepared.report.rows_total.is_multiple_of(STEP) {
            watch(Progress { state: ImportState::Reading, done: prepared.report.rows_total, total });
        }
    }
    if prepared.report.rows_total == 0 {
        return Err(vec![FieldFault::new("line 2", "no_rows", "the file has a header but no rows")]);
    }
    Ok(prepared)
}

/// Reads rows one by one; remembers which ids were seen.
pub(super) struct Reading<'a> {
    kind: ImportKind,
    setting: &'a Setting,
    bound: &'a Bound,
    seen: HashMap<String, (String, u64)>,
    copies: HashMap<String, u64>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(kind: ImportKind, setting: &'a Setting, bound: &'a Bound) -> Self {
        Self { kind, setting, bound, seen: HashMap::new(), copies: HashMap::new() }
    }

    /// One row; `None` when the file says the same row twice under one id.
    pub(super) fn row(&mut self, sheet: &Sheet, row: &Row) -> Result<Option<Ready>, Vec<RowFault>> {
        if let Some((code, message)) = sheet.fault(row) {
            return Err(vec![RowFault { row: row.number, column: String::new(), code: code.to_owned(), message }]);
        }
        let mapped = self.bound.read(row)?;
        let ready = match self.kind {
            ImportKind::Responses => self.response(&mapped).map(|b| (IntakeKind::Response, b)),
            ImportKind::Signals => self.signal(&mapped).map(|b| (IntakeKind::Signal, b)),
            ImportKind::Events => self.event(&mapped).map(|b| (IntakeKind::Event, b)),
            ImportKind::People => return self.person(mapped).map(Some).map_err(|f| at_row(row.number, f)),
            ImportKind::Outcomes => return self.outcomes(mapped).map(Some).map_err(|f| at_row(row.number, f)),
        };
        let (kind, said) = ready.map_err(|f| at_row(row.number, f))?;
        self.entry(row, mapped.id, kind, said).map_err(|f| at_row(row.number, vec![f]))
    }

    fn entry(
        &mut self,
        row: &Row,
        id: Option<String>,
        kind: IntakeKind,
        said: Body,
    ) -> Result<Option<Ready>, FieldFault> {
        let id = match id {
            Some(id) => id,
            None => self.derived(row),
        };
        check_id("id", &id)?;
        let Body { hash: body_hash, text: body } = said;
        if let Some((earlier, number)) = self.seen.get(&id) {
            if *earlier == body_hash {
                return Ok(None);
            }
            let message = format!("the id `{id}` stands in row {number} too, with other values: make ids unique");
            return Err(FieldFault::new("id", "id_twice", message));
        }
        self.seen.insert(id.clone(), (body_hash.clone(), row.number));
        let entry =
            IntakeEntry { org: self.setting.org.clone(), kind, id, body_hash, body, received_at: self.setting.now };
        Ok(Some(Ready::Entry(Box::new(entry))))
    }

    /// An id from the row's cells; equal rows are told apart by counting them.
    fn derived(&mut self, row: &Row) -> String {
        let cells: Vec<&str> = row.cells.iter().collect();
        let text = format!("{}\u{1f}{}", self.kind.name(), cells.join("\u{1f}"));
        let copy = self.copies.entry(sha256_hex(text.as_bytes())).or_default();
        *copy += 1;
        let hash = sha256_hex(format!("{text}\u{1f}{copy}").as_bytes());
        format!("imp-{}", hash.get(..32).unwrap_or(&hash))
    }

    fn response(&self, mapped: &Mapped) -> Result<Body, Vec<FieldFault>> {
        let mut body = self.body(mapped);
        name_person(&mut body, &mapped.aliases);
        let code = mapped.body.get("survey").and_then(Value::as_str).unwrap_or_default();
        let published = self.setting.surveys.get(code).ok_or_else(|| vec![unpublished(code)])?;
        let version = mapped.body.get("version").and_then(Value::as_i64).unwrap_or(published.current);
        let survey = published.versions.get(&version).ok_or_else(|| {
            vec![FieldFault::new("version", "unknown_version", format!("survey `{code}` has no version {version}"))]
        })?;
        if let Some(answers) = body.get_mut("answers").and_then(Value::as_object_mut) {
            for (id, answer) in answers.iter_mut() {
                // choices and words are texts, even where the file has digits
                let scored = survey.question(id).is_some_and(|q| matches!(q.kind.name(), "nps" | "csat" | "ces"));
                if let (false, Value::Number(n)) = (scored, &*answer) {
                    *answer = Value::String(n.to_string());
                }
            }
        }
        if let Some(attributes) = body.remove(ATTRIBUTES) {
            let context = body.entry("context").or_insert_with(|| json!({}));
            if let Some(context) = context.as_object_mut() {
                context.insert(ATTRIBUTES.to_owned(), attributes);
            }
        }
        let mut body: ResponseBody = typed(body)?;
        let mut faults = check_context("context", &body.context);
        faults.extend(self.unknown_places(&body.context));
        match survey.check_answers(&body.answers, &Value::Object(body.context.clone())) {
            Ok(kept) => body.answers = kept,
            Err(more) => faults.extend(more),
        }
        logged(&mut body, faults, |body| mask::answers(survey, &mut body.answers))
    }

    fn signal(&self, mapped: &Mapped) -> Result<Body, Vec<FieldFault>> {
        let mut body = self.body(mapped);
        name_person(&mut body, &mapped.aliases);
        body.entry("text").or_insert_with(|| json!(""));
        let mut faults = self.unknown_places(&body);
        let mut body: SignalBody = typed(body)?;
        faults.extend(body.check());
        logged(&mut body, faults, mask::signal)
    }

    fn event(&self, mapped: &Mapped) -> Result<Body, Vec<FieldFault>> {
        let mut body = self.body(mapped);
        for alias in &mapped.aliases {
            body.insert(alias.kind.name().to_owned(), json!(alias.value));
        }
        let mut body: EventBody = typed(body)?;
        let faults = body.check();
        logged(&mut body, faults, |_| false)
    }

    fn person(&self, mapped: Mapped) -> Result<Ready, Vec<FieldFault>> {
        let traits: Traits = match mapped.body.get("traits") {
            Some(Value::Object(traits)) => traits.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            _ => Traits::new(),
        };
        let faults = check_traits(&self.setting.places, &traits);
        if faults.is_empty() { Ok(Ready::Person(mapped.aliases, traits)) } else { Err(faults) }
    }

    fn outcomes(&self, mapped: Mapped) -> Result<Ready, Vec<FieldFault>> {
        let mut faults = Vec::new();
        for (code, value) in &mapped.outcomes {
            match self.setting.outcome_kinds.iter().find(|k| k.code == *code) {
                None => {
                    let message = format!("there is no outcome kind `{code}`: add it first");
                    faults.push(FieldFault::new(code, "unknown_outcome_kind", message));
                }
                Some(kind) => {
                    if let Some(why) = kind.unit.fault(*value) {
                        faults.push(FieldFault::new(code, "out_of_range", format!("{value} {why}")));
                    }
                }
            }
        }
        let month = mapped.month.ok_or_else(|| vec![FieldFault::new("month", "required", "the month is missing")])?;
        if faults.is_empty() { Ok(Ready::Outcomes(mapped.aliases, month, mapped.outcomes)) } else { Err(faults) }
    }

    fn body(&self, mapped: &Mapped) -> Map<String, Value> {
        let mut body = mapped.body.clone();
        if !self.bound.alerts() {
            body.insert("quiet".to_owned(), Value::Bool(true));
        }
        body
    }

    fn unknown_places(&self, named: &Map<String, Value>) -> Vec<FieldFault> {
        let places = &self.setting.places;
        let text = |key: &str| named.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        let checks = [
            ("unit", text("unit").filter(|c| places.unit(c).is_none())),
            ("touchpoint", text("touchpoint").filter(|c| places.touchpoint(c).is_none())),
            ("line", text("line").filter(|c| places.line(c).is_none())),
            ("journey", text("journey").filter(|c| places.journey(c).is_none())),
        ];
        checks
            .into_iter()
            .filter_map(|(key, code)| Some((key, code?)))
            .map(|(key, code)| {
                let message = format!("there is no {key} with code `{code}`: add it first or correct the code");
                FieldFault::new(key, &format!("unknown_{key}"), message)
            })
            .collect()
    }
}

fn unpublished(code: &str) -> FieldFault {
    FieldFault::new("survey", "unknown_survey", format!("there is no published survey `{code}`: publish it first"))
}

fn name_person(body: &mut Map<String, Value>, aliases: &[Alias]) {
    if aliases.is_empty() {
        return;
    }
    let names: Map<String, Value> =
        AliasKind::ALL.iter().filter_map(|kind| aliases.iter().find(|a| a.kind == *kind)).map(named).collect();
    body.insert("person".to_owned(), Value::Object(names));
}

fn named(alias: &Alias) -> (String, Value) {
    (alias.kind.name().to_owned(), json!(alias.value))
}

fn typed<T: serde::de::DeserializeOwned>(body: Map<String, Value>) -> Result<T, Vec<FieldFault>> {
    serde_json::from_value(Value::Object(body)).map_err(|e| vec![FieldFault::new("", "bad_value", e.to_string())])
}

/// A body on its way to the log: what is kept of it, and the hash of what the file says.
struct Body {
    hash: String,
    text: String,
}

/// The body as it is logged, once `mask` has taken out what identifies somebody.
fn logged<T: Serialize>(
    body: &mut T,
    faults: Vec<FieldFault>,
    mask: impl FnOnce(&mut T) -> bool,
) -> Result<Body, Vec<FieldFault>> {
    if !faults.is_empty() {
        return Err(faults);
    }
    let said = text(body)?;
    let hash = sha256_hex(said.as_bytes());
    let text = if mask(body) { text(body)? } else { said };
    Ok(Body { hash, text })
}

fn text<T: Serialize>(body: &T) -> Result<String, Vec<FieldFault>> {
    serde_json::to_string(body).map_err(|e| vec![FieldFault::new("", "bad_value", e.to_string())])
}

fn at_row(row: u64, faults: Vec<FieldFault>) -> Vec<RowFault> {
    faults.into_iter().map(|f| RowFault { row, column: f.path, code: f.code, message: f.message }).collect()
}
