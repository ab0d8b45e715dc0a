//! Facts as columns and back: the schema of segments and of the hot tail.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::PrimitiveArray;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int8Array, Int32Array, Int64Array, RecordBatch,
    StringViewArray, UInt8Array, UInt64Array, new_null_array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Int8Type, Int32Type, Int64Type, Schema, SchemaRef, UInt8Type, UInt64Type,
};
use datafusion::error::Result;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::schema::types::SchemaDescriptor;
use peakend_query::{AttributeName, Dimension, OutcomeFact, VoiceFact, VoiceKind};

use crate::fault::missing;

/// Columns of a voice. Codes are never null: the empty string is "not known".
pub(crate) static VOICES: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields = vec![
        Field::new("seq", DataType::UInt64, false),
        Field::new("id", DataType::Utf8View, false),
        Field::new("kind", DataType::UInt8, false),
    ];
    fields.extend(Dimension::ALL.map(|d| Field::new(d.name(), stored(d), false)));
    fields.extend([
        Field::new("at", DataType::Int64, false),
        Field::new("day", DataType::Int32, false),
        Field::new("nps", DataType::UInt8, true),
        Field::new("csat", DataType::UInt8, true),
        Field::new("ces", DataType::UInt8, true),
        Field::new("sentiment", DataType::Int8, true),
        Field::new("has_text", DataType::Boolean, false),
    ]);
    Arc::new(Schema::new(fields))
});

/// The columns of voices that have these attributes.
pub(crate) fn with_attributes(attributes: &BTreeSet<AttributeName>) -> SchemaRef {
    if attributes.is_empty() {
        return Arc::clone(&VOICES);
    }
    let mut fields = VOICES.fields().to_vec();
    fields.extend(attributes.iter().map(|a| Arc::new(Field::new(a.column(), DataType::Utf8View, true))));
    Arc::new(Schema::new(fields))
}

/// The attributes among some columns.
pub(crate) fn attributes_of(schema: &Schema) -> BTreeSet<AttributeName> {
    schema.fields().iter().filter_map(|f| AttributeName::of_column(f.name())).collect()
}

/// The same voices with the columns of a schema: what they lack is not known.
pub(crate) fn aligned(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref().fields() == schema.fields() {
        return Ok(batch.clone());
    }
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(column) => Arc::clone(column),
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    Ok(RecordBatch::try_new(Arc::clone(schema), schema.fields().iter().map(column).collect())?)
}

/// The columns of a Parquet file that have these names; a dot in a name is part of it.
pub(crate) fn projected(schema: &SchemaDescriptor, names: &[&str]) -> ProjectionMask {
    let fields = schema.root_schema().get_fields().iter().enumerate();
    ProjectionMask::roots(schema, fields.filter(|(_, f)| names.contains(&f.name())).map(|(at, _)| at))
}

/// How codes are kept: each text once per chunk, rows refer to it by number.
pub(crate) fn code_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Persons are too many to be worth a dictionary.
fn stored(dimension: Dimension) -> DataType {
    if dimension == Dimension::Person { DataType::Utf8View } else { code_type() }
}

/// Columns of an outcome.
pub(crate) static OUTCOMES: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8View, false),
        Field::new("month", DataType::Int32, false),
        Field::new("person", DataType::Utf8View, false),
        Field::new("value", DataType::Int64, false),
    ]))
});

/// The stored code of a voice's kind.
pub(crate) fn kind_code(kind: VoiceKind) -> u8 {
    match kind {
        VoiceKind::Response => 0,
        VoiceKind::Signal => 1,
    }
}

/// Voices as one batch, in the given order.
pub(crate) fn voice_batch(voices: &[VoiceFact]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&VoiceFact) -> &str| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(voices.iter().map(of)))
    };
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(voices.iter().map(|v| v.seq))),
        text(&|v| &v.id),
        Arc::new(UInt8Array::from_iter_values(voices.iter().map(|v| kind_code(v.kind)))),
    ];
    columns.extend(Dimension::ALL.map(|d| match d {
        Dimension::Person => text(&|v| &v.person),
        coded => Arc::new(voices.iter().map(|v| coded.of(v)).collect::<DictionaryArray<Int32Type>>()),
    }));
    columns.extend([
        Arc::new(Int64Array::from_iter_values(voices.iter().map(|v| v.at))) as ArrayRef,
        Arc::new(Int32Array::from_iter_values(voices.iter().map(|v| v.day))),
        Arc::new(voices.iter().map(|v| v.nps).collect::<UInt8Array>()),
        Arc::new(voices.iter().map(|v| v.csat).collect::<UInt8Array>()),
        Arc::new(voices.iter().map(|v| v.ces).collect::<UInt8Array>()),
        Arc::new(voices.iter().map(|v| v.sentiment).collect::<Int8Array>()),
        Arc::new(BooleanArray::from_iter(voices.iter().map(|v| Some(v.has_text)))),
    ]);
    let mut names: BTreeSet<&String> = BTreeSet::new();
    voices
        .iter()
        .for_each(|v| names.extend(v.attributes.iter().filter(|(_, value)| !value.is_empty()).map(|(n, _)| n)));
    let names: BTreeSet<AttributeName> = names.iter().filter_map(|name| AttributeName::parse(name)).collect();
    for name in &names {
        let value = |v: &'_ VoiceFact| v.attributes.get(name.name()).filter(|value| !value.is_empty()).cloned();
        columns.push(Arc::new(voices.iter().map(value).collect::<StringViewArray>()));
    }
    Ok(RecordBatch::try_new(with_attributes(&names), columns)?)
}

/// The voices of a batch that has every column of [`VOICES`], by name.
pub(crate) fn voices_of(batch: &RecordBatch) -> Result<Vec<VoiceFact>> {
    let seq = numbers::<UInt64Type>(batch, "seq")?;
    let id = strings(batch, "id")?;
    let kind = numbers::<UInt8Type>(batch, "kind")?;
    let at = numbers::<Int64Type>(batch, "at")?;
    let day = numbers::<Int32Type>(batch, "day")?;
    let nps = numbers::<UInt8Type>(batch, "nps")?;
    let csat = numbers::<UInt8Type>(batch, "csat")?;
    let ces = numbers::<UInt8Type>(batch, "ces")?;
    let sentiment = numbers::<Int8Type>(batch, "sentiment")?;
    let has_text =
        batch.column_by_name("has_text").and_then(|c| c.as_boolean_opt()).ok_or_else(|| missing("has_text"))?;
    let codes = Dimension::ALL.iter().map(|d| texts(batch, d.name())).collect::<Result<Vec<_>>>()?;
    let places = Dimension::ALL.into_iter().zip(0..).collect::<HashMap<_, usize>>();
    let code = |d: Dimension, row: usize| codes[places[&d]].value(row).to_owned();
    let attributes = attributes_of(batch.schema_ref()).into_iter();
    let attributes = attributes.map(|a| Ok((a, texts(batch, a.column())?))).collect::<Result<Vec<_>>>()?;
    Ok((0..batch.num_rows())
        .map(|row| VoiceFact {
            seq: seq.value(row),
            id: id.value(row).to_owned(),
            kind: if kind.value(row) == kind_code(VoiceKind::Response) {
                VoiceKind::Response
            } else {
                VoiceKind::Signal
            },
            pillar: code(Dimension::Pillar, row),
            survey: code(Dimension::Survey, row),
            line: code(Dimension::Line, row),
            unit: code(Dimension::Unit, row),
            journey: code(Dimension::Journey, row),
            stage: code(Dimension::Stage, row),
            touchpoint: code(Dimension::Touchpoint, row),
            channel: code(Dimension::Channel, row),
            segment: code(Dimension::Segment, row),
            theme: code(Dimension::Theme, row),
            language: code(Dimension::Language, row),
            person: code(Dimension::Person, row),
            at: at.value(row),
            day: day.value(row),
            nps: known(nps, row),
            csat: known(csat, row),
            ces: known(ces, row),
            sentiment: known(sentiment, row),
            has_text: has_text.value(row),
            attributes: attributes
                .iter()
                .filter(|(_, values)| values.is_valid(row) && !values.value(row).is_empty())
                .map(|(name, values)| (name.name().to_owned(), values.value(row).to_owned()))
                .collect(),
        })
        .collect())
}

/// Outcomes as one batch, in the given order.
pub(crate) fn outcome_batch(rows: &[OutcomeFact]) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(rows.iter().map(|r| &r.kind))),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|r| r.month))),
        Arc::new(StringViewArray::from_iter_values(rows.iter().map(|r| &r.person))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.value))),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&OUTCOMES), columns)?)
}

/// A text column by name, coded or not.
pub(crate) fn texts(batch: &RecordBatch, name: &str) -> Result<StringViewArray> {
    let column = batch.column_by_name(name).ok_or_else(|| missing(name))?;
    Ok(cast(column, &DataType::Utf8View)?.as_string_view().clone())
}

/// A text column by name, not coded.
pub(crate) fn strings<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringViewArray> {
    batch.column_by_name(name).and_then(|c| c.as_string_view_opt()).ok_or_else(|| missing(name))
}

/// A number column by name.
pub(crate) fn numbers<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Result<&'a PrimitiveArray<T>> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<T>()).ok_or_else(|| missing(name))
}

#[inline]
pub(crate) fn known<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    column.is_valid(row).then(|| column.value(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_numbered_in_their_column_order() {
        for (i, d) in Dimension::ALL.into_iter().enumerate() {
            assert_eq!(VOICES.field(3 + i).name(), d.name());
        }
    }
}
