//! What persons did: rows in segments and in memory, and the two questions about their order.

mod cohort;
mod deed;
mod funnel;
mod gather;
mod hot;
mod rows;
mod seal;

pub(crate) use cohort::cohorts;
pub(crate) use deed::Digests;
pub(crate) use funnel::funnel;
pub(crate) use hot::{Happened, HotEvents};
pub(crate) use rows::{EVENTS, ORDER};
pub(crate) use seal::{holds, seal};
