//! From the columns of a file to those of a voice.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int8Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StringViewArray, StringViewBuilder, UInt8Array, UInt64Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int8Type, Int32Type, Int64Type, UInt8Type};
use datafusion::error::Result;
use peakend_query::{ATTRIBUTE_VALUE, Dimension, Score, VoiceKind};

use super::coding::{codes_of_numbers, codes_of_texts, numbered};
use super::map::{BulkMap, Origin, kind_of};
use super::refuse::Faults;
use super::time::{MICROS_PER_DAY, days, moments};
use crate::columns::{kind_code, with_attributes};

/// Turns batches of one file into batches of voices.
#[derive(Debug)]
pub(super) struct Converter<'a> {
    pub(super) map: &'a BulkMap,
    pub(super) refused: &'a [(Dimension, String)],
    pub(super) columns: &'a [String],
    /// Bad rows; their batches are not voices.
    pub(super) faults: Faults,
}

impl Converter<'_> {
    /// The batch's rows as voices, in the same order; `first` is the number of its
    /// first row in the file, `seq` that of its first voice. `None` once there is a
    /// fault: the rest is only checked.
    pub(super) fn voices(&mut self, batch: &RecordBatch, first: u64, seq: u64) -> Result<Option<RecordBatch>> {
        let rows = batch.num_rows();
        let (day, at) = self.times(batch, first)?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(seq..seq + rows as u64)),
            self.names(batch, "id", first, true)?,
            self.kinds(batch, first)?,
        ];
        for dimension in Dimension::ALL {
            columns.push(match dimension {
                Dimension::Person => self.names(batch, "person", first, false)?,
                coded => {
                    let codes = self.codes(batch, coded.name())?;
                    self.refuse(coded, &codes, first)?;
                    codes
                }
            });
        }
        columns.extend([at, day]);
        for (field, score) in [("nps", Score::Nps), ("csat", Score::Csat), ("ces", Score::Ces)] {
            columns.push(self.score(batch, field, score, first)?);
        }
        let sentiment = self.sentiment(batch, first)?;
        let text = match self.column(batch, "has_text") {
            Some(column) => {
                let known = cast(column, &DataType::Boolean)?;
                Arc::new(BooleanArray::from_iter(known.as_boolean().iter().map(|v| Some(v.unwrap_or(false)))))
            }
            None => Arc::new(BooleanArray::from_iter((0..rows).map(|row| Some(sentiment.is_valid(row))))),
        };
        columns.extend([sentiment, text as ArrayRef]);
        let attributes = self.map.attributes(self.columns);
        for attribute in &attributes {
            columns.push(self.attribute(batch, attribute.column(), first)?);
        }
        if self.faults.count > 0 {
            return Ok(None);
        }
        Ok(Some(RecordBatch::try_new(with_attributes(&attributes), columns)?))
    }

    fn column<'b>(&self, batch: &'b RecordBatch, field: &str) -> Option<&'b ArrayRef> {
        match self.map.origin(field, self.columns) {
            Origin::Column(column) => batch.column_by_name(&column),
            _ => None,
        }
    }

    fn constant(&self, field: &str) -> String {
        match self.map.origin(field, self.columns) {
            Origin::Constant(value) => value,
            _ => String::new(),
        }
    }

    /// Day and instant; a day alone is its first instant.
    fn times(&mut self, batch: &RecordBatch, first: u64) -> Result<(ArrayRef, ArrayRef)> {
        let at = self.column(batch, "at").map(moments).transpose()?;
        let day = self.column(batch, "day").map(days).transpose()?;
        let (at, day) = match (at, day) {
            (Some(at), Some(day)) => (at, day),
            (Some(at), None) => {
                let days = at.as_primitive::<Int64Type>().iter();
                let days = days.map(|v| v.and_then(|v| i32::try_from(v.div_euclid(MICROS_PER_DAY)).ok()));
                let day: ArrayRef = Arc::new(Int32Array::from_iter(days));
                (at, day)
            }
            (None, day) => {
                let day = day.unwrap_or_else(|| Arc::new(Int32Array::new_null(batch.num_rows())));
                let starts = day.as_primitive::<Int32Type>().iter().map(|v| v.map(|v| i64::from(v) * MICROS_PER_DAY));
                let at: ArrayRef = Arc::new(Int64Array::from_iter(starts));
                (at, day)
            }
        };
        for (field, column) in [("at", &at), ("day", &day)] {
            self.nulls(column, first, field, "it is empty or not a time: 2026-11-22T08:30:00Z and 2026-11-22 are");
        }
        Ok((day, at))
    }

    fn nulls(&mut self, column: &ArrayRef, first: u64, field: &str, reason: &str) {
        if column.null_count() > 0 {
            for row in (0..column.len()).filter(|row| column.is_null(*row)) {
                self.faults.add(first + row as u64, field, reason);
            }
        }
    }

    /// Ids as text; numbers become their digits.
    fn names(&mut self, batch: &RecordBatch, field: &str, first: u64, needed: bool) -> Result<ArrayRef> {
        let Some(column) = self.column(batch, field) else {
            let one = self.constant(field);
            return Ok(Arc::new(StringViewArray::from_iter_values((0..batch.num_rows()).map(|_| &one))));
        };
        if column.data_type().is_integer() && column.null_count() == 0 {
            return numbered(column);
        }
        let text = cast(column, &DataType::Utf8View)?;
        let views = text.as_string_view();
        // the length of a text is the lower half of its view
        if text.null_count() == 0 && !(needed && views.views().iter().any(|view| *view as u32 == 0)) {
            return Ok(text);
        }
        let mut names = StringViewBuilder::with_capacity(views.len());
        for row in 0..views.len() {
            let name = if views.is_valid(row) { views.value(row) } else { "" };
            if needed && name.is_empty() {
                self.faults.add(first + row as u64, field, "it is empty: every voice has an id of its own");
            }
            names.append_value(name);
        }
        Ok(Arc::new(names.finish()))
    }

    fn kinds(&mut self, batch: &RecordBatch, first: u64) -> Result<ArrayRef> {
        let Some(column) = self.column(batch, "kind") else {
            let kind = kind_of(&self.constant("kind")).unwrap_or(VoiceKind::Response);
            return Ok(Arc::new(UInt8Array::from_value(kind_code(kind), batch.num_rows())));
        };
        let text = cast(column, &DataType::Utf8View)?;
        let text = text.as_string_view();
        let mut kinds = Vec::with_capacity(text.len());
        for row in 0..text.len() {
            let kind = if text.is_valid(row) { kind_of(text.value(row)) } else { None };
            if kind.is_none() {
                self.faults.add(first + row as u64, "kind", "it is neither `response` nor `signal`");
            }
            kinds.push(kind_code(kind.unwrap_or(VoiceKind::Response)));
        }
        Ok(Arc::new(UInt8Array::from(kinds)))
    }

    /// A dimension's codes, each text once per batch; numbers become their digits.
    fn codes(&self, batch: &RecordBatch, field: &str) -> Result<ArrayRef> {
        let Some(column) = self.column(batch, field) else {
            let names = StringArray::from(vec![self.constant(field)]);
            let keys = Int32Array::from_value(0, batch.num_rows());
            return Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(names))?));
        };
        if column.data_type().is_integer() {
            return codes_of_numbers(column);
        }
        codes_of_texts(cast(column, &DataType::Utf8View)?.as_string_view())
    }

    /// The values of an attribute, unknown where there is none; numbers and truth become text.
    fn attribute(&mut self, batch: &RecordBatch, field: &str, first: u64) -> Result<ArrayRef> {
        let text = match self.column(batch, field) {
            Some(column) => cast(column, &DataType::Utf8View)?,
            None => {
                let one = self.constant(field);
                Arc::new(StringViewArray::from_iter_values((0..batch.num_rows()).map(|_| &one)))
            }
        };
        let text = text.as_string_view();
        for (row, value) in text.iter().enumerate() {
            // no text has more characters than bytes
            if value.is_some_and(|v| v.len() > ATTRIBUTE_VALUE && v.chars().count() > ATTRIBUTE_VALUE) {
                let reason = format!("it has more than {ATTRIBUTE_VALUE} characters");
                self.faults.add(first + row as u64, field, reason);
            }
        }
        let known = text.iter().map(|value| value.filter(|v| !v.is_empty()));
        Ok(Arc::new(known.collect::<StringViewArray>()))
    }

    fn refuse(&mut self, dimension: Dimension, codes: &ArrayRef, first: u64) -> Result<()> {
        for (_, refused) in self.refused.iter().filter(|(of, _)| *of == dimension) {
            let known = codes.as_any_dictionary_opt().and_then(|codes| codes.values().as_string_opt::<i32>());
            if known.is_some_and(|known| !known.iter().any(|name| name == Some(refused))) {
                continue;
            }
            let names = cast(codes, &DataType::Utf8View)?;
            for (row, name) in names.as_string_view().iter().enumerate() {
                if name == Some(refused) {
                    let reason = format!("voices of `{refused}` cannot be loaded past the log; import them instead");
                    self.faults.add(first + row as u64, dimension.name(), reason);
                }
            }
        }
        Ok(())
    }

    fn score(&mut self, batch: &RecordBatch, field: &str, score: Score, first: u64) -> Result<ArrayRef> {
        let Some(column) = self.column(batch, field) else {
            return Ok(Arc::new(UInt8Array::new_null(batch.num_rows())));
        };
        let (low, high) = score.range();
        let reason = format!("it is not a whole number from {low} to {high}");
        let values = self.numbers(column, field, &reason, first)?;
        let known = match values.data_type() {
            DataType::UInt8 => Arc::clone(&values),
            _ => cast(&values, &DataType::UInt8)?,
        };
        let known = known.as_primitive::<UInt8Type>();
        self.nulls_that_were_not(&values, known, first, field, &reason);
        for row in 0..known.len() {
            if known.is_valid(row) && !(low..=high).contains(&known.value(row)) {
                self.faults.add(first + row as u64, field, reason.as_str());
            }
        }
        Ok(Arc::new(known.clone()))
    }

    fn sentiment(&mut self, batch: &RecordBatch, first: u64) -> Result<ArrayRef> {
        let Some(column) = self.column(batch, "sentiment") else {
            return Ok(Arc::new(Int8Array::new_null(batch.num_rows())));
        };
        let reason = "it is not a whole number from -100 to 100";
        let values = self.numbers(column, "sentiment", reason, first)?;
        let known = match values.data_type() {
            DataType::Int8 => Arc::clone(&values),
            _ => cast(&values, &DataType::Int8)?,
        };
        let known = known.as_primitive::<Int8Type>();
        self.nulls_that_were_not(&values, known, first, "sentiment", reason);
        for row in 0..known.len() {
            if known.is_valid(row) && !(-100..=100).contains(&known.value(row)) {
                self.faults.add(first + row as u64, "sentiment", reason);
            }
        }
        Ok(Arc::new(known.clone()))
    }

    /// Numbers as they are, texts as numbers; an empty text is no answer.
    fn numbers(&mut self, column: &ArrayRef, field: &str, reason: &str, first: u64) -> Result<ArrayRef> {
        if column.data_type().is_integer() {
            return Ok(Arc::clone(column));
        }
        let text = cast(column, &DataType::Utf8View)?;
        let text = text.as_string_view();
        let mut values = Vec::with_capacity(text.len());
        for row in 0..text.len() {
            let written = if text.is_valid(row) { text.value(row).trim() } else { "" };
            let value = written.parse::<i32>();
            if value.is_err() && !written.is_empty() {
                self.faults.add(first + row as u64, field, reason);
            }
            values.push(value.ok());
        }
        Ok(Arc::new(Int32Array::from(values)))
    }

    fn nulls_that_were_not(&mut self, before: &ArrayRef, after: &dyn Array, first: u64, field: &str, reason: &str) {
        if after.null_count() > before.null_count() {
            for row in (0..before.len()).filter(|row| before.is_valid(*row) && after.is_null(*row)) {
                self.faults.add(first + row as u64, field, reason);
            }
        }
    }
}
