//! Pure numerics: metrics, intervals, comparisons, matching, difference-in-differences.
//!
//! Slices and integer counts in, figures out. Every figure carries n, an
//! interval with the name of its method, warnings and a definition id; a figure
//! that would mislead is a [`figure::Refusal`] instead of a number. Nothing here
//! reads a clock or a file, randomness comes from a seed that the result names,
//! and no result depends on row order.

pub mod distribution;
mod draws;
pub mod figure;
pub mod insight;
pub mod linear;
pub mod stat;
pub mod summation;
mod table;
pub mod value;
pub mod verify;

pub use figure::{Answer, Figure, Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode, Z95};
pub use table::TableError;
