//! The columnar warehouse: the only room that names the engine.
//!
//! Sealed voices and outcomes lie in Parquet segments listed by one manifest per
//! organisation; new voices wait in a hot tail in memory and are part of every
//! answer. A question becomes a plan of the engine over both; one fused
//! aggregate counts all score histograms of a group in a single pass. What is
//! not here: rules of the loop, ratios, text queries in any language.
mod among;
mod answer;
mod bulk;
mod cell;
mod cluster;
mod coded;
mod codes;
mod columns;
mod compact;
mod counted;
mod engine;
mod erase;
mod event;
mod expire;
mod fault;
mod home;
mod hot;
mod list;
mod look_up;
mod manifest;
mod newest;
mod org;
mod outcome;
mod packed;
mod places;
mod predicate;
mod ranking;
mod revise;
mod rewrite;
mod rollup;
mod row_file;
mod scan;
mod segment;
mod shared;
mod sheet;
mod sum;
mod warehouse;

pub use bulk::{Bulk, BulkFormat, BulkMap, BulkOutcome, BulkRefusal, BulkReport, RowFault};
pub use cluster::{
    Companions, Elsewhere, Planned, aggregates, function_bytes, function_of, table_bytes, table_of, tally_bytes,
    tally_of,
};
pub use engine::{RollupRule, Settings};
pub use shared::{Bucket, SharedWarehouse};
pub use sheet::{Column, Kind, SheetWriter};
pub use warehouse::SegmentWarehouse;
