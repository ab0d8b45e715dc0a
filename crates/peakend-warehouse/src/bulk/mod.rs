//! Files of voices straight into segments: no log, no hot tail.
//!
//! For history: what was answered before Peakend was there. All or nothing, and
//! a file that was loaded before changes nothing.

mod coding;
mod convert;
mod load;
mod map;
mod read;
mod refuse;
mod segments;
mod time;

pub use load::{Bulk, BulkOutcome, BulkReport};
pub use map::BulkMap;
pub use read::BulkFormat;
pub use refuse::{BulkRefusal, RowFault};

pub(crate) use load::load;
