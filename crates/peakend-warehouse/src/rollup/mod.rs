//! Stored counts: what most questions add up instead of reading rows.
//!
//! Beside each larger segment lie the histograms of a few narrow sets of
//! dimensions by month or day. They are integers, so adding them gives what a
//! scan gives; days that a bucket does not cover are read from coded columns.

mod build;
mod count;
mod file;
mod plan;
mod set;

pub(crate) use build::write;
pub(crate) use count::cells;
pub(crate) use file::RollupFile;
pub(crate) use plan::plan;
