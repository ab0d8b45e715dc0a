//! Coded columns: what questions count, a few bytes per voice, beside the rows.
//!
//! Each segment has a companion file with one small number per row and
//! dimension, one number for all scores, and one for the person, in blocks with
//! checksums. A question that names no person is answered from these alone.

mod builder;
mod distinct;
mod fact;
mod file;
mod group;
mod joint;
mod lane;
mod migration;
mod outcome;
mod part;
mod person;
mod ranking;
mod region;
mod scan;
mod source;
mod spread;
mod test;
mod work;

#[cfg(test)]
pub(crate) use builder::Column;
pub(crate) use builder::{CodeBuilder, CodeTable, digest};
pub(crate) use distinct::persons;
pub(crate) use fact::{Fact, cell, everything};
pub(crate) use file::{CodeFile, Lane, write};
pub(crate) use group::{Key, Numbering};
pub(crate) use joint::joint;
pub(crate) use lane::{BLOCK, Codes};
pub(crate) use migration::{Movers, migration, moved, movers};
pub(crate) use outcome::{OutcomeBuilder, OutcomeFile};
pub(crate) use part::{Part, Stored};
pub(crate) use person::rows_of;
pub(crate) use ranking::{Candidate, Figures, Looked, ranking, voices_of};
pub(crate) use region::{Ahead, Inlet, Outlet, Region};
pub(crate) use scan::{Block, Numbered, Scan, cells, wide};
pub(crate) use source::{Source, Span, place, spans, spans_of};
pub(crate) use spread::sorted;
pub(crate) use test::{Test, testable};
pub(crate) use work::Work;
