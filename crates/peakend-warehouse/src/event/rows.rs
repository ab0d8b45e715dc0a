//! Events as columns: the schema of their segments.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringViewArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::error::Result;
use peakend_query::EventFact;

use crate::codes::digest;
use crate::columns::code_type;

/// Columns of an event, in a segment sorted by name, `key`, instant and position.
/// `key` is the number that stands for the person in coded columns too.
pub(crate) static EVENTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("name", code_type(), false),
        Field::new("key", DataType::UInt64, false),
        Field::new("at", DataType::Int64, false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("day", DataType::Int32, false),
        Field::new("person", DataType::Utf8View, false),
        Field::new("properties", DataType::Utf8View, false),
    ]))
});

/// In which order a segment's rows stand.
pub(crate) const ORDER: [&str; 4] = ["name", "key", "at", "seq"];

/// Put events in the order of a segment.
pub(super) fn sort(events: &mut [EventFact]) {
    events.sort_by_cached_key(|e| (e.name.clone(), digest(&e.person), e.at, e.seq));
}

/// Events as one batch, in the given order.
pub(super) fn batch(events: &[EventFact]) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(events.iter().map(|e| e.name.as_str()).collect::<DictionaryArray<Int32Type>>()),
        Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| digest(&e.person)))),
        Arc::new(Int64Array::from_iter_values(events.iter().map(|e| e.at))),
        Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| e.seq))),
        Arc::new(Int32Array::from_iter_values(events.iter().map(|e| e.day))),
        Arc::new(StringViewArray::from_iter_values(events.iter().map(|e| &e.person))),
        Arc::new(StringViewArray::from_iter_values(events.iter().map(|e| e.properties.as_str()))),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&EVENTS), columns)?)
}
