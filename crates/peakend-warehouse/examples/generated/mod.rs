//! Which column of the files that `peakend sim` writes is which field of a voice.

use peakend_warehouse::BulkMap;

/// The map of generated responses.
pub(crate) fn map() -> BulkMap {
    let names = [
        ("id", "response_id"),
        ("person", "customer_id"),
        ("at", "ts"),
        ("line", "business_line"),
        ("unit", "org_unit"),
        ("stage", "journey_stage"),
        ("theme", "topic1"),
    ];
    BulkMap {
        columns: names.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect(),
        constants: [("kind".to_owned(), "response".to_owned())].into(),
    }
}
